"""One sentence on what a run can say, and what it cannot."""

from workflow.reporting.words import classes_words, count, number, seeds_words
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending

LEAST_PASSES = 16
"""passes over the training images from which on a run is more than a demonstration: the papers' code trains 16 to 20"""
LEAST_SEEDS = 5


def standing(summary: Summary) -> str:
    """`A demonstration: 8.4 passes over the images of 5 000 classes, …`."""
    epochs, seeds = passes(summary), good_seeds(summary)
    counts = summary.facts.split.counts
    of = f" of {classes_words(counts['train_classes'])}" if "train_classes" in counts else ""
    trained = f"{number(epochs, 2)} passes over the images{of}" if epochs else f"{steps(summary)} steps on images{of}"
    enough = (epochs or 0) >= LEAST_PASSES and seeds >= LEAST_SEEDS
    kind = "Evidence" if enough else "A demonstration"
    where = f"{seeds_words(seeds)}, one dataset, one backbone, one machine"
    can = (
        "it can say which heads differ under this schedule, and what each costs on this machine"
        if enough
        else "it can say which heads form an embedding fastest, and what each costs on this machine"
    )
    cannot = "on faces or at your number of classes" if enough else "in the end, on faces, or at your number of classes"
    return f"{kind}: {trained}, {where}; {can}, but not which is the most accurate {cannot}."


def passes(summary: Summary) -> float | None:
    """How often the planned steps go through the training images; None where the records do not say."""
    images = summary.facts.split.counts.get("train_images")
    planned = [
        run.planned_steps * run.parameters.train.batch
        for run in summary.stored.runs
        if run.planned_steps and run.parameters
    ]
    return max(planned) / images if planned and images else None


def steps(summary: Summary) -> str:
    """The most steps that were planned."""
    return count(max((run.planned_steps or 0 for run in summary.stored.runs), default=0))


def good_seeds(summary: Summary) -> int:
    """The fewest good seeds of any row."""
    good = {run.name: 0 for run in summary.stored.runs}
    for run in summary.stored.runs:
        good[run.name] += run.outcome == Ending.OK
    return min(good.values(), default=0)
