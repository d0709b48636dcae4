"""The metrics of the field's own evaluation sets, each under the set's name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workflow.evaluating.metric import Metric
from workflow.evaluating.score import Score

if TYPE_CHECKING:
    from workflow.evaluating.sets import SetComparisons

RATES = (0.1, 0.01, 0.001, 0.0001)
_PAIRS = "the pairs of {set}, in the set's own order"
_SEARCH = "the probes of {set} against the mean embedding of each class of its gallery, ties counted as wrong"


@dataclass(frozen=True)
class SetMetric:
    """The words of a score, and how it is computed; of pairs, or of a search."""

    words: Metric
    ask: "Callable[[SetComparisons, float], Score]"
    search: bool = False


def _words(name: str, label: str, description: str) -> Metric:
    label = f"{{set}} {label}"
    return Metric(f"sets/{{set}}/{name}", "Evaluation set {set}", label, label, description)


_ACCURACY = "Ten-fold accuracy (LFW protocol: exact best threshold of nine folds, judged on the tenth)"
_SPREAD = f"Standard deviation of the accuracy over the ten folds; {_PAIRS}."
_TAR = f"Share of genuine pairs accepted when at most {{value}} of the impostors are; {_PAIRS}."

SETS = (
    SetMetric(
        _words("accuracy", "accuracy", f"{_ACCURACY}: share of pairs judged rightly; {_PAIRS}."),
        lambda part, _: part.pairs.accuracy(),
    ),
    SetMetric(
        replace(_words("accuracy_std", "fold spread", _SPREAD), better="low", detail=True),
        lambda part, _: part.pairs.accuracy_std(),
    ),
    SetMetric(
        replace(_words("auc", "AUC", f"Area under the ROC; {_PAIRS}."), format=".2%", detail=True),
        lambda part, _: part.pairs.roc.auc(),
    ),
    SetMetric(
        replace(_words("tar@{value}", "TAR at FAR {value}", _TAR), rates=RATES, detail=(0.1,)),
        lambda part, rate: part.pairs.roc.tar(rate),
    ),
    SetMetric(
        replace(_words("eer", "EER", f"Equal error rate; {_PAIRS}."), better="low", detail=True),
        lambda part, _: part.pairs.roc.eer(),
    ),
    SetMetric(
        _words("rank1", "rank-1", f"Share of probes whose own class comes first: {_SEARCH}."),
        lambda part, _: part.gallery.rank(1),
        search=True,
    ),
    SetMetric(
        replace(
            _words("rank5", "rank-5", f"Share of probes whose own class is among the first five: {_SEARCH}."),
            detail=True,
        ),
        lambda part, _: part.gallery.rank(5),
        search=True,
    ),
)


def rows_of(name: str, search: bool) -> Iterator[tuple[str, float, SetMetric]]:
    """Name of every score of the set called `name`, the number that stands in it, and its row."""
    for row in SETS:
        if row.search == search:
            yield from ((score.replace("{set}", name), number, row) for score, number in row.words.named(()))
