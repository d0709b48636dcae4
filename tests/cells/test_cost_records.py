"""Records of cost cells and machines, as they are written now and as older versions wrote them."""

import json

import pytest

from workflow.cells.cost_records import CostRecord, MachineRecord, Measured, Memory
from workflow.cells.rates import Rates
from workflow.errors import UserError

OLD = {
    "start": "2026-01-01T00:00:00+00:00",
    "cell": {
        **{"profile": "default", "label": "fc", "head": "fc", "ratio": 1, "mode": "head"},
        **{"classes": 200, "dim": 16, "batch": 12, "precision": "fp32"},
    },
    "conditions": {"device": "cpu", "threads": 1, "precision": "fp32"},
    "measure": {"batch": 12, "warmup": 1, "seconds": 4, "device": "auto"},
    "step_ms": [1.0, 2.0],
    "memory": {"host_peak_rss_bytes": 7},
    "nvml": {"clock_min_mhz": None, "energy_meter": None},
    "floor": {"flops": 1, "bytes": 2, "state_bytes": 3, "precision": "fp32", "ms": 0.5},
    "exclusive": True,
    "outcome": "ok",
    "reason": None,
}
"""a record without the fields that came later: MADE UP, nothing here was measured"""


def test_a_record_of_an_older_version_is_read_and_what_it_lacks_is_none(tmp_path):
    path = tmp_path / "200.json"
    path.write_text(json.dumps(OLD))
    record = CostRecord.read(path)
    assert record.conditions.freed_memory_kept is None and record.floor.note is None
    assert record.other_load_cores is None and record.exclusive is True
    assert record.memory == Memory(host_peak_rss_bytes=7) and record.step_ms == [1.0, 2.0]
    record.write(path)
    assert CostRecord.read(path) == record and json.loads(path.read_text()).items() >= {"exclusive": True}.items()


def test_a_record_of_something_else_is_named(tmp_path):
    path = tmp_path / "200.json"
    path.write_text(json.dumps(OLD | {"outcome": "fine"}))
    with pytest.raises(UserError, match=r"200\.json is not a CostRecord"):
        CostRecord.read(path)


def test_what_is_measured_of_one_cell_is_not_that_of_another():
    first, second = Measured(), Measured()
    first.memory.requested_bytes = 4
    first.step_ms.append(1.0)
    assert second == Measured() and second.memory.requested_bytes is None and second.step_ms == []


def test_rates_of_an_older_machine_are_of_one_precision(tmp_path):
    path = tmp_path / "machine.json"
    rates = {"gemm_gflops": 100.0, "copy_gb_s": 10.0, "threads": 1, "precision": "fp32"}
    path.write_text(json.dumps({"start": OLD["start"], "device": "cpu", "rates": rates, "nvml": None}))
    machine = MachineRecord.read(path)
    assert machine.rates.product_gflops("fp32") == 100.0 and machine.rates.product_gflops("tf32") is None
    both = Rates(**rates, gemm_gflops_by_precision={"fp32": 100.0, "tf32": 400.0})
    assert both.product_gflops("tf32") == 400.0
