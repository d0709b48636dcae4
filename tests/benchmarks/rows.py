"""The rows of the table: which head at which size, and what the project promises of it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import heads

PRIMER_CLASSES = 2048
CENTRES = ("fc", "partial_fc")
"""heads that keep a centre a class: their memory is told in units of one (C, D) float32 matrix"""


@dataclass(frozen=True)
class Targets:
    """What a row should reach; None where nothing is promised."""

    speed_up: float | None = None
    """at least so many times the reference's speed"""
    floor: float | None = None
    """at most so many times the floor"""
    memory: float | None = None
    """at most so much peak memory, in units of 4*C*D bytes"""


@dataclass(frozen=True)
class Row:
    """One line of the table: a head, its reference and their common size."""

    name: str
    head: str
    classes: int
    dim: int = 512
    batch: int = 256
    """rows that carry a gradient, all views together"""
    ratio: float = 1.0
    options: dict[str, Any] = field(default_factory=dict)
    """further arguments of our head"""
    rounds: tuple[int, int] = (3, 5)
    """timed steps of the reference and of ours"""
    targets: Targets = Targets()

    def flops(self) -> int:
        """What the head declares a step of it must at least multiply and add."""
        return heads.load(self.head).cost(self.batch, self.classes, self.dim, ratio=self.ratio, **self.options).flops

    def centres_bytes(self) -> int | None:
        """Bytes of one (C, D) float32 matrix; None for a head that keeps no centres."""
        return 4 * self.classes * self.dim if self.head in CENTRES else None

    def primer(self) -> "Row":
        """The same at a small size: a step of it loads the libraries, so that they do not count as memory of a row."""
        return replace(self, classes=PRIMER_CLASSES, ratio=1.0)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Row":
        fields = json.loads(text)
        return cls(**fields | {"rounds": tuple(fields["rounds"]), "targets": Targets(**fields["targets"])})


def _rows() -> Iterator[Row]:
    yield Row("fc-C1e5-D512", "fc", 10**5, rounds=(4, 6), targets=Targets(2, 1.3))
    yield Row("fc-C1e6-D128", "fc", 10**6, dim=128, rounds=(3, 12), targets=Targets(3, 1.3))
    million = {"head": "partial_fc", "classes": 10**6}
    yield Row("partial_fc-r0.1-C1e6", **million, ratio=0.1, targets=Targets(3.5, 1.5, 2.3))
    yield Row("partial_fc-r0.01-C1e6", **million, ratio=0.01, rounds=(3, 15), targets=Targets(18, 1.8, 2.2))
    yield Row("partial_fc-r0.1-dense-C1e6", **million, ratio=0.1, options={"update": "dense"})
    yield Row("dcq-K65536", "dcq", 655_360, ratio=0.1, rounds=(8, 15), targets=Targets(2.4, 1.1))
    pool = {"head": "f2c", "batch": 512, "ratio": 0.01}  # two views of 256 probes
    yield Row("f2c-K1e4", classes=10**6, rounds=(8, 15), targets=Targets(3.5, 1.4), **pool)
    yield Row("f2c-K1e5", classes=10**7, rounds=(2, 5), targets=Targets(6, 1.4), **pool)


ROWS = list(_rows())
