"""What processes send to each other: for every function of `ranks`, what a call of it puts on the wire.

Stated is what one process gives to a collective; what crosses the wire follows from how a ring does it. Rows are those
of the process that has the most, as shorter parts are filled up.
"""

from typing import NamedTuple

SIZE = 8
"""bytes of one whole number: a label, or how many rows a process has"""


class Wire(NamedTuple):
    """Bytes that a process gives to the collectives of one step."""

    gathered: int = 0
    """its part, to all-gathers and reduce-scatters"""
    reduced: int = 0
    """the whole of what all-reduces add up"""
    upkeep: int = 0
    """its part, to the all-gathers of periodic work, each time that is done"""
    every: int = 1
    """steps from one time to the next"""

    def plus(self, other: "Wire") -> "Wire":
        """Both; the periodic work is this one's."""
        return self._replace(gathered=self.gathered + other.gathered, reduced=self.reduced + other.reduced)

    def times(self, number: int) -> "Wire":
        """The same so many times a step."""
        return self._replace(gathered=number * self.gathered, reduced=number * self.reduced)

    def sent(self, processes: int) -> float:
        """Bytes that each of `processes` sends in a step, on average: a part goes to all others, and a sum goes round a
        ring twice, less the process's own share."""
        parts = self.gathered + self.upkeep / self.every
        return (processes - 1) * (parts + 2 * self.reduced / processes)


def gathering(rows: int, row_bytes: int) -> Wire:
    """`ranks.gather` of `rows` rows, and before it how many each process has."""
    return Wire(gathered=SIZE + rows * row_bytes)


def gathering_embeddings(rows: int, dim: int) -> Wire:
    """`ranks.gather_embeddings`: the rows forward, their gradient backward."""
    return Wire(gathered=SIZE + 2 * rows * 4 * dim)


def totalling(numbers: int) -> Wire:
    """`ranks.total` of float32 `numbers`."""
    return Wire(reduced=4 * numbers)


def averaging() -> Wire:
    """`ranks.mean`: the sum, and that of the weights."""
    return totalling(2)


def finding_own_part() -> Wire:
    """`ranks.own_part`: how many rows each process has."""
    return Wire(gathered=SIZE)


def shuffling(rows: int, row_bytes: int, dim: int) -> Wire:
    """`ranks.shuffled`: the inputs, then their encodings."""
    return gathering(rows, row_bytes).plus(gathering(rows, 4 * dim))


def add_up(*wires: Wire) -> Wire:
    """All that one step sends."""
    total = wires[0]
    for wire in wires[1:]:
        total = total.plus(wire)
    return total
