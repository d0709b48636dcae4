"""Which row of a run a claim speaks of: by head, ratio and settings, whatever the row is called."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import product

from pydantic import JsonValue

from workflow.cells.records import Parameters
from workflow.cells.spec import TWIN_MOMENTUM
from workflow.summary.rules import Row, Wanted
from workflow.summary.summary import Summary

USUAL_RATIOS = (0.1, 0.3)
"""Which of the ratios that would serve a claim about any ratio goes first."""
SECTIONS = ("options", "train", "data")
Settings = Mapping[str, JsonValue]


def find_all(summary: Summary, *wanted: tuple[Row, ...]) -> tuple[list[list[str]], tuple[Row, ...]]:
    """The names of several groups of rows, and the rows that the run lacks. Rows of any ratio are all of the same one,
    and so are values that several rows leave open.

    Of the ratios at which none is lacking the first of USUAL_RATIOS, else the smallest; where there is no such, what is
    lacking at the first of USUAL_RATIOS.
    """
    tries = (
        find_at(summary, wanted, ratio, values) for ratio in ratios_of(summary) for values in agreed(summary, wanted)
    )
    first = next(tries)
    return next((found for found in (first, *tries) if not found[1]), first)


def ratios_of(summary: Summary) -> list[float]:
    """The usual ratios, then all others of the run."""
    return [*USUAL_RATIOS, *sorted(set(summary.heads["ratio"]) - set(USUAL_RATIOS))]


def agreed(summary: Summary, wanted: Iterable[Iterable[Row]]) -> Iterator[Settings]:
    """Values for the settings that more than one row leaves open, as the rows of the run set them; nothing for those
    that no row of the run sets."""
    left_open = Counter(name for group in wanted for row in group for name in open_in(row))
    found = {name: values_of(summary, name) for name, rows in left_open.items() if rows > 1}
    found = {name: values for name, values in found.items() if values}
    return (dict(zip(found, values, strict=True)) for values in product(*found.values()))


def open_in(row: Row) -> list[str]:
    """Settings of which any value serves."""
    return [name for section in SECTIONS for name, values in getattr(row, section).items() if not values]


def values_of(summary: Summary, name: str) -> list[JsonValue]:
    """The values to which rows of the run set `name` themselves, each once, in planned order."""
    found: list[JsonValue] = []
    for parameters in summary.parameters.values():
        own = set(parameters.origins) | set(flat(parameters.data))
        found += [values[name] for values in settings_of(parameters) if name in values and name in own]
    return [value for place, value in enumerate(found) if value not in found[:place]]


def settings_of(parameters: Parameters) -> tuple[Settings, Settings, Settings]:
    """Options, keys of train and keys of data of a row."""
    return parameters.options, parameters.train.model_dump(mode="json"), flat(parameters.data)


def flat(settings: Settings) -> Settings:
    """Settings by names with a dot for what lies within another: noise.flips."""
    found: dict[str, JsonValue] = {}
    for name, value in settings.items():
        inner = {f"{name}.{key}": own for key, own in flat(value).items()} if isinstance(value, dict) else {name: value}
        found |= inner
    return found


def find_at(
    summary: Summary, wanted: tuple[tuple[Row, ...], ...], ratio: float, values: Settings
) -> tuple[list[list[str]], tuple[Row, ...]]:
    """The same with a ratio, and with `values`, in place of any."""
    groups = [tuple(settled(row, ratio, values) for row in group) for group in wanted]
    found = [find_rows(summary, group) for group in groups]
    return [names for names, _ in found], tuple(row for _, lost in found for row in lost)


def settled(row: Row, ratio: float, values: Settings) -> Row:
    """The row with what it leaves open."""
    change = {
        section: {name: wanted or ((values[name],) if name in values else ()) for name, wanted in own.items()}
        for section in SECTIONS
        if (own := getattr(row, section))
    }
    return row.model_copy(update=change | ({"ratio": ratio} if row.ratio is None else {}))


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
    options, train, data = settings_of(parameters)
    own = set(parameters.origins) - {TWIN_MOMENTUM}
    named = {*wanted.options, *wanted.train, *wanted.data}
    return (
        own | set(data) <= named
        and parameters.momentum == wanted.momentum
        and serves(options, own, wanted.options)
        and serves(train, own, wanted.train)
        and serves(data, set(data), wanted.data)
    )


def serves(settings: Settings, own: Set[str], wanted: Wanted) -> bool:
    """Whether each setting has one of the values that serve; one that the row does not set itself is null, too."""
    return all(
        settings.get(key) in values or (None in values and key not in own) if values else key in own
        for key, values in wanted.items()
    )
