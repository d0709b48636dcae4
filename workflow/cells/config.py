"""The config as types: every key with its default, its limits and one line on what it does.

Frozen pydantic models named as the config's sections, with fields named as its keys. Needs neither torch nor the heads'
code, so that a login node can plan a run. `python -m workflow.cells` makes the JSON schema in workflow/schemas and the
table in config/README.md from here.
"""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, ValidationError, field_validator

from workflow.cells.agreement import contradictions
from workflow.cells.choices import BACKBONES, REFERENCES
from workflow.cells.data_section import Data
from workflow.cells.evaluate_section import Evaluate
from workflow.cells.fair_section import Budget, Tune
from workflow.cells.fields import AtLeastTwo, Count, Device, Listed, Name, NotNegative, OneOf, Positive, Seed, once_each
from workflow.cells.head_row import HeadRow
from workflow.cells.names import clashes
from workflow.cells.problems import listed, sentences
from workflow.cells.section import Section
from workflow.cells.sources import no_sets, no_source
from workflow.cells.train_section import Loss, Train
from workflow.cells.values import unwritable
from workflow.errors import UserError

REFERENCE = "fc"
"""row, or head, that the others are compared with"""
CELLS = {"classes", "references", "synthetic_classes", "synthetic_dim"}
"""keys of `measure` that say which cells there are, and nothing of any single one"""


class Backbone(Section):
    """The network under every head."""

    name: Annotated[str, OneOf(*BACKBONES, pattern=r"timm:[A-Za-z0-9_]+", shown="timm:MODEL")] = "small"
    """which network; timm:MODEL takes one of the package timm"""
    dim: AtLeastTwo = 128
    """embedding dimension D"""
    width: Annotated[int, Field(ge=8, multiple_of=4)] | None = None  # narrower crashes oneDNN's channels-last backward
    """small: channels of its first block; null: 16"""


class Measure(Section):
    """What a step costs; measured alone on the machine, one process a cell."""

    classes: Annotated[tuple[AtLeastTwo, ...], Field(min_length=1)] = (10000, 100000, 1000000)
    """sizes of a head alone, on random embeddings of the backbone's dim"""
    synthetic_classes: tuple[AtLeastTwo, ...] = ()
    """sizes of a whole training step whose labels are drawn over so many classes, whatever the images show"""
    synthetic_dim: AtLeastTwo | None = None
    """embedding dimension of these steps; null: backbone.dim"""
    references: tuple[Annotated[str, OneOf(*REFERENCES)], ...] = REFERENCES
    """heads written without thought of memory, measured alone beside the others and trained by none"""
    batch: Annotated[int, Field(ge=4)] = 256
    """embeddings with a gradient in a step of a head alone; end to end uses train.batch"""
    warmup: Count = 3
    """steps before timing starts"""
    fill_limit: Annotated[int, Field(ge=0)] = 200
    """most warm-up steps to fill a queue or pool that cannot be filled directly"""
    steps: Annotated[int, Field(ge=3)] = 10
    """timed steps, at most"""
    seconds: Positive = 4
    """stop timing after that long, but not before 3 steps"""
    repeats: Count = 3
    """times that a cell is timed at most, where other programs disturbed it; the least disturbed counts"""
    parts_steps: Count = 5
    """further steps, end to end, timed part by part"""
    power_seconds: NotNegative = 2
    """GPU: step on for that long to read power, energy, clock and temperature"""
    threads: Count = 1
    """CPU threads while measuring"""
    device: Device = "auto"
    """as train.device"""

    @field_validator("classes", "synthetic_classes", "references")
    @classmethod
    def _different(cls, listed: tuple[Listed, ...]) -> tuple[Listed, ...]:
        return once_each(listed)


class Config(Section):
    """All that an experiment is."""

    profile: Name
    """names results/<profile>/ and reports/<profile>.html"""
    data: Data
    backbone: Backbone = Backbone()
    heads: Annotated[tuple[HeadRow, ...], Field(min_length=1)]
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (0, 1)
    """of the runs: each head is trained once from each"""
    loss: Loss = Loss()
    train: Train = Train()
    budget: Budget = Budget()
    tune: Tune | None = None
    measure: Measure = Measure()
    evaluate: Evaluate = Evaluate()

    @field_validator("seeds")
    @classmethod
    def _different(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        return once_each(seeds)

    @property
    def reference(self) -> HeadRow | None:
        """The row that the others are compared with: the first of the head fc, or called so."""
        return next((row for row in self.heads if REFERENCE in (row.name, row.head)), None)

    @classmethod
    def parse(cls, mapping: Mapping[str, object], where: str = "") -> Self:
        """The whole config; UserError with a line for every problem there is, in the order of the alphabet."""
        values = unwritable(mapping)
        problems = [*values.values(), *clashes(mapping), *no_source(mapping.get("data"))]
        try:
            config = cls.of_json(mapping)
            problems += [*contradictions(config), *no_sets(config.evaluate.sets_in_full)]
        except ValidationError as error:
            problems += [found for found in sentences(error, cls, where) if not found.startswith(tuple(values))]
        if problems:
            raise UserError(listed("the config cannot be run:", sorted(set(problems))))
        return config
