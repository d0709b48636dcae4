"""The heads that the contract is held against."""

import pytest

import heads
from heads.kit.batches import KINDS
from heads.kit.interface import Head
from tests.heads.cases import Case
from tests.heads.contract.subject import contract_cases, make


def pairs(case: Case) -> bool:
    """Whether the head asks for two views; one that asks for what does not exist fails the test of that."""
    kind = KINDS.get(heads.load(case.name).batches)
    return kind is not None and kind.views == 2


@pytest.fixture(params=contract_cases(), ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    """A head by name and options; most tests want it made, which is `head`."""
    return request.param


@pytest.fixture
def head(case: Case) -> Head:
    return make(case)


@pytest.fixture(params=[case for case in contract_cases() if pairs(case)], ids=str)
def head_of_two_views(request: pytest.FixtureRequest) -> Head:
    return make(request.param)
