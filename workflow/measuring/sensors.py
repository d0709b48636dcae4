"""A GPU's slow sensors, read again and again while steps go on."""

import statistics
import threading
import time
from types import TracebackType
from typing import Self

from workflow.cells.cost_records import Nvml
from workflow.measuring.nvml import Gpu

SECONDS_BETWEEN_SAMPLES = 0.05
SHORTEST_SECONDS = 0.5
"""counters and sensors are renewed about every 0.1 s, so within a shorter time they tell of what was before it"""


class SensorLog:
    """Reads utilisation, power, clock and temperature of a GPU from a thread while the `with` block runs."""

    def __init__(self, gpu: Gpu, period: float = SECONDS_BETWEEN_SAMPLES):
        self.gpu, self.period = gpu, period
        self.utilisation: list[float] = []
        self.clock: list[float] = []
        self.temperature: list[float] = []
        self.power: list[tuple[float, float]] = []  # seconds, watts
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self.started, self.energy_before = time.perf_counter(), self.gpu.energy()
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.energy_after = self.gpu.energy()
        self.ended.set()
        self.thread.join()
        self.seconds = time.perf_counter() - self.started

    def _sample(self) -> None:
        gpu = self.gpu
        while not self.ended.wait(self.period):
            for values, read in (
                (self.utilisation, gpu.utilisation),
                (self.clock, gpu.clock),
                (self.temperature, gpu.temperature),
            ):
                if (value := read()) is not None:
                    values.append(value)
            if (watts := gpu.power()) is not None:
                self.power.append((time.perf_counter(), watts))

    def joules(self) -> tuple[float | None, str | None]:
        """Energy of the time within the block and its meter: the driver's counter, else the integral of the power."""
        if self.seconds < SHORTEST_SECONDS:
            return None, None
        if self.energy_before is not None and self.energy_after is not None and self.energy_after > self.energy_before:
            return self.energy_after - self.energy_before, "counter"
        if len(self.power) < 2:
            return None, None
        pairs = zip(self.power, self.power[1:], strict=False)
        area = sum((a + b) / 2 * (t - s) for (s, a), (t, b) in pairs)
        return area * self.seconds / (self.power[-1][0] - self.power[0][0]), "integrated power"

    def readings(self, images: int) -> Nvml:
        """Medians over the block and joules per image of `images` with gradient; what was not read is None."""
        joules, meter = self.joules()
        return Nvml(
            utilisation_percent=_median(self.utilisation),
            power_w=_median([watts for _, watts in self.power]),
            energy_j_per_image=joules / images if joules is not None and images else None,
            clock_mhz=_median(self.clock),
            clock_min_mhz=min(self.clock, default=None),
            temperature_c=_median(self.temperature),
            energy_meter=meter,
            watched_seconds=round(self.seconds, 3),
        )


def _median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None
