"""Images of one's own, from any source but the glyphs: each looked at, equal ones told, kept as pixels or encoded."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np

from workflow.cells.data_section import Data
from workflow.console import log, progress
from workflow.data.alike import check_names
from workflow.data.catalogue import Catalogue
from workflow.data.equal import Pictures, Shared
from workflow.data.formats.encoded import Place, content
from workflow.data.formats.labels import Labels
from workflow.data.items import Account, items, place_of, within
from workflow.data.listing import files_of
from workflow.data.reading import MODES, Files, Tasks, look_at, read, read_all
from workflow.data.sieve import Sieve, dim, hashes
from workflow.errors import UserError
from workflow.names import path_of, shown, text_of

CHUNK = 256  # images in one task
FEWEST = 6  # classes: two each to train on, for validation and for test
LISTED = 1000  # pairs of equal images that the manifest names
MOST_RAW = 2**32  # bytes of pixels that are stored as such: what any machine keeps in memory
HOLD_MANY = {"records", "webdataset"}  # sources whose files hold the bytes of many images
OF_TEST = "test/"  # before the names of classes of a test source
SPOOL = "spool.part"
R = TypeVar("R")


class Gathered:
    """The images of a source, class by class. Implements store.Supply, and store.EncodedSupply where they stay encoded.

    `folder` is where the set will be: bytes that lie in no file are put there until the set is written.
    """

    def __init__(self, data: Data, folder: Path, jobs: int) -> None:
        self.path, self.jobs, self.sources = path_of(data.path or ""), jobs, data.sources()
        self.size, self.mode, self.ground = data.size, MODES[data.colour], data.ground
        self.account = Account(data)
        self.catalogue = Catalogue(folder / SPOOL)
        self.sieve, self.pictures = Sieve(self.account.rejected), Pictures(self._differ)
        self.one_picture: list[str] = []
        self.dim = [np.empty(0, np.int64)]
        self.shared = Shared(0, 0, [])
        self.names, self.classes, self.groups = self._gather()
        self.order = np.argsort(self.classes, kind="stable")
        self.kept = [np.empty(0, np.int64)]
        self.encoded = data.store == "encoded" or (data.store == "auto" and self._raw_bytes() > MOST_RAW)

    def chunks(self) -> Iterator[np.ndarray]:
        """Kept images, uint8 (n, size, size) or (n, size, size, 3), in the order of class and place in the source."""
        for numbers, (images, problems) in self._read(read):
            good = self._readable(numbers, problems)
            kept = images[good]
            yield kept[self._new(numbers[good], hashes(kept), dim(kept))]

    def looks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Of the same images: hashes of their pixels, uint64 (n,), and the pooled images, uint8 (n, F)."""
        for numbers, seen in self._read(look_at):
            good = self._readable(numbers, seen.problems)
            new = self._new(numbers[good], seen.hashes[good], seen.dim[good])
            yield seen.hashes[good][new], seen.pooled[good][new]

    def places(self) -> tuple[list[Path], np.ndarray]:
        """After the last of them: the files of the source, and file, offset and length of each, int64 (N, 3)."""
        return self.catalogue.files, self.catalogue.table(np.concatenate(self.kept))

    def in_place(self, file: Path) -> bool:
        """Whether images stay where they are, in a file of the source that holds many as they can be decoded."""
        return file in self._many

    @cached_property
    def _many(self) -> set[Path]:
        return {path for source in self.sources if source.source in HOLD_MANY for path in files_of(source)}

    def labels(self) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Names, class and source of every image; UserError if too few classes are left."""
        kept, classes, groups = self.sieve.labels()
        for lost in sorted(set(range(len(self.names))) - set(kept.tolist())):
            log(f"class {shown(self.names[lost])} is left out: none of its images could be read")
        if len(kept) < FEWEST:
            raise UserError(
                f"{shown(self.path)} has {len(kept)} classes that can be read: at least {FEWEST} are needed"
            )
        self._warn_of_leaks()
        self._warn_of_dim()
        return [self.names[number] for number in kept], classes, groups

    def record(self) -> dict[str, object]:
        """A group and a source for each source; images that were skipped, and those that are equal pictures."""
        pairs = [[self._named(image) for image in pair] for pair in self.shared.pairs[:LISTED]]
        return {
            "groups": [_group(path_of(source.path or ""), number) for number, source in enumerate(self.sources)],
            "sources": [_source(path_of(source.path or "")) for source in self.sources],
            "rejected": dict(self.sieve.rejected),
            "skipped": self.account.skipped,
            "one_picture": self.one_picture,
            "dim": len(np.concatenate(self.dim)),
            "shared": {"pictures": self.shared.pictures, "images": self.shared.images, "pairs": pairs},
            "render": {"size": self.size, "mode": self.mode, "ground": self.ground},
        }

    def _gather(self) -> tuple[list[str], np.ndarray, np.ndarray]:
        """List all images: names of the classes, and class and source of every image, int64 (N,)."""
        names, classes, groups = list[str](), list[np.ndarray](), list[np.ndarray]()
        for group, source in enumerate(self.sources):
            labels = Labels()
            self.catalogue.fill(labels, items(source, self.account, labels.know))
            found, own = labels.as_they_came() if source.source == "folder" else labels.mapped()
            classes.append(own + len(names))
            groups.append(np.full(len(own), group))
            names += found if not group else [f"{OF_TEST}{name}" for name in found]
        _tell_of_namesakes(names)
        check_names(names)
        return names, np.concatenate(classes), np.concatenate(groups)

    def _raw_bytes(self) -> int:
        return len(self.catalogue) * self.size**2 * len(self.mode)

    def _read(self, function: Callable[[Files], R]) -> Iterator[tuple[np.ndarray, R]]:
        """Numbers of images in the catalogue, and what `function` makes of them, in the order of classes."""
        cuts = [self.order[start : start + CHUNK] for start in range(0, len(self.order), CHUNK)]
        tasks = Tasks(lambda number: self._task(cuts[number]), range(len(cuts)), {})
        results = read_all(function, tasks, self.jobs)
        told = progress(results, f"reading {shown(self.path)}", total=len(cuts), unit="chunks")
        yield from zip(cuts, told, strict=True)
        for same in self.pictures.end():
            self._doubt(same)

    def _task(self, numbers: np.ndarray) -> Files:
        images = tuple(map(self._image, numbers.tolist()))
        return Files(images, self.classes[numbers], self.size, self.mode, self.ground)

    def _image(self, number: int) -> Path | Place:
        """A file that is an image, or where in a file one lies."""
        file, name = self.catalogue.origin(number)
        return self.catalogue.place(number) if name else file

    def _readable(self, numbers: np.ndarray, problems: Sequence[str | None]) -> np.ndarray:
        """Which of some images could be read, bool (n,)."""
        for number, problem in zip(numbers.tolist(), problems, strict=True):
            if problem:
                self.account.unreadable(*self.catalogue.origin(number), f"cannot be read ({problem})")
        return np.array([problem is None for problem in problems])

    def _new(self, numbers: np.ndarray, prints: np.ndarray, dark: np.ndarray) -> np.ndarray:
        """Which of some images, with the hashes `prints` (n,) of their pixels, are new to their class, bool (n,); and
        note those of them that are `dark`, dim (n,)."""
        classes = self.classes[numbers]
        for same in self.pictures.add(numbers, classes, prints):
            self._doubt(same)
        new = self.sieve.fresh(prints, classes, self.groups[numbers])
        self.kept.append(numbers[new])
        self.dim.append(numbers[new & dark])
        return new

    def _differ(self, numbers: Sequence[int]) -> bool:
        """Whether the bytes of some images are not all the same."""
        first, *others = (self.catalogue.place(number) for number in numbers)
        return any(other.length != first.length or content(other) != content(first) for other in others)

    def _doubt(self, numbers: Sequence[int]) -> None:
        """Of a class whose different images all are one picture; UserError unless the config asks to go on."""
        name = self.names[self.classes[numbers[0]]]
        group = self.groups[numbers[0]]
        of = _class_of(self.sources[group], name.removeprefix(OF_TEST) if group else name)
        image = read(self._task(np.array(numbers[:1])))[0]
        plain = f" with {image.min()} in every pixel" if image.min() == image.max() else ""
        said = f"{of}: its {len(numbers)} different images all become one picture{plain}"
        if not self.account.skip:
            raise UserError(
                f"{said}: set another data.ground if they are transparent, raise data.size if they differ in details, "
                "keep one of them if they show the same, or set data.skip_unreadable: true to have it kept once"
            )
        log(f"{said}, which is kept once")
        self.one_picture.append(name)

    def _warn_of_leaks(self) -> None:
        self.shared = self.pictures.shared()
        if self.shared.pictures:
            one, other = map(self._named, self.shared.pairs[0])
            log(
                f"pictures in more than one class: {self.shared.pictures:,}, the first in {shown(one)} and "
                f"{shown(other)}; each is a wrong label, and a leak where only one of its classes is trained on"
            )

    def _warn_of_dim(self) -> None:
        found = np.concatenate(self.dim)
        if len(found):
            log(
                f"images without a pixel brighter than an eighth of white: {len(found):,}, the first "
                f"{shown(self._named(int(found[0])))}; if their numbers use a part of what their format holds, as "
                "12 bits in 16, stretch them first"
            )

    def _named(self, number: int) -> str:
        """An image, as the manifest calls it."""
        file, name = self.catalogue.origin(number)
        return place_of(file, name) if name else within(self.account.tops, file)


def _class_of(source: Data, name: str) -> str:
    """How a message names a class of a source."""
    top = path_of(source.path or "")
    return f"class {shown(top / name)}" if source.source == "folder" else f"class {shown(name)} of {shown(top)}"


def _group(path: Path, number: int) -> dict[str, object]:
    own = {"package": None, "version": None, "licence": None, "index": None, "weight": None}
    name = text_of(path.name)
    serves = {"serves": "test"} if number else {}
    return {"name": name, "family": name, "file": text_of(path), "part": None, **own, **serves}


def _source(path: Path) -> dict[str, object]:
    own = {"version": None, "sha256": None, "licence": None, "status": "ok", "reason": None}
    return {"package": text_of(path), **own}


def _tell_of_namesakes(names: Sequence[str]) -> None:
    """Say of classes that are called alike in both sources; numbers are expected to be."""
    known = {name for name in names if not name.isdigit()}
    both = [name for name in names if name.startswith(OF_TEST) and name.removeprefix(OF_TEST) in known]
    if both:
        log(
            f"classes of the same name in both sources: {len(both):,}, the first {shown(both[0])}; if they are the "
            "same, the test asks about classes that were trained on"
        )
