"""A whole training step at more classes than the images have."""

import json
from pathlib import Path

import pytest
import torch

from heads.kit.batches import KINDS
from heads.kit.interface import Batch
from workflow.cells.spec import CostSpec, SyntheticSpec
from workflow.errors import UserError
from workflow.measuring import conclusion
from workflow.measuring.__main__ import main
from workflow.measuring.synthetic_step import Relabelled

CLASSES = 3000
"""of 200 that the images have"""


@pytest.fixture
def run(machine: Path, tmp_path: Path, glyphs: Path, split: Path):
    def measured(spec: CostSpec) -> dict:
        out = tmp_path / "synthetic.json"
        paths = ["--machine", str(machine), "--dataset", str(glyphs), "--split", str(split), "--out", str(out)]
        main(["synthetic", "--spec", spec.as_json(), *paths])
        return json.loads(out.read_text())

    return measured


def synthetic(spec: CostSpec, dim: int = 24, classes: int | None = CLASSES) -> SyntheticSpec:
    """The same cell at other classes and with another dimension."""
    own = {"classes": classes, "backbone": spec.backbone.model_copy(update={"dim": dim})}
    return SyntheticSpec(**{**dict(spec), **own})


def test_every_head_is_measured_at_classes_that_no_image_has(head_name, make_spec, run, capsys):
    record = run(synthetic(make_spec(head_name)))
    assert (record["outcome"], record["reason"]) == ("ok", None)
    cell, images = record["cell"], record["images_per_step"]
    assert (cell["mode"], cell["classes"], cell["dim"], cell["batch"]) == ("synthetic", CLASSES, 24, 12)
    assert images["gradient"] == 12 and record["parts_ms"]["backbone"] > 0
    assert f"end to end on synthetic labels at {CLASSES:,} classes" in capsys.readouterr().out


def test_the_state_is_that_of_all_classes(make_spec, run):
    record = run(synthetic(make_spec("fc")))
    assert record["memory"]["declared_state_bytes"] == 8 * CLASSES * 24


def test_what_does_not_fit_is_predicted_and_not_tried(make_spec, run, monkeypatch):
    monkeypatch.setattr(conclusion, "available_bytes", lambda device: 100_000)
    record = run(synthetic(make_spec("partial_fc", ratio=0.1)))
    assert record["outcome"] == "out of memory" and "predicted, not tried" in record["reason"]
    assert record["memory"]["declared_state_bytes"] == 8 * CLASSES * 24 and record["step_ms"] == []
    assert record["cell"]["mode"] == "synthetic" and record["cell"]["classes"] == CLASSES


def test_without_a_number_of_classes_it_is_refused(make_spec, run):
    with pytest.raises(UserError, match="--spec lacks classes"):
        run(synthetic(make_spec("fc"), classes=None))


class Images:
    """A loader whose views tell which step they are of."""

    def __init__(self, kind: str):
        self.kind = KINDS[kind]

    def batch(self, step: int) -> Batch:
        views = tuple(torch.full((self.kind.rows(24), 2), step) for _ in range(self.kind.views))
        return Batch(views, tuple(torch.zeros(len(view), dtype=torch.int64) for view in views))


@pytest.mark.parametrize("kind", KINDS)
def test_labels_pair_as_the_images_do(kind):
    loader, shape = Relabelled(Images(kind), kind, 24, 10**7, seed=3), KINDS[kind]
    views, labels = loader.batch(5)
    assert all(torch.equal(view, torch.full_like(view, 5)) for view in views)
    assert [len(own) for own in labels] == [len(view) for view in views]
    assert all(own.dtype == torch.int64 and own.min() >= 0 and own.max() > 10**6 for own in labels)
    first = labels[0].view(-1, shape.members)
    assert (first == first[:, :1]).all() and len(first[:, 0].unique()) == len(first)
    if shape.views == 2:
        assert int((labels[0] == labels[1]).sum()) == shape.paired(24)
    again, other = loader.batch(5).labels, loader.batch(6).labels
    assert all(torch.equal(a, b) and not torch.equal(a, c) for a, b, c in zip(labels, again, other, strict=True))
