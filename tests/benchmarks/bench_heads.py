"""`make bench`: step time and peak memory of each head beside a plain reference. Asserts no timing."""

import time

import pytest

from tests.benchmarks.contestants import SIDES
from tests.benchmarks.rows import ROWS, Row


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize(
    ("row", "side"), [pytest.param(row, side, id=f"{row.name}-{side}") for row in ROWS for side in SIDES]
)
def test_step(row: Row, side: str, benchmark, bench_session, capsys):
    if benchmark.disabled:
        pytest.skip("benchmarks are disabled")
    benchmark.group = row.name
    told = bench_session.measure(row, side, benchmark)
    with capsys.disabled():
        print(f"\n{told}", flush=True)
