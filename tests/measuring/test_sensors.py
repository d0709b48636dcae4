"""A GPU's sensors over some time, through a driver that gives all, some or none of them."""

import time

import pytest

from tests.measuring.conftest import READINGS
from workflow.cells.cost_records import Nvml
from workflow.measuring import sensors
from workflow.measuring.nvml import Gpu
from workflow.measuring.sensors import SensorLog


def readings(library, images: int, seconds: float = 0.05) -> Nvml:
    with SensorLog(Gpu(library, "handle"), period=0.005) as log:
        time.sleep(seconds)
    return log.readings(images)


@pytest.fixture
def any_time_will_do(monkeypatch):
    monkeypatch.setattr(sensors, "SHORTEST_SECONDS", 0.01)


def test_what_the_driver_does_not_give_is_none_and_never_zero(nvml, any_time_will_do):
    found = readings(nvml(*READINGS), 10)
    assert found.watched_seconds > 0
    assert found.model_copy(update={"watched_seconds": None}) == Nvml()


def test_every_sensor_is_read(nvml, any_time_will_do):
    found = readings(nvml(), 10)
    assert (found.power_w, found.clock_mhz, found.clock_min_mhz, found.temperature_c) == (250.0, 1980.0, 1980.0, 41.0)


def test_a_zero_that_was_read_stays_a_zero(nvml, any_time_will_do):
    assert readings(nvml(), 10).utilisation_percent == 0.0


def test_energy_is_the_difference_of_the_counter(nvml, any_time_will_do):
    found = readings(nvml(millijoules_a_reading=8000), images=4)
    assert found.energy_meter == "counter"
    assert found.energy_j_per_image == 2.0


@pytest.mark.parametrize("library", [{"absent": True}, {"rise": 0}], ids=["no counter", "counter stands still"])
def test_energy_without_a_counter_is_the_integral_of_power(nvml, any_time_will_do, library):
    absent = ("nvmlDeviceGetTotalEnergyConsumption",) if "absent" in library else ()
    found = readings(nvml(*absent, millijoules_a_reading=library.get("rise", 1)), images=10)
    assert found.energy_meter == "integrated power"
    assert found.energy_j_per_image == pytest.approx(250 * found.watched_seconds / 10, rel=0.05)


def test_a_time_too_short_for_the_sensors_reads_no_energy(nvml):
    found = readings(nvml(), images=10)
    assert found.energy_j_per_image is None and found.energy_meter is None
