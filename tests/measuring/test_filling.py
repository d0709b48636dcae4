"""Queues and pools before and after they are filled."""

import pytest
import torch

import heads
from heads.kit import EMPTY, Head, Store, store
from workflow.measuring.filling import empty_slots, fill
from workflow.measuring.synthetic import Counted, Synthetic

C, D, B = 300, 8, 12


@pytest.mark.parametrize("block", [7, 8192])
@pytest.mark.parametrize("name", ["dcq", "f2c"])
def test_a_filled_store_holds_distinct_classes_from_all_over(name, block, monkeypatch):
    monkeypatch.setattr(store, "BLOCK", block)
    head = heads.load(name)(C, D, ratio=0.1)
    assert empty_slots(head) == 30
    fill(head, C)
    assert empty_slots(head) == 0
    labels = (head.queue if name == "dcq" else head.pool).labels
    assert sorted(labels.tolist()) == list(range(0, C, 10))


def test_a_filled_pool_finds_its_classes_and_evicts_in_the_next_step():
    head = heads.load("f2c")(C, D, ratio=0.1)
    fill(head, C)
    assert head.pool.find(torch.tensor([0, 10, 290])).min() >= 0
    source = Synthetic(B, C, D, 0, torch.device("cpu"))
    before = set(head.pool.labels.tolist())
    batch = source.batch(head.batches, 0)
    head(Counted(), batch).backward()
    head.commit()
    after = set(head.pool.labels.tolist())
    assert set(batch.labels[0].tolist()) <= after and before - after and -1 not in after


def test_a_head_without_a_store_has_nothing_to_fill():
    head = heads.load("fc")(C, D)
    fill(head, C)
    assert empty_slots(head) is None


class OwnQueue(Store):
    """A newcomer's store: every second class, next to a buffer that happens to be called labels too."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.zeros(5, 2))
        self.register_buffer("labels", torch.full((5,), EMPTY))

    def fill(self, classes: int) -> None:
        self.labels.copy_(torch.arange(5) * 2 % classes)


class Newcomer(Head):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("labels", torch.full((7,), EMPTY))
        self.queue = OwnQueue()


def test_a_store_of_the_heads_own_making_says_how_it_is_filled():
    head = Newcomer()
    assert empty_slots(head) == 5
    head.queue.labels[:3] = 0
    assert empty_slots(head) == 2
    fill(head, C)
    assert empty_slots(head) == 0 and head.queue.labels.tolist() == [0, 2, 4, 6, 8]
    assert (head.labels == EMPTY).all()
