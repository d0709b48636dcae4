"""Peak memory of one step: `python -m tests.benchmarks.memory ROW SIDE`, a fresh process for each.

What is measured is the resident memory at the height of the second step, less what the process held before anything
was built. Libraries are loaded before that by a step at a small size.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import torch

from tests.benchmarks.contestants import Contestant
from tests.benchmarks.rows import Row
from workflow.cells.cost_records import Memory
from workflow.measuring.meters import Meters, release

ROOT = Path(__file__).resolve().parents[2]


class Peak(NamedTuple):
    """The height of a step above what was there before."""

    bytes: int
    meter: str
    """VmHWM is exact; ru_maxrss, where the system cannot reset the peak, includes building"""


def peak_in_fresh_process(row: Row, side: str) -> Peak:
    """RuntimeError with the process's last words if it fails, for instance for want of memory."""
    command = [sys.executable, "-m", "tests.benchmarks.memory", row.to_json(), side]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["killed, perhaps for want of memory"]
        raise RuntimeError(f"memory of {row.name} ({side}): exit status {done.returncode}: {words[-1]}")
    return Peak(*json.loads(done.stdout))


def peak(row: Row, side: str) -> Peak:
    """Of this process, which should have done nothing else."""
    torch.set_num_threads(1)
    _prime(row, side)
    meters = Meters(torch.device("cpu"), None)
    contestant = Contestant(row, side)
    contestant.step(contestant.prepare())
    batch = contestant.prepare()
    release()
    meters.reset()
    contestant.step(batch)
    memory = Memory()
    meters.read_into(memory)
    return Peak((memory.host_peak_rss_bytes or 0) - (memory.host_rss_before_bytes or 0), meters.host.meter)


def _prime(row: Row, side: str) -> None:
    small = Contestant(row.primer(), side)
    small.step(small.prepare())


if __name__ == "__main__":
    print(json.dumps(peak(Row.from_json(sys.argv[1]), sys.argv[2])))
