"""One cell from its specification to its records: run.json, steps.jsonl, model.pt."""

import fcntl
import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch

from heads.kit.interface import Head
from heads.kit.ranks import count
from workflow.allocator import keep_freed_memory
from workflow.console import Stopwatch, duration
from workflow.data.loaders import to_tensor
from workflow.data.split import load_split, open_dataset
from workflow.devices import device_name, pick_device
from workflow.errors import UserError
from workflow.evaluating.scores import curve_scores
from workflow.files import read_json, write_json
from workflow.provenance import now, provenance
from workflow.training import checkpoint, processes
from workflow.training.assembly import Refused, assemble, make_loader
from workflow.training.outcome import attempt
from workflow.training.processes import leads, log
from workflow.training.replicas import agree
from workflow.training.schedule import twin_momentum
from workflow.training.trainer import Progress, Trainer

EMBEDDING_BATCH = 512
NO_WEIGHTS = {"backbone": None, "twin": None, "centres": None}


@dataclass
class Cell:
    """Where a cell reads and writes, and its specification: `cell`, `head`, `train` and `backbone` settings."""

    spec: dict[str, Any]
    dataset: Path
    split: Path
    folder: Path


def run(cell: Cell) -> dict[str, Any]:
    """Train `cell`, resuming from its checkpoint if there is one, and write its records; returns run.json's content.

    Running out of memory, divergence and errors of the head end in a record with that outcome; UserError and a full
    disk are raised, with the checkpoint left in place. Of several processes the first one writes; after an outcome
    that is not `ok` only one is left, which writes a model without weights.
    """
    record: dict[str, Any] = provenance() | {"processes": count()}
    record["command"] = processes.command(record["command"])
    keep_freed_memory()
    torch.set_num_threads(cell.spec["train"]["threads"])
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        session = Session(cell)
    except Refused as error:
        return refuse(cell, record, str(error))
    record |= session.facts()
    outcome, reason = attempt(session.train)
    whole = outcome == "ok" or not processes.outlive()
    record |= session.results() | {"outcome": outcome, "reason": reason, "finish": now()}
    session.finish(record, whole)
    return record


def refuse(cell: Cell, record: dict[str, Any], reason: str) -> dict[str, Any]:
    """Write the records of a cell whose head could not be made: outcome `failed` before the first step."""
    info = read_json(cell.split.with_suffix(".json"))
    settings = cell.spec["train"]
    record |= {
        "cell": cell.spec["cell"],
        "parameters": {key: cell.spec[key] for key in ("head", "train", "backbone")},
        "declared": None,
        "dataset": {"name": info["dataset"], "hash": info["dataset_hash"]},
        "split_hash": info["hash"],
        "initial_weights": None,
        "device": device_name(pick_device(settings["device"])),
        "precision": settings["precision"],
        "steps": 0,
        "planned_steps": settings["steps"],
        "images": None,
        "seconds": 0.0,
        "resumed": 0,
        "exclusive": False,
        "outcome": "failed",
        "reason": reason,
        "finish": now(),
    }
    if leads():
        cell.folder.mkdir(parents=True, exist_ok=True)
        checkpoint.save(cell.folder / "model.pt", NO_WEIGHTS | {"step": 0})
        (cell.folder / "steps.jsonl").touch()
        write_json(cell.folder / "run.json", record)
    log(reason)
    return record


class Session:
    """A cell being trained: data, network, head, trainer, checkpoint and log lines."""

    def __init__(self, cell: Cell):
        self.cell, self.settings = cell, cell.spec["train"]
        self.device = pick_device(self.settings["device"])
        self.data, self.split = open_dataset(cell.dataset), load_split(cell.split)
        if self.split.info["dataset_hash"] != self.data.manifest["hash"]:
            raise UserError(f"{cell.split} was made from another version of {cell.dataset}: delete it and run again")
        self.network, self.head, self.initial_weights = assemble(cell.spec, self.split, self.data.images, self.device)
        paper = self.head.momentum
        self.twin_momentum = None if paper is None else twin_momentum(paper, self.settings["steps"])
        if paper is not None:
            log(f"momentum of the twin {self.twin_momentum:.4g} for {self.settings['steps']} steps (paper: {paper})")
        loader = make_loader(cell.spec, self.data.images, self.split, self.head.batches, self.device)
        try:
            self.trainer = Trainer(self.network, self.head, loader, self.settings, self.twin_momentum)
        except ValueError as error:
            raise Refused(str(error)) from error
        self.partial = cell.folder / "steps.partial.jsonl"
        self.saved = cell.folder / "checkpoint.pt"
        self.identity = checkpoint.identity(cell.spec, self.split.info["hash"])
        self.resumed = 0
        cell.folder.mkdir(parents=True, exist_ok=True)
        self.lock = claim(cell.folder) if leads() else None
        self.resume()

    def resume(self) -> None:
        """Continue where a killed run of the same identity left off."""
        state = checkpoint.load(self.saved, self.identity, self.device)
        if agree(state is None)[0]:
            self.keep(0)
            return
        self.trainer.load_state_dict(state["trainer"])
        checkpoint.restore_random_state(state["random"], self.device)
        self.resumed = state["resumed"] + 1
        self.keep(state["log_bytes"])
        log(f"continuing from step {self.trainer.progress.step} of {self.settings['steps']}")

    def keep(self, size: int) -> None:
        """Cut what belongs to no checkpoint off the step log."""
        if leads():
            lines = self.partial.read_bytes()[:size] if self.partial.exists() else b""
            self.partial.write_bytes(lines)

    def train(self) -> None:
        """Train to the end with log lines, learning-curve points and a checkpoint every so many seconds."""
        points = curve_points(self.settings)
        stop, since_save = StopRequest(), Stopwatch()
        for progress in self.trainer.run():
            if progress.step % self.settings["log_every"] == 0 or progress.step == self.settings["steps"]:
                self.tell(progress)
            if progress.step in points and leads():
                self.validate(progress)
            due = leads() and since_save.seconds >= self.settings["checkpoint_every"]
            stopped, due = agree(stop.requested, due)
            if stopped or due:
                self.save()
                since_save = Stopwatch()
            if stopped:
                raise UserError(f"stopped at step {progress.step}; run again to continue from there")

    def tell(self, progress: Progress) -> None:
        """One line to the log and one to steps.jsonl; the loss is the mean since the line before."""
        rate = progress.step / progress.seconds
        left = duration((self.settings["steps"] - progress.step) / rate)
        loss = float(np.mean(progress.losses))
        progress.losses.clear()
        line = self.position(progress) | {"loss": loss, "lr": self.head.lr}
        self.write(line)
        images = self.network.images / progress.seconds
        step = f"step {progress.step}/{self.settings['steps']}"
        log(f"{step} loss {loss:.4f} lr {self.head.lr:.4f} {images:.0f} images/s {left} left")

    def position(self, progress: Progress) -> dict[str, Any]:
        encoded = self.network.images + self.network.twin_images
        return {
            "step": progress.step,
            "seconds": round(progress.seconds, 3),
            "images": self.network.images,
            "encoded": encoded,
        }

    def validate(self, progress: Progress) -> None:
        """A point of the learning curve: a few scores on the validation part."""
        scores = curve_scores(self.embed, self.split)
        self.write(self.position(progress) | {"validation": scores})
        log("validation " + ", ".join(f"{name} {value:.3f}" for name, value in scores.items() if value is not None))

    def embed(self, positions: np.ndarray) -> np.ndarray:
        """(n, D) float32 unit embeddings of `positions` into the split's evaluation rows."""
        rows = self.split.arrays["eval_rows"][positions]
        parts = []
        for start in range(0, len(rows), EMBEDDING_BATCH):
            images = to_tensor(self.data.images[rows[start : start + EMBEDDING_BATCH]]).to(self.device)
            parts.append(self.network.embed(images, self.head.evaluates).cpu().numpy())
        return np.concatenate(parts)

    def write(self, line: dict[str, Any]) -> None:
        if leads():
            with self.partial.open("a") as file:
                file.write(json.dumps(line) + "\n")

    def save(self) -> None:
        """Checkpoint: weights, head, optimiser, random state, and how much of the step log belongs to it."""
        state = {
            "identity": self.identity,
            "trainer": self.trainer.state_dict(),
            "random": checkpoint.random_state(self.device),
            "resumed": self.resumed,
            "log_bytes": self.partial.stat().st_size if self.partial.exists() else 0,
        }
        if leads():
            checkpoint.save(self.saved, state)
        agree(True)  # none goes on before the file is whole

    def facts(self) -> dict[str, Any]:
        """What is known before the first step."""
        spec, head = self.cell.spec, self.head
        return {
            "cell": spec["cell"],
            "parameters": {key: spec[key] for key in ("head", "train", "backbone")},
            "declared": {
                "summary": (type(head).__doc__ or "").strip().splitlines()[0] if type(head).__doc__ else "",
                "batches": head.batches,
                "momentum": head.momentum,
                "momentum_used": self.twin_momentum,
                "pool": head.rows_in_loss(),
                "evaluates": head.evaluates,
                "learned_centres": type(head).centres is not Head.centres,
            },
            "dataset": {"name": self.data.manifest["name"], "hash": self.data.manifest["hash"]},
            "split_hash": self.split.info["hash"],
            "initial_weights": self.initial_weights,
            "device": device_name(self.device),
            "precision": self.settings["precision"],
            "planned_steps": self.settings["steps"],
            "exclusive": False,
        }

    def results(self) -> dict[str, Any]:
        """What is known once training has ended, however it ended."""
        position = self.position(self.trainer.progress)
        return {
            "steps": position["step"],
            "images": {"gradient": position["images"], "encoded": position["encoded"]},
            "seconds": position["seconds"],
            "resumed": self.resumed,
        }

    def model(self) -> dict[str, Any]:
        """What was learned, for model.pt. A collective call: each process may hold some of the centres."""
        centres, twin = self.head.centres(), self.network.twin
        return {
            "backbone": self.network.backbone.state_dict(),
            "twin": twin.state_dict() if twin is not None else None,
            "centres": centres.detach().float().cpu() if centres is not None else None,
        }

    def finish(self, record: dict[str, Any], whole: bool = True) -> None:
        """Write model.pt, steps.jsonl and, last, run.json; the checkpoint is no longer needed.

        `whole` is whether all processes are still there to tell what each has learned.
        """
        model = (self.model() if whole else NO_WEIGHTS) | {"step": record["steps"]}
        if not leads():
            return
        folder = self.cell.folder
        self.partial.touch()
        checkpoint.save(folder / "model.pt", model)
        (folder / "steps.jsonl").write_bytes(self.partial.read_bytes())
        write_json(folder / "run.json", record)
        self.partial.unlink()
        self.saved.unlink(missing_ok=True)
        if self.lock:
            self.lock.close()


def claim(folder: Path) -> TextIO:
    """Hold the cell's folder until this process ends; UserError if another process is training in it."""
    file = (folder / ".lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise UserError(f"another process is training in {folder}: wait until it ends, or stop it") from error
    return file


def curve_points(settings: dict[str, Any]) -> set[int]:
    """Steps after which the learning curve gets a point: evenly spaced, the last step included."""
    number, steps = settings["curve_points"], settings["steps"]
    return {round(steps * (index + 1) / number) for index in range(number)}


class StopRequest:
    """Turns the first SIGTERM or Ctrl-C into a request that training answers after the current step.

    A second Ctrl-C ends a process that was started alone; to those of torchrun one Ctrl-C may come twice.
    """

    def __init__(self) -> None:
        self.requested = False
        signal.signal(signal.SIGTERM, self._request)
        signal.signal(signal.SIGINT, self._request)

    def _request(self, *_: object) -> None:
        self.requested = True
        if count() == 1:
            signal.signal(signal.SIGINT, signal.default_int_handler)
