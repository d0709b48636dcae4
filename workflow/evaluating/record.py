"""evaluation.json of a cell, and the one line that a person sees when the cell is done."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workflow.cells.records import SplitRecord
from workflow.errors import UserError
from workflow.evaluating.files import check_split, load_rows, load_run, load_split
from workflow.evaluating.metrics import describe
from workflow.evaluating.scores import Scored, all_scores, unscored
from workflow.files import write_json
from workflow.provenance import provenance


def score_cell(cell: Path, split_file: Path, distractors: Sequence[int]) -> str:
    """Write evaluation.json into the cell's folder and return its headline.

    A cell that did not end well gets every score null, with its outcome and reason in the notes. UserError for
    records that are missing or do not fit together, and for embeddings that are not finite.
    """
    facts = provenance()
    run, split = load_run(cell), load_split(split_file)
    check_split(run, cell, split)
    if run["outcome"] == "ok":
        embeddings = load_rows(cell, "embeddings.npy", [len(split.arrays["eval_rows"])])
        centres = load_rows(cell, "centres.npy", [0, len(split.tail.shots)])
        if centres.shape[1] != embeddings.shape[1]:
            raise UserError(f"{cell}: centres.npy and embeddings.npy differ in dimension; embed the cell again")
        scored = all_scores(embeddings, split.arrays, centres, split.tail, distractors)
    else:
        scored = unscored(f"{run['outcome']}: {run['reason']}", split.arrays, split.tail, distractors)
    write_json(cell / "evaluation.json", evaluation(run, scored) | facts)
    return headline(run, scored.scores["test"])


def evaluation(run: Mapping[str, Any], scored: Scored) -> dict[str, Any]:
    """The content of evaluation.json, without its provenance."""
    own = {key: run[key] for key in ("cell", "outcome", "reason", "split_hash")}
    parts = {"notes": scored.notes, "counts": scored.counts, "curves": scored.curves}
    return {"protocol": SplitRecord.PROTOCOL, **own, **scored.scores, **parts}


def headline(run: Mapping[str, Any], scores: Mapping[str, float | None]) -> str:
    """`dcq 0.3 seed 0: hard pairs 95.4 % · 1:N 96.0 % · identification 94.5 % (many 95.6, ...) · 104 s`."""
    cell = run["cell"]
    name = f"{cell['label']} {cell['ratio']:g} seed {cell['seed']}"
    if run["outcome"] != "ok":
        return f"{name}: {run['outcome']} at step {run['steps']} ({run['reason']})"
    bands = ", ".join(f"{band} {_bare(scores, f'closed/rank1/{band}')}" for band in ("many", "medium", "few"))
    shown = {
        "hard pairs": "verification_hard/accuracy",
        "1:N": "identification/rank1",
        "identification": "closed/rank1",
    }
    numbers = " · ".join(f"{words} {describe(score).show(scores[score])}" for words, score in shown.items())
    return f"{name}: {numbers} ({bands}) · {run['seconds']:.0f} s"


def _bare(scores: Mapping[str, float | None], name: str) -> str:
    return describe(name).show(scores[name]).removesuffix(" %")
