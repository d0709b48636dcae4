"""How fast this machine multiplies matrices and moves memory: what a head's floor is computed from.

A floor must lie below whatever is measured, so every rate is the best that could be had.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

from workflow.cells.cost_records import MachineRecord
from workflow.cells.rates import Rates
from workflow.devices import device_name
from workflow.measuring.nvml import open_gpu
from workflow.provenance import now, provenance

FEWEST, SECONDS = 7, 0.2
"""repetitions at least, and how long to go on"""
Shape = tuple[int, int, int]
"""rows, inner length and columns of a product"""
SIZES = {"cpu": (1536, 1024, 256), "cuda": (8192, 16384, 512)}
"""edge of a large square; class vectors in a chunk of a head, and embeddings in a batch"""
DIMS = (128, 512)
BLOCKS = {"cpu": tuple(1 << power for power in range(20, 30, 2)), "cuda": (16 << 20, 64 << 20, 256 << 20, 4 << 30)}
"""bytes that are gone over: from those that a cache holds to those that none does"""


def machine_record(device: torch.device, threads: int) -> MachineRecord:
    """The content of machine.json; torch uses `threads` CPU threads from here on."""
    facts = provenance()
    torch.set_num_threads(threads)
    gpu = open_gpu(device)
    nvml = gpu.facts() if gpu else None
    rates = measured_rates(device)
    return MachineRecord(**facts, device=device_name(device), rates=rates, nvml=nvml, finish=now())


def measured_rates(device: torch.device) -> Rates:
    """The rates of `device` with the threads that torch has now."""
    by_precision = {name: gemm_gflops(device, name) for name in precisions(device)}
    by_bytes = {size: traffic_gb_s(device, size) for size in BLOCKS[device.type]}
    return Rates(
        gemm_gflops=by_precision["fp32"],
        copy_gb_s=by_bytes[max(by_bytes)],
        threads=torch.get_num_threads(),
        precision="fp32",
        gemm_gflops_by_precision=by_precision,
        gb_s_by_bytes=by_bytes,
    )


def precisions(device: torch.device) -> list[str]:
    """Arithmetics worth timing on `device`: only fp32 on a CPU, where emulated bf16 says nothing."""
    if device.type != "cuda":
        return ["fp32"]
    return ["fp32", "tf32", "bf16"] if torch.cuda.get_device_capability(device) >= (8, 0) else ["fp32"]


def shapes(device: torch.device) -> list[Shape]:
    """A large square, and what heads multiply: chunks of class vectors with batches, and the gradients of both."""
    edge, chunk, batch = SIZES[device.type]
    own = [shape for dim in DIMS for shape in ((chunk, dim, batch), (batch, chunk, dim), (chunk, batch, dim))]
    return [(edge, edge, edge), *own]


def gemm_gflops(device: torch.device, precision: str = "fp32", of: Sequence[Shape] | None = None) -> float:
    """10^9 floating-point operations a second in matrix products: the best of all shapes and repetitions.

    `precision` is fp32, tf32 (of fp32 matrices) or bf16.
    """
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    with _tf32(precision == "tf32"):
        return max(product_gflops(device, kind, shape) for shape in of or shapes(device))


def product_gflops(device: torch.device, kind: torch.dtype, shape: Shape) -> float:
    """The same for one shape."""
    rows, inner, columns = shape
    a, b = torch.randn(rows, inner, device=device).to(kind), torch.randn(columns, inner, device=device).to(kind).T
    product = torch.mm(a, b)  # reused: touching fresh pages would halve the rate on a CPU
    return 2 * rows * inner * columns / seconds(lambda: torch.mm(a, b, out=product), device) / 1e9


def traffic_gb_s(device: torch.device, size: int) -> float:
    """10^9 bytes a second, reads and writes both counted: the better of a copy from one half of `size` bytes to the
    other, and of a sum over all of them."""
    block = torch.ones(size // 4, device=device)
    source, target = block.chunk(2)
    works = (lambda: target.copy_(source)), block.sum
    return size / min(seconds(work, device) for work in works) / 1e9


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """Shortest time of `work` after two runs that are not counted."""
    samples: list[float] = []
    first = time.perf_counter()
    while len(samples) < FEWEST + 2 or time.perf_counter() - first < SECONDS:
        _wait(device)
        started = time.perf_counter()
        work()
        _wait(device)
        samples.append(time.perf_counter() - started)
    return min(samples[2:])


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
