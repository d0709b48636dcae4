"""How long a run will still take."""

import pytest

from workflow.running.time_left import TimeLeft


def run(left: TimeLeft, job: int, rule: str, threads: int, since: float, until: float) -> None:
    left.start(job, rule, threads, since)
    left.finish(job, until)


def test_nothing_is_said_before_a_job_has_ended():
    left = TimeLeft({"train": 4}, 2)
    left.start(1, "train", 1, 0)
    assert left.seconds(5) is None


def test_what_is_due_takes_as_long_as_what_is_done_shared_by_the_cores():
    left = TimeLeft({"train": 5, "machine": 1}, 2)
    run(left, 1, "machine", 2, 0, 7)
    run(left, 2, "train", 1, 7, 17)
    run(left, 3, "train", 1, 7, 27)
    assert left.complete and left.seconds(27) == 3 * 15 / 2


def test_a_job_under_way_counts_for_what_it_still_needs():
    left = TimeLeft({"train": 3}, 1)
    run(left, 1, "train", 1, 0, 10)
    left.start(2, "train", 1, 10)
    assert left.seconds(14) == 6 + 10
    assert left.seconds(50) == 10  # late, it may end any moment


@pytest.mark.parametrize(("rules", "complete"), [({"train": 2}, True), ({"train": 2, "score": 1}, False)])
def test_rules_that_nothing_is_known_of_are_told_apart(rules, complete):
    left = TimeLeft(rules, 1)
    run(left, 1, "train", 1, 0, 10)
    assert left.seconds(10) == 10 and left.complete == complete


def test_nothing_is_said_where_the_cores_are_not_known():
    left = TimeLeft({"train": 2}, None)
    run(left, 1, "train", 1, 0, 10)
    assert left.seconds(10) is None


def test_a_clock_that_is_set_back_takes_no_time_from_what_is_left():
    left = TimeLeft({"train": 3}, 1)
    left.start(1, "train", 1, 1000)
    assert left.finish(1, 10) == 0
    left.start(2, "train", 1, 10)
    assert left.finish(2, 20) == 10 and left.seconds(20) == 5
