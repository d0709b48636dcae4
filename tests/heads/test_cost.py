"""What heads state beside their own sums: parts that add up, and what several processes and GPUs change."""

import pytest

import heads
from heads.kit.place import Place
from heads.kit.wire import Wire, averaging, gathering, gathering_embeddings
from tests.heads.cases import VARIANTS

OWN = ("fc", *VARIANTS, "n_pair", "triplet")
B, C, D = 512, 2_000_000, 512


def cost(name: str, place: Place | None = None, batch: int = B):
    return heads.cost(name, batch, C, D, options={}, ratio=0.1, place=place)


@pytest.mark.parametrize("place", [Place(), Place("cuda"), Place("cuda", 8, 3 * 112 * 112)], ids=str)
@pytest.mark.parametrize("name", OWN)
def test_the_parts_are_parts_of_the_whole(name, place):
    found = cost(name, place)
    weights, momentum, pool, host, logits, staging = found.parts
    assert weights + momentum + pool + host <= found.state_bytes < 1.02 * (weights + momentum + pool + host) + 1
    assert logits + staging <= found.working_bytes and min(found.parts) >= 0 < logits


@pytest.mark.parametrize("name", ["fc", "partial_fc", "uniface", "virtual_fc", "hf_softmax"])
def test_processes_share_learned_centres(name):
    alone, shared = cost(name, Place("cuda")), cost(name, Place("cuda", 8))
    assert shared.parts.weights == alone.parts.weights / 8 and shared.flops == alone.flops / 8
    assert shared.parts.host == alone.parts.host  # every process indexes all classes


@pytest.mark.parametrize("name", ["dcq", "f2c", "semi_siamese"])
def test_every_process_has_the_whole_pool_and_a_share_of_the_images(name):
    alone, shared = cost(name, Place("cuda")), cost(name, Place("cuda", 8))
    assert shared.state_bytes == alone.state_bytes and shared.flops == alone.flops / 8
    assert shared.twin_images == alone.twin_images


def test_a_gpus_chunk_of_logits_is_longer():
    assert cost("fc").parts.logits == 4 * B * 1024 and cost("fc", Place("cuda")).parts.logits == 4 * B * 16384
    assert cost("dcq").parts.logits == 4 * B * 2048 and cost("dcq", Place("cuda")).parts.logits == 4 * B * 32768


def test_only_the_queue_of_dcq_sends_its_images():
    small, large = (cost("dcq", Place("cuda", 8, inputs)).wire.gathered for inputs in (100, 1100))
    assert large - small == 4000 * B / 8
    for name in set(OWN) - {"dcq"}:
        assert cost(name, Place("cuda", 8, 100)).wire == cost(name, Place("cuda", 8, 1100)).wire


def test_what_is_given_to_collectives_goes_round_a_ring():
    assert Wire(gathered=10, reduced=12).sent(4) == 3 * 10 + 2 * 12 * 3 / 4
    assert Wire(10, 12).sent(1) == 0 and Wire(upkeep=100, every=50).sent(3) == 4
    both = gathering(5, 8).plus(averaging()).times(2)
    assert both == (2 * (8 + 40), 16, 0, 1) and gathering_embeddings(5, 4).gathered == 8 + 2 * 80


def test_nothing_that_a_head_with_centres_sends_grows_with_the_classes():
    for name in ("fc", "partial_fc", "uniface", "virtual_fc"):
        found = [
            heads.cost(name, B, classes, D, options={}, ratio=0.1, place=Place("cuda", 8)) for classes in (C, 5 * C)
        ]
        assert found[0].wire == found[1].wire
