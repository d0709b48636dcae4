"""A cell being trained: its parts, its checkpoints and its log lines."""

from typing import Any

import numpy as np
import torch

from heads.kit import Head, check_centres, kind_of
from workflow.cells.holding import Claim
from workflow.cells.paths import CHECKPOINT, ENDED
from workflow.cells.records import BANDS, Declared, Images, Normalised
from workflow.console import Stopwatch, duration
from workflow.data.loaders import to_tensor
from workflow.data.split_file import load_split
from workflow.data.store import open_dataset
from workflow.devices import pick_device
from workflow.endings import out_of_memory
from workflow.errors import UserError
from workflow.files import told
from workflow.training import checkpoint, sealed
from workflow.training.assembly import Refused, assemble, make_loader
from workflow.training.cell import Cell
from workflow.training.drawn import Counted
from workflow.training.processes import leads, log
from workflow.training.replicas import agree
from workflow.training.schedule import momentum_used
from workflow.training.step_log import StepLog
from workflow.training.stopping import StopRequest
from workflow.training.trainer import Progress, Trainer

EMBEDDING_BATCH = 512


class Session:
    """Data, network, head and trainer of one cell, continued from its checkpoint where there is one.

    Raises Refused where the head does not accept its cell, UserError for data, device or folder that cannot be used.
    """

    def __init__(self, cell: Cell):
        self.cell, self.train_config = cell, cell.spec.train
        self.device = pick_device(self.train_config.device)
        self.data, self.split = open_dataset(cell.dataset), load_split(cell.split)
        if self.split.record.dataset_hash != self.data.manifest["hash"]:
            raise UserError(f"{cell.split} was made from another version of {cell.dataset}: delete it and run again")
        self.build()
        self.saved = cell.folder / CHECKPOINT
        self.identity = checkpoint.identity(cell.spec, self.split.record.hash)
        self.resumed, self.compared = 0, (0, 0)
        with told(self.saved):
            cell.folder.mkdir(parents=True, exist_ok=True)
            (cell.folder / ENDED).unlink(missing_ok=True)
            self.lock = Claim(cell.folder) if leads() else None
        self.log = StepLog(cell.folder)
        self.resume()

    def build(self) -> None:
        """Network, head and trainer as they are before the first step."""
        spec, shots = self.cell.spec, self.split.label_counts
        self.network, self.head, self.initial_weights = assemble(spec, shots, self.data.images, self.device)
        self.trainer = self.make_trainer()

    def make_trainer(self) -> Trainer:
        """The trainer, over batches whose images are counted."""
        used = momentum_used(self.head.momentum, self.cell.spec)
        if used is not None:
            log(f"momentum of the twin {used:.4g} for {self.train_config.steps} steps")
        data, kind = self.data, self.head.batches
        loader = make_loader(self.cell.spec, data.images, self.split, kind, self.device, data.folder)
        self.drawn = Counted(loader, self.split.label_counts, self.split.record.shots, self.device)
        try:
            return Trainer(self.network, self.head, self.drawn, self.train_config, used)
        except ValueError as error:
            raise Refused(str(error)) from error

    def resume(self) -> None:
        """Continue where a killed run of the same identity left off; without a whole checkpoint, start."""
        state = checkpoint.load(self.saved, self.identity, self.device)
        begin, begun = agree(state is None or not self.restored(state), state is not None)
        if begin and begun:
            self.build()  # a part of the state may be in
        if begin:
            self.log.start()
            return
        log(f"continuing from step {self.trainer.progress.step} of {self.train_config.steps}")

    def restored(self, state: dict[str, Any]) -> bool:
        """Put everything back to `state`; False, with a notice, where it does not fit."""
        try:
            self.trainer.load_state_dict(state["trainer"])
            checkpoint.restore_random_state(state["random"], self.device)
            self.drawn.before = torch.tensor(state["drawn"])
            self.network.normalised, self.network.twin_normalised = state["normalised"]
            self.compared = self.trainer.progress.step, state.get("compared") or self.head.rows_in_loss()
            self.log.start(state["log"])
            self.resumed = state["resumed"] + 1
        except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            if out_of_memory(error):
                raise
            log(f"{self.saved} does not fit this run ({type(error).__name__}): starting from step 0")
            return False
        return True

    def train(self) -> None:
        """Train to the end with log lines, learning-curve points and a checkpoint every so many seconds."""
        points, steps = curve_points(self.train_config.curve_points, self.train_config.steps), self.train_config.steps
        stop, since_save = StopRequest(), Stopwatch()
        for progress in self.trainer.run():
            if progress.step % self.train_config.log_every == 0 or progress.step == steps:
                self.report(progress)
            if progress.step in points and leads():
                self.validate(progress)
            due = leads() and since_save.seconds >= self.train_config.checkpoint_every
            stopped, due = agree(stop.requested, due)
            if stopped or due:
                self.save()
                since_save = Stopwatch()
            if stopped:
                self.let_go()
                raise UserError(f"stopped at step {progress.step}; run again to continue from there")

    def report(self, progress: Progress) -> None:
        """One line to the log and one to the step log; the loss is the mean since the line before."""
        steps, rate = self.train_config.steps, progress.step / progress.seconds
        loss = float(np.mean(progress.losses))
        progress.losses.clear()
        self.log.write(self.position(progress) | {"loss": loss, "lr": self.head.lr})
        images = self.network.images / progress.seconds
        left = duration((steps - progress.step) / rate)
        log(f"step {progress.step}/{steps} loss {loss:.4f} lr {self.head.lr:.4f} {images:.0f} images/s {left} left")

    def position(self, progress: Progress) -> dict[str, int | float]:
        """Where a line of the step log stands: step, seconds of training, images with a gradient, images encoded."""
        images, twin = self.network.images, self.network.twin_images
        seconds = round(progress.seconds, 3)
        return {"step": progress.step, "seconds": seconds, "images": images, "encoded": images + twin}

    def validate(self, progress: Progress) -> None:
        """A point of the learning curve: a few scores on the validation part."""
        scores = self.cell.score(self.embed, self.split)
        self.log.write({**self.position(progress), "validation": dict(scores)})
        log("validation " + ", ".join(f"{name} {value:.3f}" for name, value in scores.items() if value is not None))

    def embed(self, positions: np.ndarray) -> np.ndarray:
        """(n, D) float32 unit embeddings of `positions` (n,) into the split's evaluation rows."""
        rows = self.split.arrays["eval_rows"][positions]
        parts = []
        for start in range(0, len(rows), EMBEDDING_BATCH):
            images = to_tensor(self.data.images[rows[start : start + EMBEDDING_BATCH]]).to(self.device)
            parts.append(self.network.embed(images, self.head.evaluates).cpu().numpy())
        return np.concatenate(parts)

    def save(self) -> None:
        """Checkpoint: weights, head, optimiser, random state, and the lines of the step log."""
        state = {
            "identity": self.identity,
            "trainer": self.trainer.state_dict(),
            "random": checkpoint.random_state(self.device),
            "resumed": self.resumed,
            "drawn": self.drawn.counts(),
            "normalised": [self.network.normalised, self.network.twin_normalised],
            "compared": self.head.rows_in_loss(),
            "log": self.log.lines,
        }
        if leads():
            sealed.save(self.saved, state)
        agree(True)  # none goes on before the file is whole

    def declared(self) -> Declared:
        """What the head says of itself."""
        head, kind = self.head, kind_of(self.head.batches)
        return Declared(
            summary=(type(head).__doc__ or "").strip().partition("\n")[0],
            batches=head.batches,
            momentum=type(head).momentum or head.momentum,  # the row may have given it another
            momentum_used=self.trainer.twin_momentum,
            pool=self.pool(),
            kept_bytes=sum(each.nbytes for each in (*head.buffers(), *head.parameters())),
            batch_classes=kind.classes(self.train_config.batch) if kind.even == "all" else None,
            evaluates=head.evaluates,
            learned_centres=type(head).centres is not Head.centres,
        )

    def pool(self) -> int:
        """Class vectors that a sample was compared with in the last step: of a run that has taken none since it was
        continued, as its checkpoint says."""
        step, rows = self.compared
        return rows if step and step == self.trainer.progress.step else self.head.rows_in_loss()

    def images(self) -> Images:
        """Images so far, with a gradient and encoded in all, by all processes."""
        position = self.position(self.trainer.progress)
        return Images(gradient=position["images"], encoded=position["encoded"])

    def images_drawn(self) -> dict[str, int]:
        """Images of all views so far, by many, medium and few. A collective call."""
        return dict(zip(BANDS, self.drawn.counts(), strict=True))

    def normalised(self) -> Normalised:
        """Images that one forward pass normalises over, as of the last step."""
        return Normalised(query=self.network.normalised, twin=self.network.twin_normalised)

    def model(self) -> dict[str, object]:
        """What was learned, for model.pt. A collective call: each process may hold some of the centres."""
        centres = check_centres(self.head.centres(), len(self.split.label_counts), self.cell.spec.backbone.dim)
        twin = self.network.twin
        return {
            "backbone": self.network.backbone.state_dict(),
            "twin": twin.state_dict() if twin is not None else None,
            "centres": centres.detach().float().cpu() if centres is not None else None,
        }

    def close(self) -> None:
        """The records are written: drop the checkpoint and the partial log, and let others into the folder."""
        for path in (self.saved, self.log.partial):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:  # no reason to lose what is written
                log(f"{path} is no longer needed and cannot be removed ({error.strerror})")
        self.let_go()

    def let_go(self) -> None:
        """Let others into the folder."""
        if self.lock:
            self.lock.close()


def curve_points(number: int, steps: int) -> set[int]:
    """Steps after which the learning curve gets a point: `number` of them evenly spaced, the last step included; every
    step where there are fewer."""
    number = min(number, steps)
    return {round(steps * (index + 1) / number) for index in range(number)}
