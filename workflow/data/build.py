"""Build a dataset folder, or find that it is already there."""

import hashlib
import json
from pathlib import Path

from workflow.cells.data_section import Data
from workflow.cells.paths import MANIFEST
from workflow.console import Stopwatch, log
from workflow.data.faces import load_tier
from workflow.data.gathered import SPOOL, Gathered
from workflow.data.glyphs import Glyphs
from workflow.data.listing import listing
from workflow.data.stamps import STAMPS
from workflow.data.store import Dataset, Supply, open_dataset, write_dataset
from workflow.data.turns import LOCK, in_turn
from workflow.errors import UserError
from workflow.provenance import provenance


def build(data: Data, out: Path, cache: Path, jobs: int) -> Dataset:
    """Make the dataset that `data` describes in the folder `out`, with downloads kept in `cache`.

    A finished set made from the same keys of `data` and the same complete list of fonts is left as it is. One's own
    images are read anew each time, for their files may have changed, unless another process was just building the set.
    UserError on input that cannot be used.
    """
    record: dict[str, object] = {"name": data.name, "settings": data.of_images(), "list": _list_hash(data)}
    with in_turn(out) as waited:
        if (waited or data.source == "glyphs") and _is_there(out, record):
            log(f"{out} is already whole")
            return open_dataset(out)
        _refuse_foreign(out)
        return _made(data, out, cache, jobs, record)


def _made(data: Data, out: Path, cache: Path, jobs: int, record: dict[str, object]) -> Dataset:
    watch = Stopwatch()
    record |= provenance()
    try:
        supply: Supply = Glyphs(data, cache, jobs) if data.source == "glyphs" else Gathered(data, out, jobs)
        dataset = write_dataset(out, supply, record)
    finally:
        (out / SPOOL).unlink(missing_ok=True)
    rejected = ", ".join(f"{count:,} {reason}" for reason, count in dataset.manifest["rejected"].items() if count)
    log(
        f"{out}: {len(dataset.images):,} images of {len(dataset.names):,} classes from "
        f"{len(dataset.manifest['groups'])} sources in {watch.seconds:.0f} s; left out: {rejected or 'none'}"
    )
    return dataset


def _list_hash(data: Data) -> str | None:
    """Changes with the fonts that a tier lists, so that an edited faces.yaml is noticed, or with one's own files."""
    if data.source != "glyphs":
        return listing(data)
    tier = load_tier(data.tier)
    return hashlib.sha256(json.dumps([repr(tier.sources), repr(tier.faces)]).encode()).hexdigest()[:16]


def _is_there(out: Path, record: dict[str, object]) -> bool:
    if not (out / MANIFEST).exists():
        return False
    manifest = open_dataset(out).manifest
    complete = all(source["status"] == "ok" for source in manifest["sources"])
    return complete and all(dict(manifest).get(key) == value for key, value in record.items())


def _refuse_foreign(out: Path) -> None:
    """A folder with other things in it is not ours to write into: a mistyped --out must not mix with them."""
    known = {MANIFEST, "images.npy", "classes.npy", "groups.npy", "similar.npy", "index.npy", STAMPS, LOCK}
    foreign = [path.name for path in out.iterdir() if path.name not in known and not path.name.endswith(".part")]
    if foreign:
        raise UserError(f"{out} holds other files ({foreign[0]}): name an empty or new folder with --out")
