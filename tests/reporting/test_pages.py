import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.collected import Recollect, edit
from workflow.reporting import document
from workflow.reporting.blocks import AnswerCard, Answers, Caution, Notes, Table
from workflow.reporting.caveats import caveat_words, seeds_sentence
from workflow.reporting.claim_words import decided_by, measured
from workflow.reporting.cost_words import upkeep_words
from workflow.reporting.material import Material
from workflow.reporting.pages import answer, claims, gaps, method
from workflow.summary.collect import Manifest, dataset_facts
from workflow.summary.rules import NoWorse, load_claims
from workflow.summary.stored import CostRow
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise
from workflow.summary.vocabulary import Verdict

CLAIMS = {claim.id: claim for claim in load_claims()}


def cards(summary: Summary) -> list[AnswerCard]:
    block = answer.page(Material(summary)).blocks[0]
    assert isinstance(block, Answers)
    return list(block.items)


def table_of(section_blocks: object, name: str) -> Table:
    assert isinstance(section_blocks, tuple)
    return next(block for block in section_blocks if isinstance(block, Table) and block.name == name)


@pytest.mark.parametrize(
    ("claim", "parts"),
    [
        ("pfc-accuracy", ("Hard pairs AUC", "of partial_fc at ratio 0.1 minus that of fc", "a loss of 0.5 points")),
        ("dcq-long-tail", ("1:N rank-1 with the most distractors of dcq", "on a natural tail", "after 16 passes")),
        ("dcq-few-shot", ("classes with few images minus the same among those with many", "above 0 points")),
        ("dcq-sampling", ("of dcq minus that of dcq (loader even pairs)",)),
        (
            "dcq-momentum",
            (
                "a long run: ",
                "of dcq (momentum 0.99), dcq (momentum 0.999) minus that of dcq (momentum 0.9); no interval",
                ". a short run: ",
                "minus that of dcq (steps of its own, momentum 0.999)",
                "fewer than 16 passes",
            ),
        ),
        (
            "pfc-noise",
            ("wrong labels: ", "of partial_fc (noise flips of its own) minus that of fc (noise flips of its own)"),
        ),
        ("vfc", ("a loss of 1.2 points", "the classes of a batch or more", "at most 1 % and 5 % of that more")),
        ("pfc-memory", ("measured peak bytes of the head alone, partial_fc at ratio 0.1 divided by plain_fc", "5 %")),
        ("pfc-throughput", ("composed step", "at least 20 % of its step")),
        ("pfc-flat", ("(Tukey) must lie within 0.5 points",)),
        ("pfc-scale", ("one cost cell of partial_fc, end to end or end to end on synthetic labels", "dimension 512")),
        ("pfc-scale", ("with 10\u202f000\u202f000 classes", "counts from 88 GiB of memory on")),
        ("break-even", ("faster: ", "dcq at ratio 0.1, f2c at ratio 0.1 take less time than", "take less memory")),
        ("lean", ("with plain_fc in place of fc", "two must change places, more than 5 % apart")),
    ],
)
def test_what_decides_a_claim_is_made_from_its_rule(claim: str, parts: tuple[str, ...]) -> None:
    words = decided_by(CLAIMS[claim])
    assert all(part in words for part in parts), words


def test_the_margin_that_is_printed_is_the_one_that_decides() -> None:
    claim = CLAIMS["pfc-accuracy"]
    assert isinstance(claim.rule, NoWorse)
    wider = claim.model_copy(update={"rule": claim.rule.model_copy(update={"margin": 0.007})})
    assert "a loss of 0.7 points" in decided_by(wider)
    plain = claim.rule.model_copy(update={"scores": ("verification_hard/accuracy",)})
    assert "distractors" not in decided_by(claim.model_copy(update={"rule": plain}))


def test_every_claim_stands_in_the_table_with_its_verdict(material: Material) -> None:
    rows = table_of(claims.page(material).blocks, "claims").rows
    assert [row[0].text for row in rows] == [claim.statement for claim in load_claims()]
    assert {row[3].text for row in rows} <= {str(verdict) for verdict in Verdict}
    assert all(row[1].text and row[2].text for row in rows)


def test_a_claim_that_is_not_measured_says_what_it_takes(recollect: Recollect) -> None:
    summary = recollect(lambda profile: shutil.rmtree(profile / "cost/end-to-end/partial_fc"))
    found = {judgement.claim.id: measured(judgement) for judgement in Material(summary).judgements}
    assert found["dcq-sampling"].startswith("not in this run: dcq at ratio 0.1 (loader even pairs); needs two rows")
    assert "ran with 1\u202f000\u202f000 classes" in found["pfc-scale"]
    assert "; needs a row partial_fc, and measure {synthetic_classes" in found["pfc-scale"]


def test_a_claim_outside_its_regime_says_which_condition(material: Material) -> None:
    found = {judgement.claim.id: measured(judgement) for judgement in material.judgements}
    assert found["dcq-long-tail"].startswith("8.4 passes over the training images where 16 are needed; rows compared")
    assert (
        "2 times the classes of a batch where 4 times are needed; the tail is pareto, not natural. "
        in found["dcq-long-tail"]
    )
    assert "There: dcq r 0.1 − fc: " in found["dcq-long-tail"]


def test_memory_beside_our_own_fc_is_decided_by_design(material: Material) -> None:
    found = next(each for each in material.judgements if each.claim.id == "pfc-memory")
    assert found.verdict == Verdict.DESIGN and "nothing is left to save" in measured(found)


def test_memory_that_was_only_declared_is_said_to_be_so(recollect: Recollect) -> None:
    def change(profile: Path) -> None:
        for path in profile.glob("cost/head/*/*/*.json"):
            edit(path, memory={"declared_state_bytes": 2048})

    summary = recollect(change)
    found = {judgement.claim.id: measured(judgement) for judgement in Material(summary).judgements}
    assert found["pfc-memory"].startswith("the cost was not measured for both rows; needs cost cells")
    assert cards(summary)[5].detail.endswith("declared state, not measured")


def test_answers_name_rows_ties_and_what_they_rest_on(summary: Summary) -> None:
    found = cards(summary)
    assert [card.question for card in found] == [*answer.QUESTIONS.values()]
    first = found[0]
    assert "dcq r 0.1" in [name.name for name in first.names] and len(first.names) > 1
    assert first.value == f"{len(first.names)} of 6" and first.unit == "cannot be told apart"
    assert first.detail.startswith("Hard pairs, ") and "1 of one seed not judged" in first.detail
    assert found[4].unit == "images/s" and "ms a step (p10 to p90)" in found[4].detail
    assert found[6].value.endswith(" of 6")


def test_an_unanswered_question_says_why(recollect: Recollect) -> None:
    found = cards(recollect(lambda profile: shutil.rmtree(profile / "cost")))
    assert [bool(card.names) for card in found] == [True, False, True, True, False, False, False]
    assert all(card.detail.startswith("not measured: ") and len(card.detail) > 40 for card in found[4:])


def test_caveats_stand_beside_the_verdicts(material: Material) -> None:
    words = caveat_words(material.summary)
    assert "Short runs: 600 steps are 8.4 passes" in words[0] and words[1].startswith("2 seeds: intervals")
    block = claims.page(material).blocks[0]
    assert isinstance(block, Caution) and block.items == words[:1]
    assert "One seed" in seeds_sentence(1) and "3 seeds: intervals" in seeds_sentence(3)


def test_gaps_name_the_meters_that_read_nothing(material: Material) -> None:
    lost = {row[0].text: row[1].text for row in table_of(gaps.page(material).blocks, "gaps").rows}
    assert "this run used cpu" in lost["utilisation, power, energy per image, clocks, temperature"]
    assert any("centres" in what and "dcq r 0.1" in what and "learns no centres" in why for what, why in lost.items())
    assert lost["f2c r 0.1, seed 1"].startswith("diverged: loss is NaN at step 210")


def test_a_missing_record_is_a_gap_that_says_so(recollect: Recollect) -> None:
    summary = recollect(lambda profile: shutil.rmtree(profile / "glyphs-s/small/dcq/0.1/1"))
    lost = {row[0].text: row[1].text for row in table_of(gaps.page(Material(summary)).blocks, "gaps").rows}
    assert lost["dcq r 0.1, seed 1"].startswith("missing: no record: this cell was planned")


def test_periodic_work_makes_one_footnote(summary: Summary) -> None:
    cost = next(cost for cost in summary.stored.costs if (cost.name, cost.mode) == ("dcq r 0.1", "end-to-end"))
    upkeep = {"seconds": 2.0, "every_steps": 100, "ms_per_step": 20.0}
    worked = CostRow.model_validate({**cost.model_dump(), "upkeep": upkeep})
    words = "20 ms of each step are for work that dcq r 0.1 does in 2 s every 100 steps, at 5\u202f000 classes"
    assert upkeep_words(worked) == words and upkeep_words(cost) == ""


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({"rejected": {"blank": 3, "hidden": 0}}, "Left out when the data set was built: 3 blank."),
        (
            {"shared": {"pictures": 2, "images": 5, "pairs": []}},
            "Pictures in more than one class: 2, shown by 5 images",
        ),
        ({"rejected": {"unreadable": 0}, "shared": {"pictures": 0, "images": 0}}, None),
        ({}, None),
    ],
)
def test_method_says_what_was_left_out_and_what_classes_share(
    manifest: dict[str, object], words: str | None, summary: Summary
) -> None:
    facts = dataset_facts([], None, Manifest.model_validate(manifest))
    stored = summary.stored.model_copy(update={"dataset": facts})
    said = method.left_out(replace(summary, stored=stored))
    assert (said.text if said else "").startswith(words or "") and bool(said) == bool(words)


@pytest.mark.parametrize(("kept", "words"), [(True, "kept"), (False, "given back"), (None, None)])
def test_method_says_what_became_of_freed_memory(recollect: Recollect, kept: bool | None, words: str | None) -> None:
    def change(profile: Path) -> None:
        for path in profile.glob("glyphs-s/small/*/*/*/run.json"):
            edit(path, freed_memory_kept=kept)

    terms = dict(method.freed_memory(recollect(change).stored.runs))
    assert (words in terms["Memory freed by a step"]) if words else not terms


def test_a_pool_that_the_batch_outgrows_says_what_was_asked_for() -> None:
    notes = Notes()
    assert not method.pool_cell(500, 500, notes).note and not method.pool_cell(500, None, notes).note
    assert method.pool_cell(497, 100, notes).note == "a"
    assert notes.listed() == (("a", "the ratio asks for 100, but all classes of a batch take part"),)


def test_the_parts_of_a_claim_are_told_one_by_one_and_what_has_their_rows(recollect: Recollect) -> None:
    found = {judgement.claim.id: measured(judgement) for judgement in Material(recollect(lambda _: None)).judgements}
    assert found["pfc-noise"].startswith("wrong labels: not measured here; not in this run: partial_fc at ratio 0.1 (")
    assert ". split identities: not measured here; " in found["pfc-noise"]
    assert found["pfc-noise"].endswith(": config/ablations.yaml")
    assert found["dcq-sampling"].endswith("with options {loader: even pairs}: config/ablations.yaml")


def test_without_a_record_of_the_machine_the_device_is_that_of_the_runs(summary: Summary) -> None:
    bare = summarise(summary.stored.model_copy(update={"machine": None}))
    assert dict(document.facts(bare))["Device"] == "cpu"
