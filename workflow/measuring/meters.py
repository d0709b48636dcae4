"""Peak memory by every meter there is: torch's allocator, the driver, the host's kernel. None where there is none."""

import ctypes
import gc
import os
import platform
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import torch

from workflow.cells.cost_records import Conditions, Memory
from workflow.devices import device_name
from workflow.measuring.nvml import Gpu

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
CGROUP = Path("/sys/fs/cgroup")
HEADROOM = 0.95
"""share of the memory that is free now that a cell may take before its requests are refused"""


class HostPeak:
    """Peak resident memory of this process since `reset`, in bytes. `meter` says what was read:

    "VmHWM" leaves out the pages of files, as they are when it is read, and is exact otherwise; "ru_maxrss" is the
    peak since the process started, an upper bound where the kernel's peak cannot be reset (macOS, some containers).
    """

    def __init__(self) -> None:
        self.meter = "ru_maxrss"

    def reset(self) -> None:
        """Forget the peak so far, where the system allows it."""
        self.meter = "ru_maxrss"
        with suppress(OSError):
            RESET.write_text("5", encoding="ascii")
            self.meter = "VmHWM" if _status("VmHWM") is not None else "ru_maxrss"

    def bytes(self) -> int | None:
        """The peak in bytes."""
        if self.meter == "VmHWM":
            peak = _status("VmHWM")
            return None if peak is None else peak - file_pages()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak * (1 if platform.system() == "Darwin" else 1024)


def file_pages() -> int:
    """Bytes of mapped files that are in memory: the system's cache, which it takes back when it likes, and which of a
    set's images holds the more the longer one looks. 0 where the system does not say."""
    return _status("RssFile") or 0


def resident() -> int | None:
    """Bytes of this process in memory now, without the pages of files."""
    try:
        return psutil.Process().memory_info().rss - file_pages()
    except psutil.Error:
        return None


def release() -> None:
    """Give memory that is free already back to the system, so that what was before does not hide what comes."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _status(name: str) -> int | None:
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB", STATUS.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


class Meters:
    """All memory meters of one cell: made before the head is built, reset after the warm-up, read at the end."""

    def __init__(self, device: torch.device, gpu: Gpu | None):
        release()
        self.device, self.gpu, self.host = device, gpu, HostPeak()
        self.host_before = resident()
        self.allocator_before = torch.cuda.memory_allocated(device) if device.type == "cuda" else None

    def reset(self) -> None:
        self.host.reset()
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)

    def read_into(self, memory: Memory) -> None:
        """Write into `memory` what is measured. The allocator keeps its high-water mark reserved, so one look at the
        driver after the last step sees the peak."""
        if self.device.type == "cuda":
            memory.allocator_peak_bytes = torch.cuda.max_memory_allocated(self.device)
            memory.allocator_reserved_bytes = torch.cuda.max_memory_reserved(self.device)
        memory.allocator_before_bytes = self.allocator_before
        if self.gpu:
            memory.nvml_device_bytes, memory.nvml_process_bytes = self.gpu.device_bytes(), self.gpu.process_bytes()
        memory.host_peak_rss_bytes, memory.host_rss_before_bytes = self.host.bytes(), self.host_before


def available_bytes(device: torch.device) -> int:
    """Memory that could still be taken: of the GPU, or of the host within its container's limit."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = psutil.virtual_memory().available
    try:
        files = (CGROUP / f"memory.{name}" for name in ("max", "current", "stat"))
        limit, used, stat = (file.read_text(encoding="ascii") for file in files)
        cached = re.search(r"^inactive_file (\d+)", stat, re.MULTILINE)
        return max(0, min(free, int(limit) - int(used) + (int(cached[1]) if cached else 0)))
    except (OSError, ValueError):  # no such file, or the limit is "max"
        return free


@contextmanager
def limited_memory(device: torch.device) -> Iterator[None]:
    """Let requests beyond the host's free memory fail, instead of being granted and killing the process when used.

    Does nothing for a GPU, whose driver reserves more addresses than there is memory, or without Linux's accounting.
    """
    data = _status("VmData")
    if data is None or device.type != "cpu":
        yield
        return
    free = available_bytes(device)
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = data + int(HEADROOM * free)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def conditions(device: torch.device, precision: str) -> Conditions:
    """What the numbers depend on beside the head: device, threads, arithmetic, as they are now."""
    return Conditions(
        device=device_name(device),
        threads=torch.get_num_threads(),
        precision=precision,
        allow_tf32=torch.backends.cuda.matmul.allow_tf32,
        matmul_precision=torch.get_float32_matmul_precision(),
        cudnn_benchmark=torch.backends.cudnn.benchmark,
        deterministic=torch.are_deterministic_algorithms_enabled(),
        load_average=os.getloadavg()[0],
    )
