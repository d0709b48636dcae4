"""The numbers of one split: the config's section `data`, its nulls replaced by what the tier or the folder asks for."""

from typing import Literal

import numpy as np

from workflow.cells.data_section import Data, OpenSet, Shots
from workflow.data.faces import TierSplit, load_tier
from workflow.data.store import Dataset
from workflow.errors import UserError

SHARES = {"validation": 0.08, "test": 0.15, "distractors": 0.1}  # of a folder's classes, where no number is set
FEWEST_ASKED = 2  # classes of each role that is never trained on
VALIDATION = 0.15  # of the classes of a test source, the others are the test
SHOTS = {"many": 7, "medium": 3}


class ShotNumbers(Shots):
    """Where many and medium begin, in training images of a class."""

    many: int
    medium: int


class OpenSetSizes(OpenSet):
    """Classes that are never trained on, by part."""

    validation: int
    test: int


class SplitNumbers(Data):
    """A complete section `data`. Only `classes` may still be None: all of a folder that are not held out."""

    min_images: int
    tail: Literal["pareto", "flat", "natural"]
    n_max: int
    shots: ShotNumbers
    open_set: OpenSetSizes
    distractors: int


def resolve(data: Data, dataset: Dataset) -> SplitNumbers:
    """The numbers by which `dataset` is split; UserError if `data` is not of that dataset, or they contradict."""
    built = dataset.manifest["settings"]
    for key, asked in (("source", data.source), ("tier", data.tier)):
        if built.get(key, asked) != asked:
            raise UserError(f"data.{key} is {asked}, but {dataset.folder} was built from {built[key]}: build it again")
    own = _own(data, dataset) if dataset.parts is None else load_tier(data.tier).split
    said = data.model_dump()
    missing = [key for key in ("classes", "distractors", "tail", "n_max") if said[key] is None]
    numbers = said | {key: value for key, value in own.items() if key in missing}
    numbers["open_set"] = _filled(said["open_set"], own["open_set"])
    listed = own.get("shots") if numbers["tail"] == own["tail"] else None  # a tier's limits suit the tier's own tail
    numbers["shots"] = _filled(said["shots"], listed or SHOTS)
    if numbers["min_images"] is None:
        numbers["min_images"] = 1 if numbers["tail"] == "natural" else numbers["n_max"]
    return SplitNumbers.parse(numbers, "data")


def _filled(said: dict[str, int | None], otherwise: dict[str, int]) -> dict[str, int]:
    return {name: otherwise[name] if value is None else value for name, value in said.items()}


def _own(data: Data, dataset: Dataset) -> TierSplit:
    """What one's own images give each role where the config names no number."""
    if dataset.asked is None:
        return _of_folder(len(dataset.names))
    fit = int(np.count_nonzero(dataset.asked & (np.bincount(dataset.classes) >= 2)))
    validation = data.open_set.validation or max(FEWEST_ASKED, round(VALIDATION * fit))
    sizes = {"validation": validation, "test": fit - validation}
    others = int(np.count_nonzero(dataset.asked)) - fit
    return {"classes": None, "distractors": others, "open_set": sizes, "tail": "natural", "n_max": 10}


def _of_folder(classes: int) -> TierSplit:
    """What a folder with this number of classes gives each role where the config names no number."""
    sizes = {key: max(FEWEST_ASKED, round(share * classes)) for key, share in SHARES.items()}
    return {"classes": None, "distractors": sizes["distractors"], "open_set": sizes, "tail": "natural", "n_max": 10}
