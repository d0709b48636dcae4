"""Random numbers on a device that is not there, or not to be trusted with its own: drawn on the CPU, then moved."""

import torch
from torch.overrides import TorchFunctionMode

DRAWS = (torch.rand, torch.randn, torch.randint, torch.randperm)


class Generator(torch.Generator):
    """A generator of the CPU that says it is on `device`."""

    def __new__(cls, device="cpu"):
        return super().__new__(cls, "cpu")

    def __init__(self, device="cpu"):
        self.named = torch.device(device)

    @property
    def device(self) -> torch.device:
        return self.named


class SameDraws(TorchFunctionMode):
    """Within it every device draws the CPU's numbers: generators of CUDA are of another kind and give others."""

    def __torch_function__(self, function, types, arguments=(), options=None):
        options = dict(options or {})
        if function not in DRAWS or "generator" not in options:
            return function(*arguments, **options)
        device = options.pop("device", "cpu")
        return function(*arguments, **options).to(device)
