"""What a metric may ask of the comparisons of one part.

Two kinds of object answer: `Comparisons` with the score of the sample, `ResampledComparisons` with its replicates. So a
metric's row is written once, and a score and its class bootstrap cannot be two different things.
"""

from typing import Protocol

from workflow.evaluating.score import Value


class Curve(Protocol):
    """A receiver operating characteristic."""

    def tar(self, far: float) -> Value: ...
    def auc(self) -> Value: ...
    def eer(self) -> Value: ...


class Pairs(Protocol):
    """Pairs of one kind, half of them of the same class."""

    @property
    def roc(self) -> Curve: ...
    def accuracy(self) -> Value: ...
    def accuracy_std(self) -> Value: ...


class Search(Protocol):
    """1:N identification."""

    def rank(self, k: int, size: int = 0) -> Value: ...
    def detected(self, rate: float, size: int = 0) -> Value: ...


class ClosedSearch(Protocol):
    """Identification of training classes."""

    def rank(self, k: int, band: str | None = None) -> Value: ...
    def macro(self) -> Value: ...


class Questions(Protocol):
    """One part, compared in every way that a metric asks for."""

    @property
    def hard_pairs(self) -> Pairs: ...
    @property
    def random_pairs(self) -> Pairs: ...
    @property
    def all_pairs(self) -> Curve: ...
    @property
    def gallery(self) -> Search: ...
    @property
    def closed(self) -> ClosedSearch: ...
    @property
    def by_means(self) -> ClosedSearch | None: ...
    @property
    def by_centres(self) -> ClosedSearch | None: ...
