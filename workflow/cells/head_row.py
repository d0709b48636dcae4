"""A row of the config's `heads`, held against the source of the head that it names."""

from typing import Annotated

from pydantic import Field, JsonValue, ValidationInfo, field_validator

import heads
from workflow.cells.data_section import Data
from workflow.cells.fields import Name, ShareAboveZero, ShareBelowOne
from workflow.cells.head_options import wrong_options
from workflow.cells.hints import hint
from workflow.cells.paths import ratio_text
from workflow.cells.problems import Inner
from workflow.cells.section import Section
from workflow.cells.train_section import Loss, Train

COMMON = {"device", "threads", "processes", "nodes", "workers"}
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
            raise ValueError(f"a ratio stands twice in {', '.join(texts)}: they are told apart by six digits")
        rounded = [text for ratio, text in zip(ratios or (), texts, strict=True) if float(text) != ratio]
        if rounded:
            raise ValueError(f"a ratio has at most six digits: write {', '.join(rounded)}")
        return ratios

    @field_validator("momentum")
    @classmethod
    def _of_a_twin(cls, momentum: float | None, info: ValidationInfo) -> float | None:
        head = info.data.get("head")
        if momentum is not None and head and not (heads.has_twin(head) or heads.sets_itself(head, "momentum")):
            raise ValueError(f"{head} has no momentum twin: leave `momentum` out")
        return momentum

    @field_validator("options")
    @classmethod
    def _known(cls, options: Options, info: ValidationInfo) -> Options:
        if head := info.data.get("head"):
            known = [option for option in heads.options(head) if option != "ratio"]
            wrong = [f"'{name}' is not an option of {head}{hint(name, known)}" for name in options if name not in known]
            own = {name: value for name, value in options.items() if name in known and name not in Loss.model_fields}
            shared = {name: value for name, value in options.items() if name in Loss.model_fields}
            if wrong := wrong + Loss.problems(shared) + wrong_options(head, own):
                raise Inner(wrong)
        return options

    @field_validator("train")
    @classmethod
    def _trainable(cls, train: Options) -> Options:
        if common := sorted(COMMON & set(train)):
            raise ValueError(f"{', '.join(common)}: the same for all rows, set it in the section train")
        if wrong := Train.problems(train):
            raise Inner(wrong)
        return train

    @field_validator("data")
    @classmethod
    def _learnable(cls, data: Options) -> Options:
        if others := sorted(set(data) - ABLATIONS):
            raise ValueError(
                f"{', '.join(others)}: the same for all rows, a row may only set {', '.join(sorted(ABLATIONS))}"
            )
        if wrong := Data.problems({"name": "any", **data}):
            raise Inner(wrong)
        return data

    @property
    def name(self) -> str:
        """What the row is called in paths and tables."""
        return self.label or self.head
