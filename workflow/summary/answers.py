"""Which heads for which regime: each question answered by a stated rule, with all rows that share the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from workflow.summary.costs import contestants, in_training, largest_common, speed_range
from workflow.summary.leaders import leaders
from workflow.summary.samples import hardest, samples
from workflow.summary.statistics import Contrast, contrast_of
from workflow.summary.summary import Summary
from workflow.summary.tail import group_score
from workflow.summary.vocabulary import Ending, Mode

HARD = "verification_hard/accuracy"
MARGIN_BYTES = 0.05
"""Rows within this share of the fewest bytes are ties."""


class Question(StrEnum):
    """What a reader asks; the report words it."""

    LOOK_ALIKES = "most accurate on look-alikes"
    FEW_ALARMS = "most pairs recognised at few false accepts"
    ONE_AMONG_MANY = "best at finding one among many"
    FEW_SHOT = "best on few-shot classes"
    FASTEST = "fastest training step"
    SMALLEST = "fewest bytes for the head"
    TRADE = "beaten by none in both speed and accuracy"


REGIMES = (Question.LOOK_ALIKES, Question.FEW_ALARMS, Question.ONE_AMONG_MANY, Question.FEW_SHOT)
"""The questions that a score answers."""


@dataclass(frozen=True)
class Placed:
    """A row in the order of a score: its mean over `n` seeds, and its difference to the best row (None: one seed)."""

    name: str
    mean: float
    n: int
    gap: Contrast | None


@dataclass(frozen=True)
class ByScore:
    """The rows in the order of a test score, best mean first.

    best: those that cannot be told from the first of them (Tukey, 95 %), which is the highest mean with two seeds.
    behind: those that are told from it. one_seed: those of one seed, of which nothing is said; all, if no row has two.
    """

    question: Question
    score: str
    best: tuple[Placed, ...]
    behind: tuple[Placed, ...]
    one_seed: tuple[Placed, ...]

    @property
    def winner(self) -> str | None:
        """The one row that all others are told from; None where several share the first place, or any has one seed."""
        return self.best[0].name if len(self.best) == 1 and self.behind and not self.one_seed else None


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
    found: list[Answer] = [by_score(summary, question) for question in REGIMES]
    return [*found, fastest(summary), smallest(summary), best_trade(summary)]


def score_of(summary: Summary, question: Question) -> str:
    """The test score that answers a question, with the most distractors where there are some."""
    match question:
        case Question.LOOK_ALIKES:
            return HARD
        case Question.FEW_ALARMS:
            return "allpairs/tar@0.0001"
        case Question.ONE_AMONG_MANY:
            return hardest(summary, "identification/rank1")
        case _:
            return f"{group_score(summary)}/few"


def by_score(summary: Summary, question: Question) -> Answer:
    """All rows that have the question's score, parted by what can be said of them."""
    score = score_of(summary, question)
    order = leaders(summary, score)
    if order.empty:
        return Unanswered(question, score)
    single = order["seeds"] < 2
    parts = order[~single & ~order["behind"]], order[~single & order["behind"]], order[single]
    return ByScore(question, score, *(placed(part) for part in parts))


def placed(order: pd.DataFrame) -> tuple[Placed, ...]:
    """Lines of `leaders` as rows with their places."""
    gaps = [contrast_of(line) if line["seeds"] > 1 else None for _, line in order.iterrows()]
    places = zip(order.index, order["mean"], order["seeds"], gaps, strict=True)
    return tuple(Placed(str(name), float(mean), int(n), gap) for name, mean, n, gap in places)


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
    costs = contestants(summary.costs)
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
    means = samples(summary).means
    accuracy = means[HARD] if HARD in means else pd.Series(dtype="float64")
    places = pd.DataFrame({"images_per_second": speed, "accuracy": accuracy.reindex(speed.index)})
    return places[places["images_per_second"] > 0].dropna()


def pareto(places: pd.DataFrame) -> Sequence[str]:
    """Names of the rows of `coordinates` that no other beats in both, fastest first; equal ones stay."""
    beaten = [bool(((places >= spot).all(axis=1) & (places != spot).any(axis=1)).any()) for spot in places.to_numpy()]
    front = places[[not each for each in beaten]]
    return [str(name) for name in front.sort_values("images_per_second", ascending=False, kind="stable").index]
