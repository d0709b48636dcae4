"""Which row of a run a claim speaks of: by head, ratio and settings, whatever the row is called."""

from collections.abc import Mapping, Set

from workflow.cells.records import Parameters
from workflow.cells.spec import TWIN_MOMENTUM
from workflow.summary.rules import Row, Wanted
from workflow.summary.summary import Summary

USUAL_RATIOS = (0.1, 0.3)
"""Which of the ratios that would serve a claim about any ratio goes first."""


def find_all(summary: Summary, *wanted: tuple[Row, ...]) -> tuple[list[list[str]], tuple[Row, ...]]:
    """The names of several groups of rows, and the rows that the run lacks; those of any ratio all at the same one.

    Of the ratios at which none is lacking the first of USUAL_RATIOS, else the smallest; where there is no such, what is
    lacking at the first of USUAL_RATIOS.
    """
    tries = [find_at(summary, wanted, ratio) for ratio in ratios_of(summary)]
    return next((found for found in tries if not found[1]), tries[0])


def ratios_of(summary: Summary) -> list[float]:
    """The usual ratios, then all others of the run."""
    return [*USUAL_RATIOS, *sorted(set(summary.heads["ratio"]) - set(USUAL_RATIOS))]


def find_at(
    summary: Summary, wanted: tuple[tuple[Row, ...], ...], ratio: float
) -> tuple[list[list[str]], tuple[Row, ...]]:
    """The same with a ratio in place of any."""
    groups = [
        tuple(row.model_copy(update={"ratio": ratio}) if row.ratio is None else row for row in group)
        for group in wanted
    ]
    found = [find_rows(summary, group) for group in groups]
    return [names for names, _ in found], tuple(row for _, lost in found for row in lost)


def find_row(summary: Summary, wanted: Row) -> str | None:
    """The name of the first row that is meant, None if the run has none."""
    for line in summary.heads.itertuples():
        name = str(line.name)
        if (line.head, line.ratio) == (wanted.head, wanted.ratio) and fits(summary.parameters.get(name), wanted):
            return name
    return None


def find_rows(summary: Summary, wanted: tuple[Row, ...]) -> tuple[list[str], tuple[Row, ...]]:
    """The names of the rows, as far as the run has them, and those that it lacks."""
    found = [find_row(summary, row) for row in wanted]
    names = [name for name in found if name is not None]
    return names, tuple(row for row, name in zip(wanted, found, strict=True) if name is None)


def fits(parameters: Parameters | None, wanted: Row) -> bool:
    """Whether a row's settings are those wanted, and it sets nothing else of its own; unknown ones are defaults."""
    if parameters is None:
        return not (wanted.options or wanted.train or wanted.data or wanted.momentum)
    own = set(parameters.origins) - {TWIN_MOMENTUM}
    named = {*wanted.options, *wanted.train, *wanted.data}
    return (
        own | set(parameters.data) <= named
        and parameters.momentum == wanted.momentum
        and serves(parameters.options, own, wanted.options)
        and serves(parameters.train.model_dump(mode="json"), own, wanted.train)
        and serves(parameters.data, set(parameters.data), wanted.data)
    )


def serves(settings: Mapping[str, object], own: Set[str], wanted: Wanted) -> bool:
    """Whether each setting has one of the values that serve; one that is not there is null."""
    return all(settings.get(key) in values if values else key in own for key, values in wanted.items())
