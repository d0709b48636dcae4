"""Which code wrote a record: the commit of this checkout, what was changed since, and the pins it stands on."""

import hashlib
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
CODE = ("Snakefile", "heads", "workflow")
"""what decides a number; the config is in the record itself, and notes beside the code change nothing"""


class Origin(NamedTuple):
    """The code that writes records."""

    commit: str | None = None
    """of this checkout, with `+changes` where its code differs from it"""
    diff_hash: str | None = None
    """SHA-256, hexadecimal, of what `+changes` stands for"""
    no_commit: str | None = None
    """why there is none"""


class NoCommit(Exception):
    """Git cannot tell the commit; the text says why."""


def origin(root: Path = ROOT) -> Origin:
    """Which code lies in `root`. A folder without a repository of its own has no commit, whatever it lies in."""
    try:
        head = git(root, "log", "-1", "--format=%H").decode().strip()
        changed = git(root, "status", "--porcelain", "--", *CODE)
        return Origin(f"{head}+changes", diff_hash(root)) if changed.strip() else Origin(head)
    except NoCommit as reason:
        return Origin(no_commit=str(reason))


def diff_hash(root: Path) -> str:
    """SHA-256 of the binary diff of the code to the commit, and of the files of code that git neither tracks nor
    ignores, each with its path."""
    diff = git(root, "diff", "HEAD", "--binary", "--no-ext-diff", "--no-textconv", "--", *CODE)
    new = git(root, "ls-files", "--others", "--exclude-standard", "-z", "--full-name", "--", *CODE)
    digest = hashlib.sha256(diff)
    for name in sorted(new.split(b"\0")):
        path = root / os.fsdecode(name)
        if name and path.is_file():
            digest.update(name + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def lock_hash(lock: Path = LOCK) -> str | None:
    """SHA-256, hexadecimal, of requirements.lock; None where there is none."""
    return hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else None


def pinned(lock: Path = LOCK) -> dict[str, str]:
    """The packages that requirements.lock pins, with their versions; names in lower case."""
    text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    return {name.lower(): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}


def git(root: Path, *arguments: str) -> bytes:
    """What a git command of the checkout at `root` prints, whoever owns it; NoCommit where git has nothing to tell."""
    if not (root / ".git").exists():
        raise NoCommit("the code lies in no git checkout of its own")
    asked = ["-C", str(root), "-c", "safe.directory=*", "-c", "core.fsmonitor=false", *arguments]
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}  # not a hook's repository
    try:
        done = subprocess.run(
            ["git", *asked], capture_output=True, check=False, env={**own, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        )
    except OSError as error:
        raise NoCommit(f"git cannot be started ({error.strerror})") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").partition("\n")[0]
        raise NoCommit(f"git says: {said.removeprefix('fatal: ')}")
    return done.stdout
