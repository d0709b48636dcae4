"""Files that survive: written whole or not at all, read with an error that names them.

Whatever the file system refuses, a full disk above all, is one sentence that names the file. Libraries hide it: numpy
raises an OSError without a number, torch a RuntimeError about positions. `writing` gives them a file that remembers.
"""

import errno
import fcntl
import io
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from workflow.errors import UserError

AGAIN = "and run again"
REFUSALS = {
    errno.ENOSPC: "no space left to write {path}: free some disk space " + AGAIN,
    errno.EDQUOT: "your disk quota leaves no room to write {path}: remove other files of yours " + AGAIN,
    errno.EFBIG: "{path} would be larger than a file may be here: raise that limit (ulimit -f) " + AGAIN,
    errno.EROFS: "{path} cannot be written, its file system is read-only: make it writable " + AGAIN,
    errno.EACCES: "{path} cannot be written, permission is denied: make it and its folder writable " + AGAIN,
    errno.EPERM: "{path} cannot be written, that is not permitted: make it and its folder writable " + AGAIN,
}
CUT_SHORT = r"\d+ requested and \d+ written"  # what numpy says of a write that a full disk cut short
HIDDEN = (CUT_SHORT, r"unexpected pos \d+", "iostream error", "PytorchStreamWriter failed")
"""what libraries say in the place of a number"""
NO_ROOM = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS))
"""what the file system says, and what programs and libraries repeat"""
DISK = re.compile("|".join((*HIDDEN, *NO_ROOM)), re.IGNORECASE)
PART = re.compile(r"\..+\.[0-9a-f]+\.part")


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it replaces `path` only if the block ends well.

    The temporary file is removed where the block fails; that of a process that was killed goes with the next file
    written into the folder. UserError where the file system refuses, whoever raises it: disk full, quota, read-only.
    """
    path = Path(path)
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(path.parent)
        temporary, handle = _part(path)
    try:
        with told(path):
            yield temporary
            os.replace(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        os.close(handle)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Yield a binary file that replaces `path` if the block ends well, as `atomic` does.

    It is for libraries to write to: where the file system refused a write, that is the UserError, whatever the library
    makes of it.
    """
    with atomic(path) as temporary, temporary.open("wb") as file:
        seen = _Seen(file)
        try:
            yield cast(BinaryIO, seen)
            seen.flush()
        except Exception as error:
            if seen.refused is None:
                raise
            raise refusal(path, seen.refused) from error


class _Seen(io.RawIOBase):
    """A file over `file`, which remembers the first error that it met."""

    def __init__(self, file: BinaryIO):
        self.file = file
        self.refused: OSError | None = None

    def write(self, data: Any) -> int:
        with self._remembered():
            return self.file.write(data)

    def flush(self) -> None:
        if not self.file.closed:  # as when this object is collected
            with self._remembered():
                self.file.flush()

    def seek(self, offset: int, whence: int = 0) -> int:
        with self._remembered():
            return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    @contextmanager
    def _remembered(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.refused = self.refused or error
            raise


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Within the block an error of the file system that is about `path`, its folders or a temporary file is a UserError
    that names `path`."""
    try:
        yield
    except OSError as error:
        if not _is_of(error, {Path(path), *Path(path).parents}):
            raise
        raise refusal(path, error) from error


def refusal(path: Path, error: OSError) -> UserError:
    """The sentence that says why `path` cannot be written, and what to do."""
    if error.errno in REFUSALS:
        return UserError(REFUSALS[error.errno].format(path=path))
    if error.errno is None:
        return UserError(f"{path} cannot be written whole ({error}): free some disk space {AGAIN}")
    return UserError(f"{path} cannot be written ({error.strerror}): mend that {AGAIN}")


def blames_the_disk(text: str) -> bool:
    """Whether the words of a library or program say that a file could not be written."""
    return DISK.search(text) is not None


def _is_of(error: OSError, paths: set[Path]) -> bool:
    """Whether `error` is about one of `paths`; the errors of an open file name none."""
    if error.errno is None:
        return re.search(CUT_SHORT, str(error)) is not None
    named = [Path(os.fsdecode(name)) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    return not named or any(name in paths or PART.fullmatch(name.name) for name in named)


def _part(path: Path) -> tuple[Path, int]:
    """A new temporary file beside `path`, and the handle that holds its lock for as long as this process lives."""
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        with suppress(OSError):  # a file system without locks: then nobody takes it for abandoned
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:  # else another process took it for abandoned before it was locked
            return temporary, handle
        os.close(handle)


def remove_abandoned(folder: Path) -> None:
    """Remove the temporary files in `folder` whose writers were killed."""
    with suppress(OSError), os.scandir(folder) as entries:
        left = [entry.path for entry in entries if PART.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)]
        for path in left:
            with suppress(OSError):  # it is being written, or gone by now
                _remove_unlocked(path)


def _remove_unlocked(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with writing(path) as file:
        file.write(text.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write `content` atomically; NaN and infinity are refused, an unmeasured number is null."""
    write_text(path, json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON record; a missing or broken file, or one that holds no mapping, is a UserError that names it."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist: run the stage that makes it first") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): mend that and run again") from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path} is not a valid JSON record ({error}): delete it and run again") from error
    if not isinstance(found, dict):
        raise UserError(f"{path} is not a JSON record, but {json.dumps(found)[:20]}: delete it and run again")
    return found
