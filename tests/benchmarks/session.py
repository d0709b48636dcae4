"""One run of the benchmarks: times a row's sides one after the other and gathers what the table needs."""

import math
from typing import Any

import torch
from pytest_benchmark.fixture import BenchmarkFixture

from heads.kit.interface import Batch
from tests.benchmarks import table
from tests.benchmarks.contestants import SIDES, Contestant
from tests.benchmarks.memory import peak_in_fresh_process
from tests.benchmarks.products import Products
from tests.benchmarks.rows import Row
from workflow.console import Stopwatch
from workflow.measuring.meters import release
from workflow.measuring.rates import gemm_gflops
from workflow.provenance import now, provenance

WARM_UP = 1
"""steps before those that are timed"""


class Session:
    """What has been measured so far."""

    def __init__(self) -> None:
        conditions = {"threads": torch.get_num_threads(), "timer": "process_time", "precision": "fp32"}
        self.facts, self.watch = provenance() | {"conditions": conditions}, Stopwatch()
        self.rows: dict[str, Row] = {}
        self.sides: dict[str, dict[str, table.Measured]] = {}
        self.gflops: list[float] = []
        self.images_per_second: dict[str, float] = {}

    def measure(self, row: Row, side: str, benchmark: BenchmarkFixture) -> str:
        """Time `side` of `row`, then measure its memory in a process of its own; returns what to tell meanwhile."""
        self.gflops.append(gemm_gflops(torch.device("cpu")))
        step_ms, products_ms, state = time_steps(row, side, benchmark)
        release()
        measured = table.Measured(step_ms, state, peak_in_fresh_process(row, side), products_ms)
        benchmark.extra_info.update(peak=measured.peak._asdict(), state_bytes=state)
        self.rows[row.name] = row
        self.sides.setdefault(row.name, {})[side] = measured
        return f"{row.name} {side}: {table.words(measured)}, {self.watch.seconds:.0f} s since the start"

    def lines(self) -> list[dict[str, Any]]:
        """The table's lines, with the best rate seen: other programs can only lower a reading."""
        return [table.line(row, self.sides[name], max(self.gflops)) for name, row in self.rows.items()]

    def loader_record(self) -> dict[str, Any]:
        """The content of loader.json."""
        return self.facts | {"finish": now(), "images_per_second_and_core": self.images_per_second}

    def record(self) -> dict[str, Any]:
        """The content of table.json."""
        rates = {"gemm_gflops": max(self.gflops), "gemm_gflops_readings": self.gflops}
        return self.facts | {"finish": now(), "rates": rates, "rows": self.lines()}


def time_steps(row: Row, side: str, benchmark: BenchmarkFixture) -> tuple[list[float], list[float], int]:
    """Milliseconds of each timed step, of our side's bare matrix products just before each, and bytes of state.

    RuntimeError if the loss is not finite: no head to time.
    """
    contestant, products_ms = Contestant(row, side), []
    products = Products(row) if side == "ours" else None

    def prepare() -> tuple[tuple[Batch], dict[str, Any]]:
        if products:
            products_ms.append(products.milliseconds())
        return (contestant.prepare(),), {}

    loss = benchmark.pedantic(
        contestant.step,
        setup=prepare,
        rounds=row.rounds[SIDES.index(side)],
        warmup_rounds=WARM_UP,
    )
    if not math.isfinite(loss):
        raise RuntimeError(f"{row.name} ({side}): the loss is {float(loss)}")
    step_ms = [seconds * 1e3 for seconds in benchmark.stats.stats.data]
    return step_ms, products_ms[-len(step_ms) :] if products else [], contestant.state_bytes()
