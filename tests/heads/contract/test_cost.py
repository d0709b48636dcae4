"""That a head's `cost` is true: the report holds measured times and memory against it."""

import inspect

import pytest
import torch

import heads
from heads.kit.interface import Cost
from tests.heads.cases import VARIANTS, Case, usual, with_share
from tests.heads.contract.large import FEW, LARGE, WIDE, Large, enlarge
from tests.heads.contract.subject import B, C, D, contract_cases, make
from workflow.measuring.tensors import peak_bytes

SLACK = 2**14
STATE_SLACK = 2**10


def usual_variant(case: Case) -> Case:
    """The first variant of a listed head, with all classes; any other as it is."""
    listed = VARIANTS.get(case.name, [{}])[0]
    return Case(case.name, {**listed, **usual(case.name)}) if case != with_share(case.name) else case


@pytest.fixture(params=[usual_variant(case) for case in contract_cases()], ids=str)
def large(request: pytest.FixtureRequest) -> Large:
    return enlarge(request.param)


def test_cost_takes_every_option_and_gives_a_cost(case):
    """The config's shared ones included, by name."""
    kind = heads.load(case.name)
    defaults = {option: inspect.signature(kind).parameters[option].default for option in heads.options(case.name)}
    try:
        cost = kind.cost(B, C, D, **defaults | case.options)
    except NotImplementedError as error:
        raise AssertionError("define the classmethod cost(cls, batch, classes, dim, **options) -> Cost") from error
    except TypeError as error:
        raise AssertionError(f"cost: {error}: let it take every option, by **options those it needs not") from error
    assert isinstance(cost, Cost), "cost must return a Cost of heads.kit"
    numbers = [*cost[:5], *cost.parts, *(cost.wire or ())]
    assert all(type(number) is int for number in numbers), (
        f"each field of {cost} must be an int: bytes, operations, images or steps"
    )


def test_it_states_what_a_step_costs_about_rightly(case):
    """At least a product of the batch with what it is compared with, each read once; at most a few dozen of them."""
    head = make(case)
    cost, rows = head.cost(B, C, D, **case.options), head.rows_in_loss()
    check_between("flops", cost.flops, 2 * B * rows * D, 50 * B * (rows + B) * D, "operations of its matrix products")
    check_between("moved_bytes", cost.moved_bytes, 4 * rows * D, 50 * (rows + B) * D, "bytes of state read and written")


def check_between(field: str, stated: int, least: int, most: int, meaning: str) -> None:
    message = f"cost states {field} = {stated}, expected {max(1, least)}..{most}: it is the {meaning} in a step"
    assert max(1, least) <= stated <= most, message


def test_it_keeps_what_it_states(large):
    """Whatever the constructor allocates and does not give back counts: buffers, saved or not, and plain tensors."""
    saved = sum(t.numel() * t.element_size() for t in large.head.state_dict().values() if isinstance(t, torch.Tensor))
    kept, stated = max(saved, large.built), large.cost.state_bytes
    fields = f"cost states state_bytes = {stated}, but the head keeps {kept} bytes"
    assert kept <= stated * 1.1 + STATE_SLACK, (
        f"{fields}: count all buffers and parameters, and the momentum of centres"
    )
    assert stated <= 1.1 * kept + STATE_SLACK, f"{fields}: state no more than it keeps between steps"


def test_a_step_holds_what_it_states(large):
    held, stated = large.held, large.cost.working_bytes
    fields = f"cost states working_bytes = {stated}, but a step held {held} bytes of temporaries"
    assert held <= 1.1 * stated + SLACK, (
        f"{fields}: use negative_lse or Centres.compare, which never hold (batch, classes) logits, or state them"
    )
    assert stated <= 3 * held + SLACK, f"{fields}: stated so generously, it says nothing"


def test_it_encodes_the_images_it_states(large):
    """`cost` is told how many images carry a gradient; how many the twin sees is the head's to say."""
    images, twin_images, stated = large.encode.images, large.encode.twin_images, large.cost.twin_images
    assert images == 3 * FEW, f"{FEW} images a step carry a gradient, but {images / 3:g} were encoded: encode each once"
    assert twin_images == 3 * stated, f"cost states twin_images = {stated}, but the twin saw {twin_images / 3:g} a step"
    declares = large.head.momentum is not None
    assert (twin_images > 0) == declares, (
        "it declares `momentum` but never calls encode.momentum: take it out"
        if declares
        else "it calls encode.momentum but declares no `momentum`: set it on the class"
    )


def test_the_meter_sees_logits_and_the_gradient_of_all_classes():
    """What it is there to find; the operators' own temporaries count too."""
    e, weight = torch.randn(FEW, WIDE), torch.randn(LARGE, WIDE, requires_grad=True)
    logits = peak_bytes(lambda: (e @ weight.T).logsumexp(1).sum())
    assert logits >= 4 * FEW * LARGE > 1.1 * heads.load("fc").cost(FEW, LARGE, WIDE).working_bytes + SLACK
    assert peak_bytes(lambda: (e @ weight.T).logsumexp(1).sum().backward()) >= 4 * LARGE * (FEW + WIDE)
