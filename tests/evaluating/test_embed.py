"""Embedding a cell: aligned with the split, normalised, in evaluation mode; damage is named."""

import json
import sys

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from workflow.cells.config import Backbone
from workflow.data.split_file import load_split
from workflow.endings import Ended, Ending
from workflow.errors import UserError
from workflow.evaluating import embed as module
from workflow.evaluating.__main__ import main
from workflow.evaluating.embed import embed_cell
from workflow.evaluating.files import how_embedded, load_rows
from workflow.evaluating.record import evaluate_cell
from workflow.training.backbones import build

BACKBONE = Backbone(**{"name": "small", "width": 8, "dim": 12})
CPU = torch.device("cpu")


@pytest.fixture(params=["grey", "colour"])
def trained(request, world, make_cell, tmp_path):
    """Folder of a cell with model.pt, its dataset and split; its backbone has seen a batch, so statistics matter."""
    cell, split = make_cell()
    (cell / "embeddings.npy").unlink()
    shape = (3 * world.size, 16, 16) + ((3,) if request.param == "colour" else ())
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    dataset = tmp_path / "set"
    dataset.mkdir()
    np.save(dataset / "images.npy", images)
    (dataset / "manifest.json").write_text(json.dumps({"hash": "d1"}))
    backbone = build(BACKBONE, 1 if images.ndim == 3 else 3, 16)
    backbone.train()(plain(images[:64]))
    model = {"backbone": backbone.state_dict(), "twin": None, "centres": torch.randn(40, 12), "step": 3}
    torch.save(model, cell / "model.pt")
    return cell, dataset, split, backbone.eval(), images


def plain(images):
    scaled = torch.from_numpy(images).float() / 127.5 - 1
    return scaled[:, None] if images.ndim == 3 else scaled.permute(0, 3, 1, 2)


def test_rows_are_the_backbone_s_unit_embeddings_of_eval_rows(trained, world, monkeypatch):
    cell, dataset, split, backbone, images = trained
    monkeypatch.setattr(module, "BATCH", 50)  # several batches, the last one smaller
    embed_cell(cell, dataset, split, CPU)
    with torch.no_grad():
        truth = normalize(backbone(plain(images[world.arrays["eval_rows"]])), dim=1).numpy()
    found = load_rows(cell, "embeddings.npy", [world.size])
    assert np.abs(found - truth).max() < 1e-3
    assert np.abs(np.linalg.norm(found.astype(float), axis=1) - 1).max() < 2e-3
    centres = load_rows(cell, "centres.npy", [40])
    stored = normalize(torch.load(cell / "model.pt")["centres"], dim=1).numpy()
    assert np.abs(centres - stored).max() < 1e-3
    with torch.no_grad():
        enrolled = normalize(backbone(plain(images[world.arrays["enrolled_rows"]])), dim=1).numpy()
    labels = world.arrays["enrolled_labels"]
    means = np.stack([enrolled[labels == label].mean(0) for label in range(40)])
    assert np.abs(load_rows(cell, "means.npy", [40]) - means / np.linalg.norm(means, axis=1)[:, None]).max() < 2e-3
    assert evaluate_cell(cell, split, [10]).startswith("dcq 0.3 seed 0: hard pairs")


def test_the_twin_is_embedded_where_the_head_evaluates_it(trained, world):
    cell, dataset, split, _, images = trained
    twin = build(BACKBONE, 1 if images.ndim == 3 else 3, 16).eval()
    change(cell, twin=twin.state_dict())
    run = json.loads((cell / "run.json").read_text())
    (cell / "run.json").write_text(json.dumps(run | {"declared": run["declared"] | {"evaluates": "momentum"}}))
    embed_cell(cell, dataset, split, CPU)
    with torch.no_grad():
        truth = normalize(twin(plain(images[world.arrays["eval_rows"]])), dim=1).numpy()
    assert np.abs(load_rows(cell, "embeddings.npy", [world.size]) - truth).max() < 1e-3


def test_a_head_without_centres_gets_none(trained):
    cell, dataset, split, *_ = trained
    change(cell, centres=None)
    embed_cell(cell, dataset, split, CPU)
    assert np.load(cell / "centres.npy").shape == (0, 12)


def test_a_diverged_cell_gets_empty_arrays_without_reading_its_model(trained, make_cell):
    cell, dataset, split, *_ = trained
    make_cell("diverged", "loss is nan")
    (cell / "model.pt").unlink()
    embed_cell(cell, dataset, split, CPU)
    assert np.load(cell / "embeddings.npy").shape == np.load(cell / "centres.npy").shape == (0, 12)


def test_embeddings_that_are_not_finite_end_the_cell(trained):
    cell, dataset, split, backbone, _ = trained
    broken = {
        name: value * np.nan if value.is_floating_point() else value for name, value in backbone.state_dict().items()
    }
    change(cell, backbone=broken)
    with pytest.raises(Ended) as caught:
        embed_cell(cell, dataset, split, CPU)
    rows = len(load_split(split).arrays["eval_rows"])
    assert caught.value.ending == Ending("diverged", f"evaluation images: {rows} of {rows} rows are not finite")
    assert not (cell / "embeddings.npy").exists()


def test_a_cell_whose_class_centres_are_not_finite_is_recorded_as_diverged(trained, monkeypatch, capsys):
    cell, dataset, split, *_ = trained
    change(cell, centres=torch.full((3, 12), torch.nan))
    command = ["embed", "--cell", str(cell), "--dataset", str(dataset), "--split", str(split)]
    monkeypatch.setattr(sys, "argv", ["python -m workflow.evaluating", *command])
    main()
    reason = "while embedding, class centres: 3 of 3 rows are not finite"
    assert how_embedded(cell) == Ending("diverged", reason) and reason in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["model", "missing", "backbone", "dataset", "images"])
def test_damage_is_named(trained, damage):
    cell, dataset, split, *_ = trained
    model = cell / "model.pt"
    if damage == "model":
        model.write_bytes(model.read_bytes()[:500])
    elif damage == "missing":
        model.unlink()
    elif damage == "backbone":
        change(cell, backbone=build(BACKBONE.model_copy(update={"width": 12}), 1, 16).state_dict())
    elif damage == "dataset":
        (dataset / "manifest.json").write_text(json.dumps({"hash": "d2"}))
    else:
        (dataset / "images.npy").write_bytes(b"")
    with pytest.raises(UserError, match=r"model\.pt|another version|images\.npy"):
        embed_cell(cell, dataset, split, CPU)


def test_command_line_writes_both_arrays_and_keeps_standard_output_clean(trained, monkeypatch, capsys):
    cell, dataset, split, *_ = trained
    options = {"--cell": cell, "--dataset": dataset, "--split": split, "--threads": 1, "--device": "cpu"}
    words = [str(word) for pair in options.items() for word in pair]
    monkeypatch.setattr(sys, "argv", ["evaluating", "embed", *words])
    main()
    assert capsys.readouterr().out == ""
    assert (cell / "embeddings.npy").exists()
    assert (cell / "centres.npy").exists()


def change(cell, **parts):
    model = torch.load(cell / "model.pt")
    torch.save(model | parts, cell / "model.pt")
