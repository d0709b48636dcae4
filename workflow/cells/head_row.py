"""A row of the config's `heads`, held against the source of the head that it names."""

from typing import Annotated

from pydantic import Field, JsonValue, ValidationInfo, field_validator

import heads
from workflow.cells.data_section import Data
from workflow.cells.fields import Name, ShareAboveZero, ShareBelowOne
from workflow.cells.hints import hint
from workflow.cells.paths import ratio_text
from workflow.cells.section import Section
from workflow.cells.train_section import Train
from workflow.errors import UserError

COMMON = {"device", "threads", "processes"}
"""keys of `train` that say what a job takes of the machine, which rows share"""

ABLATIONS = {"min_shots", "noise"}
"""keys of `data` that change what is trained on and nothing of what is asked"""

Options = dict[str, JsonValue]
"""constructor arguments of a head by name"""


class HeadRow(Section):
    """One head, at each of its ratios. A second row of the same head needs a label."""

    head: str
    """file name in heads/ without its ending"""
    label: Name | None = None
    """what the row is called in paths and tables; null: as its head"""
    ratios: Annotated[tuple[ShareAboveZero, ...], Field(min_length=1)] | None = None
    """shares of the classes that the head samples or keeps, each a run of its own; null: 1"""
    momentum: ShareBelowOne | None = None
    """of the encoder's twin, used as it stands; null: the head's own, which short runs shorten"""
    options: Options = Field(default_factory=dict)
    """keywords of the head's constructor, over those that all heads share"""
    train: Options = Field(default_factory=dict)
    """keys of the section train in which this row differs, such as {steps: 300}"""
    data: Options = Field(default_factory=dict)
    """keys of data in which this row's training images differ: min_shots, noise; what is asked of it stays the same"""
    measured: bool = True
    """whether its cost is measured; say false of a row that only learns otherwise than a row that is measured"""

    @field_validator("head")
    @classmethod
    def _readable(cls, head: str) -> str:
        heads.options(head)  # ValueError where there is no such file, or it cannot be read
        return head

    @field_validator("ratios")
    @classmethod
    def _taken(cls, ratios: tuple[float, ...] | None, info: ValidationInfo) -> tuple[float, ...] | None:
        head, texts = info.data.get("head"), [ratio_text(ratio) for ratio in ratios or ()]
        if ratios and head and not heads.takes_ratio(head):
            raise ValueError(f"{head} takes no ratio: leave `ratios` out")
        if len(set(texts)) < len(texts):
            raise ValueError(f"a ratio stands twice in {', '.join(texts)}")
        return ratios

    @field_validator("options")
    @classmethod
    def _known(cls, options: Options, info: ValidationInfo) -> Options:
        if head := info.data.get("head"):
            known = [option for option in heads.options(head) if option != "ratio"]
            wrong = [f"'{name}' is not an option of {head}{hint(name, known)}" for name in options if name not in known]
            if wrong:
                raise ValueError("; ".join(wrong))
        return options

    @field_validator("train")
    @classmethod
    def _trainable(cls, train: Options) -> Options:
        if common := sorted(COMMON & set(train)):
            raise ValueError(f"{', '.join(common)}: the same for all rows, set it in the section train")
        try:
            Train.parse(train)
        except UserError as error:
            raise ValueError(str(error)) from error
        return train

    @field_validator("data")
    @classmethod
    def _learnable(cls, data: Options) -> Options:
        if others := sorted(set(data) - ABLATIONS):
            raise ValueError(f"{', '.join(others)}: the same for all rows, a row may only set {', '.join(ABLATIONS)}")
        try:
            Data.parse({"name": "any", **data})
        except UserError as error:
            raise ValueError(str(error)) from error
        return data

    @property
    def name(self) -> str:
        """What the row is called in paths and tables."""
        return self.label or self.head
