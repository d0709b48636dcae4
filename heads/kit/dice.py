"""A head's own random numbers: the same on every process, independent of what else draws, and saved with the head."""

import torch
from torch import Tensor, nn

MASK = 2**64 - 1


def stream(seed: int, number: int, device: torch.device | str = "cpu") -> torch.Generator:
    """The generator number `number` of `seed`; neighbouring numbers give unrelated ones (SplitMix64's mixing)."""
    mixed = (seed + (number + 1) * 0x9E3779B97F4A7C15) & MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
    return torch.Generator(device).manual_seed((mixed ^ (mixed >> 31)) >> 1)


def draw_seed() -> int:
    """A seed from torch's global generator: who seeds that before making a head has seeded the head."""
    return int(torch.randint(2**62, ()))


class Dice(nn.Module):
    """One generator a throw, each a function of the seed and of the number of throws so far: all there is to save."""

    def __init__(self) -> None:
        super().__init__()
        self.seed, self.thrown = draw_seed(), 0

    def throw(self, device: torch.device | str) -> torch.Generator:
        """The next generator, on `device`."""
        self.thrown += 1
        return stream(self.seed, self.thrown, device)

    def get_extra_state(self) -> Tensor:
        return torch.tensor([self.seed, self.thrown])

    def set_extra_state(self, state: Tensor) -> None:
        self.seed, self.thrown = state.tolist()
