"""How a measurement ends: what is a result and what is an error."""

import pytest
import torch

from heads.kit.interface import Cost
from workflow.errors import UserError
from workflow.measuring import conclusion
from workflow.measuring.conclusion import Conclusion, check_fits, conclude
from workflow.training.trainer import Diverged

CPU_MESSAGE = "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000000000 bytes. Error code 12"  # noqa: E501
CUDA_MESSAGE = "CUDA out of memory. Tried to allocate 1.50 GiB. GPU 0 has a total capacity of 79.11 GiB"


def raising(error):
    def measure():
        raise error

    return measure


@pytest.mark.parametrize(
    ("error", "requested"),
    [
        (RuntimeError(CPU_MESSAGE), 4_000_000_000),
        (torch.OutOfMemoryError(CUDA_MESSAGE), 3 << 29),
        (RuntimeError("CUDA error: out of memory"), None),
        (RuntimeError("std::bad_alloc"), None),
        (MemoryError(), None),
    ],
    ids=["host", "gpu", "driver", "c++", "python"],
)
def test_running_out_of_memory_is_a_result(error, requested):
    end = conclude(raising(error))
    assert end.outcome == "out of memory" and end.reason
    assert end.requested_bytes == requested


def test_a_size_that_a_head_refuses_is_a_failed_cell_with_the_heads_own_sentence():
    assert conclude(raising(ValueError("raise the ratio"))) == Conclusion("failed", "raise the ratio")


def test_an_option_that_a_head_refuses_reaches_here_as_user_error_and_ends_alike():
    def refuse():
        try:
            raise ValueError("ratio 0.5: fc compares with all")
        except ValueError as error:
            raise UserError(f"head 'fc' refuses its options: {error}") from error

    assert conclude(refuse) == Conclusion("failed", "head 'fc' refuses its options: ratio 0.5: fc compares with all")


def test_divergence_and_bugs_have_their_names(capsys):
    assert conclude(raising(Diverged("the loss is nan"))) == Conclusion("diverged", "the loss is nan")
    assert conclude(raising(KeyError("x"))) == Conclusion("failed", "KeyError: 'x'")
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("error", [UserError("no dataset"), OSError(28, "no space")])
def test_what_says_nothing_about_the_head_is_raised(error):
    with pytest.raises(type(error)):
        conclude(raising(error))


def test_a_state_larger_than_the_free_memory_is_not_tried(monkeypatch):
    monkeypatch.setattr(conclusion, "available_bytes", lambda device: 1 << 30)
    cpu = torch.device("cpu")
    check_fits(Cost(1 << 30, 0, 0, 0), cpu)
    check_fits(None, cpu)
    end = conclude(lambda: check_fits(Cost(3 << 30, 0, 0, 2 << 30), cpu))
    words = (
        "it declares to need 5.0 GiB (3.0 GiB of state, the rest while it works), and 1.0 GiB of host memory are free"
    )
    assert end == Conclusion("out of memory", f"predicted, not tried: {words}", 5 << 30)
    assert conclude(lambda: check_fits(Cost(1 << 29, 0, 0, 1 << 30), cpu)).outcome == "out of memory"
