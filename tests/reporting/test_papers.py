"""What others published stands beside scores on the same sets, with its source, and only there."""

from dataclasses import replace

import pandas as pd
import pytest

from workflow.reporting.material import Material
from workflow.reporting.pages.papers import papers_table
from workflow.summary import papers
from workflow.summary.papers import published_rows


def scored(material: Material, *sets: str) -> Material:
    """The material with every row's scores on these sets."""
    scores = material.summary.scores
    some = scores[(scores["part"] == "test") & (scores["score"] == "verification_hard/accuracy")]
    more = [some.assign(score=f"sets/{name}/accuracy") for name in sets]
    return Material(replace(material.summary, scores=pd.concat([scores, *more], ignore_index=True)))


def test_without_such_sets_there_is_no_table(material):
    assert papers_table(material) is None
    assert papers_table(scored(material, "my_own")) is None


def test_ours_and_theirs_stand_under_the_sets_name(material):
    found = papers_table(scored(material, "agedb_30", "my_own"))
    assert [column.title for column in found.columns[2:]] == ["agedb_30", "my_own"]
    theirs = {row[0].text: row for row in found.rows if row[1].text != "this run"}
    assert theirs["DCQ"][2].text == "98.23" and theirs["DCQ"][3].tone == "missing"
    assert "leader board" in theirs["DCQ"][0].sub
    ours = [row for row in found.rows if row[1].text == "this run"]
    assert len(ours) == len(material.names)


@pytest.mark.parametrize(("ratio", "shown"), [(0.1, True), (0.5, False), (None, True)])
def test_what_was_published_of_another_ratio_is_not_shown(material, monkeypatch, ratio, shown):
    ours = material.summary.heads
    assert 0.1 in set(ours["ratio"][ours["head"] == "partial_fc"]) and 0.5 not in set(ours["ratio"])
    row = next(row for row in published_rows() if row.head == "partial_fc").model_copy(update={"ratio": ratio})
    monkeypatch.setattr(papers, "published_rows", lambda: (row,))
    assert (papers_table(scored(material, *row.scores)) is not None) == shown


def test_what_was_published_says_where_it_was_read():
    for row in published_rows():
        assert row.source and row.scores and all(0.9 < score < 1 for score in row.scores.values())
