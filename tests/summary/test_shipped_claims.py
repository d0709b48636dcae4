"""Every claim has a shipped config whose rows decide it: these are planned, and their records made up."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from tests.shipped import FOLDER
from tests.summary.finished import SPLITS, finished
from workflow.summary.claims import judge
from workflow.summary.effects import Gain
from workflow.summary.judging import accuracy
from workflow.summary.rules import load_claims
from workflow.summary.vocabulary import Verdict

DECIDES = {
    "evidence": {
        *("pfc-accuracy", "pfc-memory", "pfc-throughput", "pfc-scale", "dcq-classes", "dcq-few-shot"),
        *("f2c-accuracy", "break-even", "lean"),
    },
    "ablations": {
        *("pfc-flat", "pfc-update", "pfc-noise", "dcq-sampling", "dcq-tail-classes", "dcq-one-stage", "dcq-momentum"),
        *("f2c-dual-loader", "f2c-fresh-loss", "f2c-group", "vfc"),
    },
    "longtail": {"dcq-long-tail", "dcq-long-tail-verification"},
}
"""claims by the config whose rows they need"""
TOO_SMALL = {"pfc-flat", "pfc-scale"}
"""claims for which those configs lie outside the regime: 5,000 classes, or 24 GiB, are too few"""


@pytest.fixture(autouse=True, scope="module")
def _no_quadrature() -> Iterator[None]:
    """Dunnett's factor for thirty rows takes seconds, and these verdicts mean nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accuracy, "dunnett_factor", lambda sizes: 3.0)
        yield


@cache
def verdicts(name: str) -> Mapping[str, Verdict]:
    return {judgement.claim.id: judgement.verdict for judgement in judge(finished(name))}


def test_the_table_is_that_of_the_claims() -> None:
    found: dict[str, set[str]] = {name: set() for name in DECIDES}
    for claim in load_claims():
        found[claim.config].add(claim.id)
    assert found == DECIDES


def test_the_config_s_page_says_so() -> None:
    lines = re.split(r"^- ", (FOLDER / "README.md").read_text(encoding="utf-8").partition("\n\nEditors")[0], flags=re.M)
    found = {
        line.partition("`: ")[0].strip("`").removesuffix(".yaml"): set(re.split(r"[\s,]+", line)) for line in lines
    }
    ids = {claim.id for claim in load_claims()}
    assert {name: words & ids for name, words in found.items() if words & ids} == DECIDES


@pytest.mark.parametrize("name", DECIDES)
def test_a_config_has_all_that_its_claims_need(name: str) -> None:
    found = verdicts(name)
    assert {claim: found[claim] for claim in DECIDES[name] if found[claim] == Verdict.ABSENT} == {}
    assert {claim for claim in DECIDES[name] if found[claim] == Verdict.OUTSIDE} == DECIDES[name] & TOO_SMALL


def test_no_row_of_the_ablations_is_judged_by_nothing() -> None:
    summary = finished("ablations")
    gains = [effect for each in judge(summary) for effect in each.effects if isinstance(effect, Gain)]
    assert set(summary.heads["name"]) == {name for gain in gains for name in (gain.row, gain.other)}


def test_with_three_configs_finished_most_claims_have_a_verdict() -> None:
    told = {
        claim
        for name in SPLITS
        if name != "longtail"
        for claim, verdict in verdicts(name).items()
        if verdict != Verdict.ABSENT
    }
    assert len(told) == 22
    decided = {
        claim
        for name in SPLITS
        for claim, verdict in verdicts(name).items()
        if verdict not in (Verdict.ABSENT, Verdict.OUTSIDE)
    }
    assert len(decided) == 20


def test_ten_million_fit_where_the_paper_s_memory_is() -> None:
    found = next(each for each in judge(finished("evidence", memory_gib=96.0)) if each.claim.id == "pfc-scale")
    assert found.verdict == Verdict.REPRODUCED
