"""The stores of generated class vectors, queue and class pool, against plain Python; and the classes of a batch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from heads.kit import ClassPool, Ring, group
from tests.heads.naive import PoolByHand


@given(sizes=st.lists(st.integers(1, 9), max_size=12), capacity=st.integers(1, 7))
def test_ring_keeps_the_newest(sizes, capacity):
    ring, padded = Ring(capacity, 2), []
    for size in sizes:
        labels = torch.arange(len(padded), len(padded) + size)
        ring.push(labels[:, None].float().expand(size, 2), labels)
        padded += labels.tolist()
    held = sorted(label for label in ring.labels.tolist() if label >= 0)
    assert held == padded[-capacity:]
    for vector, label in zip(ring.vectors, ring.labels.tolist(), strict=True):
        assert label < 0 or vector.tolist() == [label, label]


@settings(max_examples=60)
@given(
    batches=st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=5), max_size=15), rows=st.sampled_from([2, 1, 3])
)
def test_a_class_pool_equals_an_ordered_dict_with_rows(batches, rows):
    torch.manual_seed(0)
    pool = ClassPool(6, 10, 3, rows).double()
    twin = PoolByHand(pool.vectors)
    for number, batch in enumerate(batches):
        labels = torch.tensor(batch)
        keys = torch.arange(number * 100, number * 100 + len(batch), dtype=torch.float64)[:, None].expand(-1, 3)
        pool.admit(pool.plan(keys, labels))
        twin.admit(keys, labels)
        assert {label: pool.slot_of[label].item() for label in range(10) if pool.slot_of[label] >= 0} == twin.slot
        assert [pool.labels[slot].item() for slot in twin.slot.values()] == list(twin.slot)
        assert torch.equal(pool.vectors, twin.vectors)
        assert pool.received.tolist() == twin.keys
        by_use = sorted(twin.slot.values(), key=lambda slot: pool.used[slot].item())
        assert by_use == list(twin.slot.values())


def test_a_planned_admission_changes_nothing():
    pool = ClassPool(6, 10, 3)
    before = {name: value.clone() for name, value in pool.state_dict().items()}
    pool.plan(torch.randn(4, 3), torch.tensor([1, 2, 1, 5]))
    assert all(torch.equal(value, before[name]) for name, value in pool.state_dict().items())


def test_a_batch_larger_than_the_pool_is_refused():
    with pytest.raises(ValueError, match="pool of 3 slots cannot hold the 4 classes of one batch: raise the ratio"):
        ClassPool(3, 10, 2).plan(torch.randn(4, 2), torch.arange(4))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=20))
def test_groups_are_the_distinct_labels_and_repeat_the_last(values):
    groups, distinct = group(torch.tensor(values)), sorted(set(values))
    padded = [*distinct, *[distinct[-1]] * (len(values) - len(distinct))]
    assert groups.labels.tolist() == padded
    assert groups.of.tolist() == [distinct.index(v) for v in values]
    assert groups.rank.tolist() == [values[:i].count(v) for i, v in enumerate(values)]
    assert groups.size.tolist() == [values.count(v) for v in padded]
    assert groups.first.tolist() == [values.index(v) for v in padded]
    assert groups.last.tolist() == [len(values) - 1 - values[::-1].index(v) for v in padded]
