"""Training cells beside the rows themselves: with an equal budget, in search of settings, and with those chosen."""

import heads
from workflow.cells.config import Config
from workflow.cells.fair_section import Tune
from workflow.cells.head_row import HeadRow
from workflow.cells.spec import Reference, Role, RunSpec, Trial, run_spec


def budget_specs(config: Config) -> list[RunSpec]:
    """The cells with as many images, or seconds, as the reference: of the measured rows of which that is another number
    of steps, as far as the heads' declarations tell."""
    reference = config.reference
    if reference is None:
        return []
    against = reference_of(config, reference)
    found = []
    for seed, row, ratio in cells(config, [row for row in config.heads if row.measured and row is not reference]):
        spec = run_spec(config, row, ratio, seed)
        if config.budget.images and heads.has_twin(row.head) != heads.has_twin(reference.head):
            found.append(with_role(spec, "images", reference=against))
        if config.budget.seconds:
            found.append(with_role(spec, "seconds", reference=against))
    return found


def reference_of(config: Config, row: HeadRow) -> Reference:
    """The row as what others are held against."""
    spec = run_spec(config, row, (row.ratios or (1.0,))[0], 0)
    cell, train = spec.cell, spec.train
    return Reference(
        label=cell.label, head=cell.head, options=spec.options, ratio=cell.ratio, steps=train.steps, batch=train.batch
    )


def trial_specs(config: Config, row: HeadRow, ratio: float) -> list[RunSpec]:
    """The trials of one row at one of its ratios, setting by setting; the learning curve has its last point only."""
    tune = config.tune
    if tune is None:
        return []
    return [
        with_role(
            run_spec(config, row, ratio, seed),
            "trial",
            trial=Trial(number=number, sequence=tune.sequence, space=tune.space),
            steps=tune.steps,
            curve_points=1,
        )
        for number in range(tune.trials)
        for seed in tune.seeds
    ]


def tuned_rows(config: Config) -> list[tuple[HeadRow, float]]:
    """The rows and ratios that are tuned."""
    return [(row, ratio) for row in wanted(config, config.tune) for ratio in row.ratios or (1.0,)]


def tuned_specs(config: Config, row: HeadRow, ratio: float) -> list[RunSpec]:
    """One row with the setting that will have been chosen, at the full number of steps, from each seed."""
    return [with_role(run_spec(config, row, ratio, seed), "tuned") for seed in config.seeds]


def wanted(config: Config, tune: Tune | None) -> list[HeadRow]:
    """The rows that are tuned."""
    return [row for row in config.heads if tune and (tune.rows is None or row.name in tune.rows)]


def cells(config: Config, rows: list[HeadRow]) -> list[tuple[int, HeadRow, float]]:
    """Seed, row and ratio of every cell of `rows`, seed by seed."""
    return [(seed, row, ratio) for seed in config.seeds for row in rows for ratio in row.ratios or (1.0,)]


def with_role(
    spec: RunSpec, role: Role, *, reference: Reference | None = None, trial: Trial | None = None, **train: int
) -> RunSpec:
    """The same cell in another role, with other keys of `train`."""
    return spec.model_copy(
        update={
            "cell": spec.cell.model_copy(update={"role": role}),
            "train": spec.train.model_copy(update=train),
            "reference": reference,
            "trial": trial,
        }
    )
