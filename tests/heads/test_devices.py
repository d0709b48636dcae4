"""A GPU trains what a CPU trains: every head, in float64, from the same random numbers."""

import pytest
import torch

from tests.heads.cases import ROWS, Run, all_cases, check_close, flat
from tests.heads.elsewhere import Generator, SameDraws

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
each_case = pytest.mark.parametrize("case", all_cases(), ids=str)


def trained(case, device: str) -> Run:
    """`case` after a step on each of ROWS, its random numbers drawn on the CPU."""
    with SameDraws():
        return Run(case, device=device).steps(range(len(ROWS)))


def numbers(run: Run) -> dict[str, torch.Tensor]:
    """All that a run gave, step by step, and its state with idle rows caught up."""
    found = {}
    for step, values in enumerate(run.history):
        for name, tensors in values.items():
            found |= {f"{name} {number} of step {step}": tensor for number, tensor in enumerate(tensors)}
    centres = run.head.centres()
    return found | flat(run.save()) | ({} if centres is None else {"centres": centres})


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.setattr(torch, "Generator", Generator)


@needs_gpu
@each_case
def test_cuda_equals_the_cpu(case, stand_in):
    check_close(numbers(trained(case, "cuda")), numbers(trained(case, "cpu")), tolerance=1e-9)


@needs_gpu
@each_case
def test_the_state_stays_where_the_head_is(case):
    run = Run(case, device="cuda").steps(range(2))
    assert {buffer.device.type for buffer in run.head.buffers()} <= {"cuda"}


@each_case
def test_the_stand_in_changes_nothing_on_the_cpu(case, stand_in):
    """So what the GPU is compared with is what the CPU does by itself."""
    alone = numbers(Run(case).steps(range(len(ROWS))))
    check_close(numbers(trained(case, "cpu")), alone, tolerance=0)
