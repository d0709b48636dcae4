from pathlib import Path

import numpy as np
import pytest

from tests.collected import Recollect, edit
from tests.summary.made_up import HARD, summary_of
from workflow.summary.samples import by_seed, hardest, samples
from workflow.summary.summary import Summary
from workflow.summary.tail import EXCESS, FEW, MANY, by_groups, group_score


def folders(profile: Path, label: str) -> list[Path]:
    return [path.parent for path in sorted(profile.glob(f"glyphs-s/small/{label}/*/*/evaluation.json"))]


def save(folder: Path, value: float) -> None:
    np.savez(folder / "resamples.npz", **{HARD: np.full(200, value, np.float32), "lost": np.full(200, np.nan)})


def test_resamples_are_averaged_over_the_seeds_of_a_row(recollect: Recollect) -> None:
    def change(profile: Path) -> None:
        for place, folder in enumerate(folders(profile, "fc")):
            save(folder, 0.9 + 0.01 * place)

    found = recollect(change).stored.resampled
    assert found == {HARD: {"fc": pytest.approx([0.905] * 200)}}


def test_a_row_with_resamples_of_some_seeds_only_is_left_out(recollect: Recollect) -> None:
    summary = recollect(lambda profile: save(folders(profile, "fc")[0], 0.9))
    assert summary.stored.resampled == {} and samples(summary).replicates == {}


def test_a_run_that_did_not_end_well_has_no_part_in_the_mean(recollect: Recollect) -> None:
    def change(profile: Path) -> None:
        good, bad = folders(profile, "fc")
        save(good, 0.9)
        edit(bad / "run.json", outcome="diverged", reason="the loss is NaN")

    assert recollect(change).stored.resampled == {HARD: {"fc": pytest.approx([0.9] * 200)}}


def test_a_score_by_seed_leaves_out_what_was_not_measured(summary: Summary) -> None:
    assert list(by_seed(summary, "f2c r 0.1", HARD).index) == [0]
    assert by_seed(summary, "fc", "never/computed").empty and by_seed(summary, "nobody", HARD).empty


def test_the_hardest_version_has_the_most_distractors() -> None:
    scores = {f"identification/rank1{end}": [0.5] for end in ("", "@1000", "@900")}
    assert hardest(summary_of([("fc", 1.0, scores)]), "identification/rank1") == "identification/rank1@1000"
    assert hardest(summary_of([("fc", 1.0, {HARD: [0.5]})]), HARD) == HARD


def test_few_minus_many_is_taken_within_each_run() -> None:
    base = {"closed/rank1/few": [0.90, 0.92], "closed/rank1/many": [0.95, 0.97]}
    own = {"closed/rank1/few": [0.95, 0.97], "closed/rank1/many": [0.96, 0.98]}
    summary = summary_of([("fc", 1.0, base), ("dcq", 0.1, own)])
    found = by_groups(summary)
    gains = {group: found[group].loc["dcq r 0.1", "difference"] for group in (FEW, MANY, EXCESS)}
    assert gains == pytest.approx({FEW: 0.05, MANY: 0.01, EXCESS: 0.04})
    assert found[EXCESS].loc["dcq r 0.1", "half_width"] == pytest.approx(0), "what both groups share cancels"


def test_groups_are_those_of_class_means_where_they_were_measured() -> None:
    image = {"closed/rank1/few": [0.9], "closed/rank1/many": [0.9]}
    mean = {"closed/mean_rank1/few": [0.9], "closed/mean_rank1/many": [0.9]}
    assert group_score(summary_of([("fc", 1.0, image)])) == "closed/rank1"
    assert group_score(summary_of([("fc", 1.0, image | mean)])) == "closed/mean_rank1"
    assert by_groups(summary_of([])) == {} == by_groups(summary_of([("fc", 1.0, {HARD: [0.5]})]))
