"""1:N against loops over every probe and gallery image."""

from dataclasses import replace

import numpy as np
import pytest

from workflow.evaluating import ranking
from workflow.evaluating.cosine import exact
from workflow.evaluating.identification import Gallery
from workflow.evaluating.score import Unmeasured


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def task(seed=0, classes=60, probes=40, noise=0.6, dim=8):
    random = np.random.default_rng(seed)
    means = random.standard_normal((classes, dim))
    names = random.permutation(10 * classes)[:classes]
    mates = np.repeat(np.arange(classes), probes)
    images = unit(means + noise * random.standard_normal(means.shape))
    probe = unit(means[mates] + noise * random.standard_normal((len(mates), dim)))
    return Gallery(images, names, probe, names[mates], unit(random.standard_normal((50, dim))))


def scores(gallery, *sizes):
    """Every score of `gallery`, alone and with the first `sizes` distractors, by name as in the table of metrics."""
    asked = replace(gallery, sizes=sizes)
    found = {}
    for size in (0, *sizes):
        suffix = f"@{size}" if size else ""
        found |= {f"rank{k}{suffix}": asked.rank(k, size) for k in (1, 5)}
        found[f"dir@fpir0.01{suffix}"] = asked.detected(0.01, size)
    return found


def slow_rank(task, crowd, k):
    hits = 0
    for probe, own in zip(exact(task.probe), task.probe_class, strict=True):
        scores = exact(task.images) @ probe
        mate = scores[task.classes == own][0]
        rivals = [*scores[task.classes != own], *(exact(crowd) @ probe)]
        hits += sum(score >= mate for score in rivals) < k
    return hits / len(task.probe)


def slow_open_set(task, crowd):
    rates = []
    for removed in (1, 0):
        enrolled = np.isin(task.classes, np.sort(task.classes)[1 - removed :: 2])
        pool = np.concatenate([exact(task.images[enrolled]), exact(crowd)])
        names = [*task.classes[enrolled], *[-1] * len(crowd)]
        alarms, found, mated = [], [], 0
        for probe, own in zip(exact(task.probe), task.probe_class, strict=True):
            scores = pool @ probe
            if own in names:
                mated += 1
                mate = scores[names.index(own)]
                rival = max(score for score, name in zip(scores, names, strict=True) if name != own)
                found += [mate] if mate > rival else []
            else:
                alarms.append(max(scores))
        threshold = sorted(alarms, reverse=True)[int(0.01 * len(alarms) + 1e-9)]
        rates.append(sum(mate > threshold for mate in found) / mated)
    return sum(rates) / 2


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("tile", [7, 4096])
def test_every_score_equals_the_loops(seed, tile, monkeypatch):
    monkeypatch.setattr(ranking, "COLUMNS_AT_ONCE", tile)
    monkeypatch.setattr(ranking, "PROBES_AT_ONCE", 100 * tile)
    gallery = task(seed)
    crowd, found = gallery.distractors, scores(gallery, 50, 10)
    for suffix, size in (("", 0), ("@10", 10), ("@50", 50)):
        for k in (1, 5):
            assert found[f"rank{k}{suffix}"] == slow_rank(gallery, crowd[:size], k)
        assert found[f"dir@fpir0.01{suffix}"] == pytest.approx(slow_open_set(gallery, crowd[:size]), abs=1e-12)
    assert replace(gallery, distractors=crowd[:0]).rank(1) == found["rank1"]
    assert 0.2 < found["rank1"] < 0.9  # the comparison says nothing if every probe is found or none


def test_distractors_never_help_and_some_hurt():
    found = scores(task(), 1, 5, 25, 50)
    for name in ("rank1", "rank5", "dir@fpir0.01"):
        falling = [found[name], *[found[f"{name}@{size}"] for size in (1, 5, 25, 50)]]
        assert falling == sorted(falling, reverse=True)
    assert found["rank1@50"] < found["rank1"]


def test_perfect_embeddings_are_found_and_constant_ones_are_not():
    classes = np.arange(60)
    rows = np.eye(64, dtype=np.float16)
    perfect = scores(Gallery(rows[:60], classes, rows[:60].repeat(40, 0), classes.repeat(40), rows[60:]), 4)
    assert set(perfect.values()) == {1.0}
    flat = np.ones((60, 1), np.float16)
    constant = scores(Gallery(flat, classes, flat.repeat(40, 0), classes.repeat(40), flat[:4]), 4)
    assert set(constant.values()) == {0.0}


def test_order_of_gallery_and_probes_does_not_matter():
    gallery = task()
    random = np.random.default_rng(5)
    g, q = random.permutation(len(gallery.images)), random.permutation(len(gallery.probe))
    moved = replace(
        gallery,
        images=gallery.images[g],
        classes=gallery.classes[g],
        probe=gallery.probe[q],
        probe_class=gallery.probe_class[q],
    )
    assert scores(moved, 10) == scores(gallery, 10)


def test_a_twin_of_the_mate_counts_as_wrong():
    rows = np.eye(3, dtype=np.float16)
    gallery = Gallery(rows[[0, 0, 1]], np.array([4, 5, 6]), rows[[0, 1]], np.array([4, 6]), rows[:0])
    assert gallery.rank(1) == 0.5


def test_what_could_not_be_otherwise_is_not_measured():
    rows = np.eye(5, dtype=np.float16)
    gallery = Gallery(rows, np.arange(5), rows[:2], np.array([0, 1]), rows, sizes=(1,))
    assert gallery.rank(5) == Unmeasured("each of 5 classes is among the first 5")
    assert gallery.rank(1) == 1.0 and isinstance(gallery.rank(5, 1), float)
    alone = replace(gallery, images=rows[:1], classes=np.array([0]), probe_class=np.array([0, 0]))
    assert alone.rank(1) == Unmeasured("each of 1 classes is among the first 1")


def test_what_cannot_be_measured_says_why():
    found = scores(task(probes=2), 50, 51)
    assert found["rank1@51"] == Unmeasured("the split holds only 50 distractors")
    assert isinstance(found["rank1@50"], float)
    assert found["dir@fpir0.01"] == Unmeasured("60 unmated probes allow 0.6 false alarms, fewer than 10")
