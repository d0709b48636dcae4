"""How far a plan's numbers are from what was measured, a line each kind."""

from collections.abc import Callable, Sequence

from workflow.planner.counted import CHECK, SIZES, Counted
from workflow.planner.memory import CLOSE, KEPT, Missed, growths, spread
from workflow.planner.plan import Plan
from workflow.planner.quantities import short, size_words


def lines(plan: Plan) -> list[str]:
    """All that is known of them."""
    found = [memory_line(plan), *by_growth(plan), times_line(plan)]
    return [*found, activations_line(plan.counted)] if plan.counted else found


def memory_line(plan: Plan) -> str:
    """Every measured peak against its prediction."""
    if plan.known is None:
        return "memory: as declared; with --machine it is held against that machine's records"
    if not plan.memory:
        return "memory: as declared; no measured cell of this machine says its peak"
    return f"memory: {in_words(plan.memory, size_words)}"


def by_growth(plan: Plan) -> list[str]:
    """What can be asked of a prediction of the growth of a process, where that is what was measured."""
    if plan.known is None or not any(growths(cell) for cell in plan.known.cells):
        return []
    close = sum(missed.close for missed in plan.memory)
    return [f"    {close} of these are within {CLOSE:.0%}, or {size_words(KEPT)}: so far runs of one process lie apart"]


def times_line(plan: Plan) -> str:
    """Every measured time against what the others say of it."""
    if plan.known is None:
        return "times: not measured; --machine NAME rests them on a machine's records"
    if not plan.times:
        return "times: nothing to hold them against: no head was measured twice"
    return f"times: {in_words(plan.times, lambda ms: f'{short(ms)} ms')}"


def activations_line(counted: Counted) -> str:
    """The batch that was predicted from two smaller ones."""
    few, more = SIZES
    return f"activations: counted of {few} and of {more} images, which predicts {CHECK} within {abs(counted.error):.2%}"


def in_words(found: Sequence[Missed], show: Callable[[float], str]) -> str:
    """How many, how far, and the worst."""
    off = spread(found)
    how_far = f"within {off.most:.0%}, half within {off.half:.0%}; worst {off.where(show)}"
    return f"{len(found)} cells, each from the others, {how_far}"
