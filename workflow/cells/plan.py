"""The cells of a config and the places of their records.

A place carries a fingerprint of the settings that shape the record. Another setting is therefore another place: what
was computed before stays where it is, and is found again when the setting returns.
"""

from dataclasses import dataclass

from pydantic import JsonValue

from workflow.cells.config import CELLS, Config
from workflow.cells.paths import Paths, ratio_text
from workflow.cells.spec import CostSpec, PlannedCost, PlannedRun, RunSpec, cost_specs, fingerprint, run_specs

SHAPES_NOTHING = {"processes", "checkpoint_every", "log_every"}
"""keys of `train` that change how a run is carried out, but not what comes out of it"""


@dataclass(frozen=True)
class Plan:
    """All cells of a config: `runs` by their folder, `costs` by their record."""

    paths: Paths
    data: str
    split: str
    machine: str
    runs: dict[str, RunSpec]
    costs: dict[str, CostSpec]

    def planned_runs(self) -> list[PlannedRun]:
        """The training cells, as the summary is told of them."""
        return [
            PlannedRun(**spec.cell.model_dump(include={"label", "head", "ratio", "seed"}), folder=folder)
            for folder, spec in self.runs.items()
        ]

    def planned_costs(self) -> list[PlannedCost]:
        """The cost cells, as the summary is told of them."""
        return [
            PlannedCost(
                **spec.cell.model_dump(include={"label", "head", "ratio"}),
                mode="end-to-end" if spec.classes is None else "head",
                classes=spec.classes,
                record=record,
            )
            for record, spec in self.costs.items()
        ]


def plan(config: Config) -> Plan:
    """The cells of `config`, in the order in which the report shows them."""
    paths = Paths(config.profile, config.data.name, config.backbone.name)
    split = fingerprint(config.data)
    return Plan(
        paths=paths,
        data=paths.data(fingerprint(config.data.of_images())),
        split=paths.split(split),
        machine=paths.machine(fingerprint(config.measure.device, config.measure.threads)),
        runs={run_folder(paths, spec, split): spec for spec in run_specs(config)},
        costs={cost_record(paths, spec, split): spec for spec in cost_specs(config)},
    )


def run_folder(paths: Paths, spec: RunSpec, split: str) -> str:
    """Folder of a training cell on the split with the fingerprint `split`."""
    cell = spec.cell
    return paths.run(cell.label, ratio_text(cell.ratio), str(cell.seed), fingerprint(shaping(spec), split))


def cost_record(paths: Paths, spec: CostSpec, split: str) -> str:
    """Record of a cost cell; a head alone is measured on random embeddings, whatever the split."""
    cell, classes = spec.cell, None if spec.classes is None else str(spec.classes)
    content = fingerprint(shaping(spec), split if classes is None else None)
    return paths.cost(cell.label, ratio_text(cell.ratio), classes, content)


def shaping(spec: RunSpec | CostSpec) -> JsonValue:
    """What of a specification shapes the cell's result. What lists cells in `measure` shapes none."""
    content: JsonValue = spec.model_dump(
        mode="json", exclude={"cell": {"profile"}, "train": SHAPES_NOTHING, "measure": CELLS, "origins": True}
    )
    return content
