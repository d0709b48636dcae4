"""All scores together: names, notes, determinism, and agreement with the learning curve."""

import json

import numpy as np
import pytest

from tests.evaluating.conftest import split_of
from workflow.errors import UserError
from workflow.evaluating.metrics import describe
from workflow.evaluating.scores import all_scores, curve_scores, no_scores


def test_every_name_is_described_and_every_null_explained(world):
    found = all_scores(world.rows, world.split, world.centres, [10, 25, 1000])
    assert set(found.scores["validation"]) == set(found.scores["test"])
    for name in found.scores["test"]:
        assert describe(name).label
    missing = {name for part in found.scores.values() for name, value in part.items() if value is None}
    assert missing == set(found.notes)
    assert found.notes["identification/rank1@1000"] == "the split holds only 25 distractors"
    assert all(0 <= value <= 1 for part in found.scores.values() for value in part.values() if value is not None)
    assert json.loads(json.dumps(found._asdict(), allow_nan=False))["scores"] == found.scores


def test_names_are_those_of_the_contract(world):
    names = set(all_scores(world.rows, world.split, world.centres, [10]).scores["test"])
    assert {
        *(f"verification_hard/{name}" for name in ("accuracy", "accuracy_std", "eer", "auc", "tar@0.1", "tar@0.0001")),
        *("verification_random/accuracy", "allpairs/tar@0.1", "allpairs/tar@1e-05", "allpairs/eer"),
        *("identification/rank1", "identification/rank5", "identification/rank1@10", "identification/rank5@10"),
        *("identification/dir@fpir0.01", "closed/rank1", "closed/rank5", "closed/macro", "closed/rank1/many"),
        *("closed/rank1/medium", "closed/rank1/few", "centres/rank1", "centres/rank1/few"),
        *("closed/mean_rank1", "closed/mean_rank1/many", "closed/mean_rank1/medium", "closed/mean_rank1/few"),
    } <= names
    pairs = {name.partition("/")[2] for name in names if name.startswith("verification_random")}
    assert pairs == {"accuracy", "accuracy_std", "eer", "auc", "tar@0.1", "tar@0.01", "tar@0.001", "tar@0.0001"}


def test_scores_are_the_same_bits_again_and_in_any_order_of_rows(world):
    first = all_scores(world.rows, world.split, world.centres, [10])
    assert all_scores(world.rows, world.split, world.centres, [10]) == first
    order = np.random.default_rng(0).permutation(len(world.rows))
    place = np.argsort(order)
    kept = ("_same", "_class", "_label", "shots", "_rows", "_labels")
    arrays = {name: array if name.endswith(kept) else place[array] for name, array in world.arrays.items()}
    assert all_scores(world.rows[order], split_of(arrays), world.centres, [10]) == first


def test_better_embeddings_score_better(make_world):
    noisy, clean = (make_world(seed=1, noise=noise) for noise in (1.2, 0.3))
    scores = [all_scores(w.rows, w.split, w.centres, [10]).scores["test"] for w in (noisy, clean)]
    for name in scores[0]:
        if None in (scores[0][name], scores[1][name]) or name.endswith("_std"):
            continue
        worse, better = (scores[0][name], scores[1][name])[:: 1 if describe(name).better == "high" else -1]
        assert worse < better, name


def test_parts_do_not_mix(world):
    changed = world.rows.copy()
    used = [
        a for n, a in world.arrays.items() if n.startswith("test") and n.endswith(("pairs", "all", "gallery", "probe"))
    ]
    keep = [
        a for n, a in world.arrays.items() if n.startswith("validation") and a.max() < len(changed) and "_c" not in n
    ]
    only_test = np.setdiff1d(np.concatenate([a.ravel() for a in used]), world.arrays["validation_closed_gallery"])
    assert len(keep)
    changed[only_test] = 0
    before, after = (all_scores(rows, world.split, None, [10]).scores for rows in (world.rows, changed))
    assert before["validation"] == after["validation"]
    assert before["test"] != after["test"]


def test_without_centres_that_column_is_null_with_its_reason(world):
    for centres in (None, np.zeros((0, 12), np.float16)):
        found = all_scores(world.rows, world.split, centres, [])
        assert found.scores["test"]["centres/rank1"] is None
        assert found.notes["centres/rank1/few"] == "the head learns no class centres"
        assert found.notes["closed/mean_rank1/few"] == "the training images were not embedded"


def test_null_in_one_part_alone_says_which(world):
    arrays = world.arrays | {
        f"test_random_{name}": world.arrays[f"test_random_{name}"][:5] for name in ("pairs", "same")
    }
    notes = all_scores(world.rows, split_of(arrays), None, []).notes
    assert notes["verification_random/accuracy"].startswith("test: ")


def test_counts_match_the_split(world):
    counts = all_scores(world.rows, world.split, None, []).counts["test"]
    assert (counts["hard_pairs"], counts["all_images"], counts["gallery"], counts["probe"]) == (300, 120, 30, 120)
    assert (counts["all_genuine"], counts["all_genuine"] + counts["all_impostors"]) == (30 * 6, 120 * 119 // 2)
    assert sum(counts[f"closed_probe_{band}"] for band in ("many", "medium", "few")) == counts["closed_probe"] == 80


def test_a_cell_without_embeddings_has_the_same_names_all_null(world):
    scored = all_scores(world.rows, world.split, world.centres, [10])
    empty = no_scores("diverged: loss is nan", world.split, [10])
    assert set(empty.scores["test"]) == set(scored.scores["test"]) == set(empty.notes)
    assert set(empty.scores["test"].values()) | set(empty.scores["validation"].values()) == {None}
    assert set(empty.notes.values()) == {"diverged: loss is nan"}
    assert empty.counts == scored.counts


@pytest.mark.parametrize(("value", "message"), [(np.nan, "not finite"), (np.inf, "not finite"), (3.0, "unit length")])
def test_embeddings_that_mean_nothing_are_refused(world, value, message):
    rows = world.rows.copy()
    rows[5, 2] = value
    with pytest.raises(UserError, match=message):
        all_scores(rows, world.split, None, [])


class Asked:
    """Embeds by looking up, and remembers what it was asked."""

    def __init__(self, rows):
        self.rows, self.calls = rows, []

    def __call__(self, positions):
        self.calls.append(positions)
        return self.rows[positions].astype(np.float32)


@pytest.mark.parametrize("part", ["validation", "test"])
def test_learning_curve_equals_the_scores_and_embeds_each_row_once(world, part):
    asked = Asked(world.rows)
    found = curve_scores(asked, world.split, part)
    whole = all_scores(world.rows, world.split, None, []).scores[part]
    assert set(found) == {"verification_hard/accuracy", "identification/rank1", "closed/rank1"}
    assert all(found[name] == whole[name] for name in found)
    (positions,) = asked.calls
    assert len(np.unique(positions)) == len(positions) < len(world.rows)


def test_learning_curve_of_a_run_about_to_diverge_is_null(world):
    rows = np.full_like(world.rows, np.nan)
    assert set(curve_scores(Asked(rows), world.split).values()) == {None}
