"""Specifications of tiny cost cells, and a driver that answers as it is told."""

import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import yaml

import heads
from workflow.cells.config import Config
from workflow.cells.cost_records import CostRecord, MachineRecord
from workflow.cells.cost_specs import cost_spec
from workflow.cells.rates import Rates
from workflow.cells.spec import CostSpec, run_specs
from workflow.measuring.head_alone import HeadAlone
from workflow.measuring.measurement import Measurement

ROOT = Path(__file__).parents[2]
MEASURE = {
    "batch": 12,
    "warmup": 1,
    "fill_limit": 3,
    "steps": 4,
    "repeats": 3,
    "parts_steps": 2,
    "seconds": 60,
    "power_seconds": 0.1,
    "threads": 1,
    "device": "cpu",
}
RATES = MachineRecord(
    start="2026-01-01T00:00:00+00:00",
    device="cpu",
    rates=Rates(gemm_gflops=100.0, copy_gb_s=10.0, threads=1, precision="fp32"),
)
"""round numbers for arithmetic, measured nowhere"""


def other_load(cores: float | None) -> SimpleNamespace:
    """What stands in for OtherLoad on a machine whose other programs keep so many cores busy."""
    return SimpleNamespace(cores=lambda: cores, seconds=lambda: float("inf"))


@pytest.fixture(autouse=True)
def _as_before(monkeypatch, tmp_path):
    """Leave torch and the allocator as they were, and the machine's lock to real measurements."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("workflow.measuring.measurement.keep_freed_memory", lambda: True)
    monkeypatch.setattr("workflow.measuring.attempts.OtherLoad", lambda: other_load(0.0))  # whatever else runs
    monkeypatch.setattr("workflow.measuring.attempts.PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("workflow.measuring.floor.measured_rates", lambda device: RATES.rates)  # which takes a while
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.fixture
def make_spec():
    """make_spec("dcq", ratio=0.5, classes=200, steps=4): a cost cell of the default config with smaller sizes."""

    def make(
        head: str, ratio: float | None = None, classes: int = 200, train: dict | None = None, **measure
    ) -> CostSpec:
        config = yaml.safe_load((ROOT / "config/default.yaml").read_text())
        config["backbone"]["dim"] = 16
        config["train"] |= {"batch": 12, "device": "cpu"} | (train or {})
        config["heads"] = [{"head": head, "ratios": [ratio or 0.5]} if heads.takes_ratio(head) else {"head": head}]
        config["measure"] = MEASURE | measure
        config = Config.parse(config)
        return cost_spec(run_specs(config)[0], config.measure, classes)

    return make


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    path = tmp_path / "machine.json"
    RATES.write(path)
    return path


@pytest.fixture
def measure_head(make_spec):
    """Measure a head alone and return its record: measure_head("dcq", ratio=0.5, steps=4)."""

    def measure(*arguments, **keywords) -> CostRecord:
        spec = make_spec(*arguments, **keywords)
        return Measurement(HeadAlone(spec, torch.device("cpu")), spec, RATES).run()

    return measure


@pytest.fixture(params=heads.names())
def head_name(request) -> str:
    return request.param


class FakeNvml:
    """pynvml's functions for one GPU; those named in `absent` fail as they do where the driver lacks them."""

    NVML_CLOCK_SM, NVML_TEMPERATURE_GPU = 1, 0

    class NVMLError(Exception):
        pass

    def __init__(self, *absent: str, processes: tuple = (), millijoules_a_reading: int = 5000):
        self.absent, self.processes, self.energy, self.rise = absent, processes, 0, millijoules_a_reading

    def __getattribute__(self, name: str):
        if name.startswith("nvml") and name in object.__getattribute__(self, "absent"):

            def refuse(*_):
                raise self.NVMLError("Not Supported")

            return refuse
        return object.__getattribute__(self, name)

    def nvmlInit(self):
        pass

    def nvmlDeviceGetHandleByUUID(self, uuid):
        return uuid

    def nvmlDeviceGetMemoryInfo(self, _):
        return SimpleNamespace(used=3 << 30, total=80 << 30)

    def nvmlDeviceGetComputeRunningProcesses(self, _):
        return [SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in self.processes]

    def nvmlDeviceGetUtilizationRates(self, _):
        return SimpleNamespace(gpu=0, memory=0)

    def nvmlDeviceGetPowerUsage(self, _):
        return 250_000

    def nvmlDeviceGetTotalEnergyConsumption(self, _):
        self.energy += self.rise
        return self.energy

    def nvmlDeviceGetClockInfo(self, _, kind):
        return 1980

    def nvmlDeviceGetMaxClockInfo(self, _, kind):
        return 2000

    def nvmlDeviceGetTemperature(self, _, kind):
        return 41

    def nvmlDeviceGetEnforcedPowerLimit(self, _):
        return 700_000

    def nvmlDeviceGetName(self, _):
        return b"Made-up GPU"


READINGS = [name for name in vars(FakeNvml) if name.startswith("nvmlDeviceGet") and name != "nvmlDeviceGetHandleByUUID"]


@pytest.fixture
def nvml() -> type[FakeNvml]:
    return FakeNvml
