"""The configs that ship, as snakemake puts them together: the default one, and another file's keys over it."""

from pathlib import Path

import yaml
from snakemake.utils import update_config

from workflow.cells.config import Config

FOLDER = Path(__file__).parents[1] / "config"


def shipped(name: str) -> Config:
    """config/<name>.yaml over config/default.yaml."""
    default, own = (yaml.safe_load((FOLDER / f"{each}.yaml").read_text()) for each in ("default", name))
    update_config(default, own)
    return Config.parse(default)
