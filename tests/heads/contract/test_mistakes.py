"""The contract refuses the mistakes that authors of heads make, each with a sentence that says the mend."""

import re

import pytest

from tests.heads.cases import Case
from tests.heads.contract.hold import hold
from tests.heads.contract.mistakes import MISTAKES
from tests.heads.contract.mistakes.mistake import RIGHT, Mistake

CHECKS = {(mistake.check, str(mistake.given)): mistake for mistake in MISTAKES}.values()


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
