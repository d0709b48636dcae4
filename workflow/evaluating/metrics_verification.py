"""The metrics of verification: same class or not?"""

from collections.abc import Callable, Iterable
from typing import Literal

from workflow.evaluating.metric import Metric
from workflow.evaluating.questions import Curve, Pairs, Questions

RATES = (0.1, 0.01, 0.001, 0.0001)
LOOSE = (0.1,)

_HARD = "look-alike pairs of held-out classes: one class from two sources, or two classes that are near in pixels"
_RANDOM = "random pairs of held-out classes: one class from two sources, or two classes drawn at random"
_ALL = "all pairs of held-out images of held-out classes"
_ACCURACY = "Ten-fold accuracy (LFW protocol: exact best threshold of nine folds, judged on the tenth)"
_EER = "Equal error rate: share of false accepts where it equals that of false rejects"
_AUC = "Area under the ROC: share of (genuine, impostor) combinations in the right order, ties half"
_TAR = "Share of genuine pairs accepted when at most {value} of the impostors are (largest such set)"


def verification() -> Iterable[Metric]:
    """Hard pairs, which decide; random pairs, which all heads get nearly right; all pairs, for strict rates."""
    yield from _pairs("Hard", _HARD, lambda part: part.hard_pairs, decides=True)
    yield from _pairs("Random", _RANDOM, lambda part: part.random_pairs, decides=False)
    yield from _all_pairs()


def _pairs(
    kind: Literal["Hard", "Random"], which: str, pairs: Callable[[Questions], Pairs], *, decides: bool
) -> Iterable[Metric]:
    family, group, name = f"verification_{kind.lower()}", f"Verification, {kind.lower()} pairs", f"{kind} pairs"
    yield Metric(
        f"{family}/accuracy",
        group,
        f"{name} accuracy",
        name,
        f"{_ACCURACY}: share of pairs judged rightly; {which}.",
        lambda part, _: pairs(part).accuracy(),
        headline=decides,
    )
    yield Metric(
        f"{family}/accuracy_std",
        group,
        f"{name} fold spread",
        f"{name} fold spread",
        f"Standard deviation of the accuracy over the ten folds; {which}.",
        lambda part, _: pairs(part).accuracy_std(),
        better="low",
        detail=True,
    )
    yield from _curve(kind, which, lambda part: pairs(part).roc, decides=decides)


def _curve(
    kind: Literal["Hard", "Random"], which: str, roc: Callable[[Questions], Curve], *, decides: bool
) -> Iterable[Metric]:
    family, group, name = f"verification_{kind.lower()}", f"Verification, {kind.lower()} pairs", f"{kind} pairs"
    yield Metric(
        f"{family}/auc",
        group,
        f"{name} AUC",
        f"{name} AUC",
        f"{_AUC}; {which}.",
        lambda part, _: roc(part).auc(),
        format=".2%",
        headline=decides,
        detail=not decides,
    )
    yield Metric(
        f"{family}/tar@{{value}}",
        group,
        f"{name} TAR at FAR {{value}}",
        f"{kind} TAR at FAR {{value}}",
        f"{_TAR}; {which}.",
        lambda part, rate: roc(part).tar(rate),
        rates=RATES,
        detail=LOOSE if decides else True,
        impostors="hard" if decides else "random",
    )
    yield Metric(
        f"{family}/eer",
        group,
        f"{name} EER",
        f"{name} EER",
        f"{_EER}; {which}.",
        lambda part, _: roc(part).eer(),
        better="low",
        detail=not decides,
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
        headline=(0.0001,),
        detail=LOOSE,
        impostors="all",
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
