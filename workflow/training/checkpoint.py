"""A run's whole state in one file, so that a killed cell goes on mid-epoch to the result it would have had."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch

import heads
from workflow.cells.plan import SHAPES_NOTHING
from workflow.cells.spec import RunSpec
from workflow.training.processes import log
from workflow.training.sealed import Damaged, read

SHAPING = (
    "workflow/training/*.py",
    *(f"workflow/data/{name}.py" for name in ("loaders", "augment", "pictures", "crew", "images", "reading", "pixels")),
)
"""code, besides the heads', that decides what a run computes"""
NOT_SHAPING = SHAPES_NOTHING - {"log_every"}
"""keys of `train` that decide nothing of it; the lines of the log are a part of it"""
ROOT = Path(__file__).resolve().parents[2]
KEYS = {"identity", "trainer", "random", "resumed", "drawn", "normalised", "log"}
"""what a checkpoint holds"""


def identity(spec: RunSpec, split_hash: str) -> str:
    """Hash of everything that shapes a run: its parameters, its data, the version of torch, and the code of head, kit,
    training, loader and augmentation. A checkpoint is only continued by a run of the same identity, on any number of
    processes."""
    shaping = spec.model_dump(mode="json", exclude={"train": NOT_SHAPING, "origins": True, "data": True})
    digest = hashlib.sha256(json.dumps([shaping, split_hash, torch.__version__], sort_keys=True).encode())
    code = [path for pattern in SHAPING for path in sorted(ROOT.glob(pattern))]
    for path in [*heads.shared(), heads.path(spec.cell.head), *code]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def load(path: Path, wanted: str, device: torch.device) -> dict[str, Any] | None:
    """The state saved at `path` if it is whole and a run of the identity `wanted` made it, else None with a notice.

    UserError where there is a file that cannot be read: it may hold hours of work.
    """
    if not path.exists():
        return None
    try:
        state = read(path, device)
    except Damaged as error:
        log(f"{path} cannot be used ({error}): starting from step 0")
        return None
    if missing := KEYS - state.keys():
        log(f"{path} cannot be used (it lacks {', '.join(sorted(missing))}): starting from step 0")
        return None
    if state["identity"] != wanted:
        log(f"{path} belongs to other settings, data or code: starting from step 0")
        return None
    return state


def random_state(device: torch.device) -> dict[str, torch.Tensor]:
    """State of torch's generators."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore_random_state(state: dict[str, torch.Tensor], device: torch.device) -> None:
    """Put torch's generators back to `state`."""
    torch.set_rng_state(state["cpu"].cpu())
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"].cpu(), device)
