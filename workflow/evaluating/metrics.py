"""What every score is: one row a metric, from which records, statistics and reports take names, texts and formats.

A row also says how its score is computed, so that adding a metric is adding a row, and the method it calls where there
is none yet. A row whose name holds `{value}` stands for several scores that differ in one number, a false-accept rate
or a number of distractors; `describe` fills that number in.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

from workflow.evaluating.closed import BANDS
from workflow.evaluating.comparisons import Comparisons
from workflow.evaluating.metric import Metric
from workflow.evaluating.roc import Roc
from workflow.evaluating.score import Score, Unmeasured
from workflow.evaluating.verification import ScoredPairs

RATES = (0.1, 0.01, 0.001, 0.0001)
NO_CENTRES = Unmeasured("the head learns no class centres")

_HARD = "look-alike pairs of held-out classes: one class from two sources, or two classes that are near in pixels"
_RANDOM = "random pairs of held-out classes: one class from two sources, or two classes drawn at random"
_ALL = "all pairs of held-out images of held-out classes"
_ONE_TO_N = "held-out images of classes never trained on against one gallery image per class"
_GALLERY = (
    "held-out images of training classes against one training image of every training class, ties counted as wrong"
)
_CENTRES = "held-out images of training classes against the head's learned class centres, ties counted as wrong"
_ACCURACY = "Ten-fold accuracy (LFW protocol: exact best threshold of nine folds, judged on the tenth)"
_EER = "Equal error rate: share of false accepts where it equals that of false rejects"
_AUC = "Area under the ROC: share of (genuine, impostor) combinations in the right order, ties half"
_TAR = "Share of genuine pairs accepted when at most {value} of the impostors are (largest such set)"
_DIR = (
    "Share of mated probes found first and above the threshold at which at most 0.01 of unmated probes raise a false "
    "alarm; half of the probes have no mate in the gallery (mean of both halves)"
)


def _verification(
    family: str, kind: str, which: str, pairs: Callable[[Comparisons], ScoredPairs], *, headline: bool
) -> Iterable[Metric]:
    group, name = f"Verification, {kind.lower()} pairs", f"{kind} pairs"
    yield Metric(
        f"{family}/accuracy",
        group,
        f"{name} accuracy",
        name,
        f"{_ACCURACY}: share of pairs judged rightly; {which}.",
        lambda part, _: pairs(part).accuracy(),
        headline=headline,
    )
    yield Metric(
        f"{family}/accuracy_std",
        group,
        f"{name} fold spread",
        f"{name} fold spread",
        f"Standard deviation of the accuracy over the ten folds; {which}.",
        lambda part, _: pairs(part).accuracy_std(),
        better="low",
    )
    yield from _curve(family, group, name, kind, which, lambda part: pairs(part).roc)


def _curve(
    family: str, group: str, name: str, kind: str, which: str, roc: Callable[[Comparisons], Roc]
) -> Iterable[Metric]:
    yield Metric(
        f"{family}/auc",
        group,
        f"{name} AUC",
        f"{name} AUC",
        f"{_AUC}; {which}.",
        lambda part, _: roc(part).auc(),
        format=".2%",
    )
    yield Metric(
        f"{family}/tar@{{value}}",
        group,
        f"{name} TAR at FAR {{value}}",
        f"{kind} TAR at FAR {{value}}",
        f"{_TAR}; {which}.",
        lambda part, rate: roc(part).tar(rate),
        rates=RATES,
    )
    yield Metric(
        f"{family}/eer",
        group,
        f"{name} EER",
        f"{name} EER",
        f"{_EER}; {which}.",
        lambda part, _: roc(part).eer(),
        better="low",
    )


def _all_pairs() -> Iterable[Metric]:
    group = "Verification, all pairs"
    yield Metric(
        "allpairs/tar@{value}",
        group,
        "All pairs TAR at FAR {value}",
        "All-pairs TAR at FAR {value}",
        f"{_TAR}; {_ALL}.",
        lambda part, rate: part.all_pairs.tar(rate),
        rates=(*RATES, 1e-05),
    )
    yield Metric(
        "allpairs/eer",
        group,
        "All pairs EER",
        "All-pairs EER",
        f"{_EER}; {_ALL}.",
        lambda part, _: part.all_pairs.eer(),
        better="low",
    )


def _identification() -> Iterable[Metric]:
    first = f"Share of probes whose own class comes first: {_ONE_TO_N}, ties counted as wrong."
    five = f"Share of probes whose own class is among the first five: {_ONE_TO_N}, ties counted as wrong."
    yield from _crowded("rank1", "rank-1", first, lambda part, size: part.gallery.rank(1, int(size)), headline=True)
    yield from _crowded("rank5", "rank-5", five, lambda part, size: part.gallery.rank(5, int(size)))
    yield from _crowded(
        "dir@fpir0.01",
        "detected at FPIR 0.01",
        f"{_DIR}: {_ONE_TO_N}.",
        lambda part, size: part.gallery.detected(0.01, int(size)),
    )


def _crowded(
    name: str, words: str, description: str, score: Callable[[Comparisons, float], Score], *, headline: bool = False
) -> Iterable[Metric]:
    alone = Metric(
        f"identification/{name}",
        "1:N identification",
        f"1:N {words}",
        f"1:N {words}",
        description,
        score,
        headline=headline,
    )
    yield alone
    yield replace(
        alone,
        name=f"{alone.name}@{{value}}",
        label=f"{alone.label}, {{value}} distractors",
        short=f"{alone.short} +{{value}}",
        description=f"{description} {{value}} distractor classes, never probed, stand in the gallery too.",
        headline=False,
    )


def _closed() -> Iterable[Metric]:
    group = "Identification of training classes"
    first = Metric(
        "closed/rank1",
        group,
        "Identification",
        "ID",
        f"Share of probes whose own class comes first: {_GALLERY}.",
        lambda part, _: part.closed.rank(1),
        headline=True,
    )
    yield first
    yield Metric(
        "closed/rank5",
        group,
        "Identification rank-5",
        "ID rank-5",
        f"Share of probes whose own class is among five: {_GALLERY}.",
        lambda part, _: part.closed.rank(5),
    )
    yield Metric(
        "closed/macro",
        group,
        "Identification, class mean",
        "ID, class mean",
        f"Mean over classes of the share of probes found first: {_GALLERY}.",
        lambda part, _: part.closed.macro(),
    )
    yield from _bands(first, lambda part, band: part.closed.rank(1, band), headlines=("few",))


def _centres() -> Iterable[Metric]:
    first = Metric(
        "centres/rank1",
        "Identification by learned centres",
        "By centres",
        "ID by centres",
        f"Share of probes whose own class comes first: {_CENTRES}; another question than by gallery image.",
        lambda part, _: _rank_by_centres(part),
    )
    yield first
    yield from _bands(first, _rank_by_centres)


def _rank_by_centres(part: Comparisons, band: str | None = None) -> Score:
    return NO_CENTRES if part.by_centres is None else part.by_centres.rank(1, band)


def _bands(
    metric: Metric, score: Callable[[Comparisons, str], Score], headlines: tuple[str, ...] = ()
) -> Iterable[Metric]:
    for band in BANDS:
        yield replace(
            metric,
            name=f"{metric.name}/{band}",
            label=f"{metric.label}, {band}",
            short=f"{metric.short} {band}",
            description=f"{metric.description} Only classes with {band} training images (thresholds in the config).",
            score=_of_band(score, band),
            headline=band in headlines,
        )


def _of_band(score: Callable[[Comparisons, str], Score], band: str) -> Callable[[Comparisons, float], Score]:
    return lambda part, _: score(part, band)


METRICS = {
    row.name: replace(row, order=(place, 0.0))
    for place, row in enumerate(
        (
            *_verification("verification_hard", "Hard", _HARD, lambda part: part.hard_pairs, headline=True),
            *_verification("verification_random", "Random", _RANDOM, lambda part: part.random_pairs, headline=False),
            *_all_pairs(),
            *_identification(),
            *_closed(),
            *_centres(),
        )
    )
}
HEADLINE = tuple(name for name, row in METRICS.items() if row.headline)


@cache
def describe(name: str) -> Metric:
    """The row of a score's name, with its number filled in, e.g. `allpairs/tar@1e-05`; KeyError for other names."""
    for row in METRICS.values():
        if found := row.of(name):
            return found
    raise KeyError(f"{name} is not the name of a score: workflow/evaluating/metrics.py has a row for each")
