"""What every score is: one row a metric, from which records, statistics and reports take names, texts and formats.

A row whose name holds `{value}` stands for several scores that differ in one number, a false-accept rate or a number of
distractors; `describe` fills that number in. Needs the standard library alone.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One row.

    `name` is the key in evaluation.json. `label` names the score where there is room, `short` as the head of a narrow
    column; `description` is one sentence with protocol and unit. `format` is a format specification for a share from 0
    to 1. `group` is the question that the score answers, the same for all rows of a family. `headline` marks what a
    reader is shown first and whose differences are tested. `order` sorts scores as in the table, then by their number.
    """

    name: str
    group: str
    label: str
    short: str
    description: str
    better: Literal["high", "low"] = "high"
    format: str = ".1%"
    headline: bool = False
    order: tuple[int, float] = (0, 0.0)

    def show(self, value: float | None) -> str:
        """The value (a share, 0 to 1) as text with its unit, an en dash where it was not measured."""
        return "–" if value is None else format(value, self.format).replace("%", " %")

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


NARROW_SPACE = "\u202f"

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


def _verification(family: str, kind: str, pairs: str, *, headline: bool) -> Iterable[Metric]:
    group, name = f"Verification, {kind.lower()} pairs", f"{kind} pairs"
    yield Metric(
        f"{family}/accuracy",
        group,
        f"{name} accuracy",
        name,
        f"{_ACCURACY}: share of pairs judged rightly; {pairs}.",
        headline=headline,
    )
    yield Metric(
        f"{family}/accuracy_std",
        group,
        f"{name} fold spread",
        f"{name} fold spread",
        f"Standard deviation of the accuracy over the ten folds; {pairs}.",
        better="low",
    )
    yield Metric(f"{family}/auc", group, f"{name} AUC", f"{name} AUC", f"{_AUC}; {pairs}.", format=".2%")
    yield Metric(
        f"{family}/tar@{{value}}",
        group,
        f"{name} TAR at FAR {{value}}",
        f"{kind} TAR at FAR {{value}}",
        f"{_TAR}; {pairs}.",
    )
    yield Metric(f"{family}/eer", group, f"{name} EER", f"{name} EER", f"{_EER}; {pairs}.", better="low")


def _all_pairs() -> Iterable[Metric]:
    group = "Verification, all pairs"
    yield Metric(
        "allpairs/tar@{value}",
        group,
        "All pairs TAR at FAR {value}",
        "All-pairs TAR at FAR {value}",
        f"{_TAR}; {_ALL}.",
    )
    yield Metric("allpairs/eer", group, "All pairs EER", "All-pairs EER", f"{_EER}; {_ALL}.", better="low")


def _identification() -> Iterable[Metric]:
    for name, words, description, headline in (
        ("rank1", "rank-1", f"Share of probes whose own class comes first: {_ONE_TO_N}, ties counted as wrong.", True),
        (
            "rank5",
            "rank-5",
            f"Share of probes whose own class is among the first five: {_ONE_TO_N}, ties counted as wrong.",
            False,
        ),
        ("dir@fpir0.01", "detected at FPIR 0.01", f"{_DIR}: {_ONE_TO_N}.", False),
    ):
        alone = Metric(
            f"identification/{name}",
            "1:N identification",
            f"1:N {words}",
            f"1:N {words}",
            description,
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
        headline=True,
    )
    yield first
    yield Metric(
        "closed/rank5",
        group,
        "Identification rank-5",
        "ID rank-5",
        f"Share of probes whose own class is among five: {_GALLERY}.",
    )
    yield Metric(
        "closed/macro",
        group,
        "Identification, class mean",
        "ID, class mean",
        f"Mean over classes of the share of probes found first: {_GALLERY}.",
    )
    yield from _bands(first, headlines=("few",))


def _centres() -> Iterable[Metric]:
    first = Metric(
        "centres/rank1",
        "Identification by learned centres",
        "By centres",
        "ID by centres",
        f"Share of probes whose own class comes first: {_CENTRES}; another question than by gallery image.",
    )
    yield first
    yield from _bands(first)


def _bands(metric: Metric, headlines: tuple[str, ...] = ()) -> Iterable[Metric]:
    for band in ("many", "medium", "few"):
        yield replace(
            metric,
            name=f"{metric.name}/{band}",
            label=f"{metric.label}, {band}",
            short=f"{metric.short} {band}",
            description=f"{metric.description} Only classes with {band} training images (thresholds in the config).",
            headline=band in headlines,
        )


METRICS = {
    row.name: replace(row, order=(place, 0.0))
    for place, row in enumerate(
        (
            *_verification("verification_hard", "Hard", _HARD, headline=True),
            *_verification("verification_random", "Random", _RANDOM, headline=False),
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
    if name in METRICS and "{" not in name:
        return METRICS[name]
    for pattern, row in METRICS.items():
        found = re.fullmatch(re.escape(pattern).replace(r"\{value\}", r"(\d+(?:\.\d+)?(?:e-\d+)?)"), name)
        if found and "{" in pattern:
            return row.filled(found[1])
    raise KeyError(f"{name} is not the name of a score: workflow/evaluating/metrics.py has a row for each")
