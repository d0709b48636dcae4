"""What the driver says about a GPU. A reading that it does not give is None, never 0."""

import os
import statistics
import threading
import time
from types import ModuleType, TracebackType
from typing import Any

import torch

SECONDS_BETWEEN_SAMPLES = 0.05
SHORTEST_WATCH = 0.5
"""seconds: counters and sensors are renewed about every 0.1 s, so a shorter watch reads what was before it"""


class Gpu:
    """One GPU. `library` is pynvml or something shaped like it, `handle` its handle of the device."""

    def __init__(self, library: ModuleType | Any, handle: Any):
        self.library, self.handle = library, handle

    def read(self, function: str, *arguments: Any) -> Any:
        """Result of the library's `function` for this GPU, or None if it cannot be had."""
        try:
            return getattr(self.library, function)(self.handle, *arguments)
        except (self.library.NVMLError, AttributeError):
            return None

    def scaled(self, function: str, *arguments: Any, unit: float = 1.0) -> float | None:
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

    def facts(self) -> dict[str, Any]:
        """What does not change: name, memory, highest clock, power limit."""
        memory = self.read("nvmlDeviceGetMemoryInfo")
        name = self.read("nvmlDeviceGetName")
        return {
            "name": name.decode() if isinstance(name, bytes) else name,
            "memory_bytes": None if memory is None else int(memory.total),
            "max_clock_mhz": self.scaled("nvmlDeviceGetMaxClockInfo", getattr(self.library, "NVML_CLOCK_SM", 1)),
            "power_limit_w": self.scaled("nvmlDeviceGetEnforcedPowerLimit", unit=1e3),
        }


def open_gpu(device: torch.device, library: ModuleType | Any = None, uuid: str | None = None) -> Gpu | None:
    """The GPU behind `device`, or None for a CPU, without a driver, or where NVML does not know it."""
    if device.type != "cuda":
        return None
    try:
        library = library or __import__("pynvml")
    except ImportError:
        return None
    try:
        library.nvmlInit()
        # by UUID, because CUDA_VISIBLE_DEVICES renumbers what torch sees and not what NVML sees
        uuid = uuid or f"GPU-{torch.cuda.get_device_properties(device).uuid}"
        return Gpu(library, library.nvmlDeviceGetHandleByUUID(uuid))
    except (library.NVMLError, AttributeError, RuntimeError):
        return None


class Watch:
    """Watches a GPU from a thread while the `with` block runs."""

    def __init__(self, gpu: Gpu, period: float = SECONDS_BETWEEN_SAMPLES):
        self.gpu, self.period = gpu, period
        self.samples: dict[str, list[float]] = {"utilisation": [], "power": [], "clock": [], "temperature": []}
        self.times: list[float] = []  # of the samples of power
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "Watch":
        self.started, self.energy_before = time.perf_counter(), self.gpu.energy()
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.energy_after = self.gpu.energy()
        self.stop.set()
        self.thread.join()
        self.seconds = time.perf_counter() - self.started

    def _sample(self) -> None:
        while not self.stop.wait(self.period):
            for name, values in self.samples.items():
                value = getattr(self.gpu, name)()
                if value is not None:
                    values.append(value)
                    if name == "power":
                        self.times.append(time.perf_counter())

    def joules(self) -> tuple[float | None, str | None]:
        """Energy of the watched time and its meter: the driver's counter, else the integral of the power samples."""
        if self.seconds < SHORTEST_WATCH:
            return None, None
        if self.energy_before is not None and self.energy_after is not None and self.energy_after > self.energy_before:
            return self.energy_after - self.energy_before, "counter"
        power, times = self.samples["power"], self.times
        if len(power) < 2:
            return None, None
        area = sum((a + b) / 2 * (t - s) for a, b, s, t in zip(power, power[1:], times, times[1:], strict=False))
        return area * self.seconds / (times[-1] - times[0]), "integrated power"

    def record(self, images: int) -> dict[str, Any]:
        """Medians over the watched time and joules per image with gradient; what was not read is None."""
        joules, meter = self.joules()
        return {
            "utilisation_percent": _median(self.samples["utilisation"]),
            "power_w": _median(self.samples["power"]),
            "energy_j_per_image": joules / images if joules is not None and images else None,
            "clock_mhz": _median(self.samples["clock"]),
            "clock_min_mhz": min(self.samples["clock"], default=None),
            "temperature_c": _median(self.samples["temperature"]),
            "energy_meter": meter,
            "watched_seconds": round(self.seconds, 3),
        }


UNREAD = {
    "utilisation_percent": None,
    "power_w": None,
    "energy_j_per_image": None,
    "clock_mhz": None,
    "clock_min_mhz": None,
    "temperature_c": None,
    "energy_meter": None,
    "watched_seconds": None,
}
"""the record where there is no GPU to watch"""


def _median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None
