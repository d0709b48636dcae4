"""The roofline's arithmetic."""

import pytest

from heads.kit.interface import Cost
from tests.measuring.conftest import RATES
from workflow.measuring.floor import floor


@pytest.mark.parametrize(
    ("cost", "ms"),
    [
        (Cost(7, 10_000_000, 2_000_000_000, 0), 20.0),  # 2 GFLOP at 100 GFLOP/s; 10 MB at 10 GB/s is 1 ms
        (Cost(7, 500_000_000, 2_000_000_000, 0), 50.0),  # 0.5 GB at 10 GB/s
    ],
    ids=["products bound", "memory bound"],
)
def test_the_slower_of_products_and_memory_traffic(cost, ms):
    record = floor(cost, RATES, "cpu")
    assert record.ms == pytest.approx(ms)
    assert (record.flops, record.bytes, record.state_bytes) == (cost.flops, cost.moved_bytes, 7)


def test_the_rate_of_the_arithmetic_in_use():
    rates = RATES.rates.model_copy(update={"gemm_gflops_by_precision": {"fp32": 100.0, "tf32": 400.0}})
    machine = RATES.model_copy(update={"device": "GPU", "rates": rates})
    record = floor(Cost(0, 0, 2_000_000_000, 0), machine, "GPU", "tf32")
    assert record.ms == pytest.approx(5.0) and record.precision == "tf32"


@pytest.mark.parametrize(("device", "precision"), [("NVIDIA H200", "fp32"), ("cpu", "tf32")])
def test_no_floor_is_borrowed_from_another_machine_or_arithmetic(device, precision, capsys):
    record = floor(Cost(1, 2, 3, 4), RATES, device, precision)
    assert record.ms is None and record.flops == 3
    assert device in record.note and "no floor" in capsys.readouterr().err
