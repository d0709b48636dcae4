"""The contract refuses the mistakes that authors of heads make, each with a sentence that says the mend."""

import inspect
import re
from collections.abc import Callable, Mapping

import pytest

from tests.heads.cases import Case
from tests.heads.contract.mistakes import MISTAKES
from tests.heads.contract.mistakes.mistake import RIGHT, Mistake
from tests.heads.contract.subject import make
from tests.heads.contract.test_cost import enlarge

CHECKS = {(mistake.check, str(mistake.given)): mistake for mistake in MISTAKES}.values()


def hold(check: Callable[..., None], case: Case, given: Mapping[str, object]) -> None:
    """Call a test of the contract with what pytest would give it for `case`."""
    makers = {"case": lambda: case, "large": lambda: enlarge(case)}
    wanted = [name for name in inspect.signature(check).parameters if name not in given]
    check(**{name: makers.get(name, lambda: make(case))() for name in wanted}, **given)


@pytest.mark.parametrize("ratio", [1.0, 0.3])
@pytest.mark.parametrize("mistake", CHECKS, ids=str)
def test_without_the_mistake_the_head_is_accepted(mistake: Mistake, ratio: float, add_head):
    hold(mistake.check, Case(add_head("mistaken", RIGHT), {"ratio": ratio}), mistake.given)


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_the_mistake_is_refused_with_a_sentence_that_says_the_mend(mistake: Mistake, add_head):
    case = Case(add_head("mistaken", mistake.source()), {"ratio": 1.0})
    with pytest.raises(Exception) as refused:
        hold(mistake.check, case, mistake.given)
    said = str(refused.value)
    assert re.search(mistake.sentence, said), f"'{mistake}' is refused with: {said}"
