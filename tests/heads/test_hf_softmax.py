"""Hashing-forest softmax against an exhaustive search in plain torch, alone and on several processes."""

import copy
import sys

import pytest
import torch
from torch.nn.functional import normalize

import heads
from heads.kit import nearest, ranks
from heads.kit.interface import Batch, Encoder
from heads.kit.nearest import Index, index_bytes
from tests.heads.naive import margin_softmax
from tests.training.together import together

C, D, B = 61, 6, 8
STEPS = 5


def make(**options):
    torch.manual_seed(0)
    options = {"ratio": 0.5, "margin": "cosface", "m": 0.3, "scale": 16.0, "rebuild": 3, "index": "Flat"} | options
    return heads.load("hf_softmax")(C, D, **options)


def batch_of(step: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(step)
    return torch.randn(B, D, generator=generator, dtype=torch.float64), torch.randint(C, (B,), generator=generator)


def train(head, steps: range, watch=None) -> list[float]:
    """Losses of `steps`, of which each rank takes its part; each calls `watch(centres before, x, y, rows, loss)`."""
    losses, active = [], head.active
    for step in steps:
        x, y = batch_of(step)
        own = slice(ranks.share(B).start, ranks.share(B).stop)
        x = x[own].to(head.bank.weight.dtype).requires_grad_()
        seen = []
        head.active = lambda *given, seen=seen: seen.append(active(*given)) or seen[0]
        head.lr = 0.5
        before = head.bank.weight.clone()
        loss = head(Encoder(), Batch((x,), (y[own],)))
        if watch:
            watch(before, x, y, seen[0], loss)
        loss.backward()
        losses.append(loss.item())
    del head.active
    return losses


def by_hand(vectors: torch.Tensor, x: torch.Tensor, y: torch.Tensor, number: int) -> set[int]:
    """Labels, then the nearest of each sample, the second nearest, ... while there is room."""
    order = (normalize(x, dim=1) @ normalize(vectors, dim=1).T).argsort(1, descending=True)
    chosen = set(y.tolist())
    for rank in range(number // len(y) + 1):
        for label in order[:, rank].tolist():
            if len(chosen) < number:
                chosen.add(label)
    return chosen


@pytest.mark.parametrize("ratio", [0.2, 0.5, 1.0])
def test_compared_are_the_batchs_classes_the_nearest_and_a_random_rest(ratio):
    """The nearest as the centres were at the last rebuild, at steps 0, 3, 6, though they have moved since."""
    head, number, indexed, seen = make(ratio=ratio).double(), int(ratio * C), [], []

    def watch(before, x, y, rows, loss):
        if len(seen) % 3 == 0:
            indexed.append(before)
        seen.append(rows)
        assert torch.equal(rows, rows.unique()) and len(rows) == number
        assert by_hand(indexed[-1], x.detach(), y, number) <= set(rows.tolist())
        at = torch.searchsorted(rows, y)
        expected = margin_softmax(normalize(x, dim=1), before[rows], at, 0.3, 16.0)
        torch.testing.assert_close(loss, expected, atol=1e-12, rtol=0)

    train(head, range(8), watch)
    assert len(indexed) == 3 and not torch.equal(indexed[0], indexed[1])
    assert head.rows_in_loss() == number


def test_neighbours_alone_fill_most_of_the_sample():
    head = make(ratio=0.5).double()
    rest = []
    train(
        head, range(1), lambda before, x, y, rows, _: rest.append(len(rows) - len(by_hand(before, x.detach(), y, 30)))
    )
    assert 0 <= rest[0] < 15


def test_more_classes_in_the_batch_than_the_sample_are_all_compared():
    head = make(ratio=0.01).double()
    train(head, range(3), lambda _, x, y, rows, loss: torch.testing.assert_close(rows, y.unique()))


@pytest.mark.parametrize("kind", ["Flat", "HNSW8"])
def test_a_run_continues_with_the_index_it_had(kind):
    head = make(index=kind, ratio=0.3)
    train(head, range(4))  # one step after the second rebuild
    saved, copied = copy.deepcopy(head.state_dict()), copy.deepcopy(head)
    straight = train(head, range(4, 10))
    fresh = make(index=kind, ratio=0.3)
    fresh.load_state_dict(saved)
    assert not torch.equal(saved["index.vectors"], normalize(saved["bank.weight"], dim=1)), "centres have moved since"
    assert train(fresh, range(4, 10)) == straight == train(copied, range(4, 10))


def test_what_was_never_trained_can_be_saved_and_loaded():
    head, fresh = make(), make()
    fresh.load_state_dict(head.state_dict())
    assert len(head.state_dict()["index.vectors"]) == 0 and train(fresh, range(3)) == train(head, range(3))


def test_declared_state_has_the_index_in_it():
    head = make(index="HNSW16")
    train(head, range(1))
    cost = head.cost(B, C, D, ratio=0.5)
    assert cost.state_bytes - 8 * C * D == index_bytes(C, D, "HNSW16") == C * (4 * D + 176)
    held = sum(t.numel() * t.element_size() for t in head.state_dict().values())
    assert 12 * C * D < held <= cost.state_bytes and cost.working_bytes > 4 * C * D
    assert index_bytes(C, D, "Flat") == 4 * C * D


def test_each_rebuild_tells_how_long_it_took():
    head, upkeeps = make(rebuild=2), []
    assert head.upkeep is None
    train(head, range(5), lambda *_: upkeeps.append(head.upkeep))
    assert upkeeps[0] is upkeeps[1] is not upkeeps[2] is upkeeps[3] is not upkeeps[4]
    assert all(upkeep.seconds > 0 and upkeep.every_steps == 2 for upkeep in upkeeps)
    assert [upkeep.times for upkeep in upkeeps] == [1, 1, 2, 2, 3]


def search(number: int, kind: str = "HNSW16") -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    weight, queries = torch.randn(3000, 24), normalize(torch.randn(32, 24), dim=1)
    index = Index(3000, 24, kind, 1)
    exact = (queries @ normalize(weight, dim=1).T).topk(number).indices.T
    own = ranks.share(3000)
    return index.nearest(queries, weight[own.start : own.stop], number), exact


def recall(found: torch.Tensor, exact: torch.Tensor) -> float:
    return (found[:, None] == exact[None]).any(0).float().mean().item()


def test_an_approximate_index_finds_most_neighbours_and_the_same_ones_again():
    (found, exact), threads = search(10), torch.get_num_threads()
    assert recall(found, exact) > 0.8
    torch.set_num_threads(3)
    try:
        assert torch.equal(search(10)[0], found)
    finally:
        torch.set_num_threads(threads)


def test_an_exact_index_finds_all_in_order():
    weight, queries = torch.randn(50, D), normalize(torch.randn(4, D), dim=1)
    found = Index(50, D, "Flat", 1).nearest(queries, weight, 99)
    assert torch.equal(found, (queries @ normalize(weight, dim=1).T).argsort(1, descending=True).T)


@pytest.mark.parametrize("kind", ["Tree", "PQ8", "HNSW16_SQfp16", "IVF4,Flat", 16])
def test_an_index_that_cannot_serve_is_refused(kind):
    with pytest.raises(ValueError, match=rf"^index '{kind}' .*: choose HNSW16, .* or Flat[^\n]*$"):
        make(index=kind)


def test_it_can_be_made_where_numbers_are_double_by_default():
    torch.set_default_dtype(torch.float64)
    try:
        assert make(index="HNSW16").bank.weight.dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("kind", ["Flat", "HNSW8"])
def test_an_index_is_built_in_parts_to_the_same_bits_each_time(monkeypatch, kind):
    monkeypatch.setattr(nearest, "PART", 100)
    vectors = normalize(torch.randn(350, 8), dim=1)
    one, other = Index(350, 8, kind, 1), Index(350, 8, kind, 1)
    found = [index.nearest(vectors[:50], vectors, 9) for index in (one, other)]
    assert torch.equal(*found) and torch.equal(found[0][0], torch.arange(50))
    torch.testing.assert_close(one.vectors(), vectors)


def test_an_index_that_would_take_too_long_is_refused_with_an_estimate(monkeypatch):
    monkeypatch.setattr(nearest, "PART", 10)
    monkeypatch.setattr(nearest, "LONGEST", 60.0)
    seconds = iter([0.0, 0.0, 30.0])
    monkeypatch.setattr(nearest.time, "perf_counter", lambda: next(seconds))
    said = "an index over 1,000 class centres takes about 144 minutes here, .* more than 1 are refused"
    with pytest.raises(ValueError, match=said):
        Index(1000, 4, "Flat", 100).nearest(torch.eye(4), torch.randn(1000, 4), 2)


def test_an_impossible_rebuild_is_refused():
    with pytest.raises(ValueError, match="rebuild 0: the index is built anew"):
        make(rebuild=0)


def test_a_missing_faiss_is_said_in_one_sentence_and_concerns_no_other_head(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ValueError, match=r"^the head's index needs the package faiss: pip install faiss-cpu$"):
        make()
    assert heads.load("partial_fc")(C, D).rows_in_loss() == 6


def run(kind: str) -> dict:
    head = make(index=kind, ratio=0.3, rebuild=2).double()
    losses = train(head, range(STEPS))
    return {"losses": losses, "state": copy.deepcopy(head.state_dict())}


def resume(kind: str, state: dict) -> list[float]:
    head = make(index=kind, ratio=0.3, rebuild=2).double()
    head.load_state_dict(copy.deepcopy(state))
    return train(head, range(STEPS, STEPS + 3))


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("kind", ["Flat", "HNSW2"])
def test_several_processes_train_as_one(kind, number):
    one = run(kind)
    for other in together(number, run, kind):
        torch.testing.assert_close(other["losses"], one["losses"], atol=1e-10, rtol=0)
        torch.testing.assert_close(other["state"], one["state"], atol=1e-7, rtol=0)  # vectors are float32
    after = resume(kind, one["state"])
    for resumed in together(number, resume, kind, one["state"]):
        torch.testing.assert_close(resumed, after, atol=1e-10, rtol=0)


def test_several_processes_find_by_an_approximate_index_what_one_does():
    alone, exact = search(10, "HNSW4")
    assert 0.8 < recall(alone, exact) < 1, "were it exact, this would prove nothing"
    assert all(torch.equal(found, alone) for found, _ in together(2, search, 10, "HNSW4"))
