"""What each head was given: images, the batch of its normalisation, its settings and where they come from."""

from workflow.cells.spec import TWIN_MOMENTUM
from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Notes, Table, missing, table
from workflow.reporting.material import Material
from workflow.reporting.words import count, points
from workflow.summary.stored import RunRow

OLD = "the record is older than this number"
ORIGINS = {"row": "its row of the config", "tuned": "tuned"}


def settings_table(material: Material) -> Table:
    """Per row: share of few-shot images, batch of the normalisation, margin, scale, rate, momentum, their origins."""
    notes = Notes()
    columns = [
        Column("Head", numeric=False, weight=1.6),
        Column("Few-shot images", unit="% of those drawn", hint="of all views, counted while training"),
        Column("Normalised over", unit="images", numeric=False, hint="that one forward pass sees: query / twin"),
        Column("Margin", numeric=False),
        Column("Scale", numeric=False),
        Column("Rate", numeric=False),
        Column("Momentum", numeric=False, hint="of the twin"),
    ]
    rows = [settings_line(material, name, notes) for name in material.names]
    return table("given", "What each head was given, and by whom", columns, rows, notes)


def settings_line(material: Material, name: str, notes: Notes) -> list[Cell]:
    """What one row was given, by its first run that left a record."""
    run = next((run for run in material.runs[name] if run.parameters and run.declared), None)
    if run is None:
        return [material.head_cell(name), *(missing(notes, "no run of this row left a record") for _ in range(6))]
    return [
        material.head_cell(name),
        few_cell(run, notes),
        normalised_cell(run, notes),
        option_cell(run, "m"),
        option_cell(run, "scale"),
        origin_cell(run, "lr", f"{run.parameters.train.lr:g}" if run.parameters else ""),
        momentum_cell(run),
    ]


def few_cell(run: RunRow, notes: Notes) -> Cell:
    """The share of images of few-shot classes among those drawn."""
    drawn = run.images_drawn
    if not drawn or not sum(drawn.values()):
        return missing(notes, OLD)
    share = drawn["few"] / sum(drawn.values())
    return Cell(points(share), sort=100 * share, records=anchor("run", run.name))


def normalised_cell(run: RunRow, notes: Notes) -> Cell:
    """Images that batch normalisation sees at once: the query net's, and the twin's."""
    sizes = run.normalised
    if sizes is None or sizes.query is None:
        return missing(notes, OLD)
    shown = " / ".join(count(size) for size in (sizes.query, sizes.twin) if size is not None)
    return Cell(shown, records=anchor("run", run.name))


def option_cell(run: RunRow, name: str) -> Cell:
    """An option of the head that all heads share unless the row says otherwise."""
    options = run.parameters.options if run.parameters else {}
    return origin_cell(run, name, str(options[name])) if name in options else Cell("takes none", tone="quiet")


def origin_cell(run: RunRow, name: str, value: str, otherwise: str = "shared") -> Cell:
    """A value with its origin: shared by all, the row's own, or tuned."""
    origins = run.parameters.origins if run.parameters else {}
    return Cell(value, sub=ORIGINS.get(origins.get(name, ""), otherwise), records=anchor("run", run.name))


def momentum_cell(run: RunRow) -> Cell:
    """The momentum of the twin: the row's, or the paper's as the length of the run allows."""
    used = run.declared.momentum_used if run.declared else None
    if used is None:
        return Cell("no twin", tone="quiet")
    return origin_cell(run, TWIN_MOMENTUM, f"{used:g}", "the head's, by the length of the run")
