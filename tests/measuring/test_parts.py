"""A dissected training step does the same work as a whole one, and its time is booked to the right part."""

import copy

import pytest
import torch

import heads
from heads.kit.interface import Batch
from workflow.measuring.parts import PARTS, Ledger, time_parts
from workflow.measuring.synthetic import Synthetic
from workflow.training.encoder import Network
from workflow.training.trainer import Diverged, NoLedger, Trainer

CPU = torch.device("cpu")
C, D, B = 40, 8, 12


class Batches:
    """Synthetic embeddings stand in for images; the backbone is a linear map."""

    def __init__(self, kind: str):
        self.kind = kind

    def batch(self, step: int) -> Batch:
        views, labels = Synthetic(B, C, D, step, CPU).batch(self.kind, 0)
        return Batch(tuple(view.detach() for view in views), labels)


@pytest.fixture
def trainer(head_name, make_spec) -> Trainer:
    torch.manual_seed(0)
    options = {"ratio": 1.0} if "ratio" in heads.options(head_name) else {}
    head = heads.load(head_name)(C, D, **options)
    network = Network(torch.nn.Linear(D, D), head.momentum is not None)
    network.train()
    train = make_spec(head_name).train
    return Trainer(network, head, Batches(head.batches), train, None if head.momentum is None else 0.9)


def weights(trainer: Trainer) -> list[torch.Tensor]:
    return [*trainer.network.state_dict().values(), *trainer.head.state_dict().values()]


def test_the_dissected_step_moves_every_weight_alike(trainer):
    other = copy.deepcopy(trainer)
    for step in range(3):
        torch.manual_seed(step)
        whole = trainer.step(step)
        torch.manual_seed(step)
        other.ledger = Ledger(CPU)
        assert other.step(step) == whole
    for a, b in zip(weights(trainer), weights(other), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)
    assert other.network.images == trainer.network.images
    assert other.network.twin_images == trainer.network.twin_images


def test_afterwards_the_trainer_books_nothing(trainer):
    time_parts(trainer, CPU, 0, 1, median_ms=1.0)
    assert isinstance(trainer.ledger, NoLedger)


def test_a_loss_that_is_no_number_ends_a_dissected_step_as_a_whole_one(trainer, monkeypatch):
    monkeypatch.setattr(trainer.head, "forward", lambda encode, batch: torch.tensor(float("nan"), requires_grad=True))
    trainer.ledger = Ledger(CPU)
    with pytest.raises(Diverged, match="the loss is nan at step 1"):
        trainer.step(0)


def test_parts_are_complete_and_a_head_without_a_twin_spends_nothing_on_one(trainer):
    found = time_parts(trainer, CPU, 0, 3, median_ms=1e6)
    assert tuple(found.milliseconds) == PARTS
    assert found.sum_ratio == pytest.approx(sum(found.milliseconds.values()) / 1e6)
    assert all(found.milliseconds[part] > 0 for part in ("loader", "backbone", "head", "other"))
    assert (found.milliseconds["twin"] > 0) == (trainer.network.twin is not None)


def test_an_inner_part_pauses_the_outer_one(monkeypatch):
    clock = iter([0, 1, 3, 10, 11, 16, 20, 26])  # ms at the start, at each change of part, and at the end
    monkeypatch.setattr(Ledger, "_now", lambda self: next(clock))
    ledger = Ledger(CPU)
    with ledger.part("head"):  # from 1 to 20
        with ledger.part("twin"):  # from 3 to 10
            pass
        with ledger.part("loader"):  # from 11 to 16
            pass
    ledger.book()
    assert ledger.milliseconds == {"loader": 5, "backbone": 0, "twin": 7, "head": 7, "other": 7}
