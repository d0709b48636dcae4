"""How a head fails to refuse a batch, or to take one."""

import torch

from tests.heads.contract import test_batches
from tests.heads.contract.mistakes.mistake import Mistake
from tests.heads.contract.subject import C

OUTSIDE = {"labels": torch.tensor([0, 0, C, C]), "message": "outside 0..39"}
SECOND = {"spoil": lambda x, y: (x, y + C), "message": "outside 0..39"}
NAN = {"view": 1, "poison": float("nan")}
CHECKED = "check_pairs((q, k), batch.labels, self.num_classes, self.dim)"
ONE_CHECKED = ("check_pairs, check_ratio", "check_batch, check_ratio")
PENDING = "self.pending = (k, y)"

BATCHES = [
    Mistake(
        "labels not checked",
        test_batches.test_wrong_labels_are_refused_and_change_nothing,
        "a wrong batch was not refused .*: call check_batch",
        ((CHECKED, "pass"),),
        OUTSIDE,
    ),
    Mistake(
        "labels left to an index",
        test_batches.test_wrong_labels_are_refused_and_change_nothing,
        "IndexError instead of a ValueError .*: call check_batch",
        ((CHECKED, "torch.zeros(self.num_classes)[y]"),),
        OUTSIDE,
    ),
    Mistake(
        "labels of the second view not checked",
        test_batches.test_a_wrong_second_view_is_refused_and_changes_nothing,
        "a wrong batch was not refused .*: call check_batch",
        (ONE_CHECKED, (CHECKED, "check_batch(q, y, self.num_classes, self.dim)")),
        SECOND,
    ),
    Mistake(
        "pairs not checked",
        test_batches.test_views_of_other_classes_are_no_pairs,
        "a wrong batch was not refused .*or check_pairs where rows of two views pair",
        (
            ONE_CHECKED,
            (
                CHECKED,
                "[check_batch(e, labels, self.num_classes, self.dim)"
                " for e, labels in zip((q, k), batch.labels, strict=True)]",
            ),
        ),
    ),
    Mistake(
        "checked too late",
        test_batches.test_wrong_labels_are_refused_and_change_nothing,
        "changed labels, queue in a commit after a refused batch: nothing may be pending from it",
        ((CHECKED, PENDING + "\n        " + CHECKED),),
        OUTSIDE,
    ),
    Mistake(
        "keys of NaN not refused",
        test_batches.test_embeddings_that_are_no_numbers_are_refused_before_anything_changes,
        "keys of nan were neither refused nor seen in the loss",
        (ONE_CHECKED, (CHECKED, "check_batch(q, y, self.num_classes, self.dim)"), ("(q * k)", "(q * k.nan_to_num())")),
        NAN,
    ),
    Mistake(
        "statistics of a batch of one",
        test_batches.test_odd_batches_give_a_finite_loss_and_training_goes_on,
        "loss inf in step 1: mind empty means",
        (("y).mean()", "y).mean() / q.var(0, correction=0).sum()"),),
        {"labels": [7]},
    ),
    Mistake(
        "a logarithm at a cosine of minus one",
        test_batches.test_loss_and_gradient_are_finite_at_cosines_of_one,
        "loss inf at cosines of 1 and -1: no logarithm or acos may end there",
        (("(q * k).sum(1))", "(1 + (q * k).sum(1).round(decimals=3)).log())"),),
    ),
    Mistake(
        "labels changed in place",
        test_batches.test_the_callers_tensors_are_left_alone,
        "changed the caller's labels in place: clone them first",
        ((PENDING, PENDING + "\n        y.clamp_(max=3)"),),
    ),
    Mistake(
        "embeddings changed in place",
        test_batches.test_the_callers_tensors_are_left_alone,
        "changed the caller's views in place: clone them first",
        ((PENDING, PENDING + "\n        k.mul_(0.5)"),),
    ),
]
