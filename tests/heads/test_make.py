"""How a head is made from what a cell knows: `heads.make`, and what is read of a head without importing it."""

import subprocess
import sys

import pytest
import torch

import heads
from heads.kit.interface import Head, Parts
from heads.kit.place import Place

COUNTS = torch.tensor([9, 4, 2, 1, 1, 1])

WEIGHTED = '''
from heads.kit import interface


class Head(interface.Head):
    """Wants to know how many images each class has."""

    def __init__(self, num_classes, embedding_dim, *, class_counts, power=1.0):
        super().__init__()
        self.register_buffer("prior", class_counts.double() ** power)
'''


@pytest.fixture
def weighted(add_head) -> str:
    return add_head("weighted", WEIGHTED)


def make(name: str, **given) -> Head:
    return heads.make(name, len(COUNTS), 4, **{"options": {}, "ratio": 1.0, **given})


def test_ratio_and_options_reach_the_constructor():
    head = make("dcq", options={"scale": 7.0}, ratio=0.5)
    assert head.scale == 7.0 and head.rows_in_loss() == 3


def test_a_head_that_takes_no_ratio_is_given_none():
    assert not heads.takes_ratio("triplet") and heads.takes_ratio("partial_fc")
    assert make("triplet", ratio=0.5).gap == 0.2
    assert heads.chosen("triplet", {"gap": 0.3}, 0.5) == {"gap": 0.3}
    assert heads.chosen("dcq", {"scale": 8.0}, 0.5) == {"scale": 8.0, "ratio": 0.5}


def test_a_row_may_override_the_momentum_of_the_twin():
    assert make("dcq", momentum=0.5).momentum == 0.5
    assert make("dcq", momentum=0.0).momentum == 0.0
    assert make("dcq").momentum == heads.load("dcq").momentum == 0.999


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("dcq", {"ratio": 1.5}, r"head 'dcq' \(heads/dcq.py\) refuses its options: ratio 1.5"),
        ("fc", {"options": {"depth": 3}}, "refuses its options: .*unexpected keyword argument 'depth'"),
        ("fc", {"momentum": 0.9}, r"head 'fc' \(heads/fc.py\) has no momentum twin: take `momentum` out of its row"),
        ("dcq", {"options": {"evaluate": "both"}, "label": "queue"}, r"head 'queue' \(heads/dcq.py\) refuses its opt"),
    ],
)
def test_what_a_head_refuses_is_one_sentence_that_names_its_row_and_file(name, given, message):
    with pytest.raises(heads.Refused, match=message):
        make(name, **given)


def test_class_counts_reach_a_constructor_that_names_them(weighted):
    assert heads.takes_class_counts(weighted) and not heads.takes_class_counts("fc")
    assert torch.equal(make(weighted, class_counts=COUNTS).prior, COUNTS.double())
    assert make("fc", class_counts=COUNTS).rows_in_loss() == len(COUNTS)


def test_without_class_counts_each_class_has_one_image(weighted):
    assert torch.equal(make(weighted).prior, torch.ones(len(COUNTS), dtype=torch.float64))


def test_class_counts_are_no_option(weighted):
    assert heads.options(weighted) == ["power"]


@pytest.mark.parametrize("code", ["x = (", "import nowhere_at_all", "raise SystemExit(2)", "x = 1", "1 / 0"])
def test_a_broken_file_is_one_sentence_and_breaks_no_other_head(add_head, code):
    name = add_head("broken", code)
    with pytest.raises(ValueError, match=r"heads/broken.py (cannot be imported: \w+: |has no class named Head)"):
        make(name)
    with pytest.raises(ValueError, match=r"heads/broken.py (is no valid Python|has no class named Head)"):
        heads.options(name)
    assert name in heads.names() and make("fc").rows_in_loss() == len(COUNTS)


def test_importing_heads_imports_no_torch():
    code = "import heads, sys; heads.options('dcq'), heads.takes_ratio('fc'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=heads.FOLDER.parent).returncode == 0


@pytest.mark.parametrize("ratio", [0.0, -0.1, 1.5, float("nan")])
@pytest.mark.parametrize("name", ["partial_fc", "dcq", "f2c"])
def test_a_ratio_outside_its_range_is_refused(name, ratio):
    with pytest.raises(ValueError, match=r"outside \(0, 1\]"):
        make(name, ratio=ratio)


def test_an_unknown_head_names_the_nearest():
    with pytest.raises(ValueError, match="head 'partialfc' does not exist: did you mean 'partial_fc'"):
        heads.load("partialfc")


def test_a_cost_is_asked_for_with_the_options_of_a_cell(add_head):
    alone = heads.cost("dcq", 8, 100, 4, options={"scale": 7.0}, ratio=0.5)
    assert alone == heads.load("dcq").cost(8, 100, 4, ratio=0.5)
    shared = heads.cost("fc", 8, 100, 4, options={}, ratio=1.0, place=Place("cuda", 3))
    assert shared.state_bytes == 8 * 34 * 4 and heads.knows_place("fc")


def test_a_head_that_knows_no_place_is_asked_what_it_costs_alone(add_head):
    plain = "from heads import kit\n\n\nclass Head(kit.Head):\n    @classmethod\n"
    plain += "    def cost(cls, batch, classes, dim):\n        return kit.Cost(classes, 1, 1, batch)\n"
    name = add_head("placeless", plain)
    found = heads.cost(name, 8, 100, 4, options={}, ratio=1.0, place=Place("cuda", 3))
    assert found == (100, 1, 1, 8, 0, Parts(), None) and not heads.knows_place(name)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return (1, 2)", "heads/odd.py: cost must return kit.Cost, and returned tuple"),
        ("return 1 / 0", "heads/odd.py cannot state its cost: ZeroDivisionError: division by zero"),
    ],
)
def test_a_cost_that_is_none_names_its_file(add_head, body, message):
    add_head(
        "odd",
        "from heads import kit\nclass Head(kit.Head):\n    @classmethod\n    def cost(cls, batch, classes, dim):\n"
        f"        {body}\n",
    )
    with pytest.raises(heads.Refused, match=message):
        heads.cost("odd", 8, 100, 4, options={}, ratio=1.0)
