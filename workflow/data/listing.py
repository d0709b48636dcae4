"""What a folder of images holds, without opening an image: so that a plan notices that it has changed."""

import hashlib
import json
import os
from pathlib import Path

from workflow.cells.data_section import Data


def listing(data: Data) -> str | None:
    """Eight hexadecimal digits of the names, sizes and times of all files of a `folder` source; None for glyphs."""
    if data.source != "folder" or data.path is None:
        return None
    facts: list[tuple[str, int, int]] = []
    for place, _, names in sorted(os.walk(Path(data.path).expanduser())):
        for path in (Path(place, name) for name in sorted(names)):
            status = path.stat()
            facts.append((str(path), status.st_size, status.st_mtime_ns))
        facts.append((place, len(names), 0))
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:8]
