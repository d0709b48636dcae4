"""Tables of images: parquet files, or the Arrow files that Hugging Face's datasets saves to a disk.

A row has an image, as bytes, as {bytes, path} or as the path of a file, and a label. Where the table says the names of
its labels, as Hugging Face's do, these are the labels.
"""

import json
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from workflow.data.formats.encoded import Encoded, Place, Refuse, stop, stored, tried, whole, with_end, written
from workflow.errors import UserError
from workflow.names import path_of, shown, text_of

IMAGES = ("image", "img", "jpg", "png", "picture", "image_path", "file_name", "path")
LABELS = ("label", "labels", "class", "class_id", "identity", "fine_label", "target", "category", "cls")
"""names of columns that are taken where the config names none, those before others that are meant where several are"""
ROWS = 256
"""read at a time"""


class Columns(NamedTuple):
    """Names of the columns of images and labels, and the names of the labels 0 … C-1 where the table says them."""

    image: str
    label: str
    names: list[str] | None


def rows(
    path: Path, image: str | None, label: str | None, root: Path | None, refuse: Refuse = stop
) -> Iterator[Encoded]:
    """The images of one table (see table_files.py), in the order of its rows.

    `image` and `label` are columns. Paths are of files below `root`, or else below the table's folder. UserError names
    the file and the row that lacks its image or label, which `refuse` may have left out.
    """
    try:
        schema, batches = _opened(path, image, label)
        columns, number = _columns(path, schema, image, label), 0
        for batch in batches:
            found = (batch.column(batch.schema.get_field_index(name)).to_pylist() for name in columns[:2])
            for picture, value in zip(*found, strict=True):
                row = tried(partial(_row, path, number, picture, value, columns, root or path.parent), refuse)
                number += 1
                if row is not None:
                    yield row
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{shown(path)} cannot be read as a table ({_said(error)}): fetch it again") from error


def _opened(path: Path, image: str | None, label: str | None) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The schema of a table, and its rows, of which only the two columns are read where that can be."""
    if path.suffix != ".arrow":
        file = pq.ParquetFile(with_end(path))
        wanted = _columns(path, file.schema_arrow, image, label)[:2]
        return file.schema_arrow, file.iter_batches(ROWS, columns=list(wanted))
    memory = pa.memory_map(str(with_end(path)))
    try:
        stream = pa.ipc.open_stream(memory)
    except pa.ArrowInvalid:
        indexed = pa.ipc.open_file(memory)
        return indexed.schema, map(indexed.get_batch, range(indexed.num_record_batches))
    first = next(iter(stream), None)
    return stream.schema, chain([] if first is None else [first], stream)


def _columns(path: Path, schema: pa.Schema, image: str | None, label: str | None) -> Columns:
    chosen = []
    for key, asked, known in (("image", image, IMAGES), ("label", label, LABELS)):
        names = (asked,) if asked else known
        name = next((name for name in names if name in schema.names), None)
        if name is None:
            has = ", ".join(map(shown, schema.names))
            wanted = f"no column {shown(asked)}" if asked else f"no column that is called as {key}s are"
            raise UserError(f"{shown(path)} has {wanted}, but {has}: name one of them in data.{key}")
        chosen.append(name)
    return Columns(chosen[0], chosen[1], _names(schema, chosen[1]))


def _names(schema: pa.Schema, label: str) -> list[str] | None:
    """The names of a column's labels, as Hugging Face's datasets keep them."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names: list[str] | None = features[label].get("names")
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
    return names


def _row(path: Path, number: int, image: object, label: object, columns: Columns, root: Path) -> Encoded:
    where = f"{shown(path)}, row {number}"
    return Encoded(f"row {number}", _label(label, columns, where), _image(image, root, where))


def _image(image: object, root: Path, where: str) -> Place | bytes:
    if isinstance(image, dict):
        image = image.get("bytes") or image.get("path")
    if isinstance(image, bytes) and image:
        return image
    if isinstance(image, str) and image:
        return stored(root / path_of(image), where)
    raise UserError(f"{where} has no image: complete or delete it, or name another column in data.image")


def _label(label: object, columns: Columns, where: str) -> int | str:
    if isinstance(label, float):
        label = whole(label, where)
    if isinstance(label, str) and label:
        return written(text_of(label))
    if not isinstance(label, int) or isinstance(label, bool):
        raise UserError(
            f"{where} has no number or name as its label: complete it, or name another column in data.label"
        )
    if columns.names is None:
        return label
    if not 0 <= label < len(columns.names):
        raise UserError(f"{where} has the label {label}, but the table names {len(columns.names)}: mend the label")
    return columns.names[label]


def _said(error: Exception) -> str:
    return shown(" ".join(str(error).split())[:200])
