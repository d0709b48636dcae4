import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.reporting import fake_records
from tests.reporting.conftest import Made
from workflow.errors import UserError
from workflow.files import read_json
from workflow.summary.old.collect import collect
from workflow.summary.old.costs import upkeep_words
from workflow.summary.old.records import discovered, listed
from workflow.summary.old.runs import note_of, run_row

Recollect = Callable[..., dict[str, Any]]
RUN = "glyphs-s/small/dcq/0.1/1"


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def row_of(summary: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in summary["rows"] if row["name"] == name)


def test_every_planned_cell_has_a_row(summary: dict[str, Any]) -> None:
    cells, costs = fake_records.planned()
    place = [(run["label"], run["ratio"], run["seed"]) for run in summary["runs"]]
    assert place == [(cell["label"], cell["ratio"], cell["seed"]) for cell in cells]
    place = [(cost["mode"], cost["label"], cost["ratio"], cost["classes"]) for cost in summary["costs"]]
    assert place == [(cell["mode"], cell["label"], cell["ratio"], cell["classes"] or 5000) for cell in costs]


def test_a_missing_record_is_a_row_that_says_so(recollect: Recollect) -> None:
    summary = recollect(lambda profile: shutil.rmtree(profile / RUN))
    lost = next(run for run in summary["runs"] if run["name"] == "dcq r 0.1" and run["seed"] == 1)
    assert lost["outcome"] == "missing" and "planned" in lost["reason"]
    assert row_of(summary, "dcq r 0.1")["done"] == 1
    assert {"what": "dcq r 0.1, seed 1", "why": f"missing: {lost['reason']}"} in summary["gaps"]


def test_a_run_without_evaluation_counts_as_missing(recollect: Recollect) -> None:
    summary = recollect(lambda profile: (profile / RUN / "evaluation.json").unlink())
    assert row_of(summary, "dcq r 0.1")["outcomes"][1]["outcome"] == "missing"


def test_diverged_and_out_of_memory_keep_their_reasons(summary: dict[str, Any]) -> None:
    lost = [run for run in summary["runs"] if run["outcome"] != "ok"]
    assert [(run["name"], run["seed"], run["outcome"]) for run in lost] == [("f2c r 0.1", 1, "diverged")]
    assert "step 210" in lost[0]["reason"]
    cost = next(cost for cost in summary["costs"] if cost["outcome"] != "ok")
    assert (cost["name"], cost["classes"], cost["outcome"]) == ("fc", 1_000_000, "out of memory")
    assert cost["step_ms"]["median"] is None and cost["peak_bytes"] is None


def test_aggregates_are_those_of_the_records(made: Made, summary: dict[str, Any]) -> None:
    name = "verification_hard/accuracy"
    files = [made.profile / f"glyphs-s/small/dcq/0.1/{seed}/evaluation.json" for seed in (0, 1)]
    base = [made.profile / f"glyphs-s/small/fc/1/{seed}/evaluation.json" for seed in (0, 1)]
    own, other = ([read_json(path)["test"][name] for path in paths] for paths in (files, base))
    row = row_of(summary, "dcq r 0.1")
    assert row["scores"][name]["mean"] == pytest.approx(sum(own) / 2)
    assert row["difference"][name]["mean"] == pytest.approx(sum(a - b for a, b in zip(own, other, strict=True)) / 2)
    assert row_of(summary, "fc")["reference"] and not row_of(summary, "fc")["difference"]


def test_cost_is_the_median_of_raw_samples(made: Made, summary: dict[str, Any]) -> None:
    record = read_json(made.profile / "cost/end-to-end/dcq/0.1/train.json")
    cost = row_of(summary, "dcq r 0.1")["cost"]
    samples = sorted(record["step_ms"])
    median = (samples[14] + samples[15]) / 2
    assert cost["step_ms"]["median"] == pytest.approx(median)
    assert cost["images_per_second"] == pytest.approx({"gradient": 256_000 / median, "encoded": 512_000 / median})
    memory = record["memory"]
    assert cost["peak_bytes"] == memory["host_peak_rss_bytes"] - memory["host_rss_before_bytes"]
    assert "growth" in cost["peak_meter"]


UPKEEP = {"seconds": 2.0, "every_steps": 100, "ms_per_step": 20.0}


def test_periodic_work_is_spread_over_all_steps(made: Made, recollect: Recollect) -> None:
    file = "cost/end-to-end/dcq/0.1/train.json"
    plain = read_json(made.summary)
    summary = recollect(lambda profile: edit(profile / file, upkeep=UPKEEP))
    before, after = (row_of(found, "dcq r 0.1")["cost"] for found in (plain, summary))
    for name in ("median", "p10", "p90"):
        assert after["step_ms"][name] == pytest.approx(before["step_ms"][name] + 20)
    assert after["images_per_second"]["gradient"] == pytest.approx(256_000 / (before["step_ms"]["median"] + 20))
    assert after["upkeep"] == UPKEEP and set(before["upkeep"].values()) == {None}
    assert after["parts_ms"] == before["parts_ms"]
    words = "20 ms of each step are for work that dcq r 0.1 does in 2 s every 100 steps, at 5\u202f000 classes"
    assert upkeep_words(after) == words and upkeep_words(before) == ""


def test_the_floors_share_is_of_a_step_with_its_periodic_work(recollect: Recollect) -> None:
    file = "cost/head/dcq/0.1/10000.json"
    cost = next(
        cost
        for cost in recollect(lambda profile: edit(profile / file, upkeep=UPKEEP))["costs"]
        if cost["record"].endswith(file)
    )
    assert cost["floor_share"] == pytest.approx(cost["floor"]["ms"] / cost["step_ms"]["median"])
    assert cost["step_ms"]["p10"] > 20


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
def test_unlike_records_are_refused_by_name(recollect: Recollect, file: str, changes: dict, what: str) -> None:
    with pytest.raises(UserError, match="different values of") as caught:
        recollect(lambda profile: edit(profile / file, **changes))
    message = str(caught.value)
    assert f"of {what} " in message and file in message and message.count(".json") == 2


def test_two_records_of_one_cell_are_refused(recollect: Recollect) -> None:
    with pytest.raises(UserError, match="same planned cell"):
        recollect(lambda profile: shutil.copytree(profile / RUN, profile / "glyphs-m/small/dcq/0.1/1"))


def test_csv_tables_equal_the_summary(made: Made, summary: dict[str, Any]) -> None:
    runs, scores = read_csv(made.profile / "runs.csv"), read_csv(made.profile / "scores.csv")
    assert [line["outcome"] for line in runs] == [run["outcome"] for run in summary["runs"]]
    found = {(s["label"], float(s["ratio"]), s["seed"], s["part"], s["score"]): s for s in scores}
    for run in summary["runs"]:
        for part, values in run["scores"].items():
            for score, value in values.items():
                line = found.pop((run["label"], run["ratio"], str(run["seed"]), part, score))
                assert (line["value"] == "" and line["reason"]) if value is None else float(line["value"]) == value
    assert not found
    heads = read_csv(made.profile / "heads.csv")
    for line, row in zip(heads, summary["rows"], strict=True):
        assert float(line["closed/rank1/few:mean"]) == row["scores"]["closed/rank1/few"]["mean"]
        assert float(line["cost.images_per_second.gradient"]) == row["cost"]["images_per_second"]["gradient"]
    costs = read_csv(made.profile / "costs.csv")
    medians = [cost["step_ms"]["median"] for cost in summary["costs"]]
    assert [float(line["step_ms.median"]) if line["step_ms.median"] else None for line in costs] == medians


def test_three_seeds_get_an_interval(recollect: Recollect) -> None:
    row = row_of(recollect(lambda profile: None, seeds=(0, 1, 2)), "dcq r 0.1")
    score = row["scores"]["closed/rank1"]
    assert score["n"] == 3 and score["low"] < score["min"] <= score["max"] < score["high"]


def test_gaps_name_the_meters_that_read_nothing(summary: dict[str, Any]) -> None:
    gaps = {gap["what"]: gap["why"] for gap in summary["gaps"]}
    assert "this run used cpu" in gaps["utilisation, power, energy per image, clocks, temperature"]
    assert any("centres" in what and "dcq r 0.1" in what and "learns no centres" in why for what, why in gaps.items())


def test_records_found_on_disk_are_the_planned_ones(made: Made) -> None:
    cells, costs = discovered(made.profile)
    wanted, wanted_costs = fake_records.planned()
    assert {(c["label"], c["ratio"], int(c["seed"])) for c in cells} == {
        (c["label"], c["ratio"], c["seed"]) for c in wanted
    }
    assert len(costs) == len(wanted_costs)


@pytest.mark.parametrize("text", ["[1]", "[{}]", "[", "no/such/file.json"])
def test_a_bad_list_of_cells_is_explained(text: str) -> None:
    with pytest.raises(UserError, match="--cells"):
        listed(text, "--cells")


def test_nothing_planned_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no cell is planned"):
        collect(tmp_path, [], [])


def test_command_line_runs_every_step(made: Made, tmp_path: Path) -> None:
    cells, costs = fake_records.planned()
    planned = ["--cells", json.dumps(cells), "--costs", json.dumps(costs)]
    out, figures = tmp_path / "summary.json", tmp_path / "figures"
    steps = [
        ["collect", "--profile-dir", made.profile, "--data", made.root / "data", "--out", out, *planned],
        ["figures", "--summary", out, "--out", figures],
        ["html", "--summary", out, "--figures", figures, "--out", tmp_path / "r.html"],
        ["pdf", "--summary", out, "--figures", figures, "--out", tmp_path / "r.pdf"],
    ]
    for step in steps:
        subprocess.run([sys.executable, "-m", "workflow.reporting", *map(str, step)], check=True, capture_output=True)
    collected, again = read_json(out), read_json(made.summary)
    assert {**collected, "collected": None} == {**again, "collected": None}
    # Drawn in another process than the figures of `made`: the same bytes.
    drawn = sorted(path.name for path in made.figures.iterdir())
    assert drawn == sorted(path.name for path in figures.iterdir()) and len(drawn) == 3 * 7 + 1
    for name in drawn:
        assert (figures / name).read_bytes() == (made.figures / name).read_bytes(), name


def test_a_missing_profile_is_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workflow.reporting", "collect", "--profile-dir", str(tmp_path / "none")]
    done = subprocess.run([*command, "--out", str(tmp_path / "s.json")], capture_output=True, text=True)
    assert done.returncode == 2 and "is not a folder" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("no probes", "no probes"),
        ("test: 6,000 pairs, fewer than 10; alarms", "6,000 pairs, fewer than 10; alarms"),
        ("validation: too few; pairs; test: 6,000 pairs", "6,000 pairs"),
    ],
)
def test_the_reason_of_a_null_score_is_that_of_its_part(note: str, expected: str) -> None:
    run = {"outcome": "ok", "reason": None, "notes": {"closed/rank1": note}}
    assert note_of(run, "test", "closed/rank1") == expected


def test_ratios_given_as_text_and_peaks_above_a_baseline(recollect: Recollect) -> None:
    def change(profile: Path) -> None:
        path = profile / "cost/head/dcq/0.1/10000.json"
        memory = {"allocator_peak_bytes": 900, "allocator_before_bytes": 200, "declared_state_bytes": 1}
        edit(path, memory=memory, conditions={"device": "cpu"}, other_load_cores=0.5)

    summary = recollect(change)
    cost = next(c for c in summary["costs"] if (c["name"], c["classes"]) == ("dcq r 0.1", 10_000))
    assert (cost["peak_bytes"], cost["peak_meter"]) == (700, "peak of the device allocator")
    assert run_row(Path("nowhere"), {"label": "a", "ratio": "0.10", "seed": "1"})["name"] == "a r 0.1"
