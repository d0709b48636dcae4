"""What a config may choose is what the code that owns the choice knows."""

import subprocess
import sys

import pytest

from heads.kit.margins import MARGINS
from workflow.cells import choices
from workflow.cells.data_section import Data
from workflow.data.augment import LEVELS
from workflow.data.faces import tiers
from workflow.training.backbones import BACKBONES
from workflow.training.encoder import PRECISIONS


@pytest.mark.parametrize(
    ("read", "owned"),
    [
        (choices.MARGINS, MARGINS),
        (choices.BACKBONES, BACKBONES),
        (choices.PRECISIONS, PRECISIONS),
        (choices.LEVELS, LEVELS),
    ],
    ids=["margins", "backbones", "precisions", "levels of augmentation"],
)
def test_the_names_read_are_those_of_the_owner(read, owned):
    assert list(read) == list(owned)


def test_the_tiers_are_those_of_the_list_of_fonts():
    assert Data.model_json_schema()["properties"]["tier"]["enum"] == tiers()


def test_a_table_that_is_gone_is_named():
    with pytest.raises(LookupError, match=r"workflow/training/encoder\.py has no table NONE"):
        choices.keys_of("workflow/training/encoder.py", "NONE")


def test_planning_a_run_needs_no_torch():
    code = "import sys, workflow.cells.spec; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
