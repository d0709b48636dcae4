"""The config's section `evaluate`: which questions are asked beyond the fixed ones."""

from collections import Counter
from pathlib import Path
from typing import Annotated

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from workflow.cells.choices import BASELINES
from workflow.cells.fields import Count, Listed, Name, OneOf, once_each
from workflow.cells.problems import PATH, WHOLE
from workflow.cells.section import Section, compact_json
from workflow.cells.values import as_name

Written = Annotated[str, Field(min_length=1)]


class EvaluationSet(Section):
    """A set of images with questions of its own, as the field publishes them; a text stands for its path alone."""

    name: Name | None = None
    """what its scores are called by; null: its file's name without the ending"""
    path: Written | None = None
    """a pickled .bin of pairs"""
    pairs: Written | None = None
    """a list as LFW's pairs.txt, of images below `folder`"""
    folder: Written | None = None
    """where the images of `pairs` lie, as NAME/NAME_0001.jpg"""
    gallery: Written | None = None
    """a list of paths and labels, among whose classes `probes` are looked for, each class by the mean of its images"""
    probes: Written | None = None
    """a list of paths and labels, all of classes of the gallery"""
    root: Written | None = None
    """the folder that paths of gallery and probes start from; null: the one that each list lies in"""

    @model_validator(mode="after")
    def _of_one_kind(self) -> "EvaluationSet":
        given = {key for key in ("path", "pairs", "folder", "gallery", "probes") if getattr(self, key) is not None}
        if given not in ({"path"}, {"pairs", "folder"}, {"gallery", "probes"}):
            raise ValueError("say either the path of a .bin, or pairs and folder, or gallery and probes")
        return self

    @property
    def file(self) -> str:
        """The file that it is named by."""
        return self.path or self.pairs or self.probes or ""

    @property
    def called(self) -> str:
        """What its scores are called by."""
        return self.name or as_name(Path(self.file).stem)

    @property
    def files(self) -> list[str]:
        """The files that say what is asked."""
        return [file for file in (self.path, self.pairs, self.gallery, self.probes) if file]

    @property
    def is_search(self) -> bool:
        """Whether it asks who an image shows, and not whether two show one person."""
        return self.gallery is not None


Listing = Annotated[
    Annotated[Written, Tag(PATH)] | Annotated[EvaluationSet, Tag(WHOLE)],
    Discriminator(lambda value: PATH if isinstance(value, str) else WHOLE),
]


class Evaluate(Section):
    """Which questions are asked beyond the fixed ones."""

    distractors: tuple[Count, ...] = (1000, 10000)
    """sizes of the larger galleries"""
    baselines: tuple[Annotated[str, OneOf(*BASELINES)], ...] = BASELINES
    """rows that no head trained: the pixels, a linear discriminant analysis of them, the backbone's first weights"""
    sets: tuple[Listing, ...] = ()
    flip: bool = False
    """embed an image of `sets` as the sum of its own features and its mirror image's, as the field's code does"""

    def asked_of_sets(self) -> str:
        """The sets and how they are embedded, as JSON."""
        return compact_json(self.model_dump(mode="json", include={"sets", "flip"}))

    @field_validator("distractors", "baselines")
    @classmethod
    def _different(cls, listed: tuple[Listed, ...]) -> tuple[Listed, ...]:
        return once_each(listed)

    @field_validator("sets")
    @classmethod
    def _called_differently(cls, sets: tuple[str | EvaluationSet, ...]) -> tuple[str | EvaluationSet, ...]:
        twice = [name for name, times in Counter(in_full(one).called for one in sets).items() if times > 1]
        if twice:
            raise ValueError(f"two are called {', '.join(twice)}: give one another name")
        return sets

    @property
    def sets_in_full(self) -> tuple[EvaluationSet, ...]:
        """The sets, none of them as a mere path."""
        return tuple(map(in_full, self.sets))


def in_full(one: str | EvaluationSet) -> EvaluationSet:
    """A set that may be given by its path."""
    return EvaluationSet(path=one) if isinstance(one, str) else one
