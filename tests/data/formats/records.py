"""Record files written byte by byte, as MXNet writes them: data are cut into parts where they hold the magic."""

import struct
from collections.abc import Sequence
from pathlib import Path

MAGIC = struct.pack("<I", 0xCED7230A)
NOTE = b""  # the payload of a record that holds no image


def packed(label: float | Sequence[float], number: int, payload: bytes) -> bytes:
    """The data of a record: header, labels, payload."""
    if isinstance(label, int | float):
        return struct.pack("<IfQQ", 0, label, number, 0) + payload
    return struct.pack(f"<IfQQ{len(label)}f", len(label), 0, number, 0, *label) + payload


def framed(data: bytes) -> bytes:
    """The record of these data, in as many parts as the magic at multiples of four cuts it into."""
    cuts = [place for place in range(0, len(data) - 3, 4) if data[place : place + 4] == MAGIC]
    starts, ends = [0, *(cut + 4 for cut in cuts)], [*cuts, len(data)]
    parts = [data[start:end] for start, end in zip(starts, ends, strict=True)]
    kinds = [1, *[2] * (len(parts) - 2), 3] if len(parts) > 1 else [0]
    return b"".join(
        MAGIC + struct.pack("<I", kind << 29 | len(part)) + part + bytes(-len(part) % 4)
        for kind, part in zip(kinds, parts, strict=True)
    )


def write(path: Path, records: Sequence[tuple[int, float | Sequence[float], bytes]], index: bool = True) -> Path:
    """A .rec of records (key, label or labels, payload) in this order, with its .idx unless none is wanted."""
    lines, offset = [], 0
    with path.open("wb") as file:
        for key, label, payload in records:
            lines.append(f"{key}\t{offset}\n")
            offset += file.write(framed(packed(label, key, payload)))
    if index:
        path.with_suffix(".idx").write_text("".join(lines), encoding="utf-8")
    return path


def faces(payloads: Sequence[bytes], labels: Sequence[float]) -> list[tuple[int, float | Sequence[float], bytes]]:
    """Images under keys from 1, a note on each identity, and the note of key 0 behind all of them."""
    n, classes = len(payloads), sorted(set(labels))
    images = [(key, label, payload) for key, (label, payload) in enumerate(zip(labels, payloads, strict=True), 1)]
    notes = [(n + 1 + place, [1.0, n + 1.0], NOTE) for place in range(len(classes))]
    return [*images, *notes, (0, [n + 1.0, n + 1.0 + len(classes)], NOTE)]
