"""`make bench BENCH="-k loader"`: images a second and core that the loader makes, beside what decoding alone takes.

Process time of one thread, without workers: each of them adds as much. Asserts no timing.
"""

import io
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.benchmarks.session import Session
from tests.data.sets import as_records
from workflow.cells.data_section import Data
from workflow.data.build import build
from workflow.data.loaders import Loader
from workflow.data.store import Dataset, open_dataset

SIDES, LEVELS, STORES = (32, 112), ("none", "low", "mid"), ("pixels", "encoded")
CLASSES, IMAGES, BATCH = 64, 16, 256


def jpegs(side: int) -> list[tuple[int, bytes]]:
    """Label and bytes of photos about as hard to compress as faces are: smooth, with some noise."""
    rng = np.random.default_rng(side)
    found = []
    for number in range(CLASSES * IMAGES):
        rough = Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8)).resize(
            (side, side), Image.Resampling.BICUBIC
        )
        pixels = np.clip(np.asarray(rough) + rng.normal(0, 6, (side, side, 3)), 0, 255).astype(np.uint8)
        memory = io.BytesIO()
        Image.fromarray(pixels).save(memory, "JPEG", quality=95)
        found.append((number // IMAGES, memory.getvalue()))
    return found


@pytest.fixture(scope="session")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, str], Dataset]:
    """By side and store: the photos as a built set."""
    folder, found = tmp_path_factory.mktemp("loader"), {}
    for side in SIDES:
        keys = as_records(folder / f"in-{side}", jpegs(side))
        for store in STORES:
            data = Data.parse({"name": "set", "size": side, "colour": "rgb", "store": store, **keys})
            build(data, out := Path(folder, f"{side}-{store}"), folder, 1)
            found[side, store] = open_dataset(out)
    return found


def timed(benchmark, session: Session, capsys, name: str, images: int, function: Callable[[], object]) -> None:
    """Time `function`, which makes so many images, and say how many a second that is."""
    if benchmark.disabled:
        pytest.skip("benchmarks are disabled")
    benchmark.group = "loader"
    benchmark.pedantic(function, rounds=7, warmup_rounds=1)
    rate = images / benchmark.stats.stats.median
    benchmark.extra_info["images_per_second_and_core"] = session.images_per_second[name] = rate
    with capsys.disabled():
        print(f"\n{name}: {rate:,.0f} images/s and core", flush=True)


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("decoder", ["pillow", "simplejpeg"])
def test_loader_decoding_alone(side, decoder, benchmark, bench_session, capsys):
    data = [content for _, content in jpegs(side)][:BATCH]
    if decoder == "pillow":
        decode = [lambda content=content: np.asarray(Image.open(io.BytesIO(content))) for content in data]
    else:
        simplejpeg = pytest.importorskip("simplejpeg")
        decode = [lambda content=content: simplejpeg.decode_jpeg(content) for content in data]
    timed(benchmark, bench_session, capsys, f"{decoder} alone, {side} pixels", BATCH, lambda: [one() for one in decode])


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("store", STORES)
def test_loader(side, level, store, sets, benchmark, bench_session, capsys):
    dataset, steps = sets[side, store], iter(range(1000))
    rows = np.arange(len(dataset.images))
    given = {"kind": "instances", "batch": BATCH, "seed": 0, "augment": level}
    loader = Loader(dataset.images, rows, dataset.classes, **given)
    timed(
        benchmark, bench_session, capsys, f"{store}, {side} pixels, {level}", BATCH, lambda: loader.batch(next(steps))
    )
