"""A GPU's readings, through a driver that gives all, some or none of them."""

import os

import pytest
import torch

from tests.measuring.conftest import READINGS
from workflow.cells.cost_records import GpuFacts
from workflow.measuring.nvml import Gpu, open_gpu

CUDA = torch.device("cuda:0")


def test_every_reading_has_its_unit(nvml):
    gpu = Gpu(nvml(processes=((1, 7), (os.getpid(), 5 << 20))), "handle")
    assert gpu.device_bytes() == 3 << 30
    assert gpu.process_bytes() == 5 << 20
    assert (gpu.utilisation(), gpu.power(), gpu.clock(), gpu.temperature()) == (0.0, 250.0, 1980.0, 41.0)
    assert gpu.energy() == 5.0
    assert gpu.facts() == GpuFacts(name="Made-up GPU", memory_bytes=80 << 30, max_clock_mhz=2000.0, power_limit_w=700.0)


def test_what_the_driver_does_not_give_is_none_and_never_zero(nvml):
    gpu = Gpu(nvml(*READINGS), "handle")
    read = [gpu.device_bytes(), gpu.process_bytes(), gpu.utilisation(), gpu.power(), gpu.energy(), gpu.clock()]
    assert read == [None] * len(read) and gpu.temperature() is None
    assert gpu.facts() == GpuFacts()


@pytest.mark.parametrize("processes", [(), ((1, 7),), ((os.getpid(), None),)], ids=["none", "others", "hidden"])
def test_a_process_that_is_not_listed_has_no_memory_reading(nvml, processes):
    assert Gpu(nvml(processes=processes), "handle").process_bytes() is None


def test_a_cpu_or_a_missing_driver_has_no_gpu(nvml):
    assert open_gpu(torch.device("cpu"), nvml()) is None
    assert open_gpu(CUDA, nvml("nvmlInit"), uuid="GPU-1") is None
    assert open_gpu(CUDA, nvml("nvmlDeviceGetHandleByUUID"), uuid="GPU-1") is None
    assert open_gpu(CUDA, nvml(), uuid="GPU-1").handle == "GPU-1"
