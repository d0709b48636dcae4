"""Spread and differences over a few seeds, with words that do not claim more than so few runs can show."""

from collections.abc import Mapping, Sequence
from typing import Any

SMALLEST_FINDING = 0.01
"""Differences below this (one point) are not called a finding while only two seeds stand behind them."""

# fmt: off
_T975 = (
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
    2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
)
# fmt: on


def student_t(freedom: int) -> float:
    """The 97.5 % quantile of Student's t: tabulated to 30 degrees of freedom, then Cornish-Fisher (error < 1e-4)."""
    if freedom <= len(_T975):
        return _T975[freedom - 1]
    z = 1.959964
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def spread(values: Mapping[str, float | None]) -> dict[str, Any]:
    """Summarise one score over seeds: {n, mean, min, max, low, high, values}.

    `low` and `high` bound the 95 % Student-t interval of the mean; both are None for fewer than two values.
    Seeds without a value are left out of `n`; with none at all every number is None.
    """
    known = {seed: value for seed, value in values.items() if value is not None}
    numbers = list(known.values())
    low, high = interval(numbers)
    return {
        "n": len(numbers),
        "mean": mean(numbers),
        "min": min(numbers, default=None),
        "max": max(numbers, default=None),
        "low": low,
        "high": high,
        "values": known,
    }


def mean(numbers: Sequence[float]) -> float | None:
    """Arithmetic mean, None for nothing."""
    return sum(numbers) / len(numbers) if numbers else None


def interval(numbers: Sequence[float]) -> tuple[float | None, float | None]:
    """The 95 % Student-t interval of the mean; (None, None) for fewer than two numbers."""
    n = len(numbers)
    if n < 2:
        return None, None
    centre = sum(numbers) / n
    deviation = (sum((x - centre) ** 2 for x in numbers) / (n - 1)) ** 0.5
    half = student_t(n - 1) * deviation / n**0.5
    return centre - half, centre + half


def paired(own: Mapping[str, float], other: Mapping[str, float]) -> dict[str, Any]:
    """Differences own - other over the seeds both have, as `spread`, with the `verdict` in words."""
    both = [seed for seed in own if seed in other]
    result = spread({seed: own[seed] - other[seed] for seed in both})
    return {**result, "verdict": verdict(result)}


def verdict(difference: Mapping[str, Any]) -> str:
    """One of: not measured, one seed, within noise, higher, lower.

    Two seeds count only if both differ in the same direction by at least `SMALLEST_FINDING`;
    from three seeds on the 95 % interval decides.
    """
    n = difference["n"]
    if n < 2:
        return "one seed" if n else "not measured"
    low, high = decisive_bounds(difference)
    smallest = SMALLEST_FINDING if n == 2 else 0.0
    if low > smallest:
        return "higher"
    return "lower" if high < -smallest else "within noise"


def decisive_bounds(difference: Mapping[str, Any]) -> tuple[float, float]:
    """What a decision leans on: the two values themselves for n = 2, the 95 % interval from n = 3 on."""
    names = ("min", "max") if difference["n"] == 2 else ("low", "high")
    return difference[names[0]], difference[names[1]]


def quantile(samples: Sequence[float], share: float) -> float | None:
    """Linear-interpolation quantile of raw samples; None for no samples."""
    if not samples:
        return None
    ordered = sorted(samples)
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])
