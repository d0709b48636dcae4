"""What changes along a run: learning rate, share of the margin, momentum of the twin."""

import math

from workflow.cells.spec import RunSpec
from workflow.cells.train_section import Train

STEPS_PER_TIME_CONSTANT = 60
SHORTEST_TIME_CONSTANT = 10


def learning_rate(step: int, train: Train) -> float:
    """Rate of step `step` (from 0): linear warm-up, then cosine, polynomial or step decay to the end of the run."""
    warm = math.ceil(train.warmup * train.steps)
    if step < warm:
        return train.lr * (step + 1) / warm
    done = (step - warm) / max(1, train.steps - warm)
    if train.schedule == "cosine":
        return train.lr * 0.5 * (1 + math.cos(math.pi * done))
    if train.schedule == "polynomial":
        return train.lr * (1 - done) ** train.power
    return train.lr * train.gamma ** sum(step >= share * train.steps for share in train.milestones)


def margin_share(step: int, train: Train) -> float:
    """Share of the margin in force at `step`: it rises linearly over the first `margin_ramp` of the run."""
    ramp = train.margin_ramp * train.steps
    return min(1.0, (step + 1) / ramp) if ramp >= 1 else 1.0


def momentum_used(paper: float | None, spec: RunSpec) -> float | None:
    """Momentum of the twin in a cell: the row's own as it stands, or the paper's, fitted to the length of the run; None
    where the head needs no twin."""
    if paper is None or spec.momentum is not None:
        return spec.momentum
    return twin_momentum(paper, spec.train.steps)


def twin_momentum(paper: float, steps: int) -> float:
    """Momentum of the twin for a run of `steps`: 1 - 1/tau with tau = steps/60, but at least 10 steps and at most the
    paper's own time constant.

    The papers' 0.99 and 0.999 average over 100 and 1,000 steps; in a run of a few hundred the keys would come from a
    network near its random start. Measured: at 600 steps 0.9 beat 0, 0.7, 0.99 and 0.999. The scaling between
    such short runs and the papers' long ones is an inference, so every record carries both values.
    """
    longest = 1 / (1 - paper)
    tau = min(max(steps / STEPS_PER_TIME_CONSTANT, SHORTEST_TIME_CONSTANT), longest)
    return 1 - 1 / tau
