"""To hold a head against one test of the contract, without pytest."""

import inspect
from collections.abc import Callable, Mapping

from tests.heads.cases import Case
from tests.heads.contract.large import enlarge
from tests.heads.contract.subject import make


def hold(check: Callable[..., None], case: Case, given: Mapping[str, object]) -> None:
    """Call a test of the contract with what pytest would give it for `case`."""
    makers = {"case": lambda: case, "large": lambda: enlarge(case)}
    wanted = [name for name in inspect.signature(check).parameters if name not in given]
    check(**{name: makers.get(name, lambda: make(case))() for name in wanted}, **given)
