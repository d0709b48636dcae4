import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from tests import records
from tests.collected import Collected
from workflow.cells.spec import PlannedCost, PlannedRun
from workflow.errors import UserError
from workflow.files import read_json
from workflow.summary.costs import in_training
from workflow.summary.lacking import reasons
from workflow.summary.planned import listed
from workflow.summary.reading import read_summary
from workflow.summary.statistics import compare
from workflow.summary.summary import lines
from workflow.summary.writing import write_csv

PUBLISHED = Path(__file__).parents[2] / "results/published/cpu-xeon-2-cores"
TABLES = ("runs", "scores", "progress", "curves", "costs", "heads")


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_summary_is_read_as_it_was_written(collected: Collected) -> None:
    again = read_summary(collected.out)
    assert again.stored == collected.summary.stored
    for name in TABLES:
        assert getattr(again, name).equals(getattr(collected.summary, name)), name


def test_no_verdict_is_stored(collected: Collected) -> None:
    stored = read_json(collected.out)
    assert stored["schema"] == "headroom-summary-2"
    assert not {"claims", "answers", "gaps", "caveats", "rows"} & stored.keys()


def test_csv_tables_equal_the_summary(collected: Collected) -> None:
    summary, folder = collected.summary, collected.out.parent
    assert [line["outcome"] for line in read_csv(folder / "runs.csv")] == list(summary.runs["outcome"])
    for printed, line in zip(read_csv(folder / "scores.csv"), lines(summary.scores), strict=True):
        assert (printed["label"], printed["score"]) == (line["label"], line["score"])
        value = line["value"]
        assert (printed["value"] == "" and printed["reason"]) if value is None else float(printed["value"]) == value
    few, costs = compare(summary, "closed/rank1/few"), in_training(summary)
    for printed, name in zip(read_csv(folder / "heads.csv"), summary.heads["name"], strict=True):
        assert float(printed["closed/rank1/few:mean"]) == few.loc[name, "mean"]
        assert float(printed["cost.images_per_second.gradient"]) == costs.loc[name, "images_per_second.gradient"]
    medians = [line["step_ms.median"] for line in lines(summary.costs)]
    printed_costs = read_csv(folder / "costs.csv")
    assert [float(line["step_ms.median"]) if line["step_ms.median"] else None for line in printed_costs] == medians


def test_a_published_summary_of_the_first_version_is_read() -> None:
    summary = read_summary(PUBLISHED / "summary.json")
    stored = read_json(PUBLISHED / "summary.json")
    assert summary.reference == "fc" and list(summary.heads["name"]) == [row["name"] for row in stored["rows"]]
    for score in stored["rows"][0]["scores"]:
        found = lines(compare(summary, score))
        for line, row in zip(found, stored["rows"], strict=True):
            spread = row["scores"][score]
            assert line["n"] == spread["n"]
            assert reasons(summary, row["name"], score) == tuple(spread["reasons"])
            assert line["mean"] == (spread["mean"] and pytest.approx(spread["mean"], abs=1e-12))
    assert list(summary.costs["step_ms.median"]) == [cost["step_ms"]["median"] for cost in stored["costs"]]
    assert summary.parameters["fc"].options["scale"] == 32 and summary.declared["fc"].learned_centres


def test_csv_columns_of_published_tables_still_stand(collected: Collected) -> None:
    for name in ("runs", "scores", "costs"):
        published, now = (list(read_csv(folder / f"{name}.csv")[0]) for folder in (PUBLISHED, collected.out.parent))
        kept = [column for column in published if column != "parts_ms"]  # always empty
        assert [column for column in now if column in kept] == kept


def test_what_is_no_summary_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"does not exist: run `python -m workflow\.summary`"):
        read_summary(tmp_path / "summary.json")
    (tmp_path / "summary.json").write_text('{"schema": "headroom-summary-0"}')
    with pytest.raises(UserError, match="is not a summary"):
        read_summary(tmp_path / "summary.json")


@pytest.mark.parametrize("text", ["[1]", "[{}]", "[", "no/such/file.json", '[{"label": "fc", "head": "fc"}]'])
def test_a_bad_list_of_cells_is_explained(text: str) -> None:
    with pytest.raises(UserError, match="--cells"):
        listed(text, PlannedRun, "--cells")


def test_a_list_of_cells_is_text_or_a_file(collected: Collected, tmp_path: Path) -> None:
    _, costs = records.planned(collected.profile)
    text = json.dumps([cost.model_dump() for cost in costs])
    (tmp_path / "costs.json").write_text(text)
    assert listed(text, PlannedCost, "--costs") == listed(str(tmp_path / "costs.json"), PlannedCost, "--costs") == costs


def test_no_cell_of_a_csv_is_a_formula(tmp_path: Path) -> None:
    texts = ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "a\r\nb", "-0.5", "a=1", "1-1", "", None]
    table = pd.DataFrame({"text": texts, "number": -1.5, "whole": -2, "mixed": [*texts[:-1], -1.5], "true": True})
    write_csv(tmp_path / "table.csv", table)
    written = read_csv(tmp_path / "table.csv")
    safe = ["'=1+1", "'+1+1", "'-2+3", "'@SUM(A1)", "'\t=1", "'\n=1", "a\nb", "-0.5", "a=1", "1-1", "", ""]
    assert [line["text"] for line in written] == safe
    assert [line["mixed"] for line in written] == [*safe[:-1], "-1.5"]
    assert {(line["number"], line["whole"], line["true"]) for line in written} == {("-1.5", "-2", "True")}
