"""The cells of a config and the places of their records.

A place carries a fingerprint of the settings that shape the record. Another setting is therefore another place: what
was computed before stays where it is, and is found again when the setting returns.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import JsonValue

from workflow.cells.config import CELLS, Config
from workflow.cells.cost_specs import cost_specs
from workflow.cells.data_section import Data
from workflow.cells.fair_specs import budget_specs, trial_specs, tuned_rows, tuned_specs
from workflow.cells.head_row import HeadRow
from workflow.cells.paths import MANIFEST, Paths, ratio_text
from workflow.cells.spec import CostSpec, PlannedCost, PlannedRun, RunSpec, fingerprint, run_specs

SHAPES_NOTHING = {"processes", "nodes", "workers", "checkpoint_every", "log_every", "hung_after"}
"""keys of `train` that change how a run is carried out, but not what comes out of it; its time is another matter"""


@dataclass(frozen=True)
class Plan:
    """All cells of a config: `runs` by their folder, `costs` by their record, and what each of them reads."""

    paths: Paths
    data: str
    split: str
    """the split of the rows that have no training data of their own"""
    machine: str
    splits: dict[str, Data]
    """every split by its file"""
    runs: dict[str, RunSpec]
    costs: dict[str, CostSpec]
    split_of: dict[str, str]
    """the split of each training cell, by its folder, and of each measured training step, by its record"""
    reads: dict[str, list[str]] = field(default_factory=dict)
    """records of other cells that a training cell reads, by its folder"""
    chosen: dict[str, list[str]] = field(default_factory=dict)
    """the record of each setting that is chosen, and the folders of its trials"""
    baselines: dict[str, str] = field(default_factory=dict)
    """kind of each baseline, by its folder"""

    @property
    def manifest(self) -> str:
        """What says that the data set is built, and how."""
        return f"{self.data}/{MANIFEST}"

    @property
    def evaluated(self) -> list[str]:
        """Folders of the training cells that are embedded and scored: all but trials."""
        return [folder for folder, spec in self.runs.items() if spec.cell.role != "trial"]

    def planned_runs(self) -> list[PlannedRun]:
        """The training cells, as the summary is told of them."""
        return [
            PlannedRun(
                **self.runs[folder].cell.model_dump(include={"label", "head", "ratio", "seed", "role"}), folder=folder
            )
            for folder in self.evaluated
        ]

    def planned_costs(self) -> list[PlannedCost]:
        """The cost cells, as the summary is told of them."""
        return [
            PlannedCost(
                **spec.cell.model_dump(include={"label", "head", "ratio"}),
                mode=spec.mode,
                classes=spec.classes,
                record=record,
            )
            for record, spec in self.costs.items()
        ]


class Places:
    """Where the cells of a config lie; each carries the fingerprint of its row's split."""

    def __init__(self, config: Config):
        self.config = config
        self.paths = Paths(config.profile, config.data.name, config.backbone.name)
        self.data = {row.name: data_of(config, row) for row in config.heads}
        self.splits = {label: fingerprint(data) for label, data in self.data.items()}

    def run(self, spec: RunSpec, chosen: str | None = None) -> str:
        """Folder of a training cell; one with a chosen setting depends on the record that holds it."""
        cell, content = spec.cell, [shaping(spec), self.splits[spec.cell.label], *([chosen] if chosen else [])]
        return self.paths.run(cell.label, ratio_text(cell.ratio), str(cell.seed), fingerprint(*content))

    def cost(self, spec: CostSpec) -> str:
        """Record of a cost cell; a head alone is measured on random embeddings, whatever the split."""
        cell, classes = spec.cell, None if spec.classes is None else str(spec.classes)
        content = fingerprint(shaping(spec), None if spec.mode == "head" else self.splits[cell.label])
        return self.paths.cost(spec.mode, cell.label, ratio_text(cell.ratio), classes, content)

    def every_split(self) -> dict[str, Data]:
        """The config's own split and those of rows that learn from other images, by file."""
        every = [self.config.data, *self.data.values()]
        return {self.paths.split(fingerprint(data)): data for data in every}

    def split(self, spec: RunSpec | CostSpec) -> str:
        """The split that a cell is of."""
        return self.paths.split(self.splits[spec.cell.label])


class Tuning(NamedTuple):
    """Of one row at one ratio: the record of what is chosen, the trials and the cells that train with it, by folder."""

    record: str
    trials: dict[str, RunSpec]
    cells: dict[str, RunSpec]


def plan(config: Config) -> Plan:
    """The cells of `config`, in the order in which the report shows them."""
    places, own = Places(config), fingerprint(config.data)
    costs = {places.cost(spec): spec for spec in cost_specs(config)}
    rows = {places.run(spec): spec for spec in (*run_specs(config), *budget_specs(config))}
    tuned = [tuning(places, row, ratio) for row, ratio in tuned_rows(config)]
    runs = rows | {folder: spec for one in tuned for folder, spec in (*one.trials.items(), *one.cells.items())}
    reads = {folder: timings(spec, costs) for folder, spec in rows.items() if spec.cell.role == "seconds"}
    steps = {record: spec for record, spec in costs.items() if spec.mode != "head"}
    return Plan(
        paths=places.paths,
        data=places.paths.data(fingerprint(config.data.of_images())),
        split=places.paths.split(own),
        machine=places.paths.machine(fingerprint(config.measure.device, config.measure.threads)),
        splits=places.every_split(),
        runs=runs,
        costs=costs,
        split_of={place: places.split(spec) for place, spec in (*runs.items(), *steps.items())},
        reads=reads | {folder: [one.record] for one in tuned for folder in one.cells},
        chosen={one.record: list(one.trials) for one in tuned},
        baselines={
            places.paths.baseline(kind, fingerprint(kind, config.backbone, own)): kind
            for kind in config.evaluate.baselines
        },
    )


def tuning(places: Places, row: HeadRow, ratio: float) -> Tuning:
    """The cells of one row that is tuned."""
    trials = {places.run(spec): spec for spec in trial_specs(places.config, row, ratio)}
    record = places.paths.chosen(row.name, ratio_text(ratio), fingerprint(list(trials)))
    cells = {places.run(spec, record): spec for spec in tuned_specs(places.config, row, ratio)}
    return Tuning(record, trials, cells)


def timings(spec: RunSpec, costs: dict[str, CostSpec]) -> list[str]:
    """The records of the whole training step of a cell's own row and of its reference's."""
    steps = {(cost.cell.label, cost.cell.ratio): record for record, cost in costs.items() if cost.mode == "end-to-end"}
    against = spec.reference
    return [steps[spec.cell.label, spec.cell.ratio], *([steps[against.label, against.ratio]] if against else [])]


def data_of(config: Config, row: HeadRow) -> Data:
    """What the row learns from: the config's data, with what is its own."""
    return Data.parse(config.data.model_dump(mode="json") | row.data, "data")


def shaping(spec: RunSpec | CostSpec) -> JsonValue:
    """What of a specification shapes the cell's result. What lists cells in `measure` shapes none."""
    idle = SHAPES_NOTHING - {"workers"} if waits_for_workers(spec) else SHAPES_NOTHING
    content: JsonValue = spec.model_dump(
        mode="json",
        exclude={"cell": {"profile"}, "train": idle, "measure": CELLS, "origins": True, "data": True},
    )
    return content


def waits_for_workers(spec: RunSpec | CostSpec) -> bool:
    """Whether the cell measures a whole step, whose loader has processes of its own."""
    return isinstance(spec, CostSpec) and spec.mode != "head" and spec.train.workers > 0
