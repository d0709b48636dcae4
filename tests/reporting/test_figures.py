import csv
import re
from itertools import combinations
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.text import Text

from tests.collected import Recollect, edit
from tests.reporting.conftest import Made
from workflow.files import read_json
from workflow.reporting.blocks import Table
from workflow.reporting.figures.drawing import NARROW, look
from workflow.reporting.figures.every import PLOTS, draw_all, read_words
from workflow.reporting.figures.labels import Spot, place_labels
from workflow.reporting.material import Material
from workflow.reporting.pages.cost import cost_table
from workflow.reporting.pages.heads import main_table
from workflow.reporting.palette import SHIPPED, marks, styles
from workflow.summary.answers import HARD
from workflow.summary.samples import by_seed
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_figure_has_its_data_beside_it(made: Made, summary: Summary) -> None:
    index = read_json(made.figures / "figures.json")
    assert len(index) == len(PLOTS) and all(entry["drawn"] for entry in index.values())
    points = {line["row"]: line for line in read_csv(made.figures / "pareto.csv")}
    for name in summary.heads["name"]:
        assert float(points[name]["accuracy"]) == 100 * by_seed(summary, name, HARD).mean()
    shots = [line for line in read_csv(made.figures / "tail.csv") if line["panel"] == "shots"]
    assert {float(line["shots"]) for line in shots} == set(range(1, 11))
    single = [line for line in read_csv(made.figures / "differences.csv") if line["row"] == "f2c r 0.1"]
    assert single and all(line["seeds"] == "1" and not line["half_width"] for line in single)
    assert summary.heads.set_index("name")["done"]["f2c r 0.1"] == 1


def test_figures_carry_no_date_and_no_page_background(made: Made) -> None:
    for path in made.figures.glob("*.svg"):
        svg = path.read_text()
        assert "<dc:date>" not in svg and 'id="patch_1"' in svg
        assert "fill: #ffffff" not in svg


def test_a_figure_without_data_is_not_drawn_and_says_why(tmp_path: Path, summary: Summary) -> None:
    bare = [run.model_copy(update={"progress": [], "curves": {}, "scores": {}}) for run in summary.stored.runs]
    empty = summarise(summary.stored.model_copy(update={"runs": bare, "costs": []}))
    index = draw_all(empty, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]
    assert all(not entry.drawn and len(entry.reason or "") > 20 for entry in index.values())


def test_captions_and_footnotes_mention_periodic_work(summary: Summary, recollect: Recollect) -> None:
    named = {plot.name for plot in PLOTS if "every so many steps" in read_words(plot, summary)}
    assert not named and not any("of each step are for" in note for note in footnotes(summary))
    upkeep = {"seconds": 2.0, "every_steps": 100, "ms_per_step": 20.0}
    worked = recollect(lambda profile: edit(profile / "cost/end-to-end/dcq/0.1/train.json", upkeep=upkeep))
    named = {plot.name for plot in PLOTS if "every so many steps" in read_words(plot, worked)}
    assert named == {"pareto", "scaling", "parts"}
    words = "20 ms of each step are for work that dcq r 0.1 does in 2 s every 100 steps, at 5\u202f000 classes"
    assert footnotes(worked).count(words) == 2, "in the main table and in that of all cost cells"


def test_a_timing_that_was_not_exclusive_is_marked_in_both_tables(recollect: Recollect) -> None:
    file = "cost/end-to-end/dcq/0.1/train.json"
    shared = recollect(lambda profile: edit(profile / file, exclusive=False, other_load_cores=0.5))
    marked = [note for note in footnotes(shared) if note.startswith("timed while other jobs ran: not comparable")]
    assert len(marked) == 2 and all("0.5 cores" in note for note in marked)


def footnotes(summary: Summary) -> list[str]:
    tables: tuple[Table, ...] = (main_table(Material(summary), "main"), cost_table(Material(summary)))
    return [reason for table in tables for _, reason in table.notes]


def test_a_users_head_gets_a_mark_of_its_own_that_stays() -> None:
    alone, together = marks(["mine"])["mine"], marks(["fc", "dcq", "mine", "partial_fc"])
    assert together["mine"] == alone
    assert len({mark.colour for mark in together.values()}) == 4
    many = marks([f"head {number}" for number in range(6)])
    assert len({mark.colour for mark in many.values()}) == 6
    assert len(marks([f"head {number}" for number in range(20)])) == 20


def test_every_shipped_head_has_a_mark_that_no_other_changes() -> None:
    colours, signs = ({getattr(mark, name) for mark in SHIPPED.values()} for name in ("colour", "sign"))
    assert len(colours) == len(signs) == len(SHIPPED)
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE))
    assert set(SHIPPED) == listed, "a head in README's table has a mark of its own in SHIPPED of reporting/palette.py"


def test_labels_of_crowded_marks_cover_no_other_label() -> None:
    points = [(1.0, 1.0), (1.02, 1.01), (1.01, 0.98), (1.03, 0.99), (1.0, 0.97), (2.0, 1.5)]
    spots = [Spot(x, y, 9, f"dcq r 0.{place}", "black") for place, (x, y) in enumerate(points)]
    with look("test", NARROW):
        figure, axes = plt.subplots(figsize=(NARROW, 3.4))
        axes.plot(*zip(*points, strict=True), linestyle="none", marker="o")
        axes.margins(0.3)
        place_labels(figure, axes, spots, [((x, y - 0.1), (x, y + 0.1)) for x, y in points])
        boxes = [Text.get_window_extent(note) for note in axes.texts]
        plt.close(figure)
    assert len(boxes) == len(spots)
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_ratios_of_one_head_share_its_colour_and_differ_in_line() -> None:
    rows = [{"name": f"dcq r {ratio}", "label": "dcq", "ratio": ratio} for ratio in (0.1, 0.3)]
    looks = styles(pd.DataFrame(rows))
    large, small = looks["dcq r 0.3"], looks["dcq r 0.1"]
    assert large.colour == small.colour and large.dashes != small.dashes
    assert large.filled and not small.filled
