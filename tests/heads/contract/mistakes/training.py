"""How a head fails to train."""

from tests.heads.contract import test_training
from tests.heads.contract.mistakes.mistake import Mistake

TRAINING = [
    Mistake(
        "a loss for each image",
        test_training.test_the_loss_is_one_finite_number,
        r"forward returned \(12,\): return the mean over the batch",
        (("y).mean()", "y)"),),
    ),
    Mistake(
        "embeddings detached",
        test_training.test_gradient_reaches_the_backbone_and_none_the_twin,
        r"no gradient reaches the backbone: make the loss of encode\(x\)",
        (("q.float(), k", "q.detach().float(), k"),),
    ),
    Mistake(
        "a parameter that takes no part",
        test_training.test_its_own_parameters_get_a_gradient,
        "bias gets no gradient: use it in the loss, or register it as a buffer",
        (("negatives + self.bias", "negatives"),),
    ),
    Mistake(
        "sums in half precision",
        test_training.test_half_precision_costs_little_more_than_rounding_the_embeddings,
        "on bfloat16 embeddings the loss is off by .*: sum and exponentiate in float32",
        (("q.float(), k.float()", "q, k"), ("logsumexp(1)", "exp().sum(1).log()")),
    ),
    Mistake(
        "a loss of the wrong sign",
        test_training.test_it_learns_a_toy_problem,
        "only: it does not learn",
        (("y).mean()", "y).mean().neg()"),),
    ),
    Mistake(
        "asks for a twin it does not declare",
        test_training.test_gradient_reaches_the_backbone_and_none_the_twin,
        "declares no `momentum`: set Head.momentum",
        (("    momentum = 0.99\n", ""),),
    ),
]
