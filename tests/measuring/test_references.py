"""Plain references compute what the lean heads compute, hold what they declare, and are measured like any head."""

import pytest
import torch

import heads
from heads.kit import Batch, Encoder, Head
from workflow.cells.choices import REFERENCES
from workflow.measuring import references
from workflow.measuring.tensors import peak_bytes
from workflow.measuring.workload import declared_cost

LEAN = {"plain_fc": "fc", "plain_partial_fc": "partial_fc"}
C, D, B = 60, 8, 12
OPTIONS = {"margin": "arcface", "m": 0.3, "scale": 16.0}


def batch(seed: int, classes: int = C, dim: int = D, size: int = B) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(size, dim, generator=generator, requires_grad=True)
    return Batch((x,), (torch.randint(classes, (size,), generator=generator),))


def both(name: str, ratio: float) -> tuple[Head, Head, torch.optim.SGD]:
    """The reference, the lean head with the same centres, and the reference's optimiser."""
    torch.manual_seed(0)
    plain = references.make(name, C, D, OPTIONS, ratio)
    chosen = heads.chosen(LEAN[name], OPTIONS, ratio)
    lean = heads.load(LEAN[name])(C, D, weight_decay=1e-2, **chosen)
    lean.lr = 0.5
    with torch.no_grad():
        plain.weight.copy_(lean.bank.weight)
    return plain, lean, torch.optim.SGD(plain.parameters(), lean.lr, momentum=0.9, weight_decay=1e-2)


def step(plain: Head, optimiser: torch.optim.SGD, given: Batch) -> torch.Tensor:
    optimiser.zero_grad(set_to_none=True)
    loss = plain(Encoder(), given)
    loss.backward()
    optimiser.step()
    return loss.detach()


def test_the_plain_full_softmax_is_ours_step_by_step():
    plain, lean, optimiser = both("plain_fc", 1.0)
    for number in range(4):
        one, other = batch(number), batch(number)
        loss = step(plain, optimiser, one)
        ours = lean(Encoder(), other)
        ours.backward()
        torch.testing.assert_close(loss, ours.detach())
        torch.testing.assert_close(one.views[0].grad, other.views[0].grad, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(plain.weight.detach(), lean.bank.weight, rtol=1e-3, atol=1e-5)


def test_the_plain_partial_softmax_is_ours_with_a_dense_update(monkeypatch):
    plain, _, optimiser = both("plain_partial_fc", 0.5)
    lean = heads.load("partial_fc")(C, D, ratio=0.5, weight_decay=1e-2, update="dense", **OPTIONS)
    lean.lr = 0.5
    lean.bank.weight.copy_(plain.weight.detach())
    for number in range(4):
        rows = plain.sample(batch(number).labels[0])
        for head in (plain, lean):
            monkeypatch.setattr(head, "sample", lambda labels, rows=rows: rows)
        loss = step(plain, optimiser, batch(number))
        ours = lean(Encoder(), batch(number))
        ours.backward()
        torch.testing.assert_close(loss, ours.detach())
        monkeypatch.undo()
    torch.testing.assert_close(plain.weight.detach(), lean.centres(), rtol=1e-3, atol=1e-5)


def test_a_sample_holds_the_batchs_classes_and_is_sorted():
    plain, _, _ = both("plain_partial_fc", 0.5)
    labels = torch.tensor([3, 59, 3, 0])
    rows = plain.sample(labels)
    assert len(rows) == len(rows.unique()) == 30 and (rows.sort().values == rows).all()
    assert torch.isin(labels, rows).all()
    assert plain.sample(torch.arange(40)).tolist() == list(range(40))


@pytest.mark.parametrize(("name", "ratio"), [("plain_fc", 1.0), ("plain_partial_fc", 0.1), ("plain_partial_fc", 0.5)])
@pytest.mark.parametrize(("size", "dim"), [(64, 128), (256, 32)])
def test_it_holds_what_it_declares(name, ratio, size, dim):
    torch.set_num_threads(1)
    classes = 20_000
    plain = references.make(name, classes, dim, {}, ratio)
    optimiser = torch.optim.SGD(plain.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)
    step(plain, optimiser, batch(0, classes, dim, size))
    optimiser.zero_grad(set_to_none=True)
    declared = type(plain).cost(size, classes, dim, ratio=ratio)
    assert (
        0.85 < peak_bytes(lambda: step(plain, optimiser, batch(1, classes, dim, size))) / declared.working_bytes <= 1.02
    )
    assert declared.state_bytes == 2 * plain.weight.nbytes


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_is_measured_like_a_head(name, make_spec, machine, tmp_path):
    from tests.measuring.test_measurement import run

    spec = make_spec("partial_fc", classes=300)
    cell = spec.cell.model_copy(update={"head": name, "label": name})
    options = {key: spec.options[key] for key in ("margin", "m", "scale")}
    spec = spec.model_copy(update={"cell": cell, "options": options})
    record = run(spec, machine, tmp_path / "record.json")
    assert (record["outcome"], record["reason"]) == ("ok", None)
    assert (record["cell"]["label"], record["cell"]["mode"], len(record["step_ms"])) == (name, "head", 4)
    assert record["floor"]["flops"] == declared_cost(spec, 12, 300, 16).flops > 0
    assert record["memory"]["declared_state_bytes"] == 8 * 300 * 16 and record["shares_classes"] is False


def test_there_are_two_and_none_is_a_head():
    assert sorted(LEAN) == list(REFERENCES) and not set(REFERENCES) & set(heads.names())
