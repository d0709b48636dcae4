"""The step log of a finished cell: a line of JSON for every loss that was logged and every point of its curve."""

import json
from pathlib import Path
from typing import Any

from workflow.errors import UserError, reason

NEEDED = {"step", "seconds"}
"""keys of every line"""


def step_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of steps.jsonl; none without the file. A last line that a kill cut short is left out; UserError for any
    other that is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} cannot be read ({reason(error)}): delete its folder and train the cell again"
        ) from error
    found, lines = [], text.rstrip("\n").split("\n") if text else []
    for number, line in enumerate(lines, 1):
        try:
            one = json.loads(line)
        except json.JSONDecodeError:
            if number == len(lines):
                break
            one = None
        if not (isinstance(one, dict) and one.keys() >= NEEDED):
            raise UserError(f"{path} is no step log in line {number}: delete its folder and train the cell again")
        found.append(one)
    return found
