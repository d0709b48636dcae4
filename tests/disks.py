"""File systems that refuse, real ones as far as this machine lets a test make them.

The superuser mounts small ones in memory; others get a limit on the size of files, and folders without permission.
"""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from workflow import files

ROOM = 16384
"""bytes that may still be written"""
NOBODY = 65534
FULL, LARGE = "no space left to write {}", "{} would be larger than a file may be here"
FORBIDDEN, READ_ONLY = (
    "{} cannot be written, permission is denied",
    "{} cannot be written, its file system is read-only",
)
QUOTA = "your disk quota leaves no room to write {}"

Refusal = Callable[[Path], AbstractContextManager[str]]
"""within the block the file system of a folder refuses; yields the sentence's beginning, with {} for the file"""


@contextmanager
def mounted(folder: Path, size: str = "4m") -> Iterator[bool]:
    """`folder` as a small file system of its own, where that is possible."""
    folder.mkdir(parents=True, exist_ok=True)
    done = os.geteuid() == 0 and mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield done
    finally:
        if done:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(*words: str) -> bool:
    return subprocess.run(["mount", *words], capture_output=True).returncode == 0


@contextmanager
def full(folder: Path, room: int = ROOM) -> Iterator[str]:
    """`folder`, mounted, without space but for `room` bytes; elsewhere a file may not be larger than that."""
    if not os.path.ismount(folder):
        with limited(folder, room) as words:
            yield words
        return
    filler = folder / "filler"
    status = os.statvfs(folder)
    filler.write_bytes(b"0" * (status.f_bavail * status.f_bsize - room))
    try:
        yield FULL
    finally:
        filler.unlink()


@contextmanager
def limited(folder: Path, room: int = ROOM) -> Iterator[str]:
    """As under `ulimit -f`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield LARGE
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def read_only(folder: Path) -> Iterator[str]:
    if not (os.path.ismount(folder) and mount("-o", "remount,ro", str(folder))):
        with forbidden(folder) as words:
            yield words
        return
    try:
        yield READ_ONLY
    finally:
        assert mount("-o", "remount,rw", str(folder))


@contextmanager
def forbidden(folder: Path) -> Iterator[str]:
    """`folder` belongs to somebody else."""
    mode, user = folder.stat().st_mode, os.geteuid()
    folder.chmod(0o555)
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield FORBIDDEN
    finally:
        os.seteuid(user)
        folder.chmod(mode)


@contextmanager
def over_quota(folder: Path) -> Iterator[str]:
    """The file system's answer is made up, as no real quota could be had where this was written: to the superuser, an
    ext4 with the feature `quota` in a file of its own, and a tmpfs with `usrquota`, refuse to be mounted by kernels
    without CONFIG_QFMT_V2 and CONFIG_TMPFS_QUOTA, and btrfs, which has quotas of its own, needs programs to make it."""

    def refuse(*_: object) -> None:
        raise OSError(122, os.strerror(122))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.os, "replace", refuse)
        yield QUOTA


REFUSALS: tuple[Refusal, ...] = (full, limited, read_only, forbidden, over_quota)
