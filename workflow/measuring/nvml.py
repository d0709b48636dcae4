"""What the driver says about a GPU. A reading that it does not give is None, never 0."""

import os
from typing import Any, Protocol, cast

import pynvml  # type: ignore[import-untyped]
import torch

from workflow.cells.cost_records import GpuFacts


class Library(Protocol):
    """What is used of pynvml by name; the readings of a device are looked up, as a driver may lack some."""

    NVMLError: type[Exception]

    def nvmlInit(self) -> None: ...
    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> object: ...


class Gpu:
    """One GPU; `handle` is the library's of the device."""

    def __init__(self, library: Library, handle: object):
        self.library, self.handle = library, handle

    def read(self, function: str, *arguments: int) -> Any:
        """Result of the library's `function` for this GPU, a number or a C structure; None if it cannot be had."""
        try:
            return getattr(self.library, function)(self.handle, *arguments)
        except (self.library.NVMLError, AttributeError):
            return None

    def scaled(self, function: str, *arguments: int, unit: float = 1.0) -> float | None:
        """A number divided by `unit`, or None."""
        value = self.read(function, *arguments)
        return None if value is None else float(value) / unit

    def device_bytes(self) -> int | None:
        """Memory in use on the whole device: every process, contexts and kernels included."""
        memory = self.read("nvmlDeviceGetMemoryInfo")
        return None if memory is None else int(memory.used)

    def process_bytes(self, pid: int | None = None) -> int | None:
        """Memory of this process on the device; None where the driver or a container hides it."""
        for process in self.read("nvmlDeviceGetComputeRunningProcesses") or []:
            if process.pid == (pid or os.getpid()) and process.usedGpuMemory is not None:
                return int(process.usedGpuMemory)
        return None

    def utilisation(self) -> float | None:
        """Percent of the last sample period in which any kernel ran."""
        rates = self.read("nvmlDeviceGetUtilizationRates")
        return None if rates is None else float(rates.gpu)

    def power(self) -> float | None:
        """Watts."""
        return self.scaled("nvmlDeviceGetPowerUsage", unit=1e3)

    def energy(self) -> float | None:
        """Joules since the driver was loaded."""
        return self.scaled("nvmlDeviceGetTotalEnergyConsumption", unit=1e3)

    def clock(self) -> float | None:
        """MHz of the multiprocessors."""
        return self.scaled("nvmlDeviceGetClockInfo", getattr(self.library, "NVML_CLOCK_SM", 1))

    def temperature(self) -> float | None:
        """Degrees Celsius."""
        return self.scaled("nvmlDeviceGetTemperature", getattr(self.library, "NVML_TEMPERATURE_GPU", 0))

    def facts(self) -> GpuFacts:
        """What does not change: name, memory, highest clock, power limit."""
        memory, name = self.read("nvmlDeviceGetMemoryInfo"), self.read("nvmlDeviceGetName")
        return GpuFacts(
            name=name.decode() if isinstance(name, bytes) else name,
            memory_bytes=None if memory is None else int(memory.total),
            max_clock_mhz=self.scaled("nvmlDeviceGetMaxClockInfo", getattr(self.library, "NVML_CLOCK_SM", 1)),
            power_limit_w=self.scaled("nvmlDeviceGetEnforcedPowerLimit", unit=1e3),
        )


def open_gpu(device: torch.device, library: Library | None = None, uuid: str | None = None) -> Gpu | None:
    """The GPU behind `device`, or None for a CPU, without a driver, or where NVML does not know it.

    `library` is pynvml unless a test brings its own.
    """
    if device.type != "cuda":
        return None
    library = library or cast(Library, pynvml)
    try:
        library.nvmlInit()
        # by UUID, because CUDA_VISIBLE_DEVICES renumbers what torch sees and not what NVML sees
        uuid = uuid or f"GPU-{torch.cuda.get_device_properties(device).uuid}"
        return Gpu(library, library.nvmlDeviceGetHandleByUUID(uuid))
    except (library.NVMLError, AttributeError, RuntimeError):
        return None
