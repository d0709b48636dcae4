"""What a head states wrongly about its cost."""

from tests.heads.contract import test_cost
from tests.heads.contract.mistakes.mistake import Mistake

STATED = "Cost(slots * (4 * dim + 8) + 4, 4 * slots * dim, 4 * batch * slots * dim, 16 * batch * slots, batch)"


def stated(changed: str) -> tuple[tuple[str, str]]:
    """`cost` that returns something else."""
    return ((STATED, changed),)


COST = [
    Mistake(
        "no cost",
        test_cost.test_cost_takes_every_option_and_gives_a_cost,
        r"define the classmethod cost\(cls, batch, classes, dim, \*\*options\)",
        (("def cost(", "def price("),),
    ),
    Mistake(
        "cost without the other options",
        test_cost.test_cost_takes_every_option_and_gives_a_cost,
        r"let it take every option, by \*\*options those it needs not",
        ((", ratio=0.5, **options):", ", ratio=0.5):"),),
    ),
    Mistake(
        "cost as a tuple",
        test_cost.test_cost_takes_every_option_and_gives_a_cost,
        "cost must return a Cost of heads.kit",
        stated(STATED.removeprefix("Cost")),
    ),
    Mistake(
        "cost in fractions",
        test_cost.test_cost_takes_every_option_and_gives_a_cost,
        r"each field of .* must be an int",
        stated(STATED.replace("4 * slots * dim,", "4.0 * slots * dim,", 1)),
    ),
    Mistake(
        "no operations",
        test_cost.test_it_states_what_a_step_costs_about_rightly,
        r"cost states flops = 0, expected \d+..\d+: it is the operations of its matrix products in a step",
        stated(STATED.replace("4 * batch * slots * dim", "0")),
    ),
    Mistake(
        "bytes moved of all pairs",
        test_cost.test_it_states_what_a_step_costs_about_rightly,
        r"cost states moved_bytes = \d+, expected \d+..\d+: it is the bytes of state read and written in a step",
        stated(STATED.replace("4 * slots * dim, 4", "4000 * slots * dim, 4")),
    ),
    Mistake(
        "state that is not stated",
        test_cost.test_it_keeps_what_it_states,
        r"cost states state_bytes = 0, but the head keeps \d+ bytes: count all buffers and parameters",
        stated(STATED.replace("slots * (4 * dim + 8) + 4", "0")),
    ),
    Mistake(
        "state that it does not keep",
        test_cost.test_it_keeps_what_it_states,
        r"cost states state_bytes = \d+, but the head keeps \d+ bytes: state no more than it keeps",
        stated(STATED.replace("4 * dim + 8", "8 * dim + 8")),
    ),
    Mistake(
        "logits that are not stated",
        test_cost.test_a_step_holds_what_it_states,
        r"cost states working_bytes = 0, but a step held \d+ bytes of temporaries: use negative_lse",
        stated(STATED.replace("16 * batch * slots", "0")),
    ),
    Mistake(
        "temporaries stated too generously",
        test_cost.test_a_step_holds_what_it_states,
        "stated so generously, it says nothing",
        stated(STATED.replace("16 * batch * slots", "160 * batch * slots")),
    ),
    Mistake(
        "images of the twin not stated",
        test_cost.test_it_encodes_the_images_it_states,
        "cost states twin_images = 0, but the twin saw 32 a step",
        stated(STATED.replace(", batch)", ")")),
    ),
    Mistake(
        "a twin that is not asked",
        test_cost.test_it_encodes_the_images_it_states,
        "it declares `momentum` but never calls encode.momentum: take it out",
        (
            ("encode.momentum(other)", "encode(other)"),
            ("encode(x), encode(other)", "(e := encode(x)), e.detach()"),
            *stated(STATED.replace(", batch)", ")")),
        ),
    ),
    Mistake(
        "images encoded twice",
        test_cost.test_it_encodes_the_images_it_states,
        "32 images a step carry a gradient, but 64 were encoded: encode each once",
        (
            ("encode(x), encode", "encode(x) + encode(x) - encode(x).detach(), encode"),
            ("encode(x) + encode(x) - encode(x).detach()", "(encode(x) + encode(x)) / 2"),
        ),
    ),
]
