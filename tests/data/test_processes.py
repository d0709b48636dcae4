"""Work over several processes: in order, with what was raised, and never waiting for a process that is gone."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from workflow.data import reading
from workflow.data.processes import ProcessDied, at, in_parallel
from workflow.data.reading import Files, read_all
from workflow.errors import UserError


def twice(number: int) -> int:
    return 2 * number


def end_at_three(number: int) -> int:
    """Die of a signal, or raise, as the fourth task."""
    at(number + 10)
    if number == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    return number


def refuse(number: int) -> int:
    raise UserError(f"{number} is wrong")


@pytest.mark.parametrize("jobs", [1, 3])
def test_results_come_in_the_order_of_the_tasks(jobs):
    assert list(in_parallel(twice, range(20), jobs)) == list(range(0, 40, 2))


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_task_raises_is_raised(jobs):
    with pytest.raises(UserError, match=r"^0 is wrong"):
        list(in_parallel(refuse, range(3), jobs))


def test_a_process_that_is_killed_is_told_at_once():
    with pytest.raises(ProcessDied, match=r"^a process was killed by signal 11 \(SIGSEGV\): if memory was") as died:
        list(in_parallel(end_at_three, range(6), 2))
    assert (died.value.task, died.value.part, died.value.crashed) == (3, 13, True)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (
            -signal.SIGSEGV,
            r"^b\.png cannot be read \(the process that tried was killed by signal 11 \(SIGSEGV\)\): del",
        ),
        (-signal.SIGKILL, r"^a process was killed by signal 9 \(SIGKILL\): if memory was .*; it was reading b\.png$"),
        (1, r"^a process ended with status 1: .*; it was reading b\.png$"),
    ],
)
def test_the_file_that_was_read_is_named(status, sentence, monkeypatch):
    task = Files((Path("a.png"), Path("b.png")), np.zeros(2, np.int64), 8, "L", "white")

    def die(*_: object) -> None:
        raise ProcessDied(task, 1, status)

    monkeypatch.setattr(reading, "in_parallel", die)
    with pytest.raises(UserError, match=sentence):
        list(read_all([task], 2))
