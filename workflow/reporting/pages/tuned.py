"""Every head with settings of its own, beside the settings that all share."""

from collections.abc import Mapping

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Notes, Section, Table, Text, missing, section, table
from workflow.reporting.cells import score_cell
from workflow.reporting.material import Material
from workflow.reporting.pages.curves import reached_cell
from workflow.reporting.words import count, number, points
from workflow.summary.answers import HARD
from workflow.summary.fair import under
from workflow.summary.stored import row_name

NOT_TUNED = (
    "No row was tuned in this run: all heads share the settings of the config, which suit some better than others. "
    "`tune` in the config gives each head its own scale, margin, rate and momentum under one equal budget."
)
SETTINGS: Mapping[str, str] = {"scale": "Scale", "m": "Margin", "lr": "Rate", "twin momentum": "Momentum"}


def page(material: Material) -> Section:
    """What was tried, and the shared and the tuned result side by side."""
    chosen = material.summary.stored.tuned
    if not chosen:
        return section("tuned", "Settings of its own", Text(NOT_TUNED))
    one = chosen[0]
    words = (
        f"Every row tried {len(one.trials)} settings, the same points of a Sobol sequence for all, in trials of "
        f"{count(one.steps)} steps from {len(one.seeds)} seed{'s' if len(one.seeds) > 1 else ''} each. The best by the "
        "mean of the learning curve's scores, which are of validation classes only, was then trained as the rows "
        "themselves are. A setting that is not listed stayed as all share it, or the head has none."
    )
    return section("tuned", "Settings of its own", Text(words), tuned_table(material))


def tuned_table(material: Material) -> Table:
    """Per row: the shared and the tuned test score, the setting, and its score in validation."""
    notes, tuned = Notes(), under(material.summary, "tuned")
    by_name = {row_name(one.label, one.ratio): one for one in material.summary.stored.tuned}
    rows = []
    for name in (name for name in material.names if name in by_name):
        record = by_name[name]
        best = max((one.score for one in record.trials if one.score is not None), default=None)
        rows.append(
            [
                material.head_cell(name),
                score_cell(material, name, HARD, notes),
                reached_cell(material.summary, tuned, name, "tuned", notes),
                *(setting_cell(record.chosen or {}, setting, name) for setting in SETTINGS),
                missing(notes, record.reason or "")
                if best is None
                else Cell(points(best), sort=100 * best, records=anchor("trials", name)),
            ]
        )
    columns = [
        Column("Head", numeric=False, weight=1.6),
        Column("Shared", unit="%", hint="test hard pairs with the settings that all share"),
        Column("Tuned", unit="%", hint="the same with its own settings"),
        *(Column(title) for title in SETTINGS.values()),
        Column("Trial", unit="validation, %", hint="mean of the learning curve's scores of the chosen trial"),
    ]
    return table("tuned", "Shared and tuned settings", columns, rows, notes)


def setting_cell(chosen: Mapping[str, float], setting: str, name: str) -> Cell:
    """One chosen value; a dash where the head has no such setting, or it was not tried."""
    value = chosen.get(setting)
    if value is None:
        return Cell("–", tone="quiet")
    return Cell(number(value, 4), sort=value, records=anchor("chosen", name))
