"""Loaders: the right images with the right labels, the same order for every head, resumable at any step."""

import numpy as np
import pytest
import torch

from heads.kit import KINDS, ranks
from workflow.data import loaders
from workflow.data.loaders import Loader, to_tensor
from workflow.data.split_file import load_split
from workflow.data.store import open_dataset
from workflow.errors import UserError

BATCH = 24


@pytest.fixture(scope="module")
def material(glyphs, split):
    arrays = load_split(split).arrays
    return open_dataset(glyphs).images, arrays["train_rows"], arrays["train_labels"]


def loader(material, kind="instances", batch=BATCH, seed=0, augment="none", **options) -> Loader:
    return Loader(*material, kind=kind, batch=batch, seed=seed, augment=augment, **options)


def found(material, view: torch.Tensor) -> np.ndarray:
    """Position among the training images of every image of an unaugmented view."""
    images, rows, _ = material
    known = {images[row].tobytes(): place for place, row in enumerate(rows)}
    pixels = ((view[:, 0] + 1) * 127.5).round().to(torch.uint8).numpy()
    return np.array([known[picture.tobytes()] for picture in pixels])


@pytest.mark.parametrize("kind", KINDS)
def test_views_are_training_images_with_their_labels(material, kind):
    one = loader(material, kind)
    gradient = {"pairs": 2, "even pairs": 2}.get(kind, 1) * BATCH // {"half pairs": 1}.get(kind, 1)
    for step in (0, 3, 40):
        batch = one.batch(step)
        assert sum(map(len, batch.views)) == gradient
        for view, labels in zip(batch.views, batch.labels, strict=True):
            assert view.dtype == torch.float32 and view.shape[1:] == (1, 32, 32)
            assert labels.dtype == torch.int64 and len(labels) == len(view)
            np.testing.assert_array_equal(material[2][found(material, view)], labels)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("augment", ["none", "low", "mid"])
def test_a_fresh_loader_resumes_at_any_step(material, kind, augment):
    running = loader(material, kind, augment=augment)
    batches = [running.batch(step) for step in range(30)]
    for step in (29, 0, 17):
        again = loader(material, kind, augment=augment).batch(step)
        for ours, theirs in zip(
            (*again.views, *again.labels), (*batches[step].views, *batches[step].labels), strict=True
        ):
            assert torch.equal(ours, theirs)


def test_an_epoch_shows_every_image_once_and_batches_run_on_across_epochs(material):
    total = len(material[1])
    assert total % BATCH  # so that batches straddle epochs
    one = loader(material)
    order = np.concatenate([found(material, one.batch(step).views[0]) for step in range(-(-3 * total // BATCH))])
    for epoch in range(3):
        assert sorted(order[epoch * total : (epoch + 1) * total]) == list(range(total))
    assert (order[:total] != order[total : 2 * total]).any()


@pytest.mark.parametrize("augment", ["none", "low"])
def test_query_images_are_the_same_for_every_head(material, augment):
    for step in (0, 5, 21):
        single = loader(material, augment=augment).batch(step)
        pairs = loader(material, "pairs", augment=augment).batch(step)
        assert torch.equal(single.views[0], pairs.views[0]) and torch.equal(single.labels[0], pairs.labels[0])
        halves = loader(material, "instance halves").batch(step)
        assert torch.equal(torch.cat(halves.views), loader(material).batch(step).views[0])


def test_half_pairs_are_the_stream_at_half_the_batch(material):
    for step in (0, 7):
        assert torch.equal(
            loader(material, "half pairs").batch(step).views[0], loader(material, batch=12).batch(step).views[0]
        )


def test_the_second_of_a_pair_is_another_image_where_there_is_one(material):
    counts = np.bincount(material[2])
    seen = set()
    for step in range(60):
        batch = loader(material, "pairs").batch(step)
        first, second = (found(material, view) for view in batch.views)
        assert torch.equal(*batch.labels)
        np.testing.assert_array_equal(first == second, counts[batch.labels[0]] == 1)
        seen |= set(zip(first.tolist(), second.tolist(), strict=True))
    big = np.flatnonzero(material[2] == 0)  # label 0 has most images
    assert len({pair for pair in seen if pair[0] in big}) > 0.6 * len(big) * (len(big) - 1)


def test_a_lone_image_is_paired_with_itself_under_another_distortion(material):
    counts = np.bincount(material[2])
    batch = loader(material, "pairs", augment="low").batch(0)
    lone = torch.from_numpy(counts[batch.labels[0]] == 1)
    assert lone.any()
    assert all((a - b).abs().max() > 0.1 for a, b in zip(batch.views[0][lone], batch.views[1][lone], strict=True))


def test_the_dual_loader_mixes_even_classes_with_the_stream(material):
    classes, drawn = BATCH // 3, []
    for step in range(25):
        (x, y), (lx, ly) = loader(material, "pairs+instances").batch(step)
        assert len(x) == len(y) == BATCH // 2
        np.testing.assert_array_equal(lx[:classes], ly[:classes])
        drawn += lx[:classes].tolist()
        alone = loader(material, batch=BATCH - 2 * classes).batch(step)
        assert torch.equal(torch.cat([x[classes:], y[classes:]]), alone.views[0])
        assert torch.equal(torch.cat([lx[classes:], ly[classes:]]), alone.labels[0])
    assert sorted(drawn) == list(range(200))  # 25 steps of 8: each of the 200 classes once, however few its images


@pytest.mark.parametrize(("kind", "times"), [("identity pairs", 3), ("even pairs", 6)])
def test_pairs_of_classes_drawn_evenly_have_two_images_each(material, kind, times):
    counts, drawn = np.bincount(material[2]), []
    for step in range(50):
        (x, y), (labels, others) = loader(material, kind).batch(step)
        assert torch.equal(labels, others)
        np.testing.assert_array_equal(found(material, x) == found(material, y), counts[labels] == 1)
        drawn += labels.tolist()
    np.testing.assert_array_equal(np.bincount(drawn), np.full(200, times))


@pytest.mark.parametrize("size", [2, 4, 6])
def test_groups_hold_a_class_s_images_as_often_as_they_last(material, size, monkeypatch):
    monkeypatch.setitem(KINDS, "groups", KINDS["groups"]._replace(multiple=size, members=size))
    counts = np.bincount(material[2])
    batch = loader(material, "groups").batch(2)
    labels = batch.labels[0].reshape(-1, size)
    assert (labels == labels[:, :1]).all() and len(labels[:, 0].unique()) == BATCH // size
    for places, label in zip(found(material, batch.views[0]).reshape(-1, size), labels[:, 0], strict=True):
        assert len(set(places)) == min(size, counts[label])


def test_large_groups_show_half_as_many_classes(material):
    few, many = (loader(material, kind).batch(3).labels[0].unique() for kind in ("large groups", "groups"))
    assert (len(few), len(many)) == (BATCH // 8, BATCH // 4)


@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_the_parts_of_several_processes_are_the_batch_of_one(material, monkeypatch, kind, processes):
    batch = 2 * BATCH - 4 if "groups" not in kind else BATCH  # 44: views of 44 and 22 images, no multiple of 3
    whole = loader(material, kind, batch, augment="mid").batch(7)
    monkeypatch.setattr(ranks, "count", lambda: processes)
    monkeypatch.setattr(loaders, "processes", lambda: processes)
    parts = []
    for rank in range(processes):
        monkeypatch.setattr(ranks, "rank", lambda rank=rank: rank)
        parts.append(loader(material, kind, batch, augment="mid").batch(7))
        assert [len(view) for view in parts[-1].views] == [len(ranks.share(len(view))) for view in whole.views]
    for number in range(len(whole.views)):
        assert torch.equal(torch.cat([part.views[number] for part in parts]), whole.views[number])
        assert torch.equal(torch.cat([part.labels[number] for part in parts]), whole.labels[number])


def test_a_batch_too_small_for_the_processes_is_refused(material, monkeypatch):
    monkeypatch.setattr(loaders, "processes", lambda: 4)
    with pytest.raises(
        UserError, match=r"train\.batch is 14: the loader 'half pairs' needs at least 16 for 4 processes"
    ):
        loader(material, "half pairs", 14)


def test_another_seed_gives_another_order(material):
    assert not torch.equal(loader(material).batch(0).labels[0], loader(material, seed=1).batch(0).labels[0])


@pytest.mark.parametrize(
    ("kind", "batch", "message"),
    [
        ("instances", 10**6, r"train\.batch is 1000000: there are only \d+ training images"),
        ("half pairs", 25, "'half pairs' needs a multiple of 2"),
        ("pairs+instances", 25, "needs a multiple of 2"),
        ("groups", 30, "needs a multiple of 4"),
        ("groups", 4, "needs at least 8"),
        ("half pairs", 2, "needs at least 4"),
        ("singles", 24, "the kind of batch 'singles' does not exist"),
    ],
)
def test_what_does_not_fit_is_refused(material, kind, batch, message):
    with pytest.raises(UserError, match=message):
        loader(material, kind, batch)


def test_more_classes_than_there_are_are_refused(material):
    images, rows, labels = material
    few = labels < 5
    with pytest.raises(UserError, match="would draw 6 classes a step, but there are only 5"):
        Loader(images, rows[few], labels[few], kind="identity pairs", batch=12, seed=0)


def test_an_unknown_augmentation_is_refused(material):
    with pytest.raises(UserError, match=r"train\.augment is 'high'"):
        loader(material, augment="high")


def test_colour_images_are_channels_first():
    images = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), dtype=np.uint8)
    rows = np.array([5, 1, 4])
    one = Loader(images, rows, np.arange(3), kind="instances", batch=3, seed=0, augment="none")
    batch = one.batch(0)
    assert batch.views[0].shape == (3, 3, 16, 16)
    torch.testing.assert_close(batch.views[0], to_tensor(images[rows[batch.labels[0].numpy()]]))


def test_evaluation_sees_images_in_the_range_of_training():
    values = np.array([[[0, 255]]], dtype=np.uint8)
    assert to_tensor(values).flatten().tolist() == [-1.0, 1.0]
