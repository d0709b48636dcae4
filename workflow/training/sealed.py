"""Files of tensors that carry the checksum of all their bytes, for torch takes a flipped bit for a weight.

torch's file is a zip archive; behind its end stands the CRC-32 of all before, which no reader of archives minds. It is
made while the file is written, at the speed of memory. An archive without it, from before there were any, is held
against the checksum that it has of each tensor, which torch itself never looks at.
"""

import errno
import os
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

import torch

from workflow.errors import UserError
from workflow.files import writing

SEAL = re.compile(rb"crc32 ([0-9a-f]{8})\n")
LENGTH = len(b"crc32 00000000\n")
END_OF_ARCHIVE, END_LENGTH = b"PK\5\6", 22
PIECE = 2**20  # bytes read at a time


class Damaged(Exception):
    """A file that is not what was written; the text says in a clause what is wrong."""


class _Summed:
    """A file that sums up what is written to it."""

    def __init__(self, file: BinaryIO):
        self.file, self.sum = file, 0

    def write(self, data: bytes) -> int:
        self.sum = zlib.crc32(data, self.sum)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


def save(path: Path, content: Mapping[str, object]) -> None:
    """Write `content`, tensors and plain values, atomically."""
    with writing(path) as file:
        summed = _Summed(file)
        torch.save(content, cast(BinaryIO, summed))
        file.write(b"crc32 %08x\n" % summed.sum)


def read(path: Path, device: torch.device) -> dict[str, Any]:
    """What `save` wrote to `path`, onto `device`; only tensors and plain values are unpickled.

    Damaged where it is not that to the bit; UserError where the file system does not let it be read.
    """
    try:
        with path.open("rb") as file:
            content = _read(file, device)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): mend that and run again") from error
    if not isinstance(content, dict):
        raise Damaged(f"it holds a {type(content).__name__}, no names")
    return content


def _read(file: BinaryIO, device: torch.device) -> object:
    try:
        _verify(file)
        file.seek(0)
        return torch.load(file, map_location=device, weights_only=True)
    except (Damaged, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # zipfile, pickle and torch raise many kinds for what they do not expect
        if isinstance(error, OSError) and error.errno == errno.EIO:
            raise
        raise Damaged(f"it is damaged: {type(error).__name__}") from error


def _verify(file: BinaryIO) -> None:
    size = os.fstat(file.fileno()).st_size
    file.seek(max(0, size - END_LENGTH))
    end = file.read()
    if end.startswith(END_OF_ARCHIVE):
        with zipfile.ZipFile(file) as archive:
            if broken := archive.testzip():
                raise Damaged(f"it is damaged: the checksum of {broken} differs")
        return
    seal = SEAL.fullmatch(end[-LENGTH:])
    if seal is None:
        raise Damaged("it is damaged: its end is missing")
    if _sum(file, size - LENGTH) != int(seal[1], 16):
        raise Damaged("it is damaged: its checksum differs")


def _sum(file: BinaryIO, length: int) -> int:
    """CRC-32 of the first `length` bytes."""
    file.seek(0)
    found = 0
    while length:
        piece = file.read(min(PIECE, length))
        found, length = zlib.crc32(piece, found), length - len(piece)
    return found
