"""The rules by which claims are judged, as types: all that decides, margins included, stands in claims.yaml."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from workflow.evaluating.metrics import describe
from workflow.summary.vocabulary import Mode


def known_score(name: str) -> str:
    """`name` if it is a score's; ValueError otherwise: a misspelt claim would read as one that was not measured."""
    try:
        describe(name)
    except KeyError as error:
        raise ValueError(error.args[0]) from error
    return name


ScoreName = Annotated[str, AfterValidator(known_score)]


class Rule(BaseModel):
    """What a claim is about: the head that it names; the reference is the run's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    head: str


class RowRule(Rule):
    """A rule on one row of the run."""

    ratio: float


class NoWorse(RowRule):
    """The score, with most distractors, is above the reference's minus `margin`, in all that the seeds allow to say."""

    kind: Literal["no_worse"]
    score: ScoreName
    margin: float


class Better(RowRule):
    """The score, with most distractors, is above the reference's by the rule of all differences (statistics.py)."""

    kind: Literal["better"]
    score: ScoreName


class Tail(RowRule):
    """The share of errors removed is larger by `margin` in one group of classes than in the other."""

    kind: Literal["tail"]
    score: ScoreName
    more: str
    less: str
    margin: float


class Less(RowRule):
    """A cost is below the reference's by the share `margin`, at the largest number of classes that both reached."""

    kind: Literal["less"]
    mode: Mode
    field: str
    margin: float


class Faster(RowRule):
    """More images per second than the reference, with ranges (p10 to p90) that do not overlap."""

    kind: Literal["faster"]
    mode: Mode
    images: Literal["gradient", "encoded"]


class Fits(Rule):
    """Any cost cell with at least `classes` classes ran."""

    kind: Literal["fits"]
    classes: int


class Below(RowRule):
    """The device allocator's peak stays below `bytes` wherever there are at least `classes` classes."""

    kind: Literal["below"]
    mode: Mode
    classes: int
    bytes: int


AnyRowRule = NoWorse | Better | Tail | Less | Faster | Below
AnyRule = AnyRowRule | Fits


class Claim(BaseModel):
    """One row of claims.yaml: what a paper states and where, and the rule that tests it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    paper: str
    statement: str
    source: str
    rule: Annotated[AnyRule, Field(discriminator="kind")]


@cache
def load_claims() -> tuple[Claim, ...]:
    """The claims, in the order in which they are printed."""
    rows = yaml.safe_load(Path(__file__).with_name("claims.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(tuple[Claim, ...]).validate_python(rows)
