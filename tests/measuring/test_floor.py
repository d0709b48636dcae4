"""The roofline's arithmetic."""

import pytest
import torch

from heads.kit.interface import Cost
from tests.measuring.conftest import RATES
from workflow.cells.records import Machine
from workflow.measuring.floor import believed, floor
from workflow.provenance import processor


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


def test_no_floor_is_borrowed_from_results_that_were_copied_from_another_machine(capsys):
    copied = RATES.model_copy(update={"machine": Machine(processor="Another CPU @ 9 GHz")})
    record = floor(Cost(1, 2, 3, 4), copied, "cpu")
    assert record.ms is None and record.note == "the machine's record is of another machine (Another CPU @ 9 GHz)"
    assert "delete it and run again" in capsys.readouterr().err
    own = RATES.model_copy(update={"machine": Machine(processor=processor())})
    assert floor(Cost(1, 2, 3, 4), own, "cpu").ms is not None


def test_without_rates_there_is_no_floor_and_the_reason_is_told():
    lost = RATES.model_copy(update={"rates": None, "outcome": "failed", "reason": "the process was killed"})
    record = floor(Cost(1, 2, 3, 4), lost, "cpu")
    assert (record.ms, record.flops) == (None, 3)
    assert record.note == "the machine's rates were not measured (the process was killed)"


def test_a_state_that_a_cache_holds_is_gone_over_at_the_caches_rate():
    rates = RATES.rates.model_copy(update={"gb_s_by_bytes": {1_000: 80.0, 1_000_000: 40.0, 10**9: 10.0}})
    machine = RATES.model_copy(update={"rates": rates})
    times = [floor(Cost(state, 800_000_000, 0, 0), machine, "cpu").ms for state in (10, 1_000_000, 2_000_000, 10**10)]
    assert times == pytest.approx([10.0, 20.0, 80.0, 80.0])


def test_the_better_of_two_measurements_of_the_rates():
    first = RATES.rates.model_copy(update={"gemm_gflops_by_precision": {"fp32": 100.0}, "gb_s_by_bytes": {8: 5.0}})
    other = first.model_copy(
        update={"gemm_gflops_by_precision": {"fp32": 90.0}, "gb_s_by_bytes": {8: 7.0}, "copy_gb_s": 11.0}
    )
    best = first.or_faster(other)
    assert best.product_gflops("fp32") == 100.0 and best.traffic_gb_s(1) == 7.0 and best.copy_gb_s == 11.0


def test_a_floor_below_the_time_is_believed_without_another_look(monkeypatch):
    monkeypatch.setattr("workflow.measuring.floor.measured_rates", lambda device: pytest.fail("measured again"))
    found = floor(Cost(7, 10_000_000, 2_000_000_000, 0), RATES, "cpu")
    assert believed(found, RATES.rates, 20.5, torch.device("cpu")) == found
