"""What rows ask of their heads that no reading of a head's source tells, to be tried before the first cell starts."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from workflow.cells.config import Config
from workflow.cells.head_options import kind_name
from workflow.cells.head_row import HeadRow, Options
from workflow.cells.spec import RunSpec, head_options
from workflow.cells.train_section import FirstStage, Train


class OptionsSpec(BaseModel):
    """A row at one of its ratios: all options of its head, the names of its own, and where these stand in the config.

    `kind_unknown`: whether only the head itself knows which batches it asks for.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    key: str
    label: str
    head: str
    ratio: float
    momentum: float | None
    options: Options
    own: list[str]
    dim: int
    kind_unknown: bool
    batch: int
    processes: int
    first_stage: FirstStage


def options_specs(config: Config, runs: Iterable[RunSpec]) -> list[OptionsSpec]:
    """Of the rows that these training cells are of, those to be tried."""
    labels = {run.cell.label for run in runs}
    return [
        options_spec(config, place, row, ratio)
        for place, row in enumerate(config.heads)
        if row.name in labels and (row.options or kind_name(row.head, head_options(config, row)) is None)
        for ratio in row.ratios or (1.0,)
    ]


def options_spec(config: Config, place: int, row: HeadRow, ratio: float) -> OptionsSpec:
    """The row at this place of the config's `heads`."""
    options, train = head_options(config, row), Train.parse(config.train.model_dump() | row.train, "train")
    return OptionsSpec(
        key=f"heads.{place}.options",
        label=row.name,
        head=row.head,
        ratio=ratio,
        momentum=row.momentum,
        options=options,
        own=sorted(row.options),
        dim=config.backbone.dim,
        kind_unknown=kind_name(row.head, options) is None,
        batch=train.batch,
        processes=train.processes,
        first_stage=train.first_stage,
    )
