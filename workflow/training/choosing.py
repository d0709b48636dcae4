"""`python -m workflow.training.choosing`: the setting of a row whose trials score best on validation."""

import argparse
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np

from workflow.cells.paths import RUN, STEPS, ratio_text
from workflow.cells.records import RunRecord
from workflow.cells.spec import TWIN_MOMENTUM
from workflow.cells.step_lines import step_lines
from workflow.cells.supervising import alone
from workflow.cells.tuning_records import ChosenRecord, Setting, Tried
from workflow.console import say
from workflow.endings import Ending
from workflow.errors import UserError, command_line
from workflow.provenance import now, provenance

Scores = dict[str, float | None]
Trained = tuple[Path, RunRecord]


def main() -> None:
    top = argparse.ArgumentParser(
        prog="python -m workflow.training.choosing",
        description="Choose the setting of a row from its trials, by the mean of the scores of their learning curves' "
        "last points, which are of validation classes.",
    )
    top.add_argument("--trials", type=Path, nargs="+", required=True, help="folders of the row's trials")
    top.add_argument("--out", type=Path, required=True, help="where the record of the chosen setting goes")
    given = top.parse_args()
    alone(partial(decide, given), given.out, partial(decide, given))


def decide(given: argparse.Namespace, ending: Ending | None = None) -> None:
    """Write the record, and say what it says."""
    record = choose(given.trials, ending)
    record.write(given.out)
    say(f"chose for {record.label} {ratio_text(record.ratio)}: {record.chosen or record.reason}")


def choose(folders: list[Path], ending: Ending | None = None) -> ChosenRecord:
    """The record of the best setting among the trials in `folders`, and of all that was tried; of none where the
    process that chose had an `ending`.

    UserError for a folder that holds no trial, and for trials of several rows.
    """
    trained = sorted(((folder / RUN, read(folder)) for folder in folders), key=by_number)
    tried = tuple(setting_of(list(group)) for _, group in groupby(trained, key=lambda one: by_number(one)[0]))
    records = [record for _, record in trained]
    rows = {(record.cell.label, record.cell.head, record.cell.ratio) for record in records}
    if len(rows) > 1:
        raise UserError(f"--trials are of several rows: {', '.join(sorted(label for label, *_ in rows))}")
    good = [one for one in tried if one.score is not None and ending is None]
    reason = f"none of {len(tried)} settings ended well: {records[0].reason}"
    if ending is not None:
        reason = f"while choosing, {ending.reason}"
    [(label, head, ratio)] = rows
    return ChosenRecord(
        **provenance(),
        finish=now(),
        label=label,
        head=head,
        ratio=ratio,
        steps=records[0].planned_steps,
        seeds=tuple(sorted({record.cell.seed for record in records})),
        trials=tried,
        chosen=max(good, key=lambda one: one.score or 0.0).setting if good else None,
        reason=None if good else reason,
    )


def read(folder: Path) -> RunRecord:
    """The record of a trial."""
    record = RunRecord.read(folder / RUN)
    if record.trial is None:
        raise UserError(f"{folder} is no trial: name folders of trials in --trials")
    return record


def by_number(one: Trained) -> tuple[int, int]:
    """Number of the setting, then the seed."""
    trial = one[1].trial
    return (trial.number if trial else 0, one[1].cell.seed)


def setting_of(group: list[Trained]) -> Tried:
    """What the trials of one setting, from each seed, have reached."""
    validation = tuple(last_point(path.with_name(STEPS)) if record.outcome == "ok" else {} for path, record in group)
    values = [list(scores.values()) for scores in validation]
    whole = all(scores and None not in scores for scores in values)
    return Tried(
        number=by_number(group[0])[0],
        setting=tuned(group[0][1]),
        outcomes=tuple(record.outcome for _, record in group),
        validation=validation,
        score=float(np.mean(np.array(values, dtype=np.float64))) if whole else None,
        records=tuple(path.as_posix() for path, _ in group),
    )


def tuned(record: RunRecord) -> Setting:
    """The values that a trial tried."""
    given = record.parameters
    values = {**given.options, "lr": given.train.lr, TWIN_MOMENTUM: given.momentum}
    return {name: float(values[name]) for name, origin in given.origins.items() if origin == "tuned"}


def last_point(path: Path) -> Scores:
    """The scores of the last point of a learning curve."""
    points: list[Scores] = [line["validation"] for line in step_lines(path) if "validation" in line]
    return points[-1] if points else {}


if __name__ == "__main__":
    command_line(main, leaves_record=True)
