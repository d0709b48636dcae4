"""Where a step runs: what a head's cost depends on beside its sizes."""

from typing import NamedTuple


class Place(NamedTuple):
    """A kind of device, and how many processes share the step; each has a device of its own."""

    device: str = "cpu"
    """cpu | cuda: how long a chunk of class vectors is"""
    processes: int = 1
    inputs: int | None = None
    """numbers in one image, or None for a head that is given embeddings: some heads send inputs to other processes"""

    @property
    def apart(self) -> bool:
        """Whether the device has a memory beside the host's."""
        return self.device != "cpu"

    def share(self, number: int) -> int:
        """The most of `number` rows or classes that one process has."""
        return -(-number // self.processes)

    def row_bytes(self, dim: int) -> int:
        """Bytes of one row of what the loader delivers, embeddings of length `dim` where there are no images."""
        return 4 * (dim if self.inputs is None else self.inputs)


ALONE = Place()
"""one process on a CPU"""
