"""The config's sections `budget` and `tune`: the same rows at other budgets, and each with settings of its own."""

from typing import Annotated

from pydantic import Field, field_validator

from workflow.cells.fields import Count, Listed, Name, NotNegative, Positive, Seed, ShareBelowOne, once_each
from workflow.cells.section import Section

Range = Annotated[tuple[Positive, Positive], Field()]
"""the smallest and the largest value that is tried"""


class Budget(Section):
    """Further cells of each measured row, trained to the end of a schedule of their own: as far as the row fc goes."""

    images: bool = False
    """cells that encode as many images as fc does, those of the twin counted; only rows with a twin need them"""
    seconds: bool = False
    """cells that take as long as fc does, by step times measured alone on the machine"""


class Space(Section):
    """Between which values settings are tried; null leaves a setting as it is. A head without it does not try it."""

    scale: Range | None = (16, 64)
    """factor of the cosines, evenly in its logarithm"""
    m: tuple[NotNegative, Positive] | None = (0.1, 0.5)
    """the margin, evenly"""
    lr: Range | None = (0.05, 0.4)
    """peak learning rate, evenly in its logarithm"""
    momentum: tuple[ShareBelowOne, ShareBelowOne] | None = (0.9, 0.999)
    """of the twin, evenly in the logarithm of how many steps it looks back on"""

    @field_validator("*")
    @classmethod
    def _rising(cls, limits: tuple[float, float] | None) -> tuple[float, float] | None:
        if limits is not None and limits[0] >= limits[1]:
            raise ValueError(f"{list(limits)} must rise: the smallest value first, then the largest")
        return limits


class Tune(Section):
    """Every row with settings of its own, chosen from as many trials as any other row has, on validation alone."""

    trials: Annotated[int, Field(ge=2, le=10_000)] = 8
    """settings tried for each row, points of one Sobol sequence; powers of two cover the space best"""
    steps: Count = 600
    """optimiser steps of a trial"""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (0,)
    """of the trials: each setting is tried from each"""
    sequence: Seed = 0
    """seed of the Sobol sequence"""
    space: Space = Space()
    rows: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """labels of the rows that are tuned; null: all"""

    @field_validator("seeds", "rows")
    @classmethod
    def _different(cls, listed: tuple[Listed, ...] | None) -> tuple[Listed, ...] | None:
        return listed and once_each(listed)
