"""Files that survive a kill, facts that travel with every number, and errors a person can act on."""

import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("torch", "numpy", "pillow", "fonttools", "pandas", "matplotlib", "typst", "snakemake")


class UserError(Exception):
    """Something the person running Headroom can mend; its text names the file or setting and the fix."""


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it replaces `path` only if the block ends well.

    Raises UserError when the disk is full, with the temporary file removed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if error.errno == 28:
            raise UserError(f"no space left to write {path}: free some disk space and run again") from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write `content` atomically; NaN and infinity are refused, an unmeasured number is null."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON record; a missing or broken file is a UserError that names it."""
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist: run the stage that makes it first") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not a valid JSON record ({error}): delete it and run again") from error


def provenance() -> dict[str, Any]:
    """Who measured: machine, versions, commit, command. Every record carries it."""
    return {
        "start": now(),
        "command": shlex.join([Path(sys.executable).name, *sys.orig_argv[1:]]),
        "commit": commit(),
        "machine": machine(),
        "versions": {"python": platform.python_version(), **versions()},
    }


def now() -> str:
    """UTC time to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def commit() -> str | None:
    """The checkout's commit, with `+changes` where the tree differs from it; None outside a checkout."""
    root = Path(__file__).resolve().parent.parent
    git = ["git", "-C", str(root)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+changes" if changed.strip() else "")


def machine() -> dict[str, Any]:
    """The host: name of the processor, cores, memory, system."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
    }


def processor() -> str:
    """The processor's marketing name where the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Versions of the installed packages that can change a number."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def command_line(main: Callable[[], None]) -> None:
    """Run a stage; a UserError becomes one sentence on standard error and exit status 2."""
    try:
        main()
    except UserError as error:
        sys.exit(_say(error))
    except MemoryError:
        sys.exit(_say("out of memory: close other programs, or lower the batch or the number of classes"))
    except KeyboardInterrupt:
        sys.exit(130)


def _say(error: object) -> int:
    print(f"headroom: {error}", file=sys.stderr, flush=True)
    return 2


def ratio_text(ratio: float) -> str:
    """A ratio as it stands in paths and tables: 1, 0.1, 0.003."""
    return f"{ratio:g}"


class Stopwatch:
    """Seconds since it was made, by the monotonic clock."""

    def __init__(self) -> None:
        self.started = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started
