"""Which device a process computes on."""

import os

import torch

from workflow.errors import UserError


def pick_device(name: str) -> torch.device:
    """`auto` is the first GPU where there is one; of several processes each has a GPU of its own, or all the CPU.

    UserError if the named device is not there, or if there are fewer GPUs than processes.
    """
    processes, available = int(os.environ.get("LOCAL_WORLD_SIZE", 1)), torch.cuda.device_count()
    if name == "auto":
        name = "cuda" if available else "cpu"
    device = torch.device(name)
    if device.type == "cuda" and processes > 1:
        return _own_gpu(device, processes, available)
    if device.type == "cuda" and (device.index or 0) >= available:
        raise UserError(
            f"train.device '{name}' is not there: this machine has {available} CUDA devices; use auto or cpu"
        )
    return torch.device("cuda:0") if name == "cuda" else device


def _own_gpu(device: torch.device, processes: int, available: int) -> torch.device:
    if device.index is not None:
        raise UserError(f"train.device '{device}' is one GPU for {processes} processes: use cuda, or train.processes 1")
    if processes > available:
        raise UserError(
            f"train.processes is {processes}, but this machine has {available} CUDA devices: "
            "lower it, or set train.device to cpu"
        )
    return torch.device("cuda", int(os.environ["LOCAL_RANK"]))


def device_name(device: torch.device) -> str:
    """`cpu`, or the GPU's name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
