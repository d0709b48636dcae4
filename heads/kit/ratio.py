"""From a ratio to a number of classes, the same way in every head and in what it declares to cost."""


def check_ratio(ratio: float) -> float:
    """Return `ratio` if it is a share of the classes in (0, 1]; ValueError otherwise."""
    if not 0 < ratio <= 1:
        raise ValueError(f"ratio {ratio} is outside (0, 1]: it is the share of classes a head keeps or samples")
    return ratio


def kept_classes(ratio: float, classes: int) -> int:
    """K = ratio * C, rounded to a whole number and at least 1. ValueError unless the ratio is in (0, 1].

    Rounded and not cut off, since 0.29 * 100 is 28.999999999999996 in binary.
    """
    return max(1, round(check_ratio(ratio) * classes))


def largest_sample(batch: int, classes: int, ratio: float) -> int:
    """Upper bound on the size of a sample of ratio * C classes that holds all classes of `batch` images."""
    return min(classes, max(batch, kept_classes(ratio, classes)))
