"""Work over several processes: in order, with what was raised, and never waiting for a process that is gone."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workflow.data import reading
from workflow.data.processes import ProcessDied, at, in_parallel
from workflow.data.reading import Files, read, read_all
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


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_process_that_is_killed_is_told_at_once(jobs):
    with pytest.raises(ProcessDied, match=r"^a process was killed by signal 11 \(SIGSEGV\): if memory was") as died:
        list(in_parallel(end_at_three, range(6), jobs, apart=True))
    assert (died.value.task, died.value.part, died.value.crashed) == (3, 13, True)


def tasks_of(folder: Path) -> list[Files]:
    """Two images in each of three tasks."""
    for number in range(6):
        Image.new("L", (8, 8), number).save(folder / f"{number}.png")
    paths = [folder / f"{number}.png" for number in range(6)]
    return [Files(tuple(paths[start : start + 2]), np.zeros(2, np.int64), 8, "L", "white") for start in (0, 2, 4)]


def dying(monkeypatch: pytest.MonkeyPatch, status: int, parts: list[int]) -> None:
    """Let the process that reads the second of the tasks left die at these parts, one after the other."""

    def fail(function: Callable[[Files], object], tasks: Sequence[Files], _: int, apart: bool) -> Iterator[object]:
        yield function(tasks[0])
        if parts:
            raise ProcessDied(tasks[1], parts.pop(0), status)
        yield from map(function, tasks[1:])

    monkeypatch.setattr(reading, "in_parallel", fail)


@pytest.mark.parametrize(
    ("status", "ending"), [(-9, r"was killed by signal 9 \(SIGKILL\)"), (1, "ended with status 1")]
)
def test_the_file_that_was_read_is_named(status, ending, monkeypatch, tmp_path):
    dying(monkeypatch, status, [1])
    with pytest.raises(UserError, match=rf"^a process {ending}: if memory was .*; it was reading {tmp_path}/3\.png$"):
        list(read_all(read, tasks_of(tmp_path), 2))


def test_a_file_that_a_process_crashes_on_cannot_be_read_and_the_others_can(monkeypatch, tmp_path):
    dying(monkeypatch, -signal.SIGSEGV, [1, 0])
    found = list(read_all(read, tasks_of(tmp_path), 2))
    died = "the process that tried was killed by signal 11 (SIGSEGV)"
    assert [problem for _, problems in found for problem in problems] == [None, None, None, died, died, None]
    assert [int(image[0, 0]) for images, _ in found for image in images] == [0, 1, 2, 0, 0, 5]


def test_tasks_are_made_when_they_are_asked_for(tmp_path):
    made, one = [], tasks_of(tmp_path)[0]

    def make(number: int) -> Files:
        made.append(number)
        return one

    tasks = reading.Tasks(make, range(5), {3: one})
    assert len(tasks) == 5 and len(tasks[2:]) == 3 and not made
    assert tasks[2:][0].number == 2 and made == [2] and tasks[3] is one
    with pytest.raises(IndexError):
        tasks[5]
    assert [task.number for task in tasks] == [0, 1, 2, 0, 4], "the one that is changed is given as it is"
