"""The same photos in every format that a set may come in, made here; and the section `data` that reads each."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.formats import records

SIZE = 16
FORMATS = ("JPEG", "PNG", "WEBP")
Photos = list[tuple[int, bytes]]
"""label and encoded bytes of each"""


def photos(classes: int = 6, images: int = 4, seed: int = 0, side: int = SIZE, gap: int = 7) -> Photos:
    """Coloured blocks that the photos of a class share, with noise; the labels are multiples of `gap`, and begin with
    it."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(classes):
        face = np.kron(rng.integers(0, 256, (4, 4, 3)), np.ones((side // 4, side // 4, 1)))
        for image in range(images):
            pixels = np.clip(face + rng.normal(0, 20, face.shape), 0, 255).astype(np.uint8)
            found.append((gap * (number + 1), encoded(pixels, FORMATS[image % len(FORMATS)])))
    return found


def encoded(pixels: np.ndarray, form: str = "PNG") -> bytes:
    """An image's bytes in a format of Pillow's."""
    memory = io.BytesIO()
    Image.fromarray(pixels).save(memory, form)
    return memory.getvalue()


def as_folder(folder: Path, made: Photos) -> dict[str, str]:
    for number, (label, data) in enumerate(made):
        path = folder / f"{label:04}" / f"{number:04}.jpg"  # Pillow goes by the bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return {"source": "folder", "path": str(folder)}


def as_records(folder: Path, made: Photos) -> dict[str, str]:
    """With the notes of face sets, and the note of key 0 behind all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = records.faces([data for _, data in made], [float(label) for label, _ in made])
    return {"source": "records", "path": str(records.write(folder / "train.rec", rows))}


def as_tars(folder: Path, made: Photos, mode: str = "") -> dict[str, str]:
    """Two shards; with a `mode` as tarfile knows it, such as gz, compressed."""
    folder.mkdir(parents=True, exist_ok=True)
    for shard in range(2):
        with tarfile.open(folder / f"train-{shard:02}.tar", f"w:{mode}") as tar:
            for number, (label, data) in list(enumerate(made))[shard * len(made) // 2 : (shard + 1) * len(made) // 2]:
                for name, content in ((f"{number:04}.jpg", data), (f"{number:04}.cls", str(label).encode())):
                    entry = tarfile.TarInfo(name)
                    entry.size = len(content)
                    tar.addfile(entry, io.BytesIO(content))
    return {"source": "webdataset", "path": str(folder / "train-{00..01}.tar")}


def as_list(folder: Path, made: Photos) -> dict[str, str]:
    as_folder(folder / "images", made)
    rows = [f"{label:04}/{number:04}.jpg,{label}" for number, (label, _) in enumerate(made)]
    (folder / "list.csv").write_text("\n".join(["path,label", *rows]) + "\n", encoding="utf-8")
    return {"source": "list", "path": str(folder / "list.csv"), "root": str(folder / "images")}


def as_table(folder: Path, made: Photos, names: list[str] | None = None) -> dict[str, str]:
    """Two parquet files as Hugging Face's hub has them; `names` of the labels go into their metadata."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (folder / "data").mkdir(parents=True, exist_ok=True)
    info = {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}, "image": {"_type": "Image"}}}}
    for shard in range(2):
        half = made[shard * len(made) // 2 : (shard + 1) * len(made) // 2]
        images = [{"bytes": data, "path": None} for _, data in half]
        table = pa.table({"image": images, "label": [label for label, _ in half]})
        table = table.replace_schema_metadata({"huggingface": json.dumps(info)} if names else None)
        pq.write_table(table, folder / "data" / f"train-{shard:05}-of-00002.parquet")
    return {"source": "parquet", "path": str(folder)}


FORMS = {
    "folder": as_folder,
    "records": as_records,
    "webdataset": as_tars,
    "list": as_list,
    "parquet": as_table,
}
"""by source, what writes photos into a folder and returns the keys of `data` that read them"""
