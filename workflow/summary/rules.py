"""The rules by which claims are judged, as types: all that decides, regimes and margins included, is in claims.yaml."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from workflow.evaluating.metrics import describe
from workflow.summary.margins import margin_of
from workflow.summary.vocabulary import Mode


def known_score(name: str) -> str:
    """`name` if it is a score's; ValueError otherwise: a misspelt claim would read as one that was not measured."""
    try:
        describe(name)
    except KeyError as error:
        raise ValueError(error.args[0]) from error
    return name


ScoreName = Annotated[str, AfterValidator(known_score)]
Wanted = dict[str, tuple[JsonValue, ...]]
"""Settings by name, each with the values that serve; null stands for a setting that the row leaves as it is shared or
the head's default, and no value for any that the row sets itself."""


class Strict(BaseModel):
    """A piece of a claim."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(Strict):
    """Which row is meant: by head, ratio and its own settings. A row that sets anything else of its own is another.

    `ratio` null is any, and a setting without a value whatever the row sets: the same for all rows of a rule that leave
    it open. `options` are of the head, `train` of the training, `data` of what is trained on, with a dot in the name of
    what lies within another: noise.flips. `momentum` is the row's own of the twin.
    """

    head: str
    ratio: float | None = 1.0
    options: Wanted = {}
    train: Wanted = {}
    data: Wanted = {}
    momentum: float | None = None


REFERENCE = Row(head="fc")


class Regime(Strict):
    """Where a claim means anything: elsewhere it is not judged.

    epochs: passes over the training images; below: fewer passes than so many. sampled: how often the rows that a head
    compares with exceed the classes of a batch. tail: the kind of tail of the training set. memory: GiB of the device,
    below which that something does not fit says nothing.
    """

    epochs: float | None = None
    below: float | None = None
    sampled: float | None = None
    tail: tuple[str, ...] = ()
    memory: float | None = None


class NoWorse(Strict):
    """In every score every row's whole interval is above the other row's mean less `margin`."""

    kind: Literal["no_worse"]
    rows: tuple[Row, ...]
    against: tuple[Row, ...] = (REFERENCE,)
    scores: tuple[ScoreName, ...]
    margin: float


class Better(Strict):
    """In every score every row's whole interval is above the mean of each row of `against`."""

    kind: Literal["better"]
    rows: tuple[Row, ...]
    against: tuple[Row, ...] = (REFERENCE,)
    scores: tuple[ScoreName, ...]


class Flat(Strict):
    """In every score all rows are within `margin` of each other, by Tukey's intervals."""

    kind: Literal["flat"]
    rows: tuple[Row, ...]
    scores: tuple[ScoreName, ...]
    margin: float


class Tail(Strict):
    """The gain over the reference is larger in one group of classes than in another."""

    kind: Literal["tail"]
    rows: tuple[Row, ...]
    score: ScoreName
    more: str
    less: str
    margin: float


class Less(Strict):
    """A cost is below that of a plain implementation by the share `margin`, at the most classes that both reached.

    Beside our own lean full FC, which holds neither logits nor gradient, the difference is one of design.
    """

    kind: Literal["less"]
    head: str
    ratio: float
    plain: str
    mode: Mode
    field: str
    margin: float


class Grows(Strict):
    """The composed step is faster than the reference's, and the more so the more classes there are.

    Only where the reference's head takes at least `share` of its step.
    """

    kind: Literal["grows"]
    head: str
    ratio: float
    share: float


class Fits(Strict):
    """A cost cell in one of `modes` ran with so many classes at so large a dimension."""

    kind: Literal["fits"]
    head: str
    classes: int
    dim: int
    modes: tuple[Mode, ...]


class Keeps(Strict):
    """A row keeps between steps `share` of the bytes that the reference does, or less.

    More by the share `margin` of that is still the same: what is kept beside class vectors is small, and not nothing.
    """

    kind: Literal["keeps"]
    head: str
    ratio: float
    options: Wanted = {}
    share: float
    margin: float


class BreakEven(Strict):
    """From some number of classes on, the whole step of every row takes less of a quantity than the reference's."""

    kind: Literal["break_even"]
    rows: tuple[Row, ...]
    quantity: Literal["time", "memory"]


class Reorders(Strict):
    """The order of rows by a cost is another with plain implementations than with the lean ones: two change places, and
    differ in one of the orders by more than the share `margin`."""

    kind: Literal["reorders"]
    rows: tuple[Row, ...]
    plain: dict[str, str]
    fields: tuple[str, ...]
    margin: float


AccuracyRule = NoWorse | Better | Flat | Tail
CostRule = Less | Grows | Fits | Keeps | BreakEven | Reorders
PlainRule = AccuracyRule | CostRule


class Part(Strict):
    """One of several things that a claim states, under a name; judged in a regime of its own, or the claim's."""

    name: str
    regime: Regime | None = None
    rule: Annotated[PlainRule, Field(discriminator="kind")]


class Every(Strict):
    """Each of several parts holds."""

    kind: Literal["every"]
    parts: tuple[Part, ...]


AnyRule = PlainRule | Every


class Claim(Strict):
    """One row of claims.yaml: what a paper states and where, in which regime, and the rule that tests it.

    `needs` says what a run must hold for it, in words of the config, and `config` which of those that ship has it.
    """

    id: str
    paper: str
    statement: str
    source: str
    needs: str
    config: str
    regime: Regime = Regime()
    rule: Annotated[AnyRule, Field(discriminator="kind")]


def margin_in(rule: AccuracyRule, score: str) -> float:
    """The difference in a score that matters to a rule: its own margin, else the score's."""
    return rule.margin if isinstance(rule, NoWorse | Flat | Tail) and rule.margin else margin_of(score)


@cache
def load_claims() -> tuple[Claim, ...]:
    """The claims, in the order in which they are printed."""
    rows = yaml.safe_load(Path(__file__).with_name("claims.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(tuple[Claim, ...]).validate_python(rows)
