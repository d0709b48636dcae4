from pathlib import Path
from typing import Any

from tests.reporting.conftest import Made
from tests.reporting.test_collect import read_csv, row_of
from workflow.files import read_json
from workflow.reporting.blocks import looks_of
from workflow.reporting.detail import cost_table
from workflow.reporting.figures import PLOTS, draw_all, read_words
from workflow.reporting.frontpage import main_table
from workflow.reporting.palette import marks, styles


def test_every_figure_has_its_data_beside_it(made: Made, summary: dict[str, Any]) -> None:
    index = read_json(made.figures / "figures.json")
    assert len(index) == 7 and all(entry["drawn"] for entry in index.values())
    points = {line["row"]: line for line in read_csv(made.figures / "pareto.csv")}
    for row in summary["rows"]:
        mean = row["scores"]["verification_hard/accuracy"]["mean"]
        assert float(points[row["name"]]["accuracy"]) == 100 * mean
    shots = [line for line in read_csv(made.figures / "tail.csv") if line["panel"] == "shots"]
    assert {float(line["shots"]) for line in shots} == set(range(1, 11))
    seeds = [line for line in read_csv(made.figures / "differences.csv") if line["row"] == "f2c r 0.1"]
    assert {line["seed"] for line in seeds} == {"0"}
    assert row_of(summary, "f2c r 0.1")["done"] == 1


def test_figures_carry_no_date_and_no_page_background(made: Made) -> None:
    for path in made.figures.glob("*.svg"):
        svg = path.read_text()
        assert "<dc:date>" not in svg and 'id="patch_1"' in svg
        assert "fill: #ffffff" not in svg


def test_a_figure_without_data_is_not_drawn_and_says_why(tmp_path: Path, summary: dict[str, Any]) -> None:
    summary["costs"] = []
    for run in summary["runs"]:
        run["progress"], run["curves"] = [], {}
    for row in summary["rows"]:
        row["cost"], row["scores"], row["difference"] = None, {}, {}
    index = draw_all(summary, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]
    assert all(not entry["drawn"] and len(entry["reason"]) > 20 for entry in index.values())


def test_captions_and_footnotes_tell_of_periodic_work(summary: dict[str, Any]) -> None:
    told = {plot.name for plot in PLOTS if "every so many steps" in read_words(plot, summary)}
    assert not told and not any("of each step are for" in note for note in footnotes(summary))
    dcq = row_of(summary, "dcq r 0.1")["cost"]
    for cost in (dcq, next(cost for cost in summary["costs"] if cost["record"] == dcq["record"])):
        cost["upkeep"] = {"seconds": 2.0, "every_steps": 100, "ms_per_step": 20.0}
    told = {plot.name for plot in PLOTS if "every so many steps" in read_words(plot, summary)}
    assert told == {"pareto", "scaling", "parts"}
    mentions = [
        note for note in footnotes(summary) if note.startswith("20 ms of each step are for work that dcq r 0.1")
    ]
    assert len(mentions) == 2, "in the main table and in that of all cost cells"


def footnotes(summary: dict[str, Any]) -> list[str]:
    looks = looks_of(summary)
    tables = (main_table(summary, looks, "main"), cost_table(summary, looks))
    return [reason for table in tables for _, reason in table["notes"]]


def test_a_users_head_gets_a_mark_of_its_own_that_stays() -> None:
    alone, together = marks(["mine"])["mine"], marks(["fc", "dcq", "mine", "partial_fc"])
    assert together["mine"] == alone
    assert len({mark.colour for mark in together.values()}) == 4
    many = marks([f"head {number}" for number in range(6)])
    assert len({mark.colour for mark in many.values()}) == 6
    assert len(marks([f"head {number}" for number in range(20)])) == 20


def test_ratios_of_one_head_share_its_colour_and_differ_in_line() -> None:
    looks = styles([{"name": f"dcq r {ratio}", "label": "dcq", "ratio": ratio} for ratio in (0.1, 0.3)])
    large, small = looks["dcq r 0.3"], looks["dcq r 0.1"]
    assert large["colour"] == small["colour"] and large["line"] != small["line"]
    assert large["filled"] and not small["filled"]
