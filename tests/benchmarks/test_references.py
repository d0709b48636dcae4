"""Every reference is the same head as ours: over several steps in float64, the same losses and the same state."""

import pytest
import torch
from torch.nn.functional import normalize

import heads
from heads.kit.interface import Batch, Encoder, Head
from tests.benchmarks.reference_pool import PoolSoftmax
from tests.benchmarks.references import FullSoftmax, QueueSoftmax, SampledSoftmax
from workflow.measuring.filling import fill

C, D, B, STEPS = 40, 6, 8, 6
SOFTMAX = {"m": 0.3, "scale": 16.0}


class Twins(Encoder):
    """Query and momentum embeddings that differ."""

    @torch.no_grad()
    def momentum(self, x):
        return normalize(x.flip(1) + 0.5, dim=1)


def ours(name: str, **options) -> Head:
    torch.manual_seed(0)
    return heads.load(name)(C, D, **SOFTMAX, **options).double()


def view() -> torch.Tensor:
    return torch.randn(B, D, dtype=torch.float64, requires_grad=True)


def labels() -> torch.Tensor:
    return torch.randint(C, (B,))


def pairs() -> Batch:
    y = labels()
    return Batch((view(), view()), (y, y))


def mixed() -> Batch:
    y = labels()
    return Batch((view(), view()), (y, torch.cat([y[:3], labels()[3:]])))


def agree(head: Head, reference, batch: Batch, lr: float = 0.1) -> None:
    """Both take a step on `batch`: the loss and the embeddings' gradients are the same."""
    head.lr = lr
    loss = head(Twins(), batch)
    loss.backward()
    head.commit()
    gradients = [x.grad for x in batch.views if x.grad is not None]
    for x in batch.views:
        x.grad = None
    torch.testing.assert_close(reference.step(Twins(), batch), loss.detach(), atol=1e-11, rtol=0)
    others = [x.grad for x in batch.views if x.grad is not None]
    torch.testing.assert_close(others, gradients, atol=1e-11, rtol=0)


def test_full_softmax_is_fc():
    head = ours("fc")
    reference = FullSoftmax(head.centres().clone(), **SOFTMAX)
    for _ in range(STEPS):
        agree(head, reference, Batch((view(),), (labels(),)))
    torch.testing.assert_close(reference.weight.data, head.centres(), atol=1e-12, rtol=0)


def test_sampled_softmax_of_all_classes_is_fc():
    head = ours("fc")
    reference = SampledSoftmax(head.centres().clone(), ratio=1.0, **SOFTMAX)
    for _ in range(STEPS):
        agree(head, reference, Batch((view(),), (labels(),)))
    torch.testing.assert_close(reference.weight.data, head.centres(), atol=1e-12, rtol=0)


def test_sampled_softmax_is_partial_fc_with_dense_update_on_the_same_sample(monkeypatch):
    head = ours("partial_fc", ratio=0.5, update="dense")
    reference = SampledSoftmax(head.centres().clone(), ratio=0.5, **SOFTMAX)
    for _ in range(STEPS):
        y = labels()
        rows = reference.sample(y)
        assert len(rows) == C // 2 and torch.isin(y, rows).all()
        for side in (head, reference):
            monkeypatch.setattr(side, "sample", lambda _, rows=rows: rows)
        agree(head, reference, Batch((view(),), (y,)))
        monkeypatch.undo()
    torch.testing.assert_close(reference.weight.data, head.centres(), atol=1e-12, rtol=0)


def test_queue_softmax_is_dcq():
    head = ours("dcq", ratio=0.6)
    queue = head.queue
    reference = QueueSoftmax(queue.vectors.clone(), queue.labels.clone(), **SOFTMAX)
    for _ in range(STEPS):
        agree(head, reference, pairs())
    torch.testing.assert_close(reference.vectors, queue.vectors)
    assert torch.equal(reference.labels.long(), queue.labels)


@pytest.mark.parametrize("ratio", [0.4, 1.0])
@pytest.mark.parametrize("full", [False, True])
def test_pool_softmax_is_f2c(ratio, full):
    head = ours("f2c", ratio=ratio, reduction="sum")
    if full:
        fill(head.float(), C)
    reference = PoolSoftmax(head.double().pool.vectors.clone(), **SOFTMAX)
    if full:
        reference.books.fill(C)
    for _ in range(STEPS):
        agree(head, reference, mixed())
        torch.testing.assert_close(reference.vectors, head.pool.vectors)
        assert reference.books.slot == {
            label: slot for slot, label in enumerate(head.pool.labels.tolist()) if label >= 0
        }
