import shutil

from tests.collected import Recollect
from tests.summary.made_up import HARD, summary_of
from workflow.summary.effects import Lack
from workflow.summary.gaps import (
    LostClaim,
    LostCost,
    LostMeter,
    LostMode,
    LostRun,
    LostScore,
    Meter,
    OneSetting,
    Seeds,
    ShortRun,
    caveats,
    epochs,
    gaps,
)
from workflow.summary.summary import Summary


def test_caveats_stand_beside_the_made_up_verdicts(summary: Summary) -> None:
    short, seeds, setting = caveats(summary)
    assert isinstance(short, ShortRun) and short.steps == 600 and round(short.epochs, 1) == 8.4
    assert seeds == Seeds(2) and setting == OneSetting("glyphs-s", "small")


def test_an_unknown_length_is_no_short_run() -> None:
    made = summary_of([("fc", 1.0, {HARD: [0.9]})])
    assert epochs(made) is None and caveats(made) == [Seeds(1), OneSetting(None, None)]


def test_gaps_name_the_meters_that_read_nothing(summary: Summary) -> None:
    found = gaps(summary)
    assert LostMeter(Meter.NVML, "cpu") in found and LostMeter(Meter.MEMORY, "cpu") in found
    assert not [gap for gap in found if isinstance(gap, LostMode)]


def test_gaps_name_runs_costs_scores_and_claims(summary: Summary) -> None:
    found = gaps(summary)
    runs = [gap for gap in found if isinstance(gap, LostRun)]
    assert [(gap.name, gap.seed, gap.outcome) for gap in runs] == [("f2c r 0.1", 1, "diverged")]
    costs = [gap for gap in found if isinstance(gap, LostCost)]
    assert [(gap.name, gap.mode, gap.classes, gap.outcome) for gap in costs] == [
        ("fc", "head", 1_000_000, "out of memory")
    ]
    scores = {gap.score: gap for gap in found if isinstance(gap, LostScore)}
    centres = scores["centres/rank1"]
    assert centres.names == ("dcq r 0.1", "f2c r 0.1") and centres.reasons == ("this head learns no centres",)
    claims = {gap.judgement.claim.id: gap.judgement.lack for gap in found if isinstance(gap, LostClaim)}
    assert claims["pfc-scale"] == Lack.CLASSES and claims["dcq-sampling"] == Lack.ROW and "dcq-long-tail" not in claims


def test_a_mode_without_a_cell_is_a_gap(recollect: Recollect) -> None:
    found = gaps(recollect(lambda profile: shutil.rmtree(profile / "cost/end-to-end")))
    assert [gap.mode for gap in found if isinstance(gap, LostMode)] == ["end-to-end"]
    assert LostMode(None) in gaps(summary_of([("fc", 1.0, {HARD: [0.9]})]))
