"""One pass of the trained encoder over the split's evaluation images, and one over the images that enrol its classes:
all else is computed from what is stored. Of the enrolled images only the mean of every class is kept.
"""

from pathlib import Path
from typing import TypedDict, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from workflow.cells.evaluate_section import Evaluate
from workflow.cells.paths import CENTRES, EMBEDDINGS, MEANS, MODEL, SETS
from workflow.cells.records import RunRecord
from workflow.console import progress
from workflow.data import store
from workflow.data.images import Images
from workflow.data.loaders import to_tensor
from workflow.data.manifest import read_manifest
from workflow.data.split_file import Split, load_split
from workflow.errors import UserError
from workflow.evaluating.cosine import spans
from workflow.evaluating.files import check_finite, check_unit, load_run, save_array, save_arrays
from workflow.evaluating.means import class_means
from workflow.evaluating.set_images import embedded, ground_of, mode_of
from workflow.training import sealed
from workflow.training.backbones import build

BATCH = 512
State = dict[str, Tensor]


class Model(TypedDict):
    """model.pt: the weights of the trained net and of its momentum twin, and the head's class centres (C, D)."""

    backbone: State | None
    twin: State | None
    centres: Tensor | None


def embed_cell(cell: Path, dataset: Path, split_file: Path, device: torch.device, sets: Evaluate | None = None) -> None:
    """Write embeddings.npy (R, D), centres.npy (L, D) and means.npy (C, D), float16 unit rows, into the cell's folder,
    and sets.npz with those of the evaluation sets of `sets`.

    A cell that did not end well gets empty ones. UserError for files that are missing or do not belong together; Ended
    for embeddings that are not finite.
    """
    split = load_split(split_file)
    run = load_run(cell, split)
    rows = centres = means = np.zeros((0, run.parameters.backbone.dim), np.float16)
    of_sets: dict[str, np.ndarray] = {}
    if run.outcome == "ok":
        images = open_images(dataset, split)
        model = load_model(cell)
        backbone = restore(run, model, images).to(device)
        rows = embed(backbone, images, split.arrays["eval_rows"], device, f"embedding {cell}")
        enrolled = embed(backbone, images, split.arrays["enrolled_rows"], device, f"embedding the classes of {cell}")
        means = class_means(enrolled, split.arrays["enrolled_labels"])
        if model["centres"] is not None:
            centres = normalize(model["centres"].float(), dim=1).numpy().astype(np.float16)
        if sets is not None:
            of_sets = embed_sets(backbone, images, dataset, sets, device)
        for name, made in (("evaluation images", rows), ("class centres", centres), ("class means", means)):
            check_finite(made, name)
            check_unit(made, f"{cell}, {name}")
    save_arrays(cell / SETS, of_sets)
    save_array(cell / CENTRES, centres)
    save_array(cell / MEANS, means)
    save_array(cell / EMBEDDINGS, rows)


def embed_sets(
    backbone: nn.Module, images: Images, dataset: Path, sets: Evaluate, device: torch.device
) -> dict[str, np.ndarray]:
    """Embeddings of the images of all sets, made as those of the data set are, and what is asked of them."""

    def of_set(name: str, found: Images) -> np.ndarray:
        return embed(backbone, found, np.arange(len(found)), device, f"embedding {name}", flip=sets.flip)

    settings = read_manifest(dataset, "hash").get("settings", {})
    return embedded(sets.sets_in_full, of_set, images.shape[1], mode_of(images), ground_of(settings))


@torch.inference_mode()
def embed(
    backbone: nn.Module, images: Images, rows: np.ndarray, device: torch.device, label: str, *, flip: bool = False
) -> np.ndarray:
    """float16 unit embeddings (n, D) of `rows` (n,) of `images` (N, H, W[, 3]) uint8, in evaluation mode and fp32; with
    `flip` by the sum of the features of each image and of its mirror image."""
    torch.backends.cudnn.allow_tf32 = False
    backbone.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch leaves it out
    parts = []
    for first, last in progress(list(spans(len(rows), BATCH)), label, unit="batches"):
        batch = to_tensor(images[rows[first:last]]).to(device, memory_format=torch.channels_last)
        features = backbone(batch)
        if flip:
            features = features + backbone(batch.flip(3))
        parts.append(normalize(features.float(), dim=1).cpu().numpy().astype(np.float16))
    return np.concatenate(parts)


def open_images(dataset: Path, split: Split) -> Images:
    """The dataset's images, memory-mapped, after checking that the split was made from them."""
    if read_manifest(dataset, "hash")["hash"] != split.record.dataset_hash:
        raise UserError(f"the split was made from another version of {dataset}: make the split and the cells again")
    return store.open_images(dataset)


def load_model(cell: Path) -> Model:
    """model.pt of the cell on the CPU; only tensors and plain values are unpickled."""
    file = cell / MODEL
    if not file.exists():
        raise UserError(f"{file} does not exist: train the cell first")
    try:
        model = sealed.read(file, torch.device("cpu"))
    except sealed.Damaged as error:
        raise UserError(f"{file} cannot be used ({error}): delete the cell's folder and train again") from error
    if missing := [name for name in Model.__annotations__ if name not in model]:
        raise UserError(f"{file} lacks {', '.join(missing)}: delete the cell's folder and train again")
    return cast(Model, model)


def restore(run: RunRecord, model: Model, images: Images) -> nn.Module:
    """The cell's backbone with the trained weights of the net that its head declares as the result.

    UserError where the weights are missing or not of the backbone that run.json names.
    """
    channels = 1 if images.ndim == 3 else images.shape[3]
    backbone = build(run.parameters.backbone, channels, images.shape[1])
    momentum = run.declared is not None and run.declared.evaluates == "momentum"
    try:
        backbone.load_state_dict(model["twin" if momentum else "backbone"] or {})
    except RuntimeError as error:
        first = str(error).splitlines()[0]
        raise UserError(f"model.pt does not fit the backbone in run.json ({first}): train the cell again") from error
    return backbone
