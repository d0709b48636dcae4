"""evaluation.json of a cell, and the one line that a person sees when the cell is done."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workflow.cells.evaluate_section import EvaluationSet
from workflow.cells.paths import CENTRES, EMBEDDINGS, EVALUATION, MEANS, RESAMPLES, SETS
from workflow.cells.records import BANDS, EvaluationRecord, RunRecord, SplitRecord
from workflow.cells.spec import CellName
from workflow.data.arrays import load_arrays
from workflow.data.split_file import Split, load_split
from workflow.endings import Ending
from workflow.errors import UserError
from workflow.evaluating.files import how_embedded, load_rows, load_run, save_arrays
from workflow.evaluating.metrics import describe
from workflow.evaluating.scores import Scored, all_scores, no_scores
from workflow.evaluating.sets import set_scores
from workflow.provenance import now, provenance

AGAIN = "embed the cell again"
SHOWN = {
    "hard pairs": "verification_hard/accuracy",
    "1:N": "identification/rank1",
    "identification": "closed/rank1",
}


def evaluate_cell(cell: Path, split_file: Path, distractors: Sequence[int], sets: Sequence[EvaluationSet] = ()) -> str:
    """Write evaluation.json and resamples.npz into the cell's folder and return one line of its scores.

    `distractors`: how many stand in the larger galleries of 1:N; `sets`: those that were embedded. A cell that did not
    end well, or whose embedding did not, gets every score null, with outcome and reason in the notes. UserError for
    records that are missing or do not fit together, and for embeddings that are not finite.
    """
    facts = provenance()
    split = load_split(split_file)
    run = load_run(cell, split)
    ending = Ending(run.outcome, run.reason) if run.outcome != "ok" else how_embedded(cell)
    if ending.outcome != "ok":
        return evaluation_lost(cell, split_file, distractors, ending, sets)
    scored = cell_scores(cell, split, distractors)
    if sets:
        scored = with_sets(scored, sets, load_arrays(cell / SETS, first=AGAIN, again=AGAIN))
    write_evaluation(cell, facts, run.cell, ending, split, scored)
    return one_line(run, ending, scored.scores["test"])


def evaluation_lost(
    cell: Path, split_file: Path, distractors: Sequence[int], ending: Ending, sets: Sequence[EvaluationSet] = ()
) -> str:
    """Write evaluation.json and resamples.npz of a cell that has no scores because of `ending`; return its line."""
    split = load_split(split_file)
    run = load_run(cell, split)
    write_lost(cell, run.cell, ending, split, distractors, sets)
    return one_line(run, ending, {})


def write_lost(
    folder: Path,
    cell: CellName,
    ending: Ending,
    split: Split,
    distractors: Sequence[int],
    sets: Sequence[EvaluationSet] = (),
) -> None:
    """Write evaluation.json and resamples.npz into `folder`: every score null because of `ending`."""
    reason = f"{ending.outcome}: {ending.reason}"
    scored = with_sets(no_scores(reason, split, distractors), sets, None, reason)
    write_evaluation(folder, provenance(), cell, ending, split, scored)


def baseline_name(kind: str, profile: str, backbone: str, split: Split) -> CellName:
    """What a baseline is called where cells are."""
    dataset = split.record.dataset
    return CellName(profile=profile, dataset=dataset, backbone=backbone, label=kind, head=kind, ratio=1, seed=0)


def write_evaluation(
    folder: Path,
    facts: Mapping[str, Any],
    cell: CellName,
    ending: Ending,
    split: Split,
    scored: Scored,
) -> None:
    """Write evaluation.json and resamples.npz into `folder`; `facts` are the provenance from before the work began."""
    record = EvaluationRecord(
        **facts,
        finish=now(),
        protocol=SplitRecord.PROTOCOL,
        cell=cell,
        outcome=ending.outcome,
        reason=ending.reason,
        split_hash=split.record.hash,
        validation=scored.scores["validation"],
        test=scored.scores["test"],
        notes=scored.notes,
        counts=scored.counts,
        curves=scored.curves,
        se={"test": {name: spread(scored.resamples.get(name)) for name in scored.scores["test"]}},
    )
    save_arrays(folder / RESAMPLES, {name: np.array(row, np.float32) for name, row in scored.resamples.items()})
    record.write(folder / EVALUATION)


def cell_scores(cell: Path, split: Split, distractors: Sequence[int]) -> Scored:
    """The scores of the embeddings in the cell's folder."""
    embeddings = load_rows(cell, EMBEDDINGS, [len(split.arrays["eval_rows"])])
    centres = load_rows(cell, CENTRES, [0, len(split.label_counts)])
    means = load_rows(cell, MEANS, [len(split.arrays["test_closed_gallery"])])
    for name, rows in {CENTRES: centres, MEANS: means}.items():
        if rows.shape[1] != embeddings.shape[1]:
            raise UserError(f"{cell}: {name} and embeddings.npy differ in dimension; embed the cell again")
    return all_scores(embeddings, split, centres, distractors, means, resampled=True)


def with_sets(
    scored: Scored, sets: Sequence[EvaluationSet], arrays: Mapping[str, np.ndarray] | None, reason: str = ""
) -> Scored:
    """The scores of the sets among those of the test part; all null for `reason` where nothing was embedded."""
    scores, notes = set_scores(sets, arrays, reason)
    test = scored.scores["test"] | scores
    return scored._replace(scores=scored.scores | {"test": test}, notes=scored.notes | notes)


def spread(replicates: Sequence[float] | None) -> float | None:
    """The standard error of a score: the standard deviation of its replicates, without those that drew no probe."""
    known = np.array(replicates or [])
    known = known[np.isfinite(known)]
    return float(np.std(known, ddof=1)) if len(known) > 1 else None


def one_line(run: RunRecord, ending: Ending, scores: Mapping[str, float | None]) -> str:
    """`dcq 0.3 seed 0: hard pairs 95.4 % · 1:N 96.0 % · identification 94.5 % (many 95.6, ...) · 104 s`."""
    name = f"{run.cell.label} {run.cell.ratio:g} seed {run.cell.seed}"
    if ending.outcome != "ok":
        return f"{name}: {ending.outcome} at step {run.steps} ({ending.reason})"
    numbers = " · ".join(f"{words} {_shown(scores, score)}" for words, score in SHOWN.items())
    bands = ", ".join(f"{band} {_shown(scores, f'closed/rank1/{band}').removesuffix(' %')}" for band in BANDS)
    return f"{name}: {numbers} ({bands}) · {run.seconds:.0f} s"


def _shown(scores: Mapping[str, float | None], name: str) -> str:
    return describe(name).show(scores[name])
