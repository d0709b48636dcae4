"""The line of a cost cell says when a step waits for its images."""

import pytest

from workflow.measuring.headline import loader_words


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"loader": 30.0, "backbone": 60.0, "head": 10.0}, ["30% of it waits for the loader: raise train.workers"]),
        ({"loader": 9.0, "backbone": 91.0}, []),
        ({}, []),
    ],
)
def test_a_loader_that_limits_a_step_is_told(parts, said):
    assert loader_words(parts) == said
