"""The account of tensors, and what heads declare to hold held against it."""

import pytest
import torch

import heads
from tests.heads.cases import VARIANTS
from workflow.measuring.filling import fill
from workflow.measuring.head_alone import HeadAlone
from workflow.measuring.tensors import peak_bytes, peak_of_tensors

OWN = ("fc", *VARIANTS, "n_pair", "triplet")
CLOSE = 0.05


def test_kept_tensors_count_once_and_growth_is_added():
    class Two:
        def kept(self):
            shared = torch.zeros(1000)
            return shared, shared[10:], torch.zeros(500)

    kept = Two()
    assert peak_of_tensors(kept, lambda: torch.ones(250)) == 4 * (1000 + 500 + 250)


def test_the_account_tells_nothing_on_standard_error(capfd):
    assert peak_bytes(lambda: torch.ones(100)) == 400
    assert capfd.readouterr().err == ""


CELLS = [(name, ratio) for name in OWN for ratio in ((0.1, 0.3) if heads.takes_ratio(name) else (None,))]


@pytest.mark.parametrize(("name", "ratio"), [cell for cell in CELLS if cell[0] != "hf_softmax"])
def test_a_head_holds_what_it_declares_within_five_percent(name, ratio, make_spec):
    """At the first size of the scale ladder, where temporaries weigh most."""
    check_held(make_spec(name, ratio, 10_000, batch=256), 256)


def test_a_head_with_an_index_holds_what_it_declares(make_spec):
    """The index is no tensor: it is left out."""
    check_held(make_spec("hf_softmax", 0.3, 2_000, batch=64), 64)


def check_held(spec, batch):
    spec = spec.model_copy(update={"backbone": spec.backbone.model_copy(update={"dim": 128})})
    workload = HeadAlone(spec, torch.device("cpu"))
    workload.build()
    fill(workload.head, workload.classes)
    held = max(peak_of_tensors(workload, workload.prepare(step)) for step in range(2))
    cost = workload.cost(batch, 128)
    assert cost.state_bytes - cost.parts.host + cost.working_bytes == pytest.approx(held, rel=CLOSE)
