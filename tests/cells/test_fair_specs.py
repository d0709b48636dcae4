"""Cells with an equal budget, trials, and cells with chosen settings: which there are, where, and what they read."""

import copy
from pathlib import Path

import pytest
import yaml

from workflow.cells.config import Config
from workflow.cells.plan import Plan, plan
from workflow.errors import UserError

ROOT = Path(__file__).parents[2]
DEFAULT = yaml.safe_load((ROOT / "config/default.yaml").read_text())
ROWS = [{"head": "fc"}, {"head": "partial_fc", "ratios": [0.1]}, {"head": "dcq", "ratios": [0.1, 0.3]}]


def planned(**keys: object) -> Plan:
    return plan(Config.parse(copy.deepcopy(DEFAULT) | {"heads": ROWS} | keys))


def of_role(found: Plan, role: str) -> dict[str, tuple[str, float, int]]:
    cells = {folder: spec.cell for folder, spec in found.runs.items() if spec.cell.role == role}
    return {folder: (cell.label, cell.ratio, cell.seed) for folder, cell in cells.items()}


def test_equal_images_are_trained_where_a_twin_encodes_more():
    found = planned(budget={"images": True})
    assert set(of_role(found, "images").values()) == {("dcq", ratio, seed) for ratio in (0.1, 0.3) for seed in (0, 1)}
    spec = next(spec for spec in found.runs.values() if spec.cell.role == "images")
    assert (spec.reference.label, spec.reference.steps, spec.reference.batch) == ("fc", 600, 256)
    assert set(planned().runs) < set(found.runs), "what was there stays where it was"


def test_equal_seconds_read_the_times_of_their_row_and_of_the_reference():
    found = planned(budget={"seconds": True})
    cells = of_role(found, "seconds")
    assert set(cells.values()) == {
        (label, ratio, seed) for label, ratio in (("partial_fc", 0.1), ("dcq", 0.1), ("dcq", 0.3)) for seed in (0, 1)
    }
    for folder, (label, ratio, _) in cells.items():
        own, reference = (found.costs[record] for record in found.reads[folder])
        assert (own.cell.label, own.cell.ratio, own.classes) == (label, ratio, None)
        assert (reference.cell.label, reference.classes) == ("fc", None)


def test_a_row_that_is_not_measured_has_no_equal_budget():
    rows = [{"head": "fc"}, {"head": "dcq", "ratios": [0.1], "measured": False}]
    found = planned(heads=rows, budget={"images": True, "seconds": True})
    assert {spec.cell.role for spec in found.runs.values()} == {"row"}


def test_every_row_has_as_many_trials_and_reads_what_was_chosen_of_its_own():
    found = planned(tune={"trials": 4, "steps": 50, "seeds": [0, 7]})
    trials, tuned = of_role(found, "trial"), of_role(found, "tuned")
    assert len(found.chosen) == 4 and all(len(folders) == 8 for folders in found.chosen.values())
    assert sorted(tuned.values()) == sorted(of_role(planned(), "row").values())
    for folder, (label, ratio, _) in tuned.items():
        [record] = found.reads[folder]
        assert {trials[trial][:2] for trial in found.chosen[record]} == {(label, ratio)}
    specs = [found.runs[folder] for folder in trials]
    assert {(spec.train.steps, spec.train.curve_points) for spec in specs} == {(50, 1)}
    assert {spec.trial.number for spec in specs} == {0, 1, 2, 3}


def test_trials_are_not_evaluated_and_the_summary_is_not_told_of_them():
    found = planned(tune={"trials": 2, "rows": ["dcq"]}, budget={"images": True})
    assert not set(of_role(found, "trial")) & set(found.evaluated)
    assert {cell.role for cell in found.planned_runs()} == {"row", "images", "tuned"}
    assert {spec.cell.label for spec in found.runs.values() if spec.cell.role == "tuned"} == {"dcq"}


def test_more_trials_leave_those_there_are_where_they_are_and_choose_anew():
    few, many = (planned(tune={"trials": trials}) for trials in (2, 4))
    assert set(of_role(few, "trial")) < set(of_role(many, "trial"))
    assert not set(few.chosen) & set(many.chosen)
    assert not set(of_role(few, "tuned")) & set(of_role(many, "tuned"))


def test_a_row_that_learns_from_other_images_has_a_split_of_its_own():
    rows = [*ROWS, {"head": "fc", "label": "clean", "data": {"min_shots": 3}}]
    found = planned(heads=rows)
    [own] = set(found.splits) - {found.split}
    assert found.splits[own].min_shots == 3 and found.splits[found.split].min_shots == 1
    uses = {folder: spec.cell.label for folder, spec in found.runs.items() if found.split_of[folder] == own}
    assert set(uses.values()) == {"clean"} and len(uses) == 2
    assert {str(found.runs[folder].data) for folder in uses} == {"{'min_shots': 3}"}
    assert set(planned().runs) < set(found.runs)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"budget": {"images": True}, "heads": [{"head": "dcq"}]}, "'budget' compares with the row fc: add"),
        ({"tune": {"rows": ["dcp"]}}, r"'tune.rows' names 'dcp'; did you mean 'dcq'\?"),
        ({"tune": {"space": {"lr": [0.4, 0.05]}}}, r"'tune.space.lr': \[0.4, 0.05\] must rise"),
        ({"heads": [{"head": "fc", "data": {"tier": "m"}}]}, "'heads.0.data': tier: the same for all rows, a row may"),
        ({"heads": [{"head": "fc", "data": {"min_shots": 0}}]}, "min_shots' is 0: it must be at least 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(keys, message):
    with pytest.raises(UserError, match=message):
        planned(**keys)


@pytest.mark.parametrize("name", ["ablations", "evidence", "longtail", "tuned", "quick", "gpu"])
def test_the_shipped_configs_can_be_planned(name):
    mapping = copy.deepcopy(DEFAULT)
    for key, value in yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()).items():
        mapping[key] = {**mapping.get(key, {}), **value} if isinstance(value, dict) else value
    assert plan(Config.parse(mapping)).runs
