"""Heads that use lengths of embeddings or images per class are measured alone as all others are."""

import copy

import pytest
import torch

import heads
from tests.heads.examples import COUNTS, LENGTHS
from tests.measuring.test_parts import CPU, Batches, C, D, weights
from workflow.measuring.parts import Ledger
from workflow.training.encoder import Network
from workflow.training.trainer import Trainer


@pytest.mark.parametrize("source", [LENGTHS, COUNTS], ids=["lengths", "counts"])
def test_a_head_with_other_needs_is_measured(measure_head, add_head, source):
    """Of random embeddings nothing is known of the classes: each counts one image."""
    record = measure_head(add_head("example", source))
    assert (record.outcome, record.reason) == ("ok", None)
    assert len(record.step_ms) == 4
    assert (record.images_per_step.gradient, record.images_per_step.encoded) == (12, 12)


def test_the_dissected_step_carries_the_gradient_of_lengths(add_head, make_spec):
    name = add_head("lengths", LENGTHS)
    torch.manual_seed(0)
    head = heads.make(name, C, D, options={}, ratio=1.0)
    network = Network(torch.nn.Linear(D, D), twin=False)
    whole = Trainer(network, head, Batches(head.batches), make_spec(name).train, None)
    parted = copy.deepcopy(whole)
    parted.ledger = Ledger(CPU)
    for step in range(3):
        assert whole.step(step) == parted.step(step)
    for a, b in zip(weights(whole), weights(parted), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)
    assert (parted.network.images, parted.ledger.milliseconds["backbone"] > 0) == (whole.network.images, True)
