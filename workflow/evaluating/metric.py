"""What a row of the table of metrics says: names and words for the reader, and how the score is computed."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from workflow.evaluating.questions import Questions
from workflow.evaluating.roc import FEWEST_FALSE_ACCEPTS
from workflow.evaluating.score import Unmeasured, Value

NARROW_SPACE = "\u202f"


def not_computed(part: Questions, number: float) -> Value:
    """The score of a row that only lends words to a name in a record of another version."""
    return Unmeasured("this version does not compute it")


@dataclass(frozen=True)
class Metric:
    """One row.

    `name` is the key in evaluation.json. `label` names the score where there is room, `short` as the head of a narrow
    column; `description` is one sentence with protocol and unit. `score` computes it from the comparisons of a part
    and the number that stands in the name for `{value}`: one of `rates`, or where there are none a number of
    distractors from the config; names without one get 0. `format` is a format specification for a share from 0 to 1.
    `group` is the question that the score answers, the same for all rows of a family. `headline` marks what a reader
    is shown first and whose differences are tested, `detail` what is saturated, or says what another row says too:
    it is shown to those who ask for it. In a row of several rates these are the rates for which that holds. `impostors`
    begins the names, among a record's counts, of the pairs of which a rate takes a share. `order` sorts scores as in
    the table, then by their number.
    """

    name: str
    group: str
    label: str
    short: str
    description: str
    score: Callable[[Questions, float], Value] = not_computed
    rates: tuple[float, ...] = ()
    better: Literal["high", "low"] = "high"
    format: str = ".1%"
    headline: bool | tuple[float, ...] = False
    detail: bool | tuple[float, ...] = False
    impostors: Literal["hard", "random", "all", None] = None
    order: tuple[int, float] = (0, 0.0)

    def show(self, value: float | None) -> str:
        """The value (a share, 0 to 1) as text with its unit, an en dash where it was not measured."""
        return "–" if value is None else format(value, self.format).replace("%", " %")

    def named(self, sizes: Sequence[int]) -> Iterator[tuple[str, float]]:
        """Every name of this row, with the number that stands in it; `sizes` are numbers of distractors."""
        if "{value}" not in self.name:
            yield self.name, 0
            return
        for number in self.rates or sorted(set(sizes)):
            yield self.name.replace("{value}", str(number)), number

    def of(self, name: str) -> "Metric | None":
        """This row for the score called `name`, its number filled in; None if it is not this row's."""
        pattern = re.escape(self.name).replace(r"\{value\}", r"(?P<value>\d+(?:\.\d+)?(?:e-\d+)?)")
        found = re.fullmatch(pattern.replace(r"\{set\}", r"(?P<set>[A-Za-z0-9][\w.-]*)"), name)
        if not found or "{" in name:
            return None
        given = found.groupdict()
        row = self.of_set(given["set"]) if "set" in given else self
        return row.filled(given["value"]) if "value" in given else row

    def needs(self, counts: Mapping[str, int]) -> str | None:
        """Why a split with these `counts` can never give the score of this row, its rate filled in; None if it can."""
        rate = -self.order[1]
        if self.impostors is None or rate <= 0:
            return None
        whole = "all_impostors" if self.impostors == "all" else f"{self.impostors}_pairs"
        there = counts.get(whole, 0) - (0 if self.impostors == "all" else counts.get(f"{self.impostors}_genuine", 0))
        least = round(FEWEST_FALSE_ACCEPTS / rate)
        return f"needs {least:,} impostor pairs, there are {there:,}" if whole in counts and there < least else None

    def of_set(self, name: str) -> "Metric":
        """The row for the evaluation set called so."""
        words = ("name", "group", "label", "short", "description")
        return replace(self, **{word: getattr(self, word).replace("{set}", name) for word in words})

    def filled(self, value: str) -> "Metric":
        """The row for one number, given as it stands in the score's name, e.g. `1e-05` or `10000`."""
        words, number = f"{int(value):,}" if value.isdigit() else value, float(value)
        return replace(
            self,
            name=self.name.replace("{value}", value),
            label=self.label.replace("{value}", words),
            short=self.short.replace("{value}", words.replace(",", NARROW_SPACE)),
            description=self.description.replace("{value}", words),
            headline=self.headline if isinstance(self.headline, bool) else number in self.headline,
            detail=self.detail if isinstance(self.detail, bool) else number in self.detail,
            order=(self.order[0], number if value.isdigit() else -number),  # loose rates first
        )
