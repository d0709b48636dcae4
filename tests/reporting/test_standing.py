"""The first sentence of a report: what its run can say."""

from dataclasses import replace

from workflow.reporting.standing import standing
from workflow.summary.summary import Summary


def test_the_seeds_are_those_of_rows_with_scores(summary: Summary):
    heads = summary.heads.copy()
    heads["done"] = [5, 3, *[0] * (len(heads) - 2)]
    assert ", 3 seeds, one dataset" in standing(replace(summary, heads=heads))
    heads["done"] = 0
    assert ", 0 seeds, one dataset" in standing(replace(summary, heads=heads))


def test_a_run_that_measured_no_costs_does_not_promise_them(summary: Summary):
    assert "and what each costs on this machine, but not which is" in standing(summary)
    without = replace(summary, stored=summary.stored.model_copy(update={"costs": []}))
    assert "but neither what they cost nor which is the most accurate" in standing(without)
