"""Limits are tight: what is named fits, and a step further does not."""

import pytest

import heads
from heads.kit import kind_of
from tests.heads.cases import VARIANTS
from workflow.planner.held import Case, Row, held
from workflow.planner.limits import MOST_CLASSES, changes, most_classes

OWN = ("fc", *VARIANTS, "n_pair", "triplet")
CASE = Case(50_000_000, 512, 4096, 2, "cuda", None)


def within(limit: int):
    return lambda row, case: held(row, case).total <= limit


def row(head: str, ratio: float = 0.3) -> Row:
    return Row(head, head, ratio, {})


@pytest.mark.parametrize("head", OWN)
def test_the_most_classes_fit_and_one_percent_more_do_not(head):
    fits = within(24 << 30)
    most = most_classes(row(head), CASE, fits)
    assert fits(row(head), CASE._replace(classes=most))
    assert most == MOST_CLASSES or not fits(row(head), CASE._replace(classes=most + most // 100))


def test_where_not_even_two_classes_fit_there_is_no_most():
    assert most_classes(row("fc"), CASE, within(1000)) == 0


@pytest.mark.parametrize("head", ["fc", "partial_fc", "dcq", "f2c", "uniface"])
def test_each_change_makes_it_fit_and_half_of_it_does_not(head):
    fits = within(20 << 30)
    assert not fits(row(head), CASE)
    found = {change.setting: change.value for change in changes(row(head), CASE, fits)}
    assert found
    for setting, value in found.items():
        if setting == "ratio":
            assert fits(row(head, value), CASE) and value < 0.3
        else:
            assert fits(row(head), CASE._replace(**{setting: value}))
    if "gpus" in found:
        assert found["gpus"] == 4 or not fits(row(head), CASE._replace(gpus=found["gpus"] // 2))
    if "dim" in found:
        assert not fits(row(head), CASE._replace(dim=2 * found["dim"]))
    assert ("ratio" in found) <= heads.takes_ratio(head)


def test_a_smaller_batch_helps_where_logits_are_what_does_not_fit_and_stays_whole():
    fits = within(2 << 30)
    case = CASE._replace(classes=100_000, batch=40_000, gpus=1)
    batch = next(change.value for change in changes(row("f2c"), case, fits) if change.setting == "batch")
    assert fits(row("f2c"), case._replace(batch=batch)) and batch % kind_of("pairs+instances").multiple == 0


def test_nothing_alone_may_help():
    assert changes(row("fc"), CASE, within(1000)) == []
