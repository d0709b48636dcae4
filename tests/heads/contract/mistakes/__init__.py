"""Mistakes that authors of heads make, by the part of the contract that refuses them."""

from tests.heads.contract.mistakes.batches import BATCHES
from tests.heads.contract.mistakes.cost import COST
from tests.heads.contract.mistakes.file import FILE
from tests.heads.contract.mistakes.state import STATE
from tests.heads.contract.mistakes.training import TRAINING

MISTAKES = [*FILE, *BATCHES, *STATE, *TRAINING, *COST]
