"""A made-up machine whose heads hold what they declare and take what their floor says; nothing here was measured."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import heads
from heads.kit import Place
from tests.summary.made_up import cost, summary_of
from tests.threads import one_thread
from workflow.cells.cost_records import MachineRecord, Memory, Rates
from workflow.cells.records import Images
from workflow.files import write_json
from workflow.summary.stored import CostRow, Quantiles
from workflow.summary.vocabulary import Mode

__all__ = ["one_thread"]
BATCH, DIM, TRAINED, IMAGES_MS = 256, 128, 5_000, 100.0
SIZES = (10_000, 100_000, 1_000_000)
ROWS = (("fc", 1.0), ("partial_fc", 0.1), ("dcq", 0.1), ("f2c", 0.1), ("f2c", 0.3))
LIBRARIES, REST = 3_000_000, 400_000_000
RATES = Rates(gemm_gflops=100.0, copy_gb_s=10.0, threads=1, precision="fp32")
Publish = Callable[..., str]


def declared(head: str, ratio: float, classes: int):
    return heads.cost(head, BATCH, classes, DIM, options={}, ratio=ratio, place=Place())


def truth(head: str, ratio: float, classes: int) -> float:
    """Milliseconds of a head alone: two, and twice its floor by products, which bound every one of them."""
    return 2 + 2 * declared(head, ratio, classes).flops / 1e8


def alone(head: str, ratio: float, classes: int) -> CostRow:
    """A head alone that holds what it declares and LIBRARIES, by torch's account."""
    found, ms = declared(head, ratio, classes), truth(head, ratio, classes)
    held = found.state_bytes + found.working_bytes + LIBRARIES
    row = cost(head, ratio, classes, held, step_ms=Quantiles(median=ms, p10=ms, p90=ms), batch=BATCH, dim=DIM)
    more = {"memory": Memory(tensor_peak_bytes=held), "device": "cpu", "peak_meter": "growth"}
    return row.model_copy(update={**more, "shares_classes": head in ("fc", "partial_fc")})


def whole(head: str, ratio: float) -> CostRow:
    """The training step: IMAGES_MS beside the head, 30 more with a twin, and REST bytes beside its state."""
    twin = 30.0 if heads.has_twin(head) else 0.0
    own, state = truth(head, ratio, TRAINED), declared(head, ratio, TRAINED).state_bytes
    ms = IMAGES_MS + twin + own
    row = cost(head, ratio, TRAINED, REST + state, mode=Mode.WHOLE, batch=BATCH, dim=DIM, device="cpu")
    timed = {
        "step_ms": Quantiles(median=ms, p10=ms, p90=ms),
        "images_per_second": Images(gradient=1000 * BATCH / ms, encoded=1000 * BATCH / ms),
        "parts_ms": {"backbone": IMAGES_MS, "twin": twin, "head": own},
        "memory": Memory(declared_state_bytes=state),
    }
    return row.model_copy(update=timed)


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Publish cost rows as those of a machine, in a folder that becomes the current one."""
    monkeypatch.chdir(tmp_path)

    def write(name: str = "made-up", costs: Sequence[CostRow] | None = None) -> str:
        if costs is None:
            costs = [each for row in ROWS for each in (whole(*row), *(alone(*row, size) for size in SIZES))]
        machine = MachineRecord(start="2026-01-01T00:00:00+00:00", device="cpu", rates=RATES)
        stored = summary_of([(head, ratio, {}) for head, ratio in ROWS], costs).stored
        stored = stored.model_copy(update={"machine": machine, "cost_device": costs[0].device if costs else "cpu"})
        path = tmp_path / "results" / "published" / name / "summary.json"
        path.parent.mkdir(parents=True)
        write_json(path, stored.model_dump(mode="json", by_alias=True))
        return name

    return write
