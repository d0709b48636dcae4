"""Cost cells of a config: whole training steps, heads alone, plain references, and steps with synthetic labels."""

from workflow.cells.config import Config, Measure
from workflow.cells.head_row import Options
from workflow.cells.paths import ratio_text
from workflow.cells.spec import CostSpec, RunSpec, SyntheticSpec, cell_name, run_spec


def cost_specs(config: Config) -> list[CostSpec]:
    """Every cost cell, by label and ratio: the whole training step, then the head alone at each size; then the plain
    references, and the steps with synthetic labels. A row that is not measured has none."""
    measured = [row for row in config.heads if row.measured]
    first = [run_spec(config, row, ratio, 0) for row in measured for ratio in row.ratios or (1.0,)]
    ordered = sorted(first, key=lambda spec: (spec.cell.label, ratio_text(spec.cell.ratio)))
    found = [
        cost_spec(spec, config.measure, classes) for spec in ordered for classes in (None, *config.measure.classes)
    ]
    plain = [
        cost_spec(spec, config.measure, classes)
        for spec in reference_specs(config)
        for classes in config.measure.classes
    ]
    return [*found, *plain, *synthetic_specs(config, ordered)]


def synthetic_specs(config: Config, rows: list[RunSpec]) -> list[CostSpec]:
    """The whole training step of `rows` with labels drawn over more classes than the data set has."""
    measure, dim = config.measure, config.measure.synthetic_dim or config.backbone.dim
    backbone = config.backbone.model_copy(update={"dim": dim})
    return [
        SyntheticSpec(**{**dict(spec), "backbone": backbone}, measure=measure, classes=classes)
        for spec in rows
        for classes in measure.synthetic_classes
    ]


def reference_specs(config: Config) -> list[RunSpec]:
    """The plain references that are measured, as if they were rows; one that samples, at the ratios of its head."""
    ratios = sorted(
        {ratio for row in config.heads if row.head == "partial_fc" and row.measured for ratio in row.ratios or ()}
    )
    by_name = {"plain_fc": [1.0], "plain_partial_fc": ratios or [0.1]}
    return [reference_spec(config, name, ratio) for name in config.measure.references for ratio in by_name[name]]


def reference_spec(config: Config, name: str, ratio: float) -> RunSpec:
    """One of them."""
    cell = cell_name(config, name, name, ratio, 0)
    options: Options = config.loss.model_dump(mode="json")
    return RunSpec(cell=cell, options=options, train=config.train, backbone=config.backbone)


def cost_spec(spec: RunSpec, measure: Measure, classes: int | None) -> CostSpec:
    """The cost cell of the same head: alone at `classes`, or end to end (None)."""
    return CostSpec(**dict(spec), measure=measure, classes=classes)
