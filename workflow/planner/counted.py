"""What a backbone holds: its weights, and the activations that backward needs, counted in a small batch on the CPU.

The tensors that autograd saves are seen one by one, and a storage that several share counts once. What they hold goes
with the batch along a straight line through two sizes; a third says how far that is off.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from workflow.cells.config import Backbone
from workflow.console import log
from workflow.errors import UserError
from workflow.measuring.tensors import of_module, peak_bytes
from workflow.training.backbones import build
from workflow.training.encoder import Network
from workflow.training.replicas import statistics

SIZES = (3, 6)
"""images of the batches that are counted"""
CHECK = 9
"""images of the batch that is predicted from them"""


MANY, MANY_SMALL, LARGE = 12, 48, 64
"""images that a twin encodes at once, large ones and those with sides below LARGE: so many that layers with large
weights, of which half precision makes copies, hold less than those with large activations"""


class Line(NamedTuple):
    """Bytes that go with the images: `fixed` and so many each."""

    fixed: float
    each: float

    def at(self, images: int) -> int:
        """The bytes for so many images."""
        return round(self.fixed + self.each * images)

    @classmethod
    def through(cls, first: int, second: int) -> "Line":
        """The line through the bytes at both SIZES."""
        few, more = SIZES
        each = (second - first) / (more - few)
        return cls(first - each * few, each)


class Counted(NamedTuple):
    """Bytes of a backbone in training."""

    weights: int
    """parameters, of which gradient and momentum have as many"""
    buffers: int
    statistics: int
    """of these the running means and variances"""
    saved: Line
    """activations that backward needs"""
    backward: Line
    """most at once while a batch goes forward and backward, its activations and gradients included"""
    passing: Line
    """most temporaries of a pass of the twin, which keeps nothing"""
    checked: int
    """activations counted in a batch of CHECK images"""

    @property
    def error(self) -> float:
        """What the line says of that batch, over what was counted, less 1."""
        return self.saved.at(CHECK) / self.checked - 1


def count(wanted: Backbone, channels: int, size: int, precision: str) -> Counted:
    """The bytes of a backbone with images of `size` pixels in training with `precision`. UserError for an unknown one,
    or one that does not take such images."""
    log(f"counting the activations of {wanted.name} at {size} pixels, in {precision}")
    try:
        return counted(wanted, channels, size, precision)
    except RuntimeError as error:  # of torch: a side too small for the strides, or more memory than there is
        raise UserError(f"--backbone {wanted.name} cannot take --size {size}: {str(error).splitlines()[0]}") from error


def counted(wanted: Backbone, channels: int, size: int, precision: str) -> Counted:
    """The same, with whatever torch raises."""
    network = Network(build(wanted, channels, size), twin=True, precision=precision).train()
    few, more, check = (saved_bytes(network, images(number, channels, size)) for number in (*SIZES, CHECK))
    backward = (backward_bytes(network, images(number, channels, size)) for number in SIZES)
    many = MANY if size >= LARGE else MANY_SMALL
    return Counted(
        sum(map(bytes_of, network.backbone.parameters())),
        sum(map(bytes_of, network.backbone.buffers())),
        sum(map(bytes_of, statistics(network.backbone))),
        Line.through(few, more),
        Line.through(*backward),
        Line(0.0, passing_bytes(network, images(many, channels, size)) / many),
        check,
    )


def images(number: int, channels: int, size: int) -> Tensor:
    """(number, channels, size, size) images of noise."""
    return torch.randn(number, channels, size, size)


def saved_bytes(network: Network, x: Tensor) -> int:
    """Bytes of the storages that a forward pass of `x` saves for backward, its own tensors left out."""
    own = {tensor.untyped_storage().data_ptr() for tensor in of_module(network)}
    saved: dict[int, int] = {}

    def see(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(see, lambda tensor: tensor):
        embeddings = network(x)  # kept until all have been seen: what is freed may lend its place to another
    del embeddings
    return sum(saved.values())


def backward_bytes(network: Network, x: Tensor) -> int:
    """Most bytes at once while `x` goes forward and a gradient backward."""

    def step() -> None:
        embeddings = network(x)
        embeddings.backward(torch.ones_like(embeddings))

    found = peak_bytes(step)
    network.zero_grad(set_to_none=True)
    return found


def passing_bytes(network: Network, x: Tensor) -> int:
    """Most bytes of temporaries while the twin encodes `x`."""
    return peak_bytes(lambda: network.momentum(x))


def bytes_of(tensor: Tensor | nn.Parameter) -> int:
    return tensor.numel() * tensor.element_size()
