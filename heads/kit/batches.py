"""The kinds of batch that a head can ask for, one row each: what the loader delivers under that name.

A head names its kind in `batches`. The loader (workflow/data/loaders.py), the synthetic batches of a cost measurement,
the contract tests and the options of heads that let one choose read this table and nothing else. Every image of the
views that the head encodes with a gradient counts for the config's `batch`, B below. This file imports nothing, so that
a config can be checked without torch.
"""

from typing import NamedTuple

GROUP_SIZE, LARGE_GROUP_SIZE = 4, 8
"""images of each class in a batch of groups, and of large groups"""


class Kind(NamedTuple):
    """A kind of batch. Views that pair show the same class in the same row."""

    views: int
    """1 or 2 views, each a tensor of images with its labels"""
    halved: bool
    """whether a view has B/2 rows, since both views carry a gradient, or B"""
    pairs: str
    """which rows pair: none | all | third (the first B//3)"""
    even: str
    """which rows show classes drawn evenly, the others being images as they come: none | all | third"""
    multiple: int
    """what B must be a multiple of"""
    members: int
    """consecutive rows that show one class"""

    def rows(self, batch: int) -> int:
        """Rows of each view."""
        return batch // 2 if self.halved else batch

    def paired(self, batch: int) -> int:
        """How many of a view's first rows show the class of the same row of the other view."""
        return {"none": 0, "all": self.rows(batch), "third": batch // 3}[self.pairs]

    def classes(self, batch: int) -> int:
        """How many distinct classes are drawn evenly for one batch; 0 where classes come as the images do."""
        return {"none": 0, "all": self.rows(batch) // self.members, "third": batch // 3}[self.even]

    def need(self, batch: int, processes: int = 1) -> str | None:
        """What a batch would have to be, where `batch` is not: so large that each process has two images of each view,
        as batch normalisation needs them, and a loss two classes; and a multiple of what the kind repeats."""
        smallest = max(2 * processes * (2 if self.halved else 1), 2 * self.members)
        if batch < smallest:
            return f"at least {smallest}" + (f" for {processes} processes" if processes > 1 else "")
        return f"a multiple of {self.multiple}" if batch % self.multiple else None

    def lack(self, batch: int, images: int, classes: int) -> str | None:
        """Of what there is too little for a `batch`, among so many training images of so many classes."""
        if batch > images:
            return f"there are only {images} training images"
        if self.classes(batch) > classes:
            return f"the loader would draw {self.classes(batch)} classes a step, but there are only {classes}"
        return None


KINDS = {
    "instances": Kind(views=1, halved=False, pairs="none", even="none", multiple=1, members=1),
    "pairs": Kind(views=2, halved=False, pairs="all", even="none", multiple=1, members=1),
    "even pairs": Kind(views=2, halved=False, pairs="all", even="all", multiple=1, members=1),
    "half pairs": Kind(views=2, halved=True, pairs="all", even="none", multiple=2, members=1),
    "pairs+instances": Kind(views=2, halved=True, pairs="third", even="third", multiple=2, members=1),
    "identity pairs": Kind(views=2, halved=True, pairs="all", even="all", multiple=2, members=1),
    "instance halves": Kind(views=2, halved=True, pairs="none", even="none", multiple=2, members=1),
    "groups": Kind(views=1, halved=False, pairs="none", even="all", multiple=GROUP_SIZE, members=GROUP_SIZE),
    "large groups": Kind(
        views=1, halved=False, pairs="none", even="all", multiple=LARGE_GROUP_SIZE, members=LARGE_GROUP_SIZE
    ),
}


def kind_of(name: str) -> Kind:
    """The kind called `name`; ValueError lists the known ones."""
    if name not in KINDS:
        raise ValueError(f"the kind of batch '{name}' does not exist: a head's `batches` is one of {', '.join(KINDS)}")
    return KINDS[name]
