"""Every name has words and a format."""

import subprocess
import sys

import pytest

from workflow.evaluating.metrics import HEADLINE, METRICS, describe


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
    for labels in zip(*((metric.label, metric.short) for metric in METRICS.values()), strict=True):
        assert len(set(labels)) == len(labels)
    assert all(
        metric.description.endswith(".") and "{value}" not in describe_any(name) for name, metric in METRICS.items()
    )


def describe_any(name):
    return describe(name.replace("{value}", "1000")).description


def test_short_labels_and_headline_are_those_of_the_report():
    assert [describe(name).short for name in HEADLINE] == [
        *("Hard pairs", "Hard pairs AUC", "All-pairs TAR at FAR 0.0001", "1:N rank-1", "ID", "ID few")
    ]
    assert describe("identification/rank1@10000").short == "1:N rank-1 +10\u202f000"
    assert describe("verification_random/tar@0.001").short == "Random TAR at FAR 0.001"


def test_scores_are_in_the_order_of_the_table_with_loose_rates_and_small_crowds_first():
    names = ["allpairs/eer", "allpairs/tar@1e-05", "allpairs/tar@0.1", "identification/rank1@10000", "closed/rank1"]
    names += ["identification/rank1@1000", "identification/rank1", "verification_hard/accuracy"]
    assert sorted(names, key=lambda name: describe(name).order) == [
        *("verification_hard/accuracy", "allpairs/tar@0.1", "allpairs/tar@1e-05", "allpairs/eer"),
        *("identification/rank1", "identification/rank1@1000", "identification/rank1@10000", "closed/rank1"),
    ]


def test_the_table_is_read_without_torch_or_scipy():
    code = "import sys, workflow.evaluating.metrics; sys.exit(any(name in sys.modules for name in ('torch', 'scipy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_rate_says_how_many_pairs_it_needs():
    strict = describe("verification_hard/tar@0.0001")
    counts = {"hard_pairs": 12_000, "hard_genuine": 6_000, "all_impostors": 24_000_000}
    assert strict.needs(counts) == "needs 100,000 impostor pairs, there are 6,000"
    assert describe("verification_hard/tar@0.01").needs(counts) is None
    assert describe("allpairs/tar@1e-05").needs(counts) is None
    assert describe("allpairs/tar@1e-05").needs({"all_impostors": 10**6 - 1}) is not None
    assert strict.needs({}) is None and describe("closed/rank1").needs(counts) is None


def test_what_is_shown_first_is_no_detail_and_a_rate_may_be():
    assert not [name for name in HEADLINE if describe(name).detail]
    assert describe("allpairs/tar@0.1").detail and not describe("allpairs/tar@0.01").detail
    assert describe("verification_random/eer").detail and not describe("verification_hard/eer").detail
