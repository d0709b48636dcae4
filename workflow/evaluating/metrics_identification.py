"""The metrics of identification: which class is it?"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from workflow.cells.records import BANDS
from workflow.evaluating.metric import Metric
from workflow.evaluating.questions import ClosedSearch, Questions
from workflow.evaluating.score import Unmeasured, Value

NO_MEANS = Unmeasured("the training images were not embedded")
NO_CENTRES = Unmeasured("the head learns no class centres")

_ONE_TO_N = "held-out images of classes never trained on against one gallery image per class"
_GALLERY = (
    "held-out images of training classes against one training image of every training class, ties counted as wrong"
)
_MEANS = (
    "held-out images of training classes against the mean embedding of every class's training images, ties counted as "
    "wrong"
)
_CENTRES = "held-out images of training classes against the head's learned class centres, ties counted as wrong"
_DIR = (
    "Share of mated probes found first and above the threshold at which at most 0.01 of unmated probes raise a false "
    "alarm; half of the probes have no mate in the gallery (mean of both halves)"
)


def identification() -> Iterable[Metric]:
    """1:N among classes never trained on; then training classes, by one image, by their mean, by learned centres."""
    yield from _one_to_n()
    yield from _closed()
    yield from _means()
    yield from _centres()


def _one_to_n() -> Iterable[Metric]:
    first = f"Share of probes whose own class comes first: {_ONE_TO_N}, ties counted as wrong."
    five = f"Share of probes whose own class is among the first five: {_ONE_TO_N}, ties counted as wrong."
    yield from _crowded("rank1", "rank-1", first, lambda part, size: part.gallery.rank(1, int(size)), headline=True)
    yield from _crowded("rank5", "rank-5", five, lambda part, size: part.gallery.rank(5, int(size)), detail=True)
    yield from _crowded(
        "dir@fpir0.01",
        "detected at FPIR 0.01",
        f"{_DIR}: {_ONE_TO_N}.",
        lambda part, size: part.gallery.detected(0.01, int(size)),
    )


def _crowded(
    name: str,
    words: str,
    description: str,
    score: Callable[[Questions, float], Value],
    *,
    headline: bool = False,
    detail: bool = False,
) -> Iterable[Metric]:
    alone = Metric(
        f"identification/{name}",
        "1:N identification",
        f"1:N {words}",
        f"1:N {words}",
        description,
        score,
        headline=headline,
        detail=detail,
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
        detail=True,
    )
    yield Metric(
        "closed/macro",
        group,
        "Identification, averaged over classes",
        "ID over classes",
        f"Mean over classes of the share of probes found first: {_GALLERY}.",
        lambda part, _: part.closed.macro(),
        detail=True,
    )
    yield from _bands(first, lambda part, band: part.closed.rank(1, band), headlines=("few",))


def _means() -> Iterable[Metric]:
    first = Metric(
        "closed/mean_rank1",
        "Identification by class mean",
        "By class mean",
        "ID by class mean",
        f"Share of probes whose own class comes first: {_MEANS}; a class with one image is known by that image alone.",
        lambda part, _: _rank(part.by_means, NO_MEANS),
    )
    yield first
    yield from _bands(first, lambda part, band: _rank(part.by_means, NO_MEANS, band))


def _centres() -> Iterable[Metric]:
    first = Metric(
        "centres/rank1",
        "Identification by learned centres",
        "By centres",
        "ID by centres",
        f"Share of probes whose own class comes first: {_CENTRES}; another question than by gallery image.",
        lambda part, _: _rank(part.by_centres, NO_CENTRES),
    )
    yield first
    yield from _bands(first, lambda part, band: _rank(part.by_centres, NO_CENTRES, band))


def _rank(search: ClosedSearch | None, missing: Unmeasured, band: str | None = None) -> Value:
    return missing if search is None else search.rank(1, band)


def _bands(
    metric: Metric, score: Callable[[Questions, str], Value], headlines: tuple[str, ...] = ()
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


def _of_band(score: Callable[[Questions, str], Value], band: str) -> Callable[[Questions, float], Value]:
    return lambda part, _: score(part, band)
