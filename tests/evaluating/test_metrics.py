"""Every name has words and a format."""

import pytest

from workflow.evaluating.metrics import METRICS, describe


def test_parametrised_names_are_filled_in():
    found = describe("allpairs/tar@1e-05")
    assert "1e-05" in found.label
    assert "at most 1e-05 of the impostors" in found.description
    assert "10,000 distractor" in describe("identification/rank1@10000").description
    assert "0.01" in describe("identification/dir@fpir0.01@1000").label


@pytest.mark.parametrize(
    "name", ["", "accuracy", "closed/rank1/some", "identification/rank1@many", "allpairs/tar@{value}"]
)
def test_unknown_names_are_refused(name):
    with pytest.raises(KeyError, match="not the name of a score"):
        describe(name)


def test_errors_are_better_low_and_everything_else_high():
    low = {name for name, metric in METRICS.items() if metric.better == "low"}
    assert low == {name for name in METRICS if name.endswith(("/eer", "_std"))}
    assert {metric.better for metric in METRICS.values()} == {"low", "high"}


def test_values_are_shown_with_their_unit():
    assert describe("closed/rank1").show(0.9451) == "94.5 %"
    assert describe("closed/rank1").show(None) == "–"


def test_labels_are_distinct_and_descriptions_are_sentences():
    labels = [metric.label for metric in METRICS.values()]
    assert len(set(labels)) == len(labels)
    assert all(
        metric.description.endswith(".") and "{value}" not in describe_any(name) for name, metric in METRICS.items()
    )


def describe_any(name):
    return describe(name.replace("{value}", "1000")).description
