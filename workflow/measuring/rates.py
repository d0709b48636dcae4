"""How fast this machine multiplies matrices and copies memory: what a head's floor is computed from."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from workflow.cells.cost_records import MachineRecord, Rates
from workflow.devices import device_name
from workflow.measuring.nvml import open_gpu
from workflow.provenance import now, provenance

REPEATS = 7
EDGE = {"cpu": 1536, "cuda": 8192}
"""rows and columns of the square matrices multiplied"""
COPIED = {"cpu": 256 << 20, "cuda": 2 << 30}
"""bytes of the block that is copied: more than any cache holds"""


def machine_record(device: torch.device, threads: int) -> MachineRecord:
    """The content of machine.json; torch uses `threads` CPU threads from here on."""
    facts = provenance()
    torch.set_num_threads(threads)
    by_precision = {name: gemm_gflops(device, name) for name in precisions(device)}
    rates = Rates(
        gemm_gflops=by_precision["fp32"],
        copy_gb_s=copy_gb_s(device),
        threads=threads,
        precision="fp32",
        gemm_gflops_by_precision=by_precision,
    )
    gpu = open_gpu(device)
    nvml = gpu.facts() if gpu else None
    return MachineRecord(**facts, device=device_name(device), rates=rates, nvml=nvml, finish=now())


def precisions(device: torch.device) -> list[str]:
    """Arithmetics worth timing on `device`: only fp32 on a CPU, where emulated bf16 says nothing."""
    if device.type != "cuda":
        return ["fp32"]
    return ["fp32", "tf32", "bf16"] if torch.cuda.get_device_capability(device) >= (8, 0) else ["fp32"]


def gemm_gflops(device: torch.device, precision: str = "fp32", edge: int | None = None) -> float:
    """10^9 floating-point operations a second in a product of two `edge` x `edge` matrices, median of several.

    `precision` is fp32, tf32 (of fp32 matrices) or bf16.
    """
    edge = edge or EDGE[device.type]
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    a, b = (torch.randn(edge, edge, device=device).to(kind) for _ in range(2))
    product = torch.empty_like(a)  # reused: touching fresh pages would halve the rate on a CPU
    with _tf32(precision == "tf32"):
        return 2 * edge**3 / seconds(lambda: torch.mm(a, b, out=product), device) / 1e9


def copy_gb_s(device: torch.device, size: int | None = None) -> float:
    """10^9 bytes a second, reads and writes both counted, in a copy of `size` bytes, median of several."""
    size = size or COPIED[device.type]
    source = torch.ones(size // 4, device=device)
    target = torch.empty_like(source)
    return 2 * size / seconds(lambda: target.copy_(source), device) / 1e9


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """Median time of `work` after two runs that are not counted."""
    samples = []
    for number in range(-2, REPEATS):
        _wait(device)
        started = time.perf_counter()
        work()
        _wait(device)
        if number >= 0:
            samples.append(time.perf_counter() - started)
    return statistics.median(samples)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@contextmanager
def _tf32(wanted: bool) -> Iterator[None]:
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = wanted
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
