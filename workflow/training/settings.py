"""The settings of a cell that others decide: its steps by an equal budget, or what was tried and chosen in tuning."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

import heads
from workflow.cells.cost_records import CostRecord
from workflow.cells.fair_section import Space
from workflow.cells.records import Equal
from workflow.cells.spec import TWIN_MOMENTUM, Reference, RunSpec, Trial
from workflow.cells.train_section import Train
from workflow.cells.tuning_records import ChosenRecord, Setting
from workflow.training.assembly import Refused
from workflow.training.cell import Cell

DIGITS = 4
"""significant digits of a setting that is tried"""


def settle(cell: Cell, images: int) -> tuple[Cell, Equal | None]:
    """`cell` with all its settings, and for one of an equal budget how its steps were found; `images` are trained on.

    Refused where what decides them cannot: a record without a number, a timing that was disturbed.
    """
    cell, found = decided(cell)
    train = cell.spec.train
    if train.epochs is None:
        return cell, found
    return replace(cell, spec=with_settings(cell.spec, {"steps": steps_of(train.epochs, images, train)})), found


def steps_of(epochs: float, images: int, train: Train) -> int:
    """Steps that take a gradient of `images` images `epochs` times."""
    return max(1, round(epochs * images / (train.batch * train.accumulate)))


def decided(cell: Cell) -> tuple[Cell, Equal | None]:
    """The cell with what other cells decide."""
    match cell.spec.cell.role:
        case "images" | "seconds":
            equal = of_images(cell.spec) if cell.spec.cell.role == "images" else of_seconds(cell)
            return replace(cell, spec=with_settings(cell.spec, {"steps": equal.steps})), equal
        case "trial":
            return replace(cell, spec=with_settings(cell.spec, point(cell.spec))), None
        case "tuned":
            return replace(cell, spec=with_settings(cell.spec, chosen(cell.reads[0]))), None
        case _:
            return cell, None


def of_images(spec: RunSpec) -> Equal:
    """Steps that encode as many images as the reference's, by what the two heads declare of a step."""
    against = reference_of(spec)
    own = encoded(spec.cell.head, spec.options, spec.cell.ratio, spec.train.batch)
    theirs = encoded(against.head, against.options, against.ratio, against.batch)
    return equal(against, own, theirs)


def of_seconds(cell: Cell) -> Equal:
    """Steps that take as long as the reference's, by step times measured alone: of the cell's own row, then of the
    reference."""
    own, theirs = (milliseconds(path) for path in cell.reads)
    return equal(reference_of(cell.spec), own, theirs)


def equal(against: Reference, own: float, theirs: float) -> Equal:
    """The steps that spend what the reference spends, where a step spends `own` here and `theirs` there."""
    steps = max(1, round(against.steps * theirs / own))
    return Equal(
        reference=against.label, reference_steps=against.steps, own_step=own, reference_step=theirs, steps=steps
    )


def reference_of(spec: RunSpec) -> Reference:
    """The reference of a cell with an equal budget; Refused where a hand-written specification has none."""
    if spec.reference is None:
        raise Refused(f"a cell of equal {spec.cell.role} needs a reference in its specification")
    return spec.reference


def encoded(head: str, options: Mapping[str, object], ratio: float, batch: int) -> int:
    """Images that a step encodes, those of the twin counted, as the head declares them."""
    try:
        cost = heads.load(head).cost(batch, 2 * batch, 2, **heads.chosen(head, options, ratio))  # of any size
    except NotImplementedError as error:
        raise Refused(f"head '{head}' declares no cost: without its images a step nothing can be made equal") from error
    return batch + cost.twin_images


def milliseconds(path: Path) -> float:
    """Median time of a whole training step, with its share of periodic work; Refused where it decides nothing."""
    record = CostRecord.read(path)
    if record.outcome != "ok" or not record.step_ms:
        raise Refused(f"{path} has no step time: {record.reason or record.outcome}")
    if not record.exclusive:
        raise Refused(f"{path} was timed beside other programs, so equal seconds are not known: measure it again alone")
    return float(np.median(record.step_ms)) + (record.upkeep.ms_per_step if record.upkeep else 0.0)


def chosen(path: Path) -> Setting:
    """The setting that tuning chose; Refused where no trial ended well."""
    record = ChosenRecord.read(path)
    if record.chosen is None:
        raise Refused(f"no setting was chosen: {record.reason}")
    return record.chosen


def point(spec: RunSpec) -> Setting:
    """The setting of a trial: its point of the Sobol sequence, which is the same for every head, spread over the ranges
    of those settings that its head has. Refused where a hand-written specification has no trial."""
    if spec.trial is None:
        raise Refused("a trial needs `trial` in its specification")
    return {name: value for name, value in spread(spec.trial).items() if has(spec, name)}


def has(spec: RunSpec, name: str) -> bool:
    """Whether the cell's head has the setting `name`, as one number."""
    if name == TWIN_MOMENTUM:
        return heads.has_twin(spec.cell.head)
    return name == "lr" or (name in spec.options and not isinstance(spec.options[name], list))


def spread(trial: Trial) -> Setting:
    """All settings of a point: scale and lr evenly in the logarithm, m evenly, momentum evenly in the logarithm of the
    steps 1/(1 - momentum) that it looks back on."""
    from scipy.stats.qmc import Sobol  # takes a second to load, which only trials should wait for

    shares = Sobol(len(Space.model_fields), rng=trial.sequence).random_base2(exponent(trial.number))[trial.number]
    space, (scale, m, lr, momentum) = trial.space, (float(share) for share in shares)
    found = {
        "scale": space.scale and between(space.scale, scale),
        "m": space.m and space.m[0] + m * (space.m[1] - space.m[0]),
        "lr": space.lr and between(space.lr, lr),
        TWIN_MOMENTUM: space.momentum and 1 - 1 / between([1 / (1 - one) for one in space.momentum], momentum),
    }
    return {name: float(f"{value:.{DIGITS}g}") for name, value in found.items() if value is not None}


def exponent(number: int) -> int:
    """The power of two of the shortest balanced piece of the sequence that holds point `number`."""
    return number.bit_length()


def between(limits: tuple[float, float] | list[float], share: float) -> float:
    """The value at `share` of the way between two limits, in the logarithm."""
    return float(limits[0] * (limits[1] / limits[0]) ** share)


def with_settings(spec: RunSpec, setting: Mapping[str, float]) -> RunSpec:
    """`spec` with `setting` in place of its own; an equal budget decides steps, all others are tuned."""
    train = {name: value for name, value in setting.items() if name in ("lr", "steps")}
    options = {name: value for name, value in setting.items() if name not in (*train, TWIN_MOMENTUM)}
    tuned = {name: "tuned" for name in setting if name != "steps"}
    return spec.model_copy(
        update={
            "train": spec.train.model_copy(update=train),
            "options": spec.options | options,
            "momentum": setting.get(TWIN_MOMENTUM, spec.momentum),
            "origins": spec.origins | tuned,
        }
    )
