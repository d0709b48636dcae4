"""Scores are listed where they tell heads apart, folded where they say little more, named where none can have them."""

from dataclasses import replace

from workflow.evaluating.metrics import HEADLINE, describe
from workflow.reporting.blocks import Table, Text
from workflow.reporting.material import Material
from workflow.reporting.pages import accuracy
from workflow.summary.stored import BaselineRow


def tables(material: Material) -> dict[str, Table]:
    return {block.name: block for block in accuracy.page(material).blocks if isinstance(block, Table)}


def scores(found: Table) -> set[str]:
    return {str(row[0].sort) for row in found.rows}


def test_details_are_folded_and_no_score_is_in_both_tables(material):
    found = tables(material)
    assert found["score-details"].folded and not found["scores"].folded
    assert all(describe(name).detail for name in scores(found["score-details"]))
    assert not any(describe(name).detail for name in scores(found["scores"]))
    assert set(HEADLINE) & scores(found["scores"])
    known = material.summary.scores
    names = set(known.loc[known["part"] == "test", "score"])
    never = {name for name in names if accuracy.out_of_reach(material, name)}
    assert scores(found["scores"]) | scores(found["score-details"]) | never == names and never


def test_baselines_stand_beside_the_heads_and_are_called_so(material):
    row = BaselineRow(
        kind="raw", scores={"test": {"closed/rank1": 0.447}}, se={"test": {"closed/rank1": 0.003}}, record="x.json"
    )
    stored = material.summary.stored.model_copy(update={"baselines": [row]})
    found = tables(Material(replace(material.summary, stored=stored)))["scores"]
    assert (found.columns[-1].title, found.columns[-1].unit) == ("raw pixels", "baseline")
    cells = {str(row[0].sort): row[-1] for row in found.rows}
    assert (cells["closed/rank1"].text, cells["closed/rank1"].sub) == ("44.7", "SE 0.3")
    assert cells["verification_hard/accuracy"].tone == "missing"
    assert len(tables(material)["scores"].columns) == len(found.columns) - 1
    row = row.model_copy(update={"scores": {"test": {}}, "reason": "failed: the process was killed"})
    killed = material.summary.stored.model_copy(update={"baselines": [row]})
    notes = tables(Material(replace(material.summary, stored=killed)))["scores"].notes
    assert "failed: the process was killed" in dict(notes).values()


def test_what_baselines_are_is_said_only_where_there_are_some(material):
    words = [block.text for block in accuracy.page(material).blocks if isinstance(block, Text)]
    assert accuracy.BASELINE_WORDS not in words
