"""The heads that the contract is held against."""

import pytest

import heads
from heads.kit.interface import Head
from tests.heads.cases import Case, views_of
from tests.heads.contract.subject import contract_cases, make


@pytest.fixture(params=contract_cases(), ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    """A head by name and options; most tests want it made, which is `head`."""
    return request.param


@pytest.fixture
def head(case: Case) -> Head:
    return make(case)


@pytest.fixture(params=[case for case in contract_cases() if views_of(heads.load(case.name).batches) == 2], ids=str)
def head_of_two_views(request: pytest.FixtureRequest) -> Head:
    return make(request.param)
