"""The words that decisions and endings are written in: one constant each, used in tables, claims, gaps and pages."""

from enum import StrEnum

NO_REASON = "no reason recorded"
UNEXPLAINED = "the evaluation recorded no reason"


class Difference(StrEnum):
    """What the seeds and the test classes allow to say of one row against another."""

    HIGHER = "higher"
    LOWER = "lower"
    EQUIVALENT = "equivalent"
    UNDECIDED = "cannot be told apart"
    ONE_SEED = "one seed"
    NOT_MEASURED = "not measured"


class Verdict(StrEnum):
    """What a run says about a claim."""

    REPRODUCED = "reproduced"
    REFUTED = "contradicted"
    OPEN = "undecided"
    OUTSIDE = "outside its regime"
    DESIGN = "decided by design"
    ABSENT = "not measured here"


class Ending(StrEnum):
    """How a planned cell ended; MISSING where it left no record."""

    OK = "ok"
    MEMORY = "out of memory"
    DIVERGED = "diverged"
    FAILED = "failed"
    MISSING = "missing"


class Mode(StrEnum):
    """What a cost cell times: the head by itself, the whole training step, or that step with labels drawn over more
    classes than the data set has."""

    HEAD = "head"
    WHOLE = "end-to-end"
    SYNTHETIC = "synthetic"


def ending_text(outcome: object, reason: object) -> str:
    """How a cell that did not end well ended: `diverged: the loss is NaN at step 210`."""
    return f"{outcome}: {reason or NO_REASON}"
