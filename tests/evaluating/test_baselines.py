"""Baselines: pixels as they are, discriminants that part classes, the backbone as training finds it."""

import json

import numpy as np
import pytest
import torch
from scipy.linalg import eigh

from tests.evaluating.test_sets import write_bin
from workflow.cells.config import Backbone
from workflow.cells.evaluate_section import Evaluate
from workflow.cells.records import EvaluationRecord
from workflow.data.split_file import load_split
from workflow.evaluating import baselines
from workflow.evaluating.__main__ import parser
from workflow.evaluating.baselines import BASELINES, discriminants, evaluate_baseline, pixels
from workflow.evaluating.embed import open_images
from workflow.evaluating.set_images import SetImages
from workflow.training.backbones import build

BACKBONE = Backbone(**{"name": "small", "width": 8, "dim": 12})


@pytest.fixture(scope="module")
def images(glyphs, split):
    return open_images(glyphs, load_split(split))


def test_pixels_are_grey_and_no_more_than_the_bound():
    random = np.random.default_rng(0)
    colour = random.integers(0, 256, (5, 64, 64, 3), dtype=np.uint8)
    found = pixels(colour, np.array([3, 1]))
    mean = colour[[3, 1]].astype(float).mean(3) / 255
    np.testing.assert_allclose(found, mean.reshape(2, 32, 2, 32, 2).mean((2, 4)).reshape(2, -1), atol=1e-5)
    small = random.integers(0, 256, (2, 16, 16), dtype=np.uint8)
    np.testing.assert_allclose(pixels(small, np.array([1])), small[1].reshape(1, -1) / 255, atol=1e-6)


def test_discriminants_are_those_of_the_definition(monkeypatch):
    monkeypatch.setattr(baselines, "ROWS", 50)  # several pieces
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(6), 30)
    images = random.integers(0, 256, (180, 4, 4), dtype=np.uint8)
    images[:, 1, 2] = 40 * labels + random.integers(0, 20, 180)
    mean, found = discriminants(images, np.arange(180), labels, 3)
    x = images.reshape(180, -1) / 255
    means = np.stack([x[labels == c].mean(0) for c in range(6)])
    within = (x - means[labels]).T @ (x - means[labels])
    between = 30 * (means - x.mean(0)).T @ (means - x.mean(0))
    truth = eigh(between, within + 0.01 * np.trace(within) / 16 * np.eye(16))[1][:, -3:]
    np.testing.assert_allclose(mean, x.mean(0), atol=1e-6)
    np.testing.assert_allclose(np.abs(found), np.abs(truth), atol=1e-3)
    assert np.argmax(np.abs(found[:, -1])) == 6  # the pixel that tells the classes


def test_untrained_is_the_backbone_of_seed_0(images, split):
    rows = np.array([7, 3])
    torch.manual_seed(0)
    net = build(BACKBONE, 1, 32).eval()
    with torch.no_grad():
        truth = net(torch.from_numpy(np.array(images[rows]))[:, None].float() / 127.5 - 1).numpy()
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    found = BASELINES["untrained"](images, load_split(split), BACKBONE)(images, rows)
    assert np.abs(found - truth).max() < 2e-3


@pytest.mark.parametrize("kind", BASELINES)
def test_a_baseline_is_scored_as_a_cell_is(kind, glyphs, split, tmp_path):
    places = ["--out", str(tmp_path), "--dataset", str(glyphs), "--split", str(split), "--distractors", "100"]
    arguments = parser().parse_args(
        ["baseline", "--kind", kind, "--profile", "p", "--backbone", BACKBONE.as_json(), *places]
    )
    arguments.run(arguments)
    record = EvaluationRecord.read(tmp_path / "evaluation.json")
    assert (record.cell.head, record.cell.profile, record.split_hash) == (kind, "p", load_split(split).record.hash)
    assert record.test["closed/rank1"] > 0.02 and record.test["centres/rank1"] is None
    assert record.se["test"]["closed/mean_rank1"] > 0
    with np.load(tmp_path / "resamples.npz") as stored:
        assert set(stored.files) == {name for name, score in record.test.items() if score is not None}
    assert json.loads((tmp_path / "evaluation.json").read_text())["outcome"] == "ok"


@pytest.mark.parametrize("kind", BASELINES)
def test_the_flip_test_adds_the_features_of_the_mirror_image(kind, images, split):
    rows_of, rows = BASELINES[kind](images, load_split(split), BACKBONE), np.arange(20)
    some = np.array(images[rows])
    mirrored = np.ascontiguousarray(some[:, :, ::-1])
    both = rows_of(some, rows, flip=True)
    np.testing.assert_allclose(both, rows_of(mirrored, rows, flip=True), atol=2e-3)
    assert np.abs(both - rows_of(some, rows)).max() > 0.01


@pytest.mark.parametrize("flip", [False, True])
def test_the_flip_test_reaches_the_sets_of_a_baseline(flip, glyphs, split, tmp_path, monkeypatch):
    asked, real = {"sets": [str(write_bin(tmp_path / "lfw.bin"))], "flip": flip}, baselines.embed
    seen: list[tuple[bool, bool]] = []

    def spy(net, shown, *more, flip):
        seen.append((isinstance(shown, SetImages), flip))
        return real(net, shown, *more, flip=flip)

    monkeypatch.setattr(baselines, "embed", spy)
    places = (tmp_path, "p", glyphs, split)
    evaluate_baseline("untrained", *places, BACKBONE, Evaluate.parse(asked | {"distractors": []}, "evaluate"))
    assert set(seen) == {(False, False), (True, flip)}
    record = EvaluationRecord.read(tmp_path / "evaluation.json")
    assert record.test["sets/lfw/accuracy"] is not None
