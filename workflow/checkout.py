"""Which code wrote a record: the commit of this checkout, what was changed since, and the pins it stands on."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"


def commit(root: Path = ROOT) -> str | None:
    """The checkout's commit, with `+changes` where the tree differs from it; None outside a checkout."""
    head, changed = git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain")
    if head is None or changed is None:
        return None
    return head.decode().strip() + ("+changes" if changed.strip() else "")


def diff_hash(root: Path = ROOT) -> str | None:
    """SHA-256, hexadecimal, of all that `+changes` stands for: the binary diff to the commit and the files that git
    neither tracks nor ignores, each with its path. None where the tree is the commit's, or outside a checkout."""
    diff = git(root, "diff", "HEAD", "--binary", "--no-ext-diff", "--no-textconv")
    new = git(root, "ls-files", "--others", "--exclude-standard", "-z", "--full-name")
    if not diff and not new:
        return None
    digest = hashlib.sha256(diff or b"")
    for name in sorted((new or b"").split(b"\0")):
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


def git(root: Path, *arguments: str) -> bytes | None:
    """What a git command of the checkout at `root` prints; None where git, the checkout or the commit is missing."""
    command = ["git", "-C", str(root), *arguments]
    try:
        return subprocess.run(
            command, capture_output=True, check=True, env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
