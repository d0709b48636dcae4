"""What tuning writes and reads: the settings tried for a row, how they scored on validation, and the chosen one."""

from workflow.cells.records import Part, Record
from workflow.endings import Outcome

Setting = dict[str, float]
"""values by name: `scale`, `m`, `lr`, `twin momentum`"""


class Tried(Part):
    """One setting: its trials, one for each seed, and what they reached."""

    number: int
    setting: Setting
    outcomes: tuple[Outcome, ...]
    validation: tuple[dict[str, float | None], ...]
    """by seed the scores of the learning curve's last point; {} of a trial that did not end well"""
    score: float | None = None
    """the mean of those scores over names and seeds; None unless all trials ended well"""
    records: tuple[str, ...] = ()
    """the run.json of each trial"""


class ChosenRecord(Record):
    """tuned/<label>/<ratio>-*.json: the setting of the best score, under a budget that all rows have alike."""

    label: str
    head: str
    ratio: float
    steps: int
    """optimiser steps of each trial"""
    seeds: tuple[int, ...]
    trials: tuple[Tried, ...]
    chosen: Setting | None = None
    reason: str | None = None
    """why nothing was chosen"""
