"""Fetch the packages that carry fonts into a cache, by each registry's own client, and check them against their hash.

A file already in the cache with the right hash is not fetched again, so a broken download continues where it stopped.
A package that cannot be had, or whose content is not what the list pins, is left out with a notice: the caller decides
whether enough is left. Nothing is installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from workflow.console import log, progress
from workflow.data.faces import Source
from workflow.data.turns import in_turn
from workflow.errors import UserError
from workflow.files import blames_the_disk, told

PAUSES = (1.0, 4.0)  # seconds before the second and the third attempt


@dataclass(frozen=True)
class Fetched:
    """What came of one source. status: ok | missing | changed; path is None unless ok."""

    source: Source
    status: str
    path: Path | None = None
    version: str | None = None
    sha256: str | None = None
    reason: str | None = None

    def record(self) -> dict[str, object]:
        """The source as the manifest lists it."""
        own = {"version": self.version or self.source.version, "sha256": self.sha256 or self.source.sha256}
        return {"package": self.source.name, **asdict(self.source), **own, "status": self.status, "reason": self.reason}


def fetch(sources: Sequence[Source], cache: Path) -> list[Fetched]:
    """Have every source in `cache`; one result each, in order. UserError if the cache cannot be written."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the folder {cache} ({error.strerror}): choose another --cache") from error
    results = []
    with in_turn(cache):
        for source in progress(sources, "fetching fonts", unit="packages"):
            results.append(_installed(source) if source.registry == "installed" else _fetch(source, cache))
            if results[-1].status != "ok":
                log(f"font package {source.name} is {results[-1].status} and left out: {results[-1].reason}")
    return results


def _fetch(source: Source, cache: Path) -> Fetched:
    for pause in (0.0, *PAUSES):
        time.sleep(pause)
        cached = _cached(source, cache)
        found = cached if cached and cached.status == "ok" else _attempt(source, cache)
        if found.status != "missing" or not shutil.which(_CLIENTS[source.registry]):
            break
    return found


def _attempt(source: Source, cache: Path) -> Fetched:
    if error := _download(source, cache):
        status = "changed" if "DO NOT MATCH THE HASHES" in error else "missing"
        return Fetched(source, status, reason=_sentence(error))
    return _cached(source, cache) or Fetched(source, "missing", reason=f"{source.registry} delivered no file")


def _cached(source: Source, cache: Path) -> Fetched | None:
    """The cached file's state; a file with the wrong hash is a broken or changed download and is removed."""
    files = sorted(cache.glob(_pattern(source)))
    if not files:
        return None
    sha256 = file_hash(files[-1])
    if source.sha256 in (None, sha256):
        return Fetched(source, "ok", files[-1], source.version or files[-1].name.split("_")[1], sha256)
    files[-1].unlink()
    reason = f"{files[-1].name} has sha256 {sha256[:12]}..., the list pins {source.sha256[:12]}..."
    return Fetched(source, "changed", sha256=sha256, reason=reason)


def file_hash(path: Path) -> str:
    """sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pattern(source: Source) -> str:
    if source.registry == "pypi":
        return f"{source.name.replace('-', '_')}-{source.version}-*.whl"
    if source.registry == "npm":
        return f"{source.name.removeprefix('@').replace('/', '-')}-{source.version}.tgz"
    return f"{source.name}_*.deb"


def _download(source: Source, cache: Path) -> str | None:
    """Run the registry's client; its complaint if it failed, None if it ended well. UserError where the disk is at
    fault: a package is not missing for that."""
    if not os.access(cache, os.W_OK):
        raise UserError(f"{cache} cannot be written: make it writable, or choose another --cache")
    command = _COMMANDS[source.registry](source, cache)
    try:
        done = subprocess.run(command, cwd=cache, capture_output=True, encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return f"{command[0]} is not installed: {source.registry} packages need it"
    finally:
        _pins(source, cache).unlink(missing_ok=True)
    if done.returncode == 0:
        return None
    complaint = done.stderr or done.stdout or "no message"
    if blames_the_disk(complaint):
        raise UserError(f"no space left to fetch {source.name} into {cache}: free some disk space and run again")
    return complaint


def _pip(source: Source, cache: Path) -> list[str]:
    pin = f"{source.name}=={source.version} --hash=sha256:{source.sha256}\n"
    with told(_pins(source, cache)):
        _pins(source, cache).write_text(pin, encoding="utf-8")
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--ignore-requires-python", "--retries=2"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    return [sys.executable, "-m", "pip", "download", *options, *quiet, "-d", ".", "-r", _pins(source, cache).name]


def _pins(source: Source, cache: Path) -> Path:
    return cache / f".{source.name.replace('/', '-')}.txt"


def _npm(source: Source, cache: Path) -> list[str]:
    return ["npm", "pack", "--silent", f"{source.name}@{source.version}"]


def _apt(source: Source, cache: Path) -> list[str]:
    return ["apt-get", "download", "-qq", source.name]


_COMMANDS = {"pypi": _pip, "npm": _npm, "debian": _apt}
_CLIENTS = {"pypi": sys.executable, "npm": "npm", "debian": "apt-get"}


def _sentence(error: str) -> str:
    """The client's last complaint, on one line."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if line.upper().startswith(("ERROR", "E:", "NPM"))), lines[-1])[:300]


def _installed(source: Source) -> Fetched:
    """Fonts that an installed dependency ships: matplotlib's own."""
    import matplotlib  # here, for only the tier of the tests reads its fonts

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return Fetched(source, "ok", folder, matplotlib.__version__)
