"""Two summaries of one profile made into one: seeds that were computed on different days, of which each left records.

Nothing is averaged here: what follows from all records together is collected again.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from workflow.summary.agreement import agree_in_settings, agreed_costs, agreed_data
from workflow.summary.stored import BaselineRow, ChosenRow, CostRow, RunRow, SummaryRecord

Listed = TypeVar("Listed", RunRow, CostRow, BaselineRow, ChosenRow)


def together(own: SummaryRecord, earlier: SummaryRecord) -> SummaryRecord:
    """`own`, and of `earlier` what it has no record of itself.

    UserError where two records differ in protocol, data, split, backbone, machine (for costs) or settings (of a row).
    """
    every = [*own.runs, *own.others, *earlier.runs, *earlier.others]
    agree_in_settings(every)
    agreed_data(every, (None, None))
    agreed_costs([*own.costs, *earlier.costs])
    runs, others = (
        by_seed(united(ours, theirs, cell)) for ours, theirs in ((own.runs, earlier.runs), (own.others, earlier.others))
    )
    return own.model_copy(
        update={
            "runs": runs,
            "others": others,
            "costs": united(own.costs, earlier.costs, cost_cell),
            "baselines": united(own.baselines, earlier.baselines, lambda row: row.kind),
            "tuned": united(own.tuned, earlier.tuned, lambda row: (row.label, row.ratio)),
            "machine": own.machine or earlier.machine,
            "reference": own.reference or earlier.reference,
            "dataset": own.dataset if own.dataset.images else earlier.dataset,
            "config": with_seeds(own.config or earlier.config, runs),
        }
    )


def united(own: Iterable[Listed], earlier: Iterable[Listed], key: Callable[[Listed], Hashable]) -> list[Listed]:
    """The rows of `earlier`, in their place those of `own` that left a record or that were not there, then all others
    of `own`."""
    found = {key(row): row for row in earlier}
    known = {each for each, row in found.items() if row.record}
    return list((found | {key(row): row for row in own if row.record or key(row) not in known}).values())


def cell(row: RunRow) -> Hashable:
    """Which training cell a row is of."""
    return row.name, row.seed, row.role


def cost_cell(row: CostRow) -> Hashable:
    """Which cost cell a row is of."""
    return row.name, row.mode, row.classes


def by_seed(rows: Iterable[RunRow]) -> list[RunRow]:
    """Seed by seed, as cells are planned, the rows of each in the order in which they first come."""
    every = list(rows)
    places = {row: place for place, row in enumerate(dict.fromkeys((row.name, row.role) for row in every))}
    return sorted(every, key=lambda row: (row.seed, places[row.name, row.role]))


def with_seeds(config: dict[str, Any] | None, runs: Iterable[RunRow]) -> dict[str, Any] | None:
    """The config that asks for the seeds of all runs."""
    return config and config | {"seeds": sorted({run.seed for run in runs})}
