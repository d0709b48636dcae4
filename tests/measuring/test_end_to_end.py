"""A whole training step on real glyphs, measured from the command line."""

import json

import pytest

import heads
from tests.measuring.conftest import other_load
from tests.measuring.test_measurement import check_fields
from workflow.cells.config import Backbone
from workflow.cells.spec import CostSpec
from workflow.errors import UserError
from workflow.measuring import attempts
from workflow.measuring.__main__ import main
from workflow.measuring.parts import PARTS
from workflow.training.backbones import build


def run(spec: CostSpec, machine, out, glyphs, split) -> dict:
    paths = ["--machine", str(machine), "--dataset", str(glyphs), "--split", str(split), "--out", str(out)]
    main(["end-to-end", "--spec", spec.as_json(), *paths])
    return json.loads(out.read_text())


def test_every_head_is_measured_on_real_data(head_name, make_spec, machine, tmp_path, glyphs, split, capsys):
    record = run(make_spec(head_name), machine, tmp_path / "train.json", glyphs, split)
    check_fields(record)
    assert (record["outcome"], record["reason"]) == ("ok", None)
    assert record["cell"]["mode"] == "end-to-end" and record["cell"]["classes"] == 200
    assert record["cell"]["batch"] == record["images_per_step"]["gradient"] == 12
    assert tuple(record["parts_ms"]) == PARTS
    assert (record["parts_ms"]["twin"] > 0) == (record["images_per_step"]["encoded"] > 12)
    assert record["parts_sum_ratio"] > 0 and len(record["step_ms"]) == 4
    assert record["pools_full"] in (True, None)
    assert record["conditions"]["deterministic"] is True  # as in training
    weights = 4 * sum(parameter.numel() for parameter in build(Backbone(dim=16), 1, 32).parameters())
    assert record["memory"]["tensor_peak_bytes"] > 2 * weights  # and their momentum
    assert head_name == "hf_softmax" or record["sends"]["reduced"][0] >= weights  # gradients; see sending.coefficients
    printed = capsys.readouterr().out
    assert "end to end at 200 classes" in printed and "images/s" in printed and printed.count("\n") == 1


def test_accumulated_passes_are_one_step_of_more_images(make_spec, machine, tmp_path, glyphs, split):
    spec = make_spec("dcq", train={"accumulate": 2})
    record = run(spec, machine, tmp_path / "train.json", glyphs, split)
    assert record["images_per_step"] == {"gradient": 24, "encoded": 48}


def test_a_pool_too_small_for_the_batch_is_a_failed_cell(make_spec, machine, tmp_path, glyphs, split):
    record = run(make_spec("f2c", ratio=0.01), machine, tmp_path / "train.json", glyphs, split)
    assert record["outcome"] == "failed" and "cannot hold" in record["reason"]


def test_a_head_that_states_no_cost_is_measured(make_spec, machine, tmp_path, glyphs, split, monkeypatch):
    def nothing(*_: object, **__: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(heads.load("fc"), "cost", nothing)
    record = run(make_spec("fc"), machine, tmp_path / "train.json", glyphs, split)
    assert (record["outcome"], record["sends"], record["declares"]) == ("ok", None, [])


def test_a_split_of_another_dataset_is_refused(make_spec, machine, tmp_path, glyphs, split):
    copied = tmp_path / "split.npz"
    copied.write_bytes(split.read_bytes())
    info = json.loads(split.with_suffix(".json").read_text())
    copied.with_suffix(".json").write_text(json.dumps(info | {"dataset_hash": "0" * 64}))
    with pytest.raises(UserError, match="another version"):
        run(make_spec("fc"), machine, tmp_path / "train.json", glyphs, copied)


def test_parts_that_were_disturbed_are_timed_again_and_marked(make_spec, machine, tmp_path, glyphs, split, monkeypatch):
    given = iter([0.0, 0.8, 0.0, 0.6, 0.0, 0.7, 0.0])
    monkeypatch.setattr(attempts, "OtherLoad", lambda: other_load(next(given)))
    record = run(make_spec("fc"), machine, tmp_path / "train.json", glyphs, split)
    assert (record["exclusive"], record["other_load_cores"], record["parts_other_load_cores"]) == (False, 0.0, 0.6)
    assert len(record["attempts"]) == 1 and record["parts_ms"]["head"] > 0
