"""The list of records: every one that a number comes from, grouped as numbers need them, with who wrote each."""

from collections.abc import Iterable, Iterator

from workflow.cells.paths import EVALUATION, RUN
from workflow.reporting.anchors import anchor
from workflow.reporting.authorship import authorship, short
from workflow.reporting.listed import Entries, Entry, EntryGroup, Joint
from workflow.reporting.words import classes_words
from workflow.summary.composed import coefficients
from workflow.summary.step_model import Model
from workflow.summary.stored import BaselineRow, ChosenRow, CostRow, RunRow, row_name
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending, Mode

ROLES = {"images": "at equal images", "seconds": "at equal seconds", "tuned": "with settings of its own"}
MODES = {Mode.HEAD: "head alone", Mode.WHOLE: "end-to-end", Mode.SYNTHETIC: "synthetic labels"}


def entries(summary: Summary) -> Entries:
    """The records of a summary: scores, training and costs by row, then what was put together of several of them."""
    stored = summary.stored
    rows = [*scores(stored.runs), *training(stored.runs), *of_others(stored.others), *of_tuning(stored.tuned)]
    once = [group(("split",), "The split", split(summary)), group(("machine",), "The machine's rates", rates(summary))]
    every = (*rows, *of_costs(stored.costs), *map(of_baseline, stored.baselines), *once)
    found = {each.anchor: each for each in every if each.entries}
    return Entries(tuple(found.values()), (*differences(summary, found), *composed(summary, found)))


def group(names: tuple[str, ...], title: str, found: Iterable[Entry]) -> EntryGroup:
    """Records that one number comes from."""
    return EntryGroup(anchor(*names), title, tuple(found))


def joint(names: tuple[str, ...], title: str, parts: Iterable[EntryGroup | None]) -> Joint:
    """The groups of records that one number comes from, those that there are."""
    return Joint(anchor(*names), title, tuple(part for part in parts if part))


def scores(runs: Iterable[RunRow]) -> list[EntryGroup]:
    """The scores of every row, a seed each."""
    return [
        group(("evaluation", name), f"Scores of {name}", evaluations("evaluation", own))
        for name, own in by_name(runs).items()
    ]


def training(runs: Iterable[RunRow]) -> list[EntryGroup]:
    """The training of every row, a seed each."""
    return [group(("run", name), f"Training of {name}", trainings(own)) for name, own in by_name(runs).items()]


def of_others(runs: Iterable[RunRow]) -> list[EntryGroup]:
    """Scores of the rows on other terms than equal steps."""
    return [
        group((role, name), f"Scores of {name} {words}", evaluations(role, own))
        for role, words in ROLES.items()
        for name, own in by_name(run for run in runs if run.role == role).items()
    ]


def by_name(runs: Iterable[RunRow]) -> dict[str, list[RunRow]]:
    """The runs of each row."""
    found: dict[str, list[RunRow]] = {}
    for run in runs:
        found.setdefault(run.name, []).append(run)
    return found


def evaluations(kind: str, runs: Iterable[RunRow]) -> Iterator[Entry]:
    """The evaluations of runs; older summaries know of them by their runs alone."""
    for run in (run for run in runs if run.scores or run.evaluation):
        path = (run.evaluation.record if run.evaluation else None) or beside(run.record, EVALUATION)
        place = anchor(kind, run.name, f"seed {run.seed}")
        yield Entry(place, f"seed {run.seed}", path, authorship(run.evaluation or run))


def trainings(runs: Iterable[RunRow]) -> Iterator[Entry]:
    """The training records of runs."""
    for run in (run for run in runs if run.record):
        yield Entry(anchor("run", run.name, f"seed {run.seed}"), seed_words(run), run.record or "", authorship(run))


def of_tuning(chosen: Iterable[ChosenRow]) -> Iterator[EntryGroup]:
    """How the setting of every tuned row was chosen, and the trials that it was chosen from."""
    for row in chosen:
        name = row_name(row.label, row.ratio)
        own = Entry(anchor("chosen", name, "record"), "chosen setting", row.record or "", authorship(row))
        yield group(("chosen", name), f"The chosen setting of {name}", [own])
        tried = [(one.number, place) for one in row.trials for place in one.records]
        trials = (
            Entry(anchor("trials", name, n), f"setting {number}", place, ()) for n, (number, place) in enumerate(tried)
        )
        yield group(("trials", name), f"Trials of {name}", trials)


def of_costs(costs: Iterable[CostRow]) -> list[EntryGroup]:
    """The cost records of every row in each mode."""
    found: dict[tuple[str, Mode], list[CostRow]] = {}
    for cost in costs:
        found.setdefault((cost.name, cost.mode), []).append(cost)
    return [
        group(("cost", name, str(mode)), f"Cost of {name}, {MODES[mode]}", measurements(own))
        for (name, mode), own in found.items()
    ]


def measurements(costs: Iterable[CostRow]) -> Iterator[Entry]:
    """Cost records, a number of classes each."""
    for cost in (cost for cost in costs if cost.record):
        lost = "" if cost.outcome == Ending.OK else f", {cost.outcome}"
        place = anchor("cost", cost.name, str(cost.mode), cost.classes)
        yield Entry(place, f"{classes_words(cost.classes)}{lost}", cost.record or "", authorship(cost))


def of_baseline(row: BaselineRow) -> EntryGroup:
    """The scores of a baseline; older summaries do not say who computed them."""
    who = authorship(row.evaluation) if row.evaluation else ()
    own = Entry(anchor("baseline", row.kind, "record"), "scores", row.record or "", who)
    return group(("baseline", row.kind), f"The baseline {row.kind}", [own])


def split(summary: Summary) -> Iterator[Entry]:
    """Which images were trained on and which asked for."""
    known = summary.facts.split
    if known.record or known.hash:
        what = f"split {short(known.hash)} of data {short(summary.facts.dataset_hash)}"
        yield Entry(anchor("split", "record"), what, known.record or "", authorship(known.made) if known.made else ())


def rates(summary: Summary) -> Iterator[Entry]:
    """How fast the machine is, from which the floors follow."""
    machine = summary.facts.machine
    if machine:
        yield Entry(anchor("machine", "record"), "rates", machine.record or "", authorship(machine))


def differences(summary: Summary, found: dict[str, EntryGroup]) -> list[Joint]:
    """Both sources of every row's differences to the reference."""
    reference = summary.reference
    return [
        joint(
            ("difference", name),
            f"Differences of {name} to {reference}",
            (found.get(anchor("evaluation", each)) for each in (name, reference or "")),
        )
        for name in summary.heads["name"]
        if name != reference
    ]


def composed(summary: Summary, found: dict[str, EntryGroup]) -> Iterator[Joint]:
    """Both sources of every composed step, then those of every break-even: of the row's step and the reference's."""
    parts = {row.name: sources(row, found) for row in coefficients(summary).rows}
    for name, own in parts.items():
        yield joint(("composed", name), f"The composed step of {name}", own)
    for name, own in ((name, own) for name, own in parts.items() if name != summary.reference):
        both = (*own, *parts.get(summary.reference or "", ()))
        yield joint(("break-even", name), f"The break-even of {name} with {summary.reference}", both)


def sources(row: Model, found: dict[str, EntryGroup]) -> list[EntryGroup | None]:
    """A whole step, and the head alone."""
    whole = found.get(anchor("cost", row.rest.row, str(Mode.WHOLE))) if row.rest else None
    return [whole, found.get(anchor("cost", row.name, str(Mode.HEAD)))]


def seed_words(run: RunRow) -> str:
    """`seed 0`, with how it ended if not well."""
    return f"seed {run.seed}" if run.outcome == Ending.OK else f"seed {run.seed}, {run.outcome}"


def beside(path: str | None, name: str) -> str:
    """The path of another record of the run whose own lies at `path`; a summary that stands for it is that too."""
    return path.removesuffix(RUN) + name if path and path.endswith(RUN) else path or ""
