"""What a summary says of all its rows together: the data set, the split, the machine, who collected it."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from workflow.cells.cost_records import MachineRecord
from workflow.cells.records import Part, Record


class Source(Part):
    """Where images come from, under which licence, and whether the source could be had."""

    package: str | None = None
    name: str | None = None
    registry: str | None = None
    version: str | None = None
    sha256: str | None = None
    licence: str | None = None
    status: str
    reason: str | None = None


class SharedPictures(Part):
    """Pictures that more than one class of a folder has, and the images that show them."""

    pictures: int
    images: int


class DatasetFacts(Part):
    """The data set: counts, sources, how many images were left out, by reason, and what classes share."""

    name: str | None = None
    images: int | None = None
    classes: int | None = None
    groups: int | None = None
    sources: tuple[Source, ...] = ()
    rejected: dict[str, int] = Field(default_factory=dict)
    shared: SharedPictures | None = None


Counts = Annotated[dict[str, int], BeforeValidator(lambda given: given or {})]
"""Numbers by name; a null, as older summaries have it, is none."""


class Placed(Part):
    """What a summary holds of a whole record: the path of that record, None where there is none."""

    record: str | None = None


class SplitFacts(Placed):
    """The split: `counts` of images and classes, `shots` the least images of a class with many and medium ones."""

    hash: str | None = None
    seed: int | None = None
    settings: dict[str, Any] | None = None
    counts: Counts = Field(default_factory=dict)
    shots: Counts = Field(default_factory=dict)
    made: Record | None = None


class MachineFacts(MachineRecord, Placed):
    """The machine's rates."""


class Facts(Part):
    """What is true of all rows of a summary; `reference` is the row that differences are taken to, if it is there."""

    profile: str
    protocol: str | None = None
    split_hash: str | None = None
    dataset_hash: str | None = None
    backbone: str | None = None
    cost_machine: str | None = None
    cost_device: str | None = None
    reference: str | None = None
    dataset: DatasetFacts = DatasetFacts()
    split: SplitFacts = SplitFacts()
    machine: MachineFacts | None = None
    collected: Record
    config: dict[str, Any] | None = None
