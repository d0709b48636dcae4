"""What every score is: one row a metric, from which records, statistics and reports take names, texts and formats.

A row also says how its score is computed, so that adding a metric is adding a row to its family, and the method that
it calls where there is none yet. A row whose name holds `{value}` stands for several scores that differ in one number,
a false-accept rate or a number of distractors; `describe` fills that number in.
"""

from dataclasses import replace
from functools import cache

from workflow.evaluating.metric import Metric
from workflow.evaluating.metrics_identification import identification
from workflow.evaluating.metrics_sets import SETS
from workflow.evaluating.metrics_verification import verification

METRICS = {row.name: replace(row, order=(place, 0.0)) for place, row in enumerate((*verification(), *identification()))}

OF_SETS = [replace(row.words, order=(len(METRICS) + place, 0.0)) for place, row in enumerate(SETS)]
"""rows whose names hold `{set}`: of the evaluation sets of the config, in order behind all others"""


@cache
def describe(name: str) -> Metric:
    """The row of a score's name, with its number filled in, e.g. `allpairs/tar@1e-05`; KeyError for other names."""
    for row in (*METRICS.values(), *OF_SETS):
        if found := row.of(name):
            return found
    raise KeyError(f"{name} is not the name of a score: workflow/evaluating/metrics.py has a row for each")


HEADLINE = tuple(name for row in METRICS.values() for name, _ in row.named(()) if describe(name).headline)
