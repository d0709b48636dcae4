"""The configs that ship, as snakemake puts them together: the default one, and another file's keys over it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from workflow.cells.config import Config

FOLDER = Path(__file__).parents[1] / "config"


def shipped(name: str) -> Config:
    """config/<name>.yaml over config/default.yaml."""
    default, own = (yaml.safe_load((FOLDER / f"{each}.yaml").read_text()) for each in ("default", name))
    return Config.parse(over(default, own))


def over(mapping: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`mapping` with the keys of `own` in place of its own, section by section."""
    both = {
        key: over(mapping[key], value) if isinstance(value, dict) and isinstance(mapping.get(key), dict) else value
        for key, value in own.items()
    }
    return {**mapping, **both}
