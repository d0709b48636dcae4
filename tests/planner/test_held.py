"""The memory of a process: its parts add up, and a whole training step holds what is predicted."""

from dataclasses import astuple

import pytest
import torch

import heads
from heads.kit import Batch
from tests.heads.cases import VARIANTS
from workflow.cells.config import Backbone
from workflow.cells.train_section import Train
from workflow.measuring.filling import fill
from workflow.measuring.synthetic import labels_for
from workflow.measuring.tensors import of_module, of_optimiser, peak_of_tensors
from workflow.planner.counted import Counted, count
from workflow.planner.held import Case, Row, declared, held
from workflow.planner.memory import CLOSE
from workflow.training.backbones import build
from workflow.training.encoder import Network
from workflow.training.trainer import Trainer

OWN = ("fc", *VARIANTS, "n_pair", "triplet")
SMALL, SIDE, DIM, BATCH, CLASSES = Backbone(name="small", dim=64), 32, 64, 128, 2_000


class Noise:
    """A loader of noise."""

    def __init__(self, kind: str):
        self.kind = kind

    def batch(self, step: int) -> Batch:
        labels = labels_for(self.kind, BATCH, lambda number: torch.randint(CLASSES, (number,)))
        return Batch(tuple(torch.randn(len(y), 1, SIDE, SIDE) for y in labels), labels)


class Training:
    """A trainer and what it keeps."""

    def __init__(self, head: str, precision: str):
        torch.manual_seed(0)
        network = Network(build(SMALL, 1, SIDE), heads.has_twin(head), precision).train()
        made = heads.make(head, CLASSES, DIM, options={}, ratio=0.3)
        fill(made, CLASSES)
        train = Train(batch=BATCH, precision=precision)
        self.trainer = Trainer(network, made, Noise(made.batches), train, 0.99 if heads.has_twin(head) else None)

    def kept(self):
        self.trainer.optimiser.zero_grad(set_to_none=True)
        for module in (self.trainer.network, self.trainer.head):
            yield from of_module(module)
        yield from of_optimiser(self.trainer.optimiser)


@pytest.fixture(scope="module")
def counted() -> dict[str, Counted]:
    return {precision: count(SMALL, 1, SIDE, precision) for precision in ("fp32", "bf16")}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("head", ["fc", "partial_fc", "dcq", "f2c", "semi_siamese", "triplet"])
def test_a_whole_step_holds_what_is_predicted_within_five_percent(head, precision, counted):
    training = Training(head, precision)
    training.trainer.step(0)
    measured = peak_of_tensors(training, lambda: training.trainer.step(1))
    case = Case(CLASSES, DIM, BATCH, 1, "cpu", SIDE * SIDE)
    ratio = 0.3 if heads.takes_ratio(head) else 1.0
    assert held(Row(head, head, ratio, {}), case, counted[precision]).total == pytest.approx(measured, rel=CLOSE)


def row(head: str) -> Row:
    return Row(head, head, 0.1, {})


@pytest.mark.parametrize("gpus", [1, 8])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("head", OWN)
def test_the_parts_add_up_and_none_is_negative(head, device, gpus, counted):
    case = Case(1_000_000, 512, 1024, gpus, device, SIDE * SIDE)
    cost = declared(row(head), case)
    for found in (held(row(head), case), held(row(head), case, counted["fp32"], libraries=7)):
        assert min(astuple(found)) >= 0 and found.total == sum(astuple(found)) - found.host
    alone = held(row(head), case)
    assert alone.total + alone.host == cost.state_bytes + cost.working_bytes
    assert alone.host == (cost.parts.host + cost.parts.staging if device == "cuda" else 0)
    assert held(row(head), case, rest=10**9).total == alone.total + 10**9


def test_a_twin_is_held_where_the_head_needs_one(counted):
    case = Case(10_000, 512, 256, 1, "cuda", SIDE * SIDE)
    found = {head: held(row(head), case, counted["fp32"]) for head in ("fc", "dcq")}
    assert found["fc"].twin == 0 < counted["fp32"].weights < found["dcq"].twin
    assert found["fc"].activations < found["dcq"].activations  # a second view is loaded


def test_more_gpus_share_images_and_centres_but_no_queue(counted):
    one, eight = (Case(1_000_000, 512, 1024, gpus, "cuda", SIDE * SIDE) for gpus in (1, 8))
    fc, dcq = ([held(row(head), case, counted["fp32"]) for case in (one, eight)] for head in ("fc", "dcq"))
    assert fc[1].weights == fc[0].weights / 8 and dcq[1].pool == dcq[0].pool
    assert fc[1].activations == pytest.approx(fc[0].activations / 8, rel=0.01)
    assert fc[1].backbone == fc[0].backbone
