"""Same class or not? Ten-fold accuracy by the LFW protocol, and the error rates of the same pairs.

Huang et al. 2007, "Labeled Faces in the Wild", view 2: a threshold is chosen on nine tenths and judged on the last.
Fold f is the f-th tenth, in stored order, of the same-class pairs together with the f-th tenth of the others: LFW's
own layout of 300 + 300 pairs a fold, whatever the order in the file. Candidate thresholds are all midpoints between
neighbouring similarities of the nine folds and the two ends, i.e. the exact best threshold; the first maximum from
the strict side is taken, as common code does with ascending distances. Common code tries 400 fixed distances instead
and can miss the best one in the second decimal.
"""

from statistics import fmean, pstdev

import numpy as np

from workflow.evaluating.measured import Score, Unmeasured
from workflow.evaluating.roc import roc

FOLDS = 10
RATES = (0.1, 0.01, 0.001, 0.0001)


def verification(similarity: np.ndarray, same: np.ndarray) -> dict[str, Score]:
    """accuracy, accuracy_std, eer, auc, tar@...: of pairs with `similarity` (P,) float64 and `same` (P,) bool."""
    curve = roc(similarity, same)
    rates: dict[str, Score] = {f"tar@{far:g}": curve.tar(far) for far in RATES}
    return {**accuracy(similarity, same), "eer": curve.eer(), "auc": curve.auc(), **rates}


def accuracy(similarity: np.ndarray, same: np.ndarray) -> dict[str, Score]:
    """Mean of the ten folds' accuracies and its standard deviation (over the ten, dividing by ten)."""
    fewest = min(np.count_nonzero(same), np.count_nonzero(~same))
    if fewest < FOLDS:
        reason = Unmeasured(f"{fewest} pairs of one kind are fewer than the {FOLDS} folds")
        return {"accuracy": reason, "accuracy_std": reason}
    fold = folds(same)
    shares = [_judge(similarity, same, fold == held_out) for held_out in range(FOLDS)]
    return {"accuracy": fmean(shares), "accuracy_std": pstdev(shares)}


def folds(same: np.ndarray) -> np.ndarray:
    """The fold (P,) int64 in 0..9 of each pair: consecutive tenths of each kind, sizes differing by one at most."""
    fold = np.empty(len(same), np.int64)
    for kind in (same, ~same):
        number = np.count_nonzero(kind)
        fold[kind] = np.arange(number) * FOLDS // number
    return fold


def best_threshold(similarity: np.ndarray, same: np.ndarray) -> float:
    """The highest threshold t for which `similarity > t` agrees with `same` most often."""
    values, place = np.unique(similarity, return_inverse=True)
    gain = np.bincount(place, weights=np.where(same, 1.0, -1.0))
    accepted = int(np.argmax(np.concatenate([[0.0], np.cumsum(gain[::-1])])))  # distinct values above the threshold
    edges = np.concatenate([[values[0] - 1], (values[1:] + values[:-1]) / 2, [values[-1] + 1]])
    return float(edges[len(values) - accepted])


def _judge(similarity: np.ndarray, same: np.ndarray, held_out: np.ndarray) -> float:
    threshold = best_threshold(similarity[~held_out], same[~held_out])
    right = (similarity[held_out] > threshold) == same[held_out]
    return int(np.count_nonzero(right)) / len(right)
