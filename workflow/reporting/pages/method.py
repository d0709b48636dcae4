"""How it was measured: the protocol, and what differs between the heads."""

from dataclasses import replace

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Notes, Section, Table, Text, definitions, missing, section, table
from workflow.reporting.material import Material
from workflow.reporting.pages.given import settings_table
from workflow.reporting.words import NOT_RECORDED, count
from workflow.summary.stored import RunRow
from workflow.summary.summary import Summary

IDENTICAL = (
    "Identical for every head, per seed: backbone, initial weights, margin, scale, schedule and augmentation, "
    "where the tables below name no value of a row's own, and the order of the query images for loaders that take "
    "them as they come: `instances`, `pairs`, `half pairs`, `instance halves`; others draw classes evenly, all or "
    "in part. Validation and test are disjoint in classes and images, and in faces where the images are glyphs; "
    "the learning curves are of validation, the scores of test. No score is computed on anything seen in "
    "training. All heads share the settings of the config but where a table says otherwise; what was tuned was "
    "scored on validation alone and stands apart. The shipped defaults come from earlier pilot runs, which tried "
    "more settings for DCQ and F2C than for full and Partial FC. The tables below say what differs between heads, "
    "because it must."
)

COUNTED = {
    "train_images": "Training images",
    "enrolled_images": "Images that class means are made of",
    "eval_images": "Images embedded for the scores",
    "train_classes": "Training classes",
    "left_out_classes": "Classes left out of training",
    "wrong_labels": "Wrong training labels",
    "split_classes": "Classes under two labels",
    "many": "Classes with many images",
    "medium": "Classes with a medium number",
    "few": "Classes with few images",
    "singletons": "Classes with one image",
    "distractors": "Distractors of 1:N",
}
RARE = ("left_out_classes", "wrong_labels", "split_classes")
"""counts that are named only where there are some"""
ASKED = {
    "hard_pairs": "look-alike pairs",
    "random_pairs": "random pairs",
    "all": "images for all pairs",
    "gallery": "gallery of 1:N",
    "probe": "probes of 1:N",
    "closed_probe": "probes of ID",
}
"""of validation and of test"""


def page(material: Material) -> Section:
    """Protocol, data, and what differs between heads."""
    tables = (differences_table(material), settings_table(material))
    terms = definitions([*protocol(material.summary), *freed_memory(material.summary.stored.runs)])
    return section("method", "Method", Text(IDENTICAL), terms, left_out(material.summary), *tables)


def protocol(summary: Summary) -> list[tuple[str, str]]:
    """Protocol version, thresholds and counts."""
    counts, shots = summary.facts.split.counts, summary.facts.split.shots
    found = [("Protocol", summary.facts.protocol or NOT_RECORDED)]
    if shots:
        found.append(("Images of many, medium, few", limits_words(shots["many"], shots["medium"])))
    return found + [(counted_words(name), count(value)) for name, value in counts.items() if value or name not in RARE]


def counted_words(name: str) -> str:
    """What a number of the split counts, as a reader would call it."""
    part, _, what = name.partition("_")
    if name in COUNTED:
        return COUNTED[name]
    return f"{part.capitalize()}: {ASKED[what]}" if what in ASKED else name.replace("_", " ").capitalize()


def limits_words(many: int, medium: int) -> str:
    """`7 or more, 3 to 6, 2 or less`: how many images a class of each group has."""
    middle = str(medium) if medium == many - 1 else f"{medium} to {many - 1}"
    return f"{many} or more, {middle}, {'1' if medium == 2 else f'{medium - 1} or less'}"


def freed_memory(runs: list[RunRow]) -> list[tuple[str, str]]:
    """Whether the runs' allocator kept what a step freed for the next one; nothing where no record says so."""
    stated = {run.freed_memory_kept for run in runs} - {None}
    if not stated:
        return []
    words = "kept for the next" if stated == {True} else "given back to the system"
    return [("Memory freed by a step", "kept in some runs only" if len(stated) > 1 else words)]


def left_out(summary: Summary) -> Text | None:
    """What was kept out of the dataset, by reason, and what was not though classes share it."""
    dataset, said = summary.facts.dataset, []
    lost = ", ".join(f"{count(number)} {reason}" for reason, number in dataset.rejected.items() if number)
    if lost:
        said.append(f"Left out when the data set was built: {lost}.")
    if dataset.shared and dataset.shared.pictures:
        said.append(
            f"Pictures in more than one class: {count(dataset.shared.pictures)}, shown by "
            f"{count(dataset.shared.images)} images. Each is a wrong label, and a leak where only one of its classes "
            "is trained on; the data set's manifest names the files."
        )
    return Text(" ".join(said)) if said else None


def differences_table(material: Material) -> Table:
    """Per head: loader, images a step, momentum used and the paper's, pool, centres."""
    notes = Notes()
    columns = [
        Column("Head", numeric=False, weight=3),
        Column("Loader", numeric=False, weight=1.5),
        Column("Images a step", unit="gradient"),
        Column("Images a step", unit="encoded"),
        Column("Momentum", unit="used"),
        Column("Momentum", unit="paper"),
        Column("Pool", unit="rows"),
        Column("Centres", numeric=False),
    ]
    rows = [differences_line(material, name, notes) for name in material.names]
    return table("differences", "What differs between the heads", columns, rows, notes)


def differences_line(material: Material, name: str, notes: Notes) -> list[Cell]:
    """What one head declares to need."""
    declared = material.summary.declared.get(name)
    if declared is None:
        return [material.head_cell(name), *(missing(notes, "no run of this row left a record") for _ in range(7))]
    return [
        material.head_cell(name, sub=declared.summary),
        Cell(declared.batches),
        *(step_cell(material, name, kind, notes) for kind in ("gradient", "encoded")),
        momentum_cell(declared.momentum_used, name),
        momentum_cell(declared.momentum, name),
        replace(pool_cell(declared.pool, kept_of(material.summary, name), notes), records=anchor("run", name)),
        Cell("learned" if declared.learned_centres else "none"),
    ]


def step_cell(material: Material, name: str, kind: str, notes: Notes) -> Cell:
    """Images per step: with gradient, or encoded."""
    heads = material.summary.heads.set_index("name")
    value = heads[f"images_per_step_{kind}"].dropna().get(name)
    return missing(notes, "the run recorded no images") if value is None else counted(value, name)


def counted(value: float, name: str) -> Cell:
    """A number of images a step."""
    return Cell(count(round(value)), sort=float(value), records=anchor("run", name))


def pool_cell(pool: int | None, kept: int | None, notes: Notes) -> Cell:
    """The class vectors that a sample is compared with; more than the head was to keep, where a batch has as many."""
    if pool is None:
        return Cell("none declared")
    more = kept is not None and pool > kept
    note = notes.letter(f"the ratio asks for {count(kept or 0)}, but all classes of a batch take part") if more else ""
    return Cell(count(pool), sort=pool, note=note)


def kept_of(summary: Summary, name: str) -> int | None:
    """ratio · C of a row, as every head rounds it; None where the number of classes is not known."""
    classes = summary.facts.split.counts.get("train_classes")
    ratio = summary.heads.set_index("name")["ratio"].get(name)
    return None if classes is None or ratio is None else max(1, round(float(ratio) * classes))


def momentum_cell(momentum: float | None, name: str) -> Cell:
    """The momentum of the encoder's twin."""
    if momentum is None:
        return Cell("no twin", tone="quiet")
    return Cell(f"{momentum:g}", sort=momentum, records=anchor("run", name))
