"""Which head for which regime: each question answered by a stated rule, with its spread, its seeds and its ties."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from workflow.summary.costs import in_training, largest_common, speed_range
from workflow.summary.statistics import Spread, by_seed, hardest, paired, spread
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Difference, Ending, Mode

HARD = "verification_hard/accuracy"
MARGIN_BYTES = 0.05
"""Rows within this share of the fewest bytes are ties."""


class Question(StrEnum):
    """What a reader asks; the report words it."""

    LOOK_ALIKES = "most accurate on look-alikes"
    ONE_AMONG_MANY = "best at finding one among many"
    FEW_SHOT = "best on few-shot classes"
    FASTEST = "fastest training step"
    SMALLEST = "fewest bytes for the head"
    TRADE = "beaten by none in both speed and accuracy"


SCORES = {
    Question.LOOK_ALIKES: HARD,
    Question.ONE_AMONG_MANY: "identification/rank1",
    Question.FEW_SHOT: "closed/rank1/few",
}


@dataclass(frozen=True)
class ByScore:
    """The row with the highest mean test score; `ties` cannot be told from it, with too few seeds unless `enough`."""

    question: Question
    name: str
    ties: tuple[str, ...]
    score: str
    spread: Spread
    enough: bool


@dataclass(frozen=True)
class BySpeed:
    """The row with most images with gradient per second in training; the ranges (p10 to p90) of `ties` overlap."""

    question: Question
    name: str
    ties: tuple[str, ...]
    images_per_second: float
    p10_ms: float
    p90_ms: float
    classes: int


@dataclass(frozen=True)
class ByMemory:
    """The row with fewest bytes, head alone, at the most classes that all reached; declared ones have no `meter`."""

    question: Question
    name: str
    ties: tuple[str, ...]
    bytes: int
    classes: int
    meter: str | None


@dataclass(frozen=True)
class ByTrade:
    """The rows, of `of`, that no other beats in both speed and hard-pair accuracy, fastest first."""

    question: Question
    names: tuple[str, ...]
    of: int


@dataclass(frozen=True)
class Unanswered:
    """A question that this run cannot answer; `score` is what was not measured, where it is about a score."""

    question: Question
    score: str | None = None


Answer = ByScore | BySpeed | ByMemory | ByTrade | Unanswered


def answers(summary: Summary) -> list[Answer]:
    """The first page: every question in order, answered or not."""
    found: list[Answer] = [by_score(summary, question, score) for question, score in SCORES.items()]
    return [*found, fastest(summary), smallest(summary), best_trade(summary)]


def by_score(summary: Summary, question: Question, score: str) -> Answer:
    """The row with the highest mean score; rows whose paired difference to it is within noise are ties."""
    score = hardest(summary, score)
    found = {name: by_seed(summary, name, score) for name in summary.heads["name"]}
    found = {name: values for name, values in found.items() if len(values)}
    if not found:
        return Unanswered(question, score)
    best = max(found, key=lambda name: float(found[name].mean()))
    ties = [name for name in found if name != best and tied(found[name], found[best])]
    enough = all(len(found[name]) > 1 for name in (best, *ties))
    return ByScore(question, best, tuple(ties), score, spread(found[best]), enough)


def tied(own: pd.Series, best: pd.Series) -> bool:
    """Whether a row cannot be told from the best one by the seeds both have."""
    return paired(own, best).verdict != Difference.LOWER


def fastest(summary: Summary) -> Answer:
    """The row with most images with gradient per second, end to end.

    Unanswered where a timing was disturbed: that row may be faster than it looks, so none can be named.
    """
    costs, field = in_training(summary), "images_per_second.gradient"
    timed = costs[costs[field].fillna(0) > 0]
    if timed.empty or not undisturbed(timed):
        return Unanswered(Question.FASTEST)
    best = str(timed[field].idxmax())
    ranges = {str(name): speed_range(cost) for name, cost in timed.iterrows()}
    ties = tuple(name for name, (_, fast) in ranges.items() if name != best and fast >= ranges[best][0])
    cost = timed.loc[best]
    steps = float(cost["step_ms.p10"]), float(cost["step_ms.p90"])
    return BySpeed(Question.FASTEST, best, ties, float(cost[field]), *steps, int(cost["classes"]))


def undisturbed(costs: pd.DataFrame) -> bool:
    """Whether every one of these timings ran alone on the machine."""
    return bool(costs["exclusive"].fillna(False).all())


def smallest(summary: Summary) -> Answer:
    """The row with fewest bytes at the largest number of classes that all rows reached; measured, else declared."""
    for field in ("peak_bytes", "memory.declared_state_bytes"):
        classes = largest_common(summary, field)
        if classes is not None:
            return fewest_bytes(summary, field, classes)
    return Unanswered(Question.SMALLEST)


def fewest_bytes(summary: Summary, field: str, classes: int) -> ByMemory:
    """The row with fewest bytes of `field` at a number of classes."""
    costs = summary.costs
    there = costs[(costs["mode"] == Mode.HEAD) & (costs["outcome"] == Ending.OK) & (costs["classes"] == classes)]
    known = there.dropna(subset=[field]).set_index("name")
    best = str(known[field].astype("int64").idxmin())
    least = int(known[field].min())
    near = known.index[known[field] <= (1 + MARGIN_BYTES) * least]
    ties = tuple(str(name) for name in near if name != best)
    meter = str(known.loc[best, "peak_meter"]) if field == "peak_bytes" else None
    return ByMemory(Question.SMALLEST, best, ties, least, classes, meter)


def best_trade(summary: Summary) -> Answer:
    """Rows no other row beats in both hard-pair accuracy and images per second; unanswered as `fastest` is."""
    places = coordinates(summary)
    if places.empty or not undisturbed(in_training(summary).loc[places.index]):
        return Unanswered(Question.TRADE)
    return ByTrade(Question.TRADE, tuple(pareto(places)), len(places))


def coordinates(summary: Summary) -> pd.DataFrame:
    """Columns images_per_second and accuracy (mean, hard pairs) of the rows that have both, indexed by name."""
    speed = in_training(summary)["images_per_second.gradient"]
    means = {name: by_seed(summary, str(name), HARD).mean() for name in speed.index}
    places = pd.DataFrame({"images_per_second": speed, "accuracy": pd.Series(means, dtype="float64")})
    return places[places["images_per_second"] > 0].dropna()


def pareto(places: pd.DataFrame) -> Sequence[str]:
    """Names of the rows of `coordinates` that no other beats in both, fastest first; equal ones stay."""
    beaten = [bool(((places >= spot).all(axis=1) & (places != spot).any(axis=1)).any()) for spot in places.to_numpy()]
    front = places[[not each for each in beaten]]
    return [str(name) for name in front.sort_values("images_per_second", ascending=False, kind="stable").index]
