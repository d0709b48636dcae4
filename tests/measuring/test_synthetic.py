"""Synthetic batches have the shape that the real loader gives."""

import pytest
import torch

from heads.kit import KINDS
from workflow.data.loaders import Loader
from workflow.data.split_file import load_split
from workflow.data.store import open_dataset
from workflow.measuring.synthetic import ROTATION, Counted, Synthetic

CPU = torch.device("cpu")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [24, 40])
def test_views_are_as_long_and_as_paired_as_the_loaders(kind, size, glyphs, split):
    arrays = load_split(split).arrays
    rows, labels = arrays["train_rows"], arrays["train_labels"]
    real = Loader(open_dataset(glyphs).images, rows, labels, kind=kind, batch=size, seed=0, augment="none").batch(0)
    mine = Synthetic(size, 10_000, 8, 0, CPU).batch(kind, 0)
    assert [len(view) for view in mine.views] == [len(view) for view in real.views]
    assert [y.dtype for y in mine.labels] == [torch.int64] * len(real.labels)
    if len(mine.labels) == 2:  # instances that happen to be of one class aside, the same positions are pairs
        same = mine.labels[0] == mine.labels[1]
        assert (real.labels[0] == real.labels[1])[same].all()
        assert same.sum() == KINDS[kind].paired(size)


def test_embeddings_take_turns_and_labels_do_not():
    source = Synthetic(6, 1000, 4, 0, CPU)
    batches = [source.batch("instances", step) for step in range(ROTATION + 1)]
    assert torch.equal(batches[0].views[0], batches[ROTATION].views[0])
    assert not torch.equal(batches[0].views[0], batches[1].views[0])
    assert not torch.equal(batches[0].labels[0], batches[ROTATION].labels[0])
    assert all(view.is_leaf and view.requires_grad and view.grad is None for batch in batches for view in batch.views)
    assert 0.5 < source.store.norm(dim=2).mean() < 1.5


def test_the_same_seed_draws_the_same_batches():
    first, again = (Synthetic(6, 1000, 4, 3, CPU).batch("pairs", 0) for _ in range(2))
    assert torch.equal(first.views[0], again.views[0]) and torch.equal(first.labels[0], again.labels[0])


def test_the_encoder_counts_its_rows_and_the_twins():
    encoder, x = Counted(), torch.randn(5, 4, requires_grad=True)
    assert encoder(x).requires_grad and not encoder.momentum(x[:2]).requires_grad
    assert (encoder.images, encoder.twin_images) == (5, 2)
    assert torch.allclose(encoder(x).norm(dim=1), torch.ones(5))


def test_the_encoder_counts_features_once_and_leaves_their_length():
    encoder, x = Counted(), torch.randn(5, 4, requires_grad=True)
    assert torch.equal(encoder.features(x), x) and encoder.features(x).requires_grad
    assert (encoder.images, encoder.twin_images) == (10, 0)


def test_a_loader_of_the_heads_own_invention_is_refused_by_name():
    with pytest.raises(ValueError, match="'triplets'"):
        Synthetic(6, 1000, 4, 0, CPU).batch("triplets", 0)
