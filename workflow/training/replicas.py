"""The same network on several processes, kept identical to the bit; in a process of its own nothing happens here.

Every process holds a replica and computes with its part of the global batch. What replicas make of it is added up (each
process receives the same sum), so that clipping and the optimiser's step, which each does for itself, agree.
"""

from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import Tensor, nn

from heads.kit.ranks import count, total
from heads.kit.wire import SIZE, Wire


def agree(*flags: bool) -> list[bool]:
    """For each flag whether any process raised it: the same answer on all. All must call it, and none returns before
    the last has."""
    return total(torch.tensor(flags, dtype=torch.int64)).bool().tolist()


def sum_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Give every process the gradient of the global batch, in one all-reduce after backward.

    A parameter without a gradient here counts as zero, since another process may have one. Gradients scaled for fp16
    are summed before they are unscaled: an infinity or NaN of one process reaches all, and all skip the step.
    """
    if count() == 1:
        return
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    for parameter in trained:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    _add_up([parameter.grad for parameter in trained if parameter.grad is not None])


def average_statistics(network: nn.Module) -> None:
    """Average over processes the running mean and variance of every batch normalisation in `network`.

    Each process normalises by the statistics of its own part of the batch, as the papers' code does; the running ones
    serve evaluation only. Processes weigh alike, though some may have an image more.
    """
    if buffers := statistics(network):
        _add_up(buffers)
        torch._foreach_div_(buffers, count())


def statistics(network: nn.Module) -> list[Tensor]:
    """Running means and variances of every batch normalisation in `network`."""
    norms = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    return [buffer for norm in norms for buffer in norm.buffers() if buffer.is_floating_point()]


def sent(trained: int, network: nn.Module) -> Wire:
    """What training sends in a step beside the head: the gradients of `trained` numbers, the statistics of the batch
    normalisations in `network` and how many images were encoded, by the query net and by the twin."""
    return Wire(reduced=4 * trained + sum(4 * buffer.numel() for buffer in statistics(network)) + 2 * SIZE)


@torch.no_grad()
def _add_up(tensors: list[Tensor]) -> None:
    """Replace each tensor by its sum over processes."""
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    dist.all_reduce(flat)
    parts = flat.split([tensor.numel() for tensor in tensors])
    torch._foreach_copy_(tensors, [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)])
