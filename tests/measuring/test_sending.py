"""Coefficients of what processes send, held against what the heads state."""

import pytest

import heads
from heads.kit import Place, Wire
from tests.heads.cases import VARIANTS
from workflow.measuring.sending import coefficients
from workflow.summary.step_model import Setting, sent_bytes

OWN = ("fc", *VARIANTS, "n_pair", "triplet")
INPUTS, C, D = 3 * 112 * 112, 1_000_000, 128
GRADIENTS = Wire(gathered=24, reduced=1_000_000)


def stated_by(name: str):
    def stated(batch: int, dim: int, processes: int) -> Wire:
        place = Place("cuda", processes, INPUTS)
        return heads.cost(name, batch, C, dim, options={}, ratio=0.1, place=place).wire

    return stated


@pytest.mark.parametrize("name", [name for name in OWN if name != "hf_softmax"])
def test_the_coefficients_say_what_the_head_states_anywhere(name):
    stated = stated_by(name)
    found = coefficients(stated, 250, D, GRADIENTS, C)
    for batch, dim, processes in ((256, D, 2), (1024, 512, 8), (960, 64, 3)):
        wire = stated(batch, dim, processes).plus(GRADIENTS)
        assert sent_bytes(found, Setting(C, batch, dim, processes)) == pytest.approx(wire.sent(processes), rel=0.001)
    assert sent_bytes(found, Setting(C, 256, D)) == 0


def test_a_head_whose_statement_is_no_such_form_or_missing_has_no_coefficients():
    assert coefficients(stated_by("hf_softmax"), 256, D, GRADIENTS, C) is None  # its neighbours go with C / B
    assert coefficients(lambda *_: None, 256, D, GRADIENTS, C) is None
