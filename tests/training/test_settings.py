"""Settings that other cells decide: steps of an equal budget, settings that are tried, and the one that is chosen."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tests.records.plan import PROVENANCE
from tests.training.test_cell import spec_of
from workflow.cells.cost_records import CostName, CostRecord, UpkeepFacts
from workflow.cells.fair_section import Space
from workflow.cells.records import RunRecord
from workflow.cells.spec import Reference, RunSpec, Trial
from workflow.endings import Ending
from workflow.evaluating.scores import curve_scores
from workflow.training.cell import Cell
from workflow.training.choosing import choose
from workflow.training.run import run
from workflow.training.settings import point, spread

AGAINST = Reference(label="fc", head="fc", options={}, ratio=1, steps=12, batch=32)
LIMITS = {"scale": (16, 64), "m": (0.1, 0.5), "lr": (0.05, 0.4), "twin momentum": (0.9, 0.999)}


def in_role(spec: RunSpec, role: str, **changes: object) -> RunSpec:
    return spec.model_copy(update={"cell": spec.cell.model_copy(update={"role": role}), **changes})


@pytest.fixture
def cell(glyphs, split, tmp_path):
    def make(spec: RunSpec, name: str, *reads) -> Cell:
        return Cell(spec, glyphs, split, tmp_path / name, curve_scores, reads)

    return make


def timed(path, milliseconds: float, exclusive: bool = True, upkeep: float = 0.0):
    """A cost record of a whole step, made up for the test."""
    name = CostName(
        profile="p", label="x", head="fc", ratio=1, mode="end-to-end", classes=9, dim=8, batch=32, precision="fp32"
    )
    facts = UpkeepFacts(seconds=1, every_steps=9, ms_per_step=upkeep) if upkeep else None
    CostRecord(
        **PROVENANCE,
        cell=name,
        conditions={"device": "cpu"},
        measure={},
        outcome="ok",
        step_ms=[milliseconds, milliseconds, 99 * milliseconds],
        exclusive=exclusive,
        upkeep=facts,
    ).write(path)
    return path


def test_equal_images_halve_the_steps_of_a_head_whose_twin_encodes_as_many(cell):
    record = run(cell(in_role(spec_of("dcq", "0.5"), "images", reference=AGAINST), "a"))
    assert (record.outcome, record.steps, record.planned_steps) == ("ok", 6, 6)
    assert record.images.encoded == 12 * 32 and record.parameters.train.steps == 6
    assert (record.equal.own_step, record.equal.reference_step, record.equal.reference_steps) == (64, 32, 12)


def test_equal_seconds_follow_from_step_times_with_periodic_work(cell, tmp_path):
    own, reference = timed(tmp_path / "own.json", 20, upkeep=10), timed(tmp_path / "fc.json", 10)
    record = run(cell(in_role(spec_of("dcq", "0.5"), "seconds", reference=AGAINST), "a", own, reference))
    assert (record.outcome, record.steps) == ("ok", 4)
    assert (record.equal.own_step, record.equal.reference_step) == (30, 10)


def test_a_disturbed_time_makes_nothing_equal(cell, tmp_path):
    own, reference = timed(tmp_path / "own.json", 20), timed(tmp_path / "fc.json", 10, exclusive=False)
    made = cell(in_role(spec_of("dcq", "0.5"), "seconds", reference=AGAINST), "a", own, reference)
    record = run(made)
    assert (record.outcome, record.steps) == ("failed", 0)
    assert "fc.json was timed beside other programs, so equal seconds are not known" in record.reason
    assert RunRecord.read(made.folder / "run.json") == record


def test_points_of_the_sequence_lie_in_the_space_and_do_not_depend_on_how_many_there_are():
    points = [spread(Trial(number=number, sequence=3, space=Space())) for number in range(8)]
    assert [spread(Trial(number=number, sequence=3, space=Space())) for number in (5, 0)] == [points[5], points[0]]
    for name, (low, high) in LIMITS.items():
        values = [one[name] for one in points]
        assert low <= min(values) and max(values) <= high and len(set(values)) == 8
    halves = Counter(one["m"] < 0.3 for one in points)
    assert halves == {True: 4, False: 4}, "a Sobol sequence fills both halves alike"
    assert spread(Trial(number=0, sequence=4, space=Space())) != points[0]


def test_a_head_tries_only_what_it_has():
    trial = Trial(number=1, sequence=0, space=Space(m=None))
    named = {head: set(point(spec_of(head).model_copy(update={"trial": trial}))) for head in ("fc", "dcq", "triplet")}
    assert named == {"fc": {"scale", "lr"}, "dcq": {"scale", "lr", "twin momentum"}, "triplet": {"lr"}}


def trials(cell, settings: int, seeds: tuple[int, ...] = (0,)):
    """Trained trials of dcq; their folders."""
    folders = []
    for number in range(settings):
        for seed in seeds:
            trial = Trial(number=number, sequence=0, space=Space())
            made = cell(in_role(spec_of("dcq", "0.5", seed, steps=4), "trial", trial=trial), f"{number}-{seed}")
            run(made)
            folders.append(made.folder)
    return folders


def test_the_best_setting_by_validation_is_chosen_and_trained_with(cell, tmp_path):
    folders = trials(cell, 3, (0, 1))
    record = choose(folders[::-1])
    assert [one.number for one in record.trials] == [0, 1, 2] and record.seeds == (0, 1) and record.steps == 4
    for one in record.trials:
        assert one.score == pytest.approx(np.mean([list(scores.values()) for scores in one.validation]))
        assert set(one.setting) == set(LIMITS) and len(one.records) == 2
    best = max(record.trials, key=lambda one: one.score)
    assert record.chosen == best.setting
    record.write(tmp_path / "chosen.json")
    tuned = run(cell(in_role(spec_of("dcq", "0.5"), "tuned"), "tuned", tmp_path / "chosen.json"))
    given = tuned.parameters
    assert (given.options["scale"], given.options["m"], given.train.lr) == tuple(
        best.setting[name] for name in ("scale", "m", "lr")
    )
    assert given.momentum == tuned.declared.momentum_used == best.setting["twin momentum"]
    assert given.origins == dict.fromkeys(LIMITS, "tuned") and tuned.steps == 12


def test_where_no_trial_ends_well_nothing_is_chosen_and_the_reason_is_handed_on(cell, tmp_path):
    wrong = in_role(spec_of("dcq", "0.5", steps=4), "trial", trial=Trial(number=0, sequence=0, space=Space()))
    made = cell(wrong.model_copy(update={"options": wrong.options | {"evaluate": "none"}}), "wrong")
    run(made)
    record = choose([made.folder])
    assert record.chosen is None and "refuses its options" in record.reason
    killed = choose([made.folder], Ending("failed", "the process was killed"))
    assert (killed.label, killed.chosen, killed.reason) == ("dcq", None, "while choosing, the process was killed")
    record.write(tmp_path / "chosen.json")
    tuned = run(replace(cell(in_role(spec_of("dcq", "0.5"), "tuned"), "t"), reads=(tmp_path / "chosen.json",)))
    assert tuned.outcome == "failed" and "no setting was chosen" in tuned.reason
