"""Bytes in words, and words that name bytes."""

import pytest

from workflow.measuring.sizes import requested_bytes, size_words


def test_a_message_without_a_number_has_no_requested_bytes():
    assert requested_bytes("out of memory") is None


@pytest.mark.parametrize(
    ("number", "words"), [(5, "5 bytes"), (2048, "2.0 KiB"), (210 << 20, "210 MiB"), (3 << 29, "1.5 GiB")]
)
def test_sizes_in_words(number, words):
    assert size_words(number) == words
