"""Memory meters on this machine, and where the kernel's own are missing."""

import platform
import resource
from pathlib import Path

import numpy as np
import pytest
import torch

from workflow.cells.cost_records import Memory
from workflow.measuring import meters
from workflow.measuring.meters import HostPeak, Meters, available_bytes, conditions, limited_memory

CPU = torch.device("cpu")
linux = pytest.mark.skipif(platform.system() != "Linux", reason="reads Linux's /proc")


def test_a_block_that_came_and_went_is_in_the_peak():
    meters.release()  # what earlier tests freed could be used again without growing
    peak, before = HostPeak(), meters.resident()
    peak.reset()
    torch.ones(16 << 20).sum()
    assert peak.bytes() - before > 60 << 20


@linux
def test_the_pages_of_a_file_are_not_the_process(tmp_path):
    np.save(tmp_path / "images.npy", np.ones(64 << 20, np.uint8))
    peak, before = HostPeak(), meters.resident()
    peak.reset()
    images = np.load(tmp_path / "images.npy", mmap_mode="r")
    assert images[::4096].sum() == len(images) // 4096
    assert meters.file_pages() > 64 << 20
    assert max(peak.bytes(), meters.resident()) - before < 16 << 20


@linux
def test_the_peak_forgets_what_was_before_the_reset():
    peak = HostPeak()
    torch.ones(32 << 20).sum()
    peak.reset()
    if peak.meter != "VmHWM":
        pytest.skip("this kernel does not let a process reset its peak")
    assert peak.bytes() < meters.resident() + (32 << 20)


def test_without_a_resettable_peak_the_record_says_what_was_read(monkeypatch):
    monkeypatch.setattr(meters, "RESET", Path("/nowhere/clear_refs"))
    peak = HostPeak()
    peak.reset()
    assert peak.meter == "ru_maxrss"
    assert peak.bytes() >= meters.resident() // 2


def test_meters_of_a_cpu_leave_the_gpus_fields_null():
    read, memory = Meters(CPU, None), Memory(declared_state_bytes=7)
    read.reset()
    read.read_into(memory)
    found = memory.model_dump()
    assert found.pop("declared_state_bytes") == 7
    assert all(value is None for name, value in found.items() if not name.startswith("host"))
    assert memory.host_peak_rss_bytes > 0 and memory.host_rss_before_bytes > 0


def test_a_containers_limit_counts_as_the_machines(tmp_path, monkeypatch):
    monkeypatch.setattr(meters, "CGROUP", tmp_path)
    whole = available_bytes(CPU)
    (tmp_path / "memory.max").write_text("3000000\n")
    (tmp_path / "memory.current").write_text("2000000\n")
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 500000\n")
    assert available_bytes(CPU) == 1_500_000 < whole
    (tmp_path / "memory.max").write_text("max\n")
    assert available_bytes(CPU) > 1_500_000


@linux
def test_a_request_beyond_the_free_memory_fails_instead_of_being_granted(monkeypatch):
    before = resource.getrlimit(resource.RLIMIT_DATA)
    monkeypatch.setattr(meters, "available_bytes", lambda device: 64 << 20)
    with limited_memory(CPU), pytest.raises(RuntimeError, match="can't allocate memory"):
        torch.empty(1 << 30)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert len(torch.empty(64 << 20)) == 64 << 20


def test_conditions_state_what_timings_depend_on():
    found = conditions(CPU, "fp32")
    assert found.device == "cpu" and found.threads == 1
    assert found.allow_tf32 in (True, False) and found.deterministic in (True, False)
