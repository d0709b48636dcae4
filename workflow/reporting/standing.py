"""One sentence on what a run can say, and what it cannot."""

from workflow.reporting.words import classes_words, count, number, seeds_words
from workflow.summary.gaps import PAPER_EPOCHS, epochs
from workflow.summary.summary import Summary

LEAST_SEEDS = 5


def standing(summary: Summary) -> str:
    """`A demonstration: 8.4 passes over the images of 5 000 classes, …`."""
    trained, done = epochs(summary), summary.heads["done"]
    seeds = int(done[done > 0].min()) if (done > 0).any() else 0  # of rows that have a score
    counts = summary.facts.split.counts
    of = f" of {classes_words(counts['train_classes'])}" if "train_classes" in counts else ""
    length = f"{number(trained, 2)} passes over the images{of}" if trained else f"{steps(summary)} steps on images{of}"
    enough = (trained or 0) >= PAPER_EPOCHS and seeds >= LEAST_SEEDS
    kind = "Evidence" if enough else "A demonstration"
    where = f"{seeds_words(seeds)}, one dataset, one backbone, one machine"
    can = "which heads differ under this schedule" if enough else "which heads form an embedding fastest"
    words = (
        ", and what each costs on this machine, but not" if summary.stored.costs else ", but neither what they cost nor"
    )
    cannot = "on faces or at your number of classes" if enough else "in the end, on faces, or at your number of classes"
    return f"{kind}: {length}, {where}; it can say {can}{words} which is the most accurate {cannot}."


def steps(summary: Summary) -> str:
    """The most steps that were planned."""
    return count(max((run.planned_steps or 0 for run in summary.stored.runs), default=0))
