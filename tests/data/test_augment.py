"""Augmentation: small, different for every image, the same for the same random numbers, and inside the range."""

import numpy as np
import pytest
import torch
from torch.nn.functional import affine_grid, max_pool2d

from workflow.data import augment as module
from workflow.data.augment import _grid, augment


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def dots(count: int, channels: int = 1) -> torch.Tensor:
    """White squares of 4 x 4 in the middle of black images of 32 x 32."""
    images = torch.zeros(count, channels, 32, 32)
    images[:, :, 14:18, 14:18] = 1
    return images


def test_none_changes_nothing():
    images = dots(4)
    assert torch.equal(augment(images, "none", rng()), images)


@pytest.mark.parametrize("level", ["low", "mid"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_range_the_shape_and_the_input_are_kept(level, channels):
    images = torch.rand(64, channels, 32, 32, generator=torch.Generator().manual_seed(0))
    before = images.clone()
    result = augment(images, level, rng())
    assert result.shape == images.shape and result.min() >= 0 and result.max() <= 1
    assert torch.equal(images, before)


@pytest.mark.parametrize("level", ["low", "mid"])
def test_the_same_numbers_give_the_same_images_and_each_image_its_own(level):
    first, again, other = (augment(dots(32), level, rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert len({image.numpy().tobytes() for image in first}) == 32


@pytest.mark.parametrize("shape", [(32, 32), (7, 12)])
def test_the_grid_is_that_of_torch(shape):
    moves = torch.randn(5, 2, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(_grid(moves, *shape), affine_grid(moves, [5, 1, *shape], align_corners=False))


def test_low_moves_by_five_percent_at_most():
    result = augment(dots(2000), "low", rng())[:, 0]
    bright = result.where(result > 0.2, 0)
    axis = torch.arange(32.0) - 15.5
    for shift in ((bright.sum(1) * axis).sum(1), (bright.sum(2) * axis).sum(1)):
        shift = shift / bright.sum((1, 2))
        assert shift.abs().max() < 0.05 * 32 * 1.075 + 0.3  # the shift is scaled too; noise moves the centre a little
        assert 0.6 < shift.std() < 1.2  # uniform on +-1.6 pixels has a deviation of .92


def test_low_dims_by_fifteen_percent_at_most_and_adds_noise_of_three():
    white = augment(torch.ones(500, 3, 32, 32), "low", rng())[:, :, 8:24, 8:24]  # away from the border
    levels = white.mean((1, 2, 3))
    assert 0.84 < levels.min() < 0.87 and levels.max() > 0.95
    black = augment(torch.zeros(500, 3, 32, 32), "low", rng())
    assert abs(black.mean() - 0.03 / (2 * np.pi) ** 0.5) < 1e-3  # mean of the positive half of N(0, .03)


def test_noise_is_independent_between_images():
    noise = augment(torch.full((64, 1, 32, 32), 0.5), "low", rng(3))[:, 0, 8:24, 8:24].flatten(1)
    correlation = torch.corrcoef(noise - noise.mean(1, keepdim=True))
    assert (correlation - torch.eye(64)).abs().max() < 0.35


def test_mid_thickens_some_and_thins_some():
    size = (augment(dots(800), "mid", rng())[:, 0] > 0.5).sum((1, 2)).float()
    assert (size > 28).float().mean() > 0.05 and (size < 8).float().mean() > 0.05


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_sees_what_a_cpu_sees():
    images = dots(16)
    torch.testing.assert_close(
        augment(images.cuda(), "low", rng()).cpu(), augment(images, "low", rng()), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("shape", [(3, 1, 32, 32), (2, 3, 9, 14)])
def test_thicker_and_thinner_are_the_pools_of_nine_pixels(shape):
    images = torch.rand(*shape, generator=torch.Generator().manual_seed(0))
    assert torch.equal(module._of_neighbours(images, torch.maximum), max_pool2d(images, 3, 1, 1))
    assert torch.equal(module._of_neighbours(images, torch.minimum), -max_pool2d(-images, 3, 1, 1))


def test_every_image_reads_the_bank_of_noise_from_its_own_place():
    images, starts = torch.zeros(5, 3, 8, 8), rng(4).integers(0, module.BANK, 5)
    bank = module._bank(3 * 8 * 8, torch.device("cpu"))
    found = module._noise(images, rng(4), module.ViewRows(0, 5, 5))
    assert all(torch.equal(one.flatten(), bank[start : start + 192]) for one, start in zip(found, starts, strict=True))
