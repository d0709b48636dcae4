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
