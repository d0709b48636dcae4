"""Lists of rules, held against the rules that there are: none can be forgotten."""

import re
from pathlib import Path

from workflow.running.lines import WITHOUT_LINES
from workflow.running.machine import COMPUTING

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "Snakefile", ROOT / "workflow/Snakefile", *sorted(ROOT.glob("workflow/rules/*.smk"))]
BEGIN = re.compile(r"^rule (\w+):$", re.MULTILINE)
COMMAND = re.compile(r"python -m ([\w.]+)")
MEASURED_OR_TRAINED = {"workflow.training", "workflow.measuring"}


def commands() -> dict[str, str | None]:
    """Every rule, and the module that its shell command runs; None where it has none."""
    found = {}
    for file in FILES:
        _, *parts = BEGIN.split(file.read_text(encoding="utf-8"))
        for name, body in zip(parts[::2], parts[1::2], strict=True):
            command = COMMAND.search(body)
            found[name] = command and command[1]
    return found


def test_rules_that_train_or_measure_are_held_against_the_machine():
    assert {name for name, module in commands().items() if module in MEASURED_OR_TRAINED} == COMPUTING


def test_rules_without_a_command_have_no_line_of_their_own():
    assert {name for name, module in commands().items() if module is None} == WITHOUT_LINES
