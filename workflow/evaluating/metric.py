"""What a row of the table of metrics says: names and words for the reader, and how the score is computed."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from workflow.evaluating.comparisons import Comparisons
from workflow.evaluating.score import Score, Unmeasured

NARROW_SPACE = "\u202f"


def not_computed(part: Comparisons, number: float) -> Score:
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
    is shown first and whose differences are tested. `order` sorts scores as in the table, then by their number.
    """

    name: str
    group: str
    label: str
    short: str
    description: str
    score: Callable[[Comparisons, float], Score] = not_computed
    rates: tuple[float, ...] = ()
    better: Literal["high", "low"] = "high"
    format: str = ".1%"
    headline: bool = False
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
        pattern = re.escape(self.name).replace(r"\{value\}", r"(\d+(?:\.\d+)?(?:e-\d+)?)")
        found = re.fullmatch(pattern, name)
        if not found or "{" in name:
            return None
        return self.filled(found[1]) if found.groups() else self

    def filled(self, value: str) -> "Metric":
        """The row for one number, given as it stands in the score's name, e.g. `1e-05` or `10000`."""
        words = f"{int(value):,}" if value.isdigit() else value
        return replace(
            self,
            name=self.name.replace("{value}", value),
            label=self.label.replace("{value}", words),
            short=self.short.replace("{value}", words.replace(",", NARROW_SPACE)),
            description=self.description.replace("{value}", words),
            order=(self.order[0], float(value) if value.isdigit() else -float(value)),  # loose rates first
        )
