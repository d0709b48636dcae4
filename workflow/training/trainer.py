"""The training loop, the same for every head."""

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from heads.kit import Batch, Encoder, Head, NotFinite, check_loss
from workflow.cells.train_section import Train
from workflow.cells.watching import within_step
from workflow.training.encoder import Network
from workflow.training.replicas import sum_gradients
from workflow.training.schedule import learning_rate, margin_share


class Batches(Protocol):
    """A loader: the batch of a step is a function of the step alone."""

    def batch(self, step: int) -> Batch: ...


class Diverged(Exception):
    """The loss is no longer a number; the text says at which step and what it was."""


@dataclass
class Progress:
    """How far a run has come; cumulative seconds are without the time that validation takes."""

    step: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)


class Ledger(Protocol):
    """What a measurement of a step's parts hooks into."""

    def part(self, name: str) -> AbstractContextManager[None]:
        """The block of a step that follows belongs to part `name`."""

    def encoder(self, network: Network) -> Encoder:
        """The encoder that the head is given for one batch."""

    def carry_on(self, encode: Encoder) -> None:
        """After the head's backward: whatever of the network's backward is left."""


class NoLedger:
    """Books nothing: a step as it is trained."""

    def part(self, name: str) -> AbstractContextManager[None]:
        return nullcontext()

    def encoder(self, network: Network) -> Encoder:
        return network

    def carry_on(self, encode: Encoder) -> None:
        pass


class Trainer:
    """One head, one network, one optimiser. `run` yields its progress after every step.

    Several processes each have one, with equal replicas and a loader of their own part of the batch; to run, to step
    and to ask for the state are then collective calls.
    """

    def __init__(self, network: Network, head: Head, loader: Batches, train: Train, twin_momentum: float | None):
        if train.accumulate > 1 and not head.accumulates:
            raise ValueError(
                f"train.accumulate {train.accumulate}: this head updates its classes in every backward pass and "
                "cannot accumulate gradients; set it to 1 and lower the batch instead"
            )
        self.network, self.head, self.loader, self.train = network, head, loader, train
        self.twin_momentum = twin_momentum
        self.parameters = [*network.backbone.parameters(), *head.parameters()]
        self.optimiser = torch.optim.SGD(
            self.parameters,
            lr=train.lr,
            momentum=train.momentum,
            weight_decay=train.weight_decay,
            nesterov=train.momentum > 0,
        )
        device = next(network.backbone.parameters()).device
        self.scaler = torch.amp.GradScaler(device.type, enabled=train.precision == "fp16")
        self.scaler.scale(torch.zeros((), device=device))  # or it has no scale to unscale by: the encoder applies it
        self.progress = Progress()
        self.ledger: Ledger = NoLedger()

    def run(self) -> Iterator[Progress]:
        """Train to the end, yielding after every step. Raises Diverged when the loss is not finite."""
        self.network.train()
        while self.progress.step < self.train.steps:
            started = time.perf_counter()
            with within_step():
                loss = self.step(self.progress.step)
            self.progress.losses.append(loss)
            self.progress.step += 1
            self.progress.seconds += time.perf_counter() - started
            yield self.progress
        if not all(torch.isfinite(parameter).all() for parameter in self.network.backbone.parameters()):
            raise Diverged(f"weights are not finite after step {self.progress.step}: lower train.lr")

    def step(self, step: int) -> float:
        """One optimiser step; returns the mean loss. Several backward passes where gradients are accumulated."""
        rate = learning_rate(step, self.train)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.head.lr, self.head.ramp = rate, margin_share(step, self.train)
        self.network.gradient_scale = self.scaler.get_scale() if self.scaler.is_enabled() else 1.0
        self.optimiser.zero_grad(set_to_none=True)
        passes, counted = self.train.accumulate, (self.network.images, self.network.twin_images)
        total = sum(self.backward(step * passes + number, step) for number in range(passes)) / passes
        self.update()
        with self.ledger.part("head"):
            self.head.commit()
        if self.twin_momentum is not None:
            with self.ledger.part("twin"):
                self.network.follow(self.twin_momentum)
        self.network.align(counted)
        return total

    def backward(self, index: int, step: int) -> float:
        """Loss and gradients of batch number `index`. Raises Diverged where they are not finite."""
        with self.ledger.part("loader"):
            batch = self.loader.batch(index)
        encode = self.ledger.encoder(self.network)
        with self.ledger.part("head"):
            loss = self.loss(encode, batch, step)
            (loss / self.train.accumulate).backward()
        self.ledger.carry_on(encode)
        return float(loss.detach())

    def loss(self, encode: Encoder, batch: Batch, step: int) -> Tensor:
        """The head's scalar loss, found to be finite."""
        try:
            loss = check_loss(self.head(encode, batch))
        except NotFinite as error:
            raise Diverged(f"at step {step + 1} {error}") from error
        if not math.isfinite(value := float(loss.detach())):
            raise Diverged(f"the loss is {value} at step {step + 1}: lower train.lr or lengthen train.warmup")
        return loss

    def update(self) -> None:
        """Clip the backbone's gradient and take the optimiser's step."""
        sum_gradients(self.parameters)
        self.scale_head()
        self.scaler.unscale_(self.optimiser)
        if self.train.clip:
            nn.utils.clip_grad_norm_(self.network.backbone.parameters(), self.train.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()

    def scale_head(self) -> None:
        """Scale the gradients of the head's own parameters as the encoder scales the backbone's, before the optimiser
        unscales both."""
        for parameter in self.head.parameters():
            if parameter.grad is not None:
                parameter.grad.mul_(self.network.gradient_scale)

    def state_dict(self) -> dict[str, Any]:
        """Everything a later process needs to go on as if nothing had happened, but for the random state."""
        return {
            "network": self.network.state_dict(),
            "head": self.head.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "progress": vars(self.progress),
            "encoded": [self.network.images, self.network.twin_images],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.head.load_state_dict(state["head"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        self.progress = Progress(**state["progress"])
        self.network.images, self.network.twin_images = state["encoded"]
