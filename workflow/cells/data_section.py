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

IMAGES = ("name", "source", "tier", "path", "size", "colour", "ground", "skip_unreadable", "faces_needed", "characters")
"""keys that decide which images a set holds"""


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
    """how many serve validation; null: the tier's, or 8 % of a folder's"""
    test: AtLeastTwo | None = None
    """how many serve the test; null: the tier's, or 15 % of a folder's"""


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


class Data(Section):
    """What is learned from. null means: the tier decides, or what the folder holds."""

    name: Name
    """the set's folder under data/ and its name in results/"""
    source: Literal["glyphs", "folder"] = "glyphs"
    """rendered fonts, or a folder of your own images"""
    tier: Literal["dejavu", "xs", "s", "m", "l"] = "s"
    """glyphs: which fonts (workflow/data/faces.yaml): xs for tests, s from PyPI, m and l more fonts and more tail"""
    path: Annotated[str | None, Field(validate_default=True)] = None
    """folder: the directory that holds one sub-directory of images for each class"""
    size: Annotated[int, Field(ge=8, le=512)] = 32
    """side of the square images, pixels"""
    colour: Literal["grey", "rgb"] = "grey"
    """folder: one channel or three"""
    ground: Annotated[str, OneOf("white", "black", pattern="#[0-9A-Fa-f]{6}", shown="'#RRGGBB'")] = "white"
    """folder: the colour behind what is transparent; one beginning with # needs quotes in YAML"""
    skip_unreadable: bool = False
    """folder: leave out files that cannot be read instead of stopping; keep a class whose files all are one picture"""
    faces_needed: Share = 0.7
    """glyphs: stop if a smaller share of the tier's faces could be fetched"""
    characters: AtLeastTwo | None = None
    """glyphs: build at most this many characters, those in most faces first; null: all"""
    seed: Seed = 0
    """of the split, which decides what classes and images serve what; the runs have their own `seeds`"""
    classes: AtLeastTwo | None = None
    """training classes; null: the tier's, or all of a folder's that are not held out"""
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
    """further classes that only fill the gallery of 1:N identification; null: the tier's, or 10 % of a folder's"""
    pairs: Pairs = Pairs()
    min_shots: Count = 1
    """training leaves out classes with fewer images; all else is asked as with 1, but their probes are gone"""
    noise: Noise = Noise()
    probes: Count | None = None
    """closed-set probes per training class, at most; null: all held-out images, or evenly fewer: 100,000 in a part"""
    validation_share: ShareBetween = 0.2
    """share of the training classes whose closed-set probes belong to validation"""
    hold_out: ShareBetween = 0.2
    """folder: share of a training class's images kept from training, one at least"""

    @model_serializer(mode="wrap")
    def _as_before(self, serialise: SerializerFunctionWrapHandler) -> dict[str, JsonValue]:
        """`ground` is younger than many results: where it changes nothing, their folders keep their names."""
        found: dict[str, JsonValue] = serialise(self)
        if self.source == "glyphs" or self.ground == Data.model_fields["ground"].default:
            found.pop("ground", None)
        return found

    def of_images(self) -> dict[str, JsonValue]:
        """The keys that decide which images a set holds, with their values; the others belong to the split."""
        unused = {"folder": ("tier", "faces_needed", "characters"), "glyphs": ("path", "colour", "skip_unreadable")}
        return self.model_dump(mode="json", include=set(IMAGES) - set(unused[self.source]))

    @field_validator("path")
    @classmethod
    def _named(cls, path: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("source") == "folder" and not path:
            raise ValueError("it must name the directory that holds the classes, as data.source is folder")
        return path

    @field_validator("path", "colour", "ground", "skip_unreadable", "hold_out")
    @classmethod
    def _of_a_folder(cls, value: object, info: ValidationInfo) -> object:
        name = info.field_name or ""
        if info.data.get("source") == "glyphs" and value != cls.model_fields[name].default:
            raise ValueError("only the source folder reads it: say source: folder, or leave it out")
        return value
