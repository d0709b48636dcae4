"""A GPU's readings, through a driver that gives all, some or none of them."""

import os
import time

import pytest
import torch

from tests.measuring.conftest import READINGS
from workflow.measuring import nvml as module
from workflow.measuring.nvml import UNREAD, Gpu, Watch, open_gpu

CUDA = torch.device("cuda:0")


def watched(library, images: int, seconds: float = 0.05) -> dict:
    with Watch(Gpu(library, "handle"), period=0.005) as watch:
        time.sleep(seconds)
    return watch.record(images)


@pytest.fixture
def short_watch(monkeypatch):
    monkeypatch.setattr(module, "SHORTEST_WATCH", 0.01)


def test_every_reading_has_its_unit(nvml):
    gpu = Gpu(nvml(processes=((1, 7), (os.getpid(), 5 << 20))), "handle")
    assert gpu.device_bytes() == 3 << 30
    assert gpu.process_bytes() == 5 << 20
    assert (gpu.utilisation(), gpu.power(), gpu.clock(), gpu.temperature()) == (0.0, 250.0, 1980.0, 41.0)
    assert gpu.energy() == 5.0
    assert gpu.facts() == {
        "name": "Made-up GPU",
        "memory_bytes": 80 << 30,
        "max_clock_mhz": 2000.0,
        "power_limit_w": 700.0,
    }


def test_what_the_driver_does_not_give_is_none_and_never_zero(nvml, short_watch):
    gpu = Gpu(nvml(*READINGS), "handle")
    read = [gpu.device_bytes(), gpu.process_bytes(), gpu.utilisation(), gpu.power(), gpu.energy(), gpu.clock()]
    assert read == [None] * len(read) and gpu.temperature() is None
    assert set(gpu.facts().values()) == {None}
    record = watched(nvml(*READINGS), 10)
    assert record.pop("watched_seconds") > 0
    assert set(record.values()) == {None}


def test_a_zero_that_was_read_stays_a_zero(nvml, short_watch):
    assert watched(nvml(), 10)["utilisation_percent"] == 0.0


@pytest.mark.parametrize("processes", [(), ((1, 7),), ((os.getpid(), None),)], ids=["none", "others", "hidden"])
def test_a_process_that_is_not_listed_has_no_memory_reading(nvml, processes):
    assert Gpu(nvml(processes=processes), "handle").process_bytes() is None


def test_energy_is_the_difference_of_the_counter(nvml, short_watch):
    record = watched(nvml(millijoules_a_reading=8000), images=4)
    assert record["energy_meter"] == "counter"
    assert record["energy_j_per_image"] == 2.0


@pytest.mark.parametrize("library", [{"absent": True}, {"rise": 0}], ids=["no counter", "counter stands still"])
def test_energy_without_a_counter_is_the_integral_of_power(nvml, short_watch, library):
    absent = ("nvmlDeviceGetTotalEnergyConsumption",) if "absent" in library else ()
    record = watched(nvml(*absent, millijoules_a_reading=library.get("rise", 1)), images=10)
    assert record["energy_meter"] == "integrated power"
    assert record["energy_j_per_image"] == pytest.approx(250 * record["watched_seconds"] / 10, rel=0.05)


def test_a_watch_too_short_for_the_sensors_reads_no_energy(nvml):
    record = watched(nvml(), images=10)
    assert record["energy_j_per_image"] is None and record["energy_meter"] is None


def test_the_record_has_the_same_fields_with_and_without_a_gpu(nvml):
    assert watched(nvml(), 1).keys() == UNREAD.keys()


def test_a_cpu_or_a_missing_driver_has_no_gpu(nvml):
    assert open_gpu(torch.device("cpu"), nvml()) is None
    assert open_gpu(CUDA, nvml("nvmlInit"), uuid="GPU-1") is None
    assert open_gpu(CUDA, nvml("nvmlDeviceGetHandleByUUID"), uuid="GPU-1") is None
    assert open_gpu(CUDA, nvml(), uuid="GPU-1").handle == "GPU-1"
