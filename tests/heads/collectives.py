"""What a process gives to collectives, counted where torch calls them, whoever calls."""

from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

PARTS, SUMS = ("allgather_", "_reduce_scatter_base_"), ("allreduce_",)
"""operators to which each process gives its part, and those to which it gives what is added up"""


class Collectives(TorchDispatchMode):
    """Within it, `gathered` and `reduced` grow by the bytes given; numbers count as float32, whatever their width."""

    def __init__(self) -> None:
        super().__init__()
        self.gathered = self.reduced = 0

    def __torch_dispatch__(self, function: Any, types: Any, arguments: tuple = (), options: dict | None = None) -> Any:
        if function.namespace == "c10d":
            self.count(function.overloadpacket.__name__, arguments)
        return function(*arguments, **options or {})

    def count(self, name: str, arguments: tuple) -> None:
        """Note one collective: of an all-gather the input counts, of a reduce-scatter the process's share of it."""
        if name in SUMS:
            self.reduced += sum(map(float_bytes, tensors(arguments[0])))
        elif name in PARTS:
            given = arguments[1] if name == "allgather_" else arguments[0]
            self.gathered += sum(map(float_bytes, tensors(given)))
        else:
            raise AssertionError(f"{name} is a collective that nothing counts: add it to tests/heads/collectives.py")


def tensors(arguments: Any) -> Iterator[Tensor]:
    return (leaf for leaf in tree_leaves(arguments) if isinstance(leaf, Tensor))


def float_bytes(tensor: Tensor) -> int:
    return tensor.numel() * (4 if tensor.is_floating_point() else tensor.element_size())
