"""The parts of a cell, built from its specification: network, head, loader."""

from pathlib import Path

import numpy as np
import torch

import heads
from heads.kit import Head
from workflow.cells.spec import RunSpec
from workflow.cells.watching import within_making
from workflow.data.images import Images
from workflow.data.loaders import Loader
from workflow.data.split_file import Split
from workflow.errors import UserError
from workflow.training.backbones import build, fingerprint
from workflow.training.encoder import Network
from workflow.training.prefetch import Ahead
from workflow.training.stages import InStages, first_batches, of_rich_classes
from workflow.training.trainer import Batches


class Refused(UserError):
    """A head does not accept the options, ratio or sizes of its cell: a result of that cell, not of the others."""


def assemble(spec: RunSpec, shots: np.ndarray, images: Images, device: torch.device) -> tuple[Network, Head, str]:
    """Network, head and the hash of the backbone's first weights.

    `shots` (C,) int64 are the training images of each class, `images` the dataset's, uint8 (N, H, W) or (N, H, W, 3).
    The backbone's start depends on the seed alone, so it is the same under every head; the head draws its own
    afterwards. Refused where the head cannot be made.
    """
    channels, size = (1 if images.ndim == 3 else images.shape[3]), images.shape[1]
    torch.manual_seed(spec.cell.seed)
    backbone = build(spec.backbone, channels, size)
    weights = fingerprint(backbone)
    torch.manual_seed(spec.cell.seed + 1)
    head = make_head(spec, shots)
    network = Network(backbone, head.momentum is not None, spec.train.precision)
    return network.to(device), head.to(device), weights


def make_head(spec: RunSpec, shots: np.ndarray) -> Head:
    """Construct the cell's head; shots (C,) int64 are the training images of each label. Refused if it cannot be."""
    try:
        with within_making():
            return heads.make(
                spec.cell.head,
                len(shots),
                spec.backbone.dim,
                options=spec.options,
                ratio=spec.cell.ratio,
                momentum=spec.momentum,
                class_counts=torch.from_numpy(shots),
                label=spec.cell.label,
            )
    except ValueError as error:
        raise Refused(str(error)) from error


def make_loader(
    spec: RunSpec, images: Images, split: Split, kind: str, device: torch.device, folder: Path | None = None
) -> Batches:
    """The loader of `kind` over the split's training images, in stages if the config asks for them, working ahead where
    a GPU does the rest; with the processes that the config asks for where the images lie in a `folder`."""

    def over(images_of: np.ndarray) -> Loader:
        return Loader(
            images,
            split.arrays["train_rows"][images_of],
            split.arrays["train_labels"][images_of],
            kind=kind,
            batch=spec.train.batch,
            seed=spec.cell.seed,
            augment=spec.train.augment,
            device=device,
            workers=spec.train.workers,
            folder=folder,
        )

    labels, counts = split.arrays["train_labels"], split.label_counts
    loader: Batches = over(np.ones(len(labels), dtype=bool))
    if spec.train.first_stage.share:
        loader = InStages(over(of_rich_classes(labels, counts, spec.train)), loader, first_batches(spec.train))
    return Ahead(loader) if device.type == "cuda" else loader
