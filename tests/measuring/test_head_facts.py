"""Heads that use lengths of embeddings or images per class are measured alone as all others are."""

import pytest

from tests.heads.examples import COUNTS, LENGTHS


@pytest.mark.parametrize("source", [LENGTHS, COUNTS], ids=["lengths", "counts"])
def test_a_head_with_other_needs_is_measured(measure_head, add_head, source):
    """Of random embeddings nothing is known of the classes: each counts one image."""
    record = measure_head(add_head("example", source))
    assert (record.outcome, record.reason) == ("ok", None)
    assert len(record.step_ms) == 4
    assert (record.images_per_step.gradient, record.images_per_step.encoded) == (12, 12)
