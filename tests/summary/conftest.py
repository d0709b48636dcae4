"""What tests of the summary share."""

import pandas as pd
import pytest

from tests.collected import Collected
from workflow.summary.summary import Summary


def path_under(table: pd.DataFrame, end: str) -> pd.Series:
    """Which rows come from the record whose path ends so."""
    return table["record"].str.endswith(end)


@pytest.fixture
def summary(collected: Collected) -> Summary:
    return collected.summary
