"""A run's whole state in one file, so that a killed cell goes on mid-epoch to the result it would have had.

torch's files are zip archives that hold a checksum of every tensor, which torch itself never looks at when it reads.
"""

import errno
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import torch

import heads
from workflow.cells.spec import RunSpec
from workflow.errors import UserError
from workflow.files import writing
from workflow.training.processes import log

SHAPING = ("workflow/training/*.py", "workflow/data/loaders.py", "workflow/data/augment.py")
"""code, besides the heads', that decides what a run computes"""
ROOT = Path(__file__).resolve().parents[2]
KEYS = {"identity", "trainer", "random", "resumed", "drawn", "normalised", "log"}
"""what a checkpoint holds"""


class Damaged(Exception):
    """A file that torch wrote and that is no longer what it wrote; the text says in a clause what is wrong."""


def identity(spec: RunSpec, split_hash: str) -> str:
    """Hash of everything that shapes a run: its parameters, its data, the version of torch, and the code of head, kit,
    training, loader and augmentation. A checkpoint is only continued by a run of the same identity, on any number of
    processes."""
    shaping = spec.model_dump(
        mode="json", exclude={"train": {"processes", "checkpoint_every"}, "origins": True, "data": True}
    )
    digest = hashlib.sha256(json.dumps([shaping, split_hash, torch.__version__], sort_keys=True).encode())
    code = [path for pattern in SHAPING for path in sorted(ROOT.glob(pattern))]
    for path in [*heads.shared(), heads.path(spec.cell.head), *code]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def save(path: Path, state: dict[str, Any]) -> None:
    """Write `state` atomically."""
    with writing(path) as file:
        torch.save(state, file)


def read(path: Path, device: torch.device) -> dict[str, Any]:
    """What `save` wrote to `path`, onto `device`; only tensors and plain values are unpickled.

    Damaged where it is not that to the bit; UserError where the file system does not let it be read.
    """
    try:
        with path.open("rb") as file:
            state = _read(file, device)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): mend that and run again") from error
    if not isinstance(state, dict):
        raise Damaged(f"holds a {type(state).__name__}, no state")
    return state


def _read(file: BinaryIO, device: torch.device) -> object:
    try:
        with zipfile.ZipFile(file) as archive:
            if broken := archive.testzip():
                raise Damaged(f"damaged: the checksum of {broken} differs")
        file.seek(0)
        return torch.load(file, map_location=device, weights_only=True)
    except (Damaged, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # zipfile, pickle and torch raise many kinds for what they do not expect
        if isinstance(error, OSError) and error.errno == errno.EIO:
            raise
        raise Damaged(f"damaged: {type(error).__name__}") from error


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
