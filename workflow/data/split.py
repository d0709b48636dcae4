"""The split of one experiment: what is trained on, and every question the evaluation asks.

Three things are kept apart. *Classes*: open-set classes are never trained on, and those of validation are not those of
test. *Images*: with fonts, whole families are held out, some for validation and others for test; in a folder, single
images are. *Closed-set probes*: held-out images of training classes, each class probed in one of the two parts only.
Galleries and distractors are images of training fonts, as an enrolled photo resembles what a model was trained on.

A test pair of the same class is of two held-out families. Where a part has only one family (validation of tier s, for
one), its same pairs are that family against training fonts and its all-pairs matrix holds the gallery images too. Its
numbers are then not comparable with the test's: a config may be chosen by them, and they are never results. In tier s
that family is Nanum Barun, drawn apart from but by the makers of Nanum Gothic, which trains.

A test source of its own (`data.test`) is all that is asked about open-set: some of its classes are validation's, those
with one image only are distractors, and every class of the other source is trained on.

Training takes its classes first, as it needs those with most images; open-set classes and distractors are random ones
of the rest, in tier s on the whole rarer characters. Open sets keep training's share of Hangul where fonts allow.
"""

from pathlib import Path

import numpy as np

from workflow.cells.data_section import Data
from workflow.cells.records import BANDS, Record, ShotLimits, SplitRecord
from workflow.console import log
from workflow.data.shots import band_of
from workflow.data.split_classes import Roles, choose
from workflow.data.split_file import EVALUATED, Split, evaluation_hash, split_hash
from workflow.data.split_numbers import SplitNumbers, resolve
from workflow.data.split_rows import Rows
from workflow.data.split_training import as_trained
from workflow.data.store import Dataset
from workflow.files import writing
from workflow.provenance import now, provenance


def make_split(dataset: Dataset, data: Data, out: Path) -> Split:
    """Draw the split that `data` describes and write it to `out` (.npz) and beside it (.json)."""
    numbers = resolve(data, dataset)
    roles = choose(dataset, numbers)
    draw = Rows(dataset, roles, numbers)
    rows = draw.training()
    for part in EVALUATED:
        rows |= draw.open_set(part) | draw.closed_set(part)
    rows["distractors"] = draw.one_each(roles.distractors)
    trained = as_trained(rows, numbers)
    arrays = _positions(trained.rows)
    record = _record(dataset, numbers, roles, arrays, trained.counts)
    with writing(Path(out)) as file:
        np.savez(file, allow_pickle=False, **arrays)
    record.write(Path(out).with_suffix(".json"))
    log(f"{out}: " + ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in record.counts.items() if count))
    return Split(arrays, record)


def _positions(rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Replace rows by positions into eval_rows, their sorted union."""
    facts = ("_same", "_class", "_label", "_labels", "_rows", "shots")
    values = [name for name in rows if not name.endswith(facts)]
    eval_rows = np.unique(np.concatenate([rows[name].ravel() for name in values]))
    placed = {name: np.searchsorted(eval_rows, rows[name]) for name in values}
    return {**rows, **placed, "eval_rows": eval_rows}


def _record(
    dataset: Dataset, numbers: SplitNumbers, roles: Roles, arrays: dict[str, np.ndarray], ablated: dict[str, int]
) -> SplitRecord:
    shots, limits = arrays["shots"], ShotLimits(many=numbers.shots.many, medium=numbers.shots.medium)
    counts = {f"{name}_images": len(arrays[f"{name}_rows"]) for name in ("train", "enrolled", "eval")}
    counts |= {"train_classes": len(shots), **ablated}
    classes = np.bincount(band_of(shots, limits), minlength=len(BANDS))
    counts |= {band: int(number) for band, number in zip(BANDS, classes, strict=True)}
    counts |= {"singletons": int((shots == 1).sum()), "distractors": len(arrays["distractors"])}
    for part in EVALUATED:
        names = ("hard_pairs", "random_pairs", "all", "gallery", "probe", "closed_probe")
        counts |= {f"{part}_{name}": len(arrays[f"{part}_{name}"]) for name in names}
    return SplitRecord(
        protocol=SplitRecord.PROTOCOL,
        hash=split_hash(arrays),
        evaluation_hash=evaluation_hash(arrays),
        dataset=dataset.manifest["name"],
        dataset_hash=dataset.manifest["hash"],
        settings=numbers.model_dump(mode="json"),
        seed=numbers.seed,
        counts=counts,
        shots=limits,
        classes=[dataset.names[number] for number in roles.train[: len(shots)]],
        made=Record(**provenance(), finish=now()),
    )
