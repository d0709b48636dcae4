import shutil
from pathlib import Path

import pytest

from tests import records
from tests.collected import Collected, Recollect, edit
from tests.records import cost_path
from workflow.cells.cost_records import CostRecord
from workflow.cells.records import EvaluationRecord, RunRecord
from workflow.cells.spec import PlannedRun
from workflow.errors import UserError
from workflow.files import read_json, write_json
from workflow.summary.collect import collect, differing
from workflow.summary.gaps import LostRun, gaps
from workflow.summary.planned import found_costs, found_runs
from workflow.summary.rows import run_row
from workflow.summary.statistics import compare
from workflow.summary.stored import RunRow
from workflow.summary.summary import Summary
from workflow.summary.tables import reason_of

RUN = "glyphs-s/small/dcq/0.1/1"
HARD = "verification_hard/accuracy"


def test_every_planned_cell_has_a_row(collected: Collected) -> None:
    runs, costs = records.planned(collected.profile)
    found = collected.summary.runs
    assert list(zip(found["label"], found["ratio"], found["seed"], strict=True)) == [
        (cell.label, cell.ratio, cell.seed) for cell in runs
    ]
    found = collected.summary.costs
    assert list(zip(found["mode"], found["label"], found["ratio"], found["classes"], strict=True)) == [
        (cell.mode, cell.label, cell.ratio, cell.classes or 5000) for cell in costs
    ]


def test_a_missing_record_is_a_row_that_says_so(recollect: Recollect) -> None:
    summary = recollect(lambda profile: shutil.rmtree(profile / RUN))
    runs = summary.runs
    lost = runs[(runs["name"] == "dcq r 0.1") & (runs["seed"] == 1)].iloc[0]
    assert lost["outcome"] == "missing" and "planned" in lost["reason"] and lost["record"] is None
    assert summary.heads.set_index("name").loc["dcq r 0.1", "done"] == 1
    assert LostRun("dcq r 0.1", 1, "missing", lost["reason"]) in gaps(summary)


def test_a_missing_cost_is_a_row_at_the_training_sets_classes(recollect: Recollect) -> None:
    costs = recollect(lambda profile: shutil.rmtree(profile / "cost/end-to-end/dcq")).costs
    lost = costs[costs["outcome"] == "missing"].iloc[0]
    assert (lost["name"], lost["mode"], lost["classes"]) == ("dcq r 0.1", "end-to-end", 5000)


def test_a_run_without_evaluation_counts_as_missing(recollect: Recollect) -> None:
    runs = recollect(lambda profile: (profile / RUN / "evaluation.json").unlink()).runs
    assert list(runs.loc[runs["name"] == "dcq r 0.1", "outcome"]) == ["ok", "missing"]


def test_a_run_that_died_before_it_chose_a_device_names_none(recollect: Recollect) -> None:
    lost = {"outcome": "failed", "reason": "ended by signal 9", "device": "auto"}
    runs = recollect(lambda profile: edit(profile / RUN / "run.json", **lost)).runs
    assert runs.loc[(runs["name"] == "dcq r 0.1") & (runs["seed"] == 1), "device"].isna().all()


@pytest.mark.parametrize("asked", ["auto", "cuda", "cuda:1"])
def test_a_cost_cell_that_died_before_it_had_a_device_spoils_no_table(recollect: Recollect, asked: str) -> None:
    def kill(profile: Path) -> None:
        record = CostRecord.read(path := cost_path(profile, "head", "dcq", 0.1, 10000))
        left = CostRecord(
            **{name: getattr(record, name) for name in ("start", "machine", "cell", "measure")},
            conditions={"device": asked},
            outcome="failed",
            reason="the process was killed by signal 9 (SIGKILL)",
        )
        left.write(path)

    costs = recollect(kill).costs
    lost = costs[costs["outcome"] == "failed"]
    assert list(zip(lost["name"], lost["classes"], strict=True)) == [("dcq r 0.1", 10000)]
    assert lost["device"].isna().all() and lost["reason"].iloc[0].endswith("(SIGKILL)")


def test_diverged_runs_keep_their_reasons(summary: Summary) -> None:
    lost = summary.runs[summary.runs["outcome"] != "ok"]
    assert list(zip(lost["name"], lost["seed"], lost["outcome"], strict=True)) == [("f2c r 0.1", 1, "diverged")]
    assert "step 210" in lost["reason"].iloc[0]


def test_aggregates_are_those_of_the_records(collected: Collected) -> None:
    def scores(label: str, ratio: float) -> list[float]:
        folders = (records.folder_of(collected.profile, label, ratio, seed) for seed in (0, 1))
        found = [EvaluationRecord.read(folder / "evaluation.json").test[HARD] for folder in folders]
        return [value for value in found if value is not None]

    own, other = scores("dcq", 0.1), scores("fc", 1.0)
    row = compare(collected.summary, HARD).loc["dcq r 0.1"]
    assert row["mean"] == pytest.approx(sum(own) / 2)
    assert row["difference"] == pytest.approx(sum(a - b for a, b in zip(own, other, strict=True)) / 2)
    assert collected.summary.reference == "fc"


@pytest.mark.parametrize(
    ("file", "changes", "what"),
    [
        (f"{RUN}/evaluation.json", {"protocol": "headroom-0"}, "protocol"),
        (f"{RUN}/evaluation.json", {"split_hash": "other"}, "split_hash"),
        (f"{RUN}/run.json", {"split_hash": "other"}, "split_hash"),
        (f"{RUN}/run.json", {"dataset": {"name": "glyphs-s", "hash": "other"}}, "dataset hash"),
        ("cost/head/dcq/0.1/10000.json", {"machine": {"processor": "Another CPU"}}, "machine"),
        ("cost/head/dcq/0.1/10000.json", {"conditions": {"device": "another GPU"}}, "device"),
    ],
)
def test_unlike_records_are_refused_by_name(
    recollect: Recollect, file: str, changes: dict[str, object], what: str
) -> None:
    with pytest.raises(UserError, match="different values of") as caught:
        recollect(lambda profile: edit(profile / file, **changes))
    message = str(caught.value)
    assert f"of {what} " in message and file in message and message.count(".json") == 2


def test_two_records_of_one_cell_are_refused_when_found_and_kept_apart_when_planned(tmp_path: Path) -> None:
    profile = records.build(tmp_path)
    shutil.copytree(profile / RUN, profile / "glyphs-m/small/dcq/0.1/1")
    with pytest.raises(UserError, match="of the same cell") as caught:
        found_runs(profile)
    assert "glyphs-m/small" in str(caught.value) and f"{RUN}/run.json" in str(caught.value)
    assert len(collect(profile, *records.planned(profile), manifest_file=records.manifest_of(tmp_path)).runs) == 12


def test_records_found_on_disk_are_the_planned_ones(collected: Collected) -> None:
    wanted, wanted_costs = records.planned(collected.profile)
    assert sorted(found_runs(collected.profile), key=str) == sorted(wanted, key=str)
    found = {cost.record: cost for cost in found_costs(collected.profile)}
    assert found.keys() == {cost.record for cost in wanted_costs}
    assert all(found[cost.record].classes == (cost.classes or 5000) for cost in wanted_costs)


def test_a_folders_name_does_not_say_which_cell_it_is(recollect: Recollect, tmp_path: Path) -> None:
    recollect(lambda profile: (profile / RUN).rename((profile / RUN).with_name("1-0f0f0f")))
    found = found_runs(tmp_path / "results/default")
    (cell,) = (cell for cell in found if cell.folder.endswith("-0f0f0f"))
    assert (cell.label, cell.ratio, cell.seed) == ("dcq", 0.1, 1)


def test_nothing_planned_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no cell is planned"):
        collect(tmp_path, [], [])


def test_three_seeds_get_an_interval(recollect: Recollect) -> None:
    score = compare(recollect(lambda profile: None, seeds=(0, 1, 2)), "closed/rank1").loc["dcq r 0.1"]
    assert score["n"] == 3 and score["low"] < score["min"] <= score["max"] < score["high"]


def test_a_row_of_no_record_is_named_by_its_ratio() -> None:
    row = run_row(PlannedRun(label="a", head="a", ratio=0.10, seed=1, folder="nowhere"))
    assert (row.name, row.outcome) == ("a r 0.1", "missing")


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("no probes", "no probes"),
        ("test: 6,000 pairs, fewer than 10; alarms", "6,000 pairs, fewer than 10; alarms"),
        ("validation: too few; pairs; test: 6,000 pairs", "6,000 pairs"),
    ],
)
def test_the_reason_of_a_null_score_is_that_of_its_part(note: str, expected: str) -> None:
    run = RunRow(label="a", head="a", ratio=1.0, name="a", seed=0, outcome="ok", notes={"closed/rank1": note})
    assert reason_of(run, "test", "closed/rank1") == expected


def test_progress_and_curves_are_a_row_a_point(collected: Collected) -> None:
    run = RunRecord.read(collected.profile / RUN / "run.json")
    progress = collected.summary.progress
    own = progress[(progress["name"] == "dcq r 0.1") & (progress["seed"] == 1)]
    losses, scores = own[own["score"].isna()], own[own["score"] == HARD]
    assert list(losses["step"]) == list(range(20, 601, 20)) and losses["value"].isna().all()
    assert list(scores["step"]) == list(range(100, 601, 100)) and scores["loss"].isna().all()
    # A validation line counts no encoded images: the run's own share of them does.
    assert run.images and run.images.encoded == 2 * (run.images.gradient or 0)
    assert list(scores["encoded"]) == list(2 * scores["images"])
    shots = collected.summary.curves[collected.summary.curves["curve"] == "shots"]
    assert set(shots["x"]) == set(range(1, 11)) and set(shots["n"]) == {40}
    assert collected.summary.curves.loc[collected.summary.curves["curve"] == "roc_hard", "n"].isna().all()


def test_a_run_that_learned_from_other_images_says_which(recollect: Recollect) -> None:
    def change(profile: Path) -> None:
        split = read_json(profile / "glyphs-s/split.json")
        asked = {**split, "evaluation_hash": "asked"}
        write_json(profile / "glyphs-s/split.json", {**asked, "settings": {"min_shots": 1, "tail": "pareto"}})
        write_json(
            profile / "glyphs-s/split-no-tail.json", {**asked, "hash": "b", "settings": {"min_shots": 3, "tail": "x"}}
        )
        for path in profile.glob("glyphs-s/*/*/*/*/run.json"):
            own = "dcq/0.1" in path.as_posix()
            edit(path, evaluation_hash="asked", **({"split_hash": "b"} if own else {}))
            edit(path.with_name("evaluation.json"), **({"split_hash": "b"} if own else {}))

    found = recollect(change).parameters
    assert found["dcq r 0.1"].data == {"min_shots": 3} and found["fc"].data == {}


def test_what_a_row_learned_from_is_told_by_what_differs_alone() -> None:
    base = {"min_shots": 1, "noise": {"flips": 0.0, "splits": 0.0}}
    assert differing({"min_shots": 1, "noise": {"flips": 0.1, "splits": 0.0}}, base) == {"noise": {"flips": 0.1}}
    assert differing({"min_shots": 3, "noise": base["noise"]}, base) == {"min_shots": 3}
    assert differing({"noise": {"flips": 0.1}}, {}) == {"noise": {"flips": 0.1}}, "a split older than the setting"
