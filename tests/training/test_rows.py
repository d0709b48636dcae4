"""What only a head or a split knows of a row is told before the first cell is trained."""

import json
import sys

import pytest

from tests.broken_head import broken
from workflow.cells.batch_spec import batch_specs
from workflow.cells.config import Config
from workflow.cells.options_spec import options_specs
from workflow.cells.section import compact_json
from workflow.cells.spec import run_specs
from workflow.errors import UserError
from workflow.training import rows

PICKY = '''
from heads import kit

class Head(kit.Head):
    """Takes an even number of towers, and none beside three doors."""

    def __init__(self, num_classes, embedding_dim, *, towers: int = 2, doors: int = 1, loader: str = "instances"):
        super().__init__()
        self.batches = {"twice": "half pairs"}.get(loader, loader)
        if towers % 2:
            raise ValueError(f"towers {towers}: choose an even number")
        if doors == 3 and towers:
            raise ValueError("three doors and a tower: choose")
'''


@pytest.fixture
def asked(split, tmp_path, monkeypatch, capsys):
    """What the command says of the rows of a config, whose split has 200 classes with 339 images."""

    def asked(*heads: dict[str, object], **train: object) -> str:
        whole = {"profile": "x", "data": {"name": "dejavu"}, "heads": list(heads), "train": {"batch": 64} | train}
        config = Config.parse(whole | {"measure": {"batch": 64}, "backbone": {"dim": 16}})
        runs = run_specs(config)
        given = ["--split", str(split), "--out", str(tmp_path / "fits.txt")]
        for option, specs in (("--batches", batch_specs(runs)), ("--options", options_specs(config, runs))):
            given += [option, compact_json([spec.model_dump() for spec in specs])]
        monkeypatch.setattr(sys, "argv", ["rows", *given])
        rows.main()
        said = capsys.readouterr().out
        assert said == (tmp_path / "fits.txt").read_text()
        return said.strip()

    return asked


GOOD = "split of dejavu: 200 classes to train, with 339 images"


def test_rows_that_go_together_say_what_they_train_on(asked):
    even = {"head": "dcq", "label": "even", "ratios": [0.1, 0.3], "options": {"loader": "even pairs"}}
    assert asked({"head": "fc"}, even, {"head": "f2c", "options": {"rows": 3}}) == GOOD


def test_nothing_is_written_where_a_batch_does_not_fit(asked, tmp_path):
    with pytest.raises(UserError, match=r"^'train\.batch' is 400: there are only 339 training images"):
        asked({"head": "fc"}, batch=400)
    assert not (tmp_path / "fits.txt").exists()


@pytest.mark.parametrize(
    ("head", "options", "sentence"),
    [
        (
            "dcq",
            {"loader": "half pairs"},
            "'heads.1.options.loader' is \"half pairs\": head 'dcq' (heads/dcq.py) refuses its options: dcq loader "
            "'half pairs' is not known: choose one of pairs, even pairs",
        ),
        (
            "virtual_fc",
            {"loader": "pairs", "estimate": "sum"},
            "'heads.1.options.loader' is \"pairs\": head 'virtual_fc'",
        ),
        ("hf_softmax", {"index": "HNSWx", "rebuild": 7}, "'heads.1.options.index' is \"HNSWx\": head 'hf_softmax'"),
        (
            "picky",
            {"towers": 3, "doors": 2},
            "'heads.1.options.towers' is 3: head 'picky' (heads/picky.py) refuses its options: towers 3: choose an "
            "even number",
        ),
        (
            "picky",
            {"towers": 4, "doors": 3},
            "'heads.1.options.doors' is 3: head 'picky' (heads/picky.py) refuses its options: three doors and a tower: "
            "choose",
        ),
        (
            "picky",
            {"towers": 5, "doors": 3},
            "'heads.1.options.doors' is 3 and 'heads.1.options.towers' is 5: head 'picky' (heads/picky.py) refuses its "
            "options: towers 5: choose an even number",
        ),
    ],
)
def test_an_option_that_only_its_head_knows_to_be_wrong_is_named(asked, add_head, head, options, sentence, tmp_path):
    add_head("picky", PICKY)
    with pytest.raises(UserError) as raised:
        asked({"head": "fc"}, {"head": head, "options": options})
    assert str(raised.value).startswith(sentence) and not (tmp_path / "fits.txt").exists()


def test_all_rows_are_told_of_at_once(asked, add_head):
    add_head("picky", PICKY)
    wrong = {"head": "picky", "options": {"towers": 1}}
    with pytest.raises(UserError) as raised:
        asked(wrong, {"head": "dcq", "ratios": [0.1, 0.5], "options": {"loader": "half pairs"}})
    first, second = str(raised.value).split("; ")
    assert first.startswith("'heads.0.options.towers' is 1") and second.startswith("'heads.1.options.loader'")


def test_batches_that_only_the_head_knows_are_held_against_it_and_the_split(asked, add_head):
    add_head("picky", PICKY)
    assert asked({"head": "picky", "options": {"loader": "twice"}}) == GOOD
    with pytest.raises(UserError, match=r"^'train\.batch' is 63, but the batches of picky need a multiple of 2$"):
        asked({"head": "picky", "options": {"loader": "twice"}}, batch=63)
    with pytest.raises(UserError, match=r"only 339 training images, lower it \(rows picky\)$"):
        asked({"head": "picky", "options": {"loader": "twice"}}, batch=400)


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("outside", "raise KeyError('mine')"),
        ("inside", "raise KeyError('mine')"),
        ("inside", "raise ValueError('always')"),
        ("inside", "raise RuntimeError('always')"),
        ("inside", "raise SystemExit(3)"),
    ],
)
def test_a_head_that_breaks_whatever_its_options_is_left_to_its_cells(asked, add_head, part, code):
    source = broken(part, code).replace("embedding_dim)", "embedding_dim, towers=2)")
    add_head("mine", source)
    assert asked({"head": "fc"}, {"head": "mine", "options": {"towers": 3}}) == GOOD


def test_a_head_that_is_too_large_for_a_trial_is_left_to_its_cells(asked, monkeypatch):
    monkeypatch.setattr(rows, "MOST_BYTES", 1000)
    assert asked({"head": "dcq", "options": {"loader": "half pairs"}}) == GOOD


def test_torch_is_loaded_for_rows_to_try_alone(asked):
    config = Config.parse({"profile": "x", "data": {"name": "d"}, "heads": [{"head": "fc"}, {"head": "dcq"}]})
    assert options_specs(config, run_specs(config)) == []


def test_a_list_that_is_none_is_refused():
    with pytest.raises(UserError, match="OptionsSpec cannot be read"):
        rows.parsed(rows.OptionsSpec, json.dumps([{"key": 7}]))
