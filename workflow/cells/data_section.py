"""The config's section `data`: what is learned from, the images and how they are split."""

from typing import Annotated, Literal

from pydantic import (
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from workflow.cells.fields import AtLeastTwo, Count, Name, OneOf, Positive, Seed, Share, ShareAboveZero, ShareBetween
from workflow.cells.section import Section

IMAGES = (
    *("name", "source", "tier", "path", "size", "colour", "ground", "skip_unreadable", "faces_needed", "characters"),
    *("image", "label", "labels", "root", "store", "test"),
)
"""keys that decide which images a set holds"""
OF_GLYPHS = ("tier", "faces_needed", "characters")
OWN = ("folder", "records", "webdataset", "list", "parquet")
"""sources of one's own images"""
READ_BY = {
    **dict.fromkeys(("path", "colour", "ground", "skip_unreadable", "store", "test"), OWN),
    "image": ("parquet",),
    "label": ("parquet", "webdataset"),
    "labels": ("records",),
    "root": ("list", "parquet"),
}
"""keys that decide which images there are, by the sources that read them; all but OF_GLYPHS are of one's own images"""
NAMED = {
    "folder": "the directory that holds the classes",
    "records": "the .rec",
    "webdataset": "the tars",
    "list": "the list",
    "parquet": "the table's files, or their folder",
}
YOUNG = ("image", "label", "labels", "root", "store", "test")
"""keys younger than many results: at their defaults they stand in no record, so that folders keep their names"""


class Pareto(Section):
    """The tail `pareto`: the class of rank r has n_max * (r / (head * classes)) ** -exponent training images."""

    head: ShareAboveZero = 0.15
    """share of the classes that keep n_max images"""
    exponent: Positive = 1.3
    """how fast the number of images falls behind them"""


class Shots(Section):
    """Where many and medium begin; what has fewer training images than `medium` is few."""

    many: AtLeastTwo | None = None
    """training images from which a class counts as many; null: the tier's for its own tail, or 7"""
    medium: AtLeastTwo | None = None
    """training images from which a class counts as medium; null: the tier's for its own tail, or 3"""

    @field_validator("medium")
    @classmethod
    def _fewer(cls, medium: int | None, info: ValidationInfo) -> int | None:
        many = info.data.get("many")
        if medium is not None and many is not None and medium >= many:
            raise ValueError(f"it is {medium}, and `many` {many}: many must be larger")
        return medium


class OpenSet(Section):
    """Classes that are never trained on."""

    validation: AtLeastTwo | None = None
    """how many serve validation; null: the tier's, or 8 % of one's own, 15 % of an own test's"""
    test: AtLeastTwo | None = None
    """how many serve the test; null: the tier's, or 15 % of one's own, all others of an own test's"""


class Pairs(Section):
    """Verification pairs of the same class, and as many of different classes; fewer where there are not enough."""

    validation: Annotated[int, Field(ge=10)] = 2000
    """same pairs of the validation part"""
    test: Annotated[int, Field(ge=10)] = 6000
    """same pairs of the test part"""


class Noise(Section):
    """Labels made wrong on purpose, in training only: what the evaluation asks stays true."""

    flips: Share = 0.0
    """share of the training images that get the label of another class; they swap, so classes keep their numbers"""
    splits: Share = 0.0
    """share of the training classes whose images become two identities, half and half; of those with two images"""


def of_its_source(value: object, default: object, info: ValidationInfo) -> object:
    """The value of the key that `info` names; ValueError if it is set, and the section's source does not read it."""
    source, readers = info.data.get("source"), READ_BY.get(info.field_name or "", OWN)
    if source is None or source in readers or value == default:
        return value
    if readers == OWN:
        raise ValueError("only sources of your own images read it: say source: folder, or leave it out")
    raise ValueError(f"only the source {' or '.join(readers)} reads it, and source is {source}: leave it out")


class OwnTest(Section):
    """Another source, whose classes are only asked about: then all classes of the first one are trained on."""

    source: Literal["folder", "records", "webdataset", "list", "parquet"]
    """as data.source"""
    path: Annotated[str, Field(min_length=1)]
    """as data.path"""
    image: str | None = None
    """as data.image"""
    label: str | None = None
    """as data.label"""
    labels: str | None = None
    """as data.labels"""
    root: str | None = None
    """as data.root"""

    @field_validator("image", "label", "labels", "root")
    @classmethod
    def _of_its_source(cls, value: object, info: ValidationInfo) -> object:
        return of_its_source(value, None, info)


class Data(Section):
    """What is learned from. null means: the tier decides, or what the folder holds."""

    name: Name
    """the set's folder under data/ and its name in results/"""
    source: Literal["glyphs", "folder", "records", "webdataset", "list", "parquet"] = "glyphs"
    """rendered fonts, or your own images: a folder, MXNet's .rec, tars, a list of paths and labels, a table"""
    tier: Literal["dejavu", "xs", "s", "m", "l"] = "s"
    """glyphs: which fonts (workflow/data/faces.yaml): xs for tests, s from PyPI, m and l more fonts and more tail"""
    path: Annotated[str | None, Field(validate_default=True)] = None
    """own images: a folder with a sub-folder a class, the .rec, the list; tars or tables as `a-{000..011}.tar`, `*`"""
    image: str | None = None
    """parquet: the column of the images, as bytes or paths; null: the one that is called so"""
    label: str | None = None
    """parquet: the column of the labels; webdataset: the field of .json; null: the one that is called so"""
    labels: str | None = None
    """records: a .lst whose labels count instead of the records' own"""
    root: str | None = None
    """list, parquet: the folder that paths start from; null: the one that the list lies in"""
    store: Literal["auto", "pixels", "encoded"] = "auto"
    """own images: kept as pixels, or as they are and decoded by the loader; auto: pixels up to 4 GiB of them"""
    test: OwnTest | None = None
    size: Annotated[int, Field(ge=8, le=512)] = 32
    """side of the square images, pixels"""
    colour: Literal["grey", "rgb"] = "grey"
    """own images: one channel or three"""
    ground: Annotated[str, OneOf("white", "black", pattern="#[0-9A-Fa-f]{6}", shown="'#RRGGBB'")] = "white"
    """own images: the colour behind what is transparent; one beginning with # needs quotes in YAML"""
    skip_unreadable: bool = False
    """own images: leave out what cannot be read instead of stopping; keep a class whose files all are one picture"""
    faces_needed: Share = 0.7
    """glyphs: stop if a smaller share of the tier's faces could be fetched"""
    characters: AtLeastTwo | None = None
    """glyphs: build at most this many characters, those in most faces first; null: all"""
    seed: Seed = 0
    """of the split, which decides what classes and images serve what; the runs have their own `seeds`"""
    classes: AtLeastTwo | None = None
    """training classes; null: the tier's, or all of one's own that are not held out"""
    min_images: Count | None = None
    """images for training that a class must offer before the tail is cut; null: n_max, or 1 with a natural tail"""
    tail: Literal["pareto", "flat", "natural"] | None = None
    """training images per class: falling by rank, n_max each, or all there are; null: the tier's, or natural"""
    n_max: Count | None = None
    """pareto and flat: training images of the largest class; null: the tier's, or 10"""
    pareto: Pareto = Pareto()
    shots: Shots = Shots()
    open_set: OpenSet = OpenSet()
    distractors: Seed | None = None
    """further classes that only fill the gallery of 1:N identification; null: the tier's, or 10 % of one's own"""
    pairs: Pairs = Pairs()
    min_shots: Count = 1
    """training leaves out classes with fewer images; all else is asked as with 1, but their probes are gone"""
    noise: Noise = Noise()
    probes: Count | None = None
    """closed-set probes per training class, at most; null: all held-out images, or evenly fewer: 100,000 in a part"""
    validation_share: ShareBetween = 0.2
    """share of the training classes whose closed-set probes belong to validation"""
    hold_out: ShareBetween = 0.2
    """own images: share of a training class's images kept from training, one at least"""

    @model_serializer(mode="wrap")
    def _as_before(self, serialise: SerializerFunctionWrapHandler) -> dict[str, JsonValue]:
        """Some keys are younger than many results: where they change nothing, their folders keep their names."""
        found: dict[str, JsonValue] = serialise(self)
        young = [key for key in (*YOUNG, "ground") if self.source == "glyphs" or self._is_default(key)]
        return {key: value for key, value in found.items() if key not in young}

    def of_images(self) -> dict[str, JsonValue]:
        """The keys that decide which images a set holds, with their values; the others belong to the split."""
        unused = OF_GLYPHS if self.source in OWN else [key for key in READ_BY if self.source not in READ_BY[key]]
        return self.model_dump(mode="json", include=set(IMAGES) - set(unused))

    def sources(self) -> "tuple[Data, ...]":
        """The source that is trained on and, if there is one, that of the test, each as a section of its own."""
        trained = self.model_copy(update={"test": None})
        return (trained,) if self.test is None else (trained, trained.model_copy(update=self.test.model_dump()))

    def _is_default(self, key: str) -> bool:
        return bool(getattr(self, key) == Data.model_fields[key].default)

    @field_validator("path")
    @classmethod
    def _named(cls, path: str | None, info: ValidationInfo) -> str | None:
        source = info.data.get("source")
        if source in OWN and not path:
            raise ValueError(f"it must name {NAMED[source]}, as data.source is {source}")
        return path

    @field_validator(*READ_BY, "hold_out")
    @classmethod
    def _of_its_source(cls, value: object, info: ValidationInfo) -> object:
        return of_its_source(value, cls.model_fields[info.field_name or ""].default, info)
