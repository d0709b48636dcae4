"""A cell from its specification to its records, on a small real set."""

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
import yaml

import heads
from tests.broken_head import broken
from workflow.cells import holding
from workflow.cells.config import Config
from workflow.cells.ending import beginning
from workflow.cells.records import RunRecord
from workflow.cells.spec import RunSpec, run_specs
from workflow.data.crew import LoaderDied
from workflow.endings import Ending
from workflow.errors import UserError
from workflow.evaluating.scores import curve_scores
from workflow.files import read_json
from workflow.training.__main__ import lost
from workflow.training.cell import Cell
from workflow.training.outcome import attempt
from workflow.training.run import finish, run
from workflow.training.session import Session, curve_points
from workflow.training.trainer import Diverged

ROOT = Path(__file__).parents[2]
SHORT = {"steps": 12, "batch": 32, "log_every": 4, "curve_points": 2, "checkpoint_every": 1000}


def spec_of(head: str, ratio: str = "1", seed: int = 0, **changes) -> RunSpec:
    config = yaml.safe_load((ROOT / "config/default.yaml").read_text())
    config["heads"] = [{"head": head, "ratios": [float(ratio)]}] if "ratio" in heads.options(head) else [{"head": head}]
    config["seeds"] = [seed]
    config["data"]["name"] = "dejavu"
    config["backbone"] = {"name": "small", "dim": 16, "width": 8}
    config["train"] |= SHORT | changes
    return run_specs(Config.parse(config))[0]


@pytest.fixture
def cell(glyphs, split, tmp_path):
    def make(head: str, ratio: str = "1", seed: int = 0, name: str = "cell", **changes) -> Cell:
        return Cell(spec_of(head, ratio, seed, **changes), glyphs, split, tmp_path / name, curve_scores)

    return make


def lines(folder: Path) -> list[dict]:
    """The step log without what a clock wrote."""
    rows = [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def test_a_learning_curve_has_no_more_points_than_steps():
    assert curve_points(4, 10) == {2, 5, 8, 10} and curve_points(10**12, 3) == {1, 2, 3}


@pytest.mark.parametrize(
    ("head", "ratio", "kind", "encoded"),
    [
        ("fc", "1", "instances", 12 * 32),
        ("partial_fc", "0.5", "instances", 12 * 32),
        ("dcq", "0.5", "pairs", 2 * 12 * 32),
        ("f2c", "0.5", "pairs+instances", 2 * 12 * 32),
    ],
)
def test_every_head_leaves_its_records(cell, head, ratio, kind, encoded):
    record = run(cell(head, ratio))
    folder = cell(head, ratio).folder
    assert RunRecord.read(folder / "run.json") == record
    assert (record.outcome, record.reason, record.steps) == ("ok", None, 12)
    assert (record.images.gradient, record.images.encoded) == (12 * 32, encoded)
    assert record.declared.batches == kind
    assert record.declared.pool == round(float(ratio) * 200)
    assert record.cell == cell(head, ratio).spec.cell
    rows = lines(folder)
    assert [row["step"] for row in rows if "loss" in row] == [4, 8, 12]
    points = [row for row in rows if "validation" in row]
    assert [row["step"] for row in points] == [6, 12]
    assert all(0 <= value <= 1 for row in points for value in row["validation"].values())
    model = torch.load(folder / "model.pt", weights_only=True)
    assert (model["centres"] is not None) == record.declared.learned_centres
    assert (model["twin"] is not None) == (record.declared.momentum is not None)
    assert not list(folder.glob("*partial*")) and not (folder / "checkpoint.pt").exists()


def test_a_sample_that_the_batch_outgrows_is_recorded_as_large_as_it_was(cell):
    """A hundredth of 200 classes are two; a batch of 32 images shows many more, and all of them take part."""
    record = run(cell("partial_fc", "0.01"))
    assert 20 <= record.declared.pool <= 32


@pytest.mark.parametrize(
    ("head", "ratio", "classes"), [("virtual_fc", "0.1", 8), ("fc", "1", None), ("f2c", "0.5", None)]
)
def test_a_record_says_how_many_classes_a_batch_has_and_what_the_head_keeps(cell, head, ratio, classes):
    """Classes where all of them are drawn evenly; bytes of centres and momentum, or of a pool."""
    declared = run(cell(head, ratio)).declared
    assert declared.batch_classes == classes
    stated = heads.load(head).cost(32, 200, 16, ratio=float(ratio)).state_bytes
    assert 0.9 * stated <= declared.kept_bytes <= stated + 1000


def test_a_run_killed_after_its_last_step_says_what_that_compared_with(cell, monkeypatch):
    made, sessions = cell("partial_fc", "0.01", checkpoint_every=1e-6), []

    def killed(session, *_):
        sessions.append(session)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("workflow.training.run.finish", killed)
        with pytest.raises(KeyboardInterrupt):
            run(made)
    sessions[0].lock.close()
    again, whole = run(made), run(cell("partial_fc", "0.01", name="whole"))
    assert (again.resumed, again.steps) == (1, whole.steps)
    assert again.declared == whole.declared and whole.declared.pool > 20


def test_all_heads_start_from_the_same_weights(cell):
    prints = {run(cell(head, "1", name=head, steps=1)).initial_weights for head in ("fc", "dcq", "f2c")}
    other = run(cell("fc", seed=1, name="other", steps=1)).initial_weights
    assert len(prints) == 1 and other not in prints


def test_the_same_cell_twice_is_bit_equal(cell):
    models = []
    for name in ("one", "two"):
        run(cell("partial_fc", "0.5", name=name))
        models.append(torch.load(cell("partial_fc", name=name).folder / "model.pt", weights_only=True))
    assert lines(cell("partial_fc", name="one").folder) == lines(cell("partial_fc", name="two").folder)
    assert all(
        torch.equal(a, b) for a, b in zip(models[0]["backbone"].values(), models[1]["backbone"].values(), strict=True)
    )
    assert torch.equal(models[0]["centres"], models[1]["centres"])


def terminated(process: subprocess.Popen, folder: Path) -> str:
    """Ask the training `process` to stop once it has logged a few lines in `folder`; what it said on standard error."""
    deadline = time.monotonic() + 60
    while not (log := folder / "steps.partial.jsonl").exists() or log.stat().st_size < 200:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=60)[1]


@pytest.mark.parametrize("head", ["partial_fc", "f2c"])
def test_a_terminated_run_continues_to_the_same_bits(cell, head):
    straight = cell(head, "0.5", name="straight", steps=200, log_every=10)
    run(straight)
    broken = cell(head, "0.5", name="broken", steps=200, log_every=10)
    arguments = ["--dataset", broken.dataset, "--split", broken.split, "--out", broken.folder]
    command = [sys.executable, "-m", "workflow.training", *map(str, arguments), "--spec", broken.spec.as_json()]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    said = terminated(process, broken.folder)
    assert process.returncode == 2 and "run again to continue from there" in said
    assert not (broken.folder / "run.json").exists()
    record = run(broken)
    assert record.resumed == 1 and record.steps == 200
    assert lines(broken.folder) == lines(straight.folder)
    mine, theirs = (torch.load(c.folder / "model.pt", weights_only=True) for c in (broken, straight))
    assert all(torch.equal(mine["backbone"][key], theirs["backbone"][key]) for key in theirs["backbone"])


def test_a_checkpoint_of_other_settings_is_not_continued(cell, capsys):
    first = cell("fc", steps=12)
    session = Session(first)
    next(iter(session.trainer.run()))
    session.save()
    session.lock.close()
    record = run(cell("fc", steps=12, lr=0.05))
    assert record.resumed == 0
    assert "belongs to other settings, data or code" in capsys.readouterr().err


def test_divergence_is_an_outcome_with_its_step_and_cause(cell):
    record = run(cell("fc", lr=1e30, warmup=0, clip=0))
    assert record.outcome == "diverged"
    assert "at step" in record.reason or "after step" in record.reason
    assert record.steps < 12 or "not finite" in record.reason
    assert (cell("fc").folder / "model.pt").exists()


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Diverged("the loss is nan"), "diverged"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"), "out of memory"),
        (MemoryError(), "out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes"), "out of memory"),
        (ZeroDivisionError("division by zero"), "failed"),
        (LoaderDied("a process of the loader was killed by signal 9 (SIGKILL)"), "failed"),
    ],
)
def test_how_a_run_ends_is_named(error, outcome):
    def train():
        raise error

    ending = attempt(train)
    assert ending.outcome == outcome and ending.reason


@pytest.mark.parametrize("error", [UserError("mend this"), OSError(28, "No space left on device")])
def test_what_a_person_must_mend_is_not_an_outcome(error):
    def train():
        raise error

    with pytest.raises(type(error)):
        attempt(train)


@pytest.mark.parametrize(
    "words",
    [
        "[enforce fail at inline_container.cc:672] . unexpected pos 704 vs 598",
        "basic_ios::clear: iostream error",
        "unable to write to file </torch_12>: No space left on device (28)",
        "100000 requested and 8176 written",
        "Read-only file system: 'cache'",
    ],
)
def test_a_disk_that_a_head_meets_is_not_its_failure(words):
    def train():
        raise RuntimeError(words)

    with pytest.raises(UserError, match="a file could not be written"):
        attempt(train)


STARTED = "2026-01-01T00:00:00+00:00"


def test_a_cell_that_dies_of_its_images_leaves_no_record(cell, tmp_path):
    made, images = cell("fc"), tmp_path / "images.npy"
    images.write_bytes((made.dataset / "images.npy").read_bytes()[:5000])
    shutil.copy(made.dataset / "manifest.json", tmp_path)
    given = Namespace(dataset=tmp_path, split=made.split, out=made.folder)
    ending = Ending("failed", "the process was killed by signal 7 (SIGBUS)")
    with pytest.raises(UserError, match=r"images\.npy cannot be read"):
        lost(made.spec, given, STARTED, ending)
    assert not made.folder.exists()
    given.dataset = made.dataset
    lost(made.spec, given, STARTED, ending)
    record = RunRecord.read(made.folder / "run.json")
    assert (record.reason, record.start, record.seconds) == (ending.reason, STARTED, None)


def test_a_full_disk_keeps_the_last_checkpoint(cell, monkeypatch):
    session = Session(cell("fc"))
    next(iter(session.trainer.run()))
    session.save()
    before = session.saved.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(UserError, match=r"no space left to write .*checkpoint\.pt"):
        session.save()
    assert session.saved.read_bytes() == before and len(list(session.saved.parent.glob(".*part"))) == 0


@pytest.mark.parametrize(
    ("head", "options", "train", "reason"),
    [
        ("fc", {"margin": "cosfase"}, {}, "head 'fc' (heads/fc.py) refuses its options: margin 'cosfase' is not known"),
        ("fc", {"scale": "big", "depth": 3}, {}, "refuses its options"),
        ("fc", {}, {"accumulate": 2}, "train.accumulate 2"),
    ],
)
def test_what_a_head_refuses_is_its_cells_result(cell, head, options, train, reason):
    wrong = cell(head)
    changes = {"options": wrong.spec.options | options, "train": wrong.spec.train.model_copy(update=train)}
    wrong.spec = wrong.spec.model_copy(update=changes)  # as no config would let it be
    record = run(wrong)
    assert record.outcome == "failed" and reason in record.reason and record.steps == 0
    assert RunRecord.read(wrong.folder / "run.json") == record and (wrong.folder / "model.pt").exists()


def test_a_folder_that_another_process_trains_in_is_left_alone(cell, monkeypatch):
    monkeypatch.setattr(holding, "PATIENCE", 0.0)
    made = cell("fc")
    made.folder.mkdir()
    holder = holding.Claim(made.folder)
    with pytest.raises(UserError, match="another process is training in"):
        run(made)
    holder.close()
    assert run(made).outcome == "ok"


def test_more_gpus_than_there_are_is_refused(cell):
    with pytest.raises(UserError, match=r"train\.device 'cuda:7' is not there: this machine has \d CUDA devices"):
        run(cell("fc", device="cuda:7"))


def test_a_split_of_another_dataset_is_refused(cell, tmp_path, split):
    other = cell("fc")
    (tmp_path / "split.npz").write_bytes(split.read_bytes())
    info = read_json(split.with_suffix(".json")) | {"dataset_hash": "0" * 64}
    (tmp_path / "split.json").write_text(json.dumps(info))
    other.split = tmp_path / "split.npz"
    with pytest.raises(UserError, match=r"split\.npz was made from another version of"):
        run(other)


def test_a_cells_embedding_of_images_is_the_stored_one(cell):
    """The learning curve's last point and the evaluation of the saved model see the same network."""
    made = cell("dcq", "0.5")
    session = Session(made)
    for _ in session.trainer.run():
        pass
    positions = np.arange(40)
    inside = session.embed(positions)
    finish(session, beginning(made.spec, session.split.record).model_copy(update={"outcome": "ok"}), session.model())
    saved = torch.load(made.folder / "model.pt", weights_only=True)
    net = copy.deepcopy(session.network)
    net.backbone.load_state_dict(saved["backbone"])
    session.network = net
    np.testing.assert_array_equal(session.embed(positions), inside)


def test_an_error_in_a_head_is_recorded_as_its_failure(cell, monkeypatch):
    monkeypatch.setattr(heads.load("fc"), "commit", lambda self: {}["missing"])
    record = run(cell("fc"))
    assert (record.outcome, record.reason) == ("failed", "KeyError: 'missing'")


@pytest.mark.parametrize(
    ("part", "code", "outcome", "reason"),
    [
        ("outside", "1 / 0", "failed", "heads/broken.py cannot be imported: ZeroDivisionError: division by zero"),
        ("outside", "raise SystemExit(3)", "failed", "heads/broken.py cannot be imported: SystemExit: 3"),
        ("outside", "class Odd(BaseException): pass\nraise Odd", "failed", "heads/broken.py cannot be imported: Odd: "),
        ("outside", "import nowhere", "failed", "heads/broken.py cannot be imported: ModuleNotFoundError: No module"),
        ("inside", "raise KeyError('x')", "failed", "head 'broken' (heads/broken.py) cannot be made: KeyError: 'x'"),
        ("inside", "open('/nowhere')", "failed", "head 'broken' (heads/broken.py) cannot be made: [Errno 2]"),
        ("inside", "raise SystemExit", "failed", "head 'broken' (heads/broken.py) cannot be made: SystemExit"),
        ("inside", "raise RuntimeError('no')", "failed", "RuntimeError: no"),
        ("inside", "raise MemoryError", "out of memory", "the host ran out of memory"),
        ("inside", 'raise RuntimeError("can\'t allocate memory")', "out of memory", "can't allocate memory"),
        ("forward", "import sys; sys.exit(2)", "failed", "SystemExit: 2"),
        ("forward", "import sys; sys.exit()", "failed", "SystemExit: no message"),
        ("forward", "raise GeneratorExit", "failed", "GeneratorExit: no message"),
        (
            "forward",
            "return None",
            "failed",
            "TypeError: forward must return a scalar tensor, the loss, and",
        ),
        (
            "forward",
            "import torch; return torch.ones(2)",
            "failed",
            "TypeError: forward must return a scalar, the",
        ),
        (
            "forward",
            "import torch; return torch.tensor(1)",
            "failed",
            "TypeError: forward must return a loss with",
        ),
        ("forward", "import os; os.chdir('/'); raise ValueError('far')", "failed", "ValueError: far"),
        ("centres", "raise ValueError('none')", "failed", "ValueError: none"),
        ("centres", "import torch; return torch.zeros(3, 3)", "failed", "TypeError: centres must return (200, "),
    ],
)
def test_whatever_a_head_does_is_its_cells_result(cell, add_head, part, code, outcome, reason):
    add_head("broken", broken(part, code))
    made = cell("broken", steps=1)
    record = run(made)
    assert (record.outcome, record.reason[: len(reason)]) == (outcome, reason)
    assert RunRecord.read(made.folder / "run.json") == record
    assert (made.folder / "model.pt").exists() and (made.folder / "steps.jsonl").exists()


def test_a_ctrl_c_is_no_result(cell, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(heads.load("fc"), "forward", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(cell("fc"))
    assert not (cell("fc").folder / "run.json").exists()


def test_a_row_s_momentum_overrides_the_head_s(cell):
    own = cell("dcq", "0.5", name="own")
    own.spec = own.spec.model_copy(update={"momentum": 0.5})
    used = [run(made).declared.momentum_used for made in (own, cell("dcq", "0.5"))]
    assert used == [0.5, pytest.approx(0.9)]


def test_a_row_s_momentum_is_refused_where_there_is_no_twin(cell):
    without = cell("fc")
    without.spec = without.spec.model_copy(update={"momentum": 0.5})
    record = run(without)
    assert record.outcome == "failed" and "has no momentum twin" in record.reason


def started(cell: Cell) -> subprocess.Popen:
    """`cell` as the workflow starts it."""
    arguments = ["--dataset", cell.dataset, "--split", cell.split, "--out", cell.folder, "--spec", cell.spec.as_json()]
    command = [sys.executable, "-m", "workflow.training", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def worker_of(process: subprocess.Popen) -> int:
    """The process id of the one child of `process`."""
    [child] = psutil.Process(process.pid).children()
    return child.pid


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_cell_leaves_a_record_and_can_go_on(cell, number):
    made = cell("fc", steps=200, log_every=10, checkpoint_every=0.01)
    process = started(made)
    deadline = time.monotonic() + 60
    while not (made.folder / "checkpoint.pt").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    os.kill(worker_of(process), number)
    said = process.communicate(timeout=60)[0].splitlines()
    record = RunRecord.read(made.folder / "run.json")
    assert process.returncode == 0 and record.outcome == "failed"
    assert said[-1] == f"trained fc 1 seed 0: failed ({record.reason})", "the headline of the job"
    assert record.reason == f"the process was killed by signal {int(number)} ({number.name})"
    logged = [row["step"] for row in lines(made.folder)]
    assert (made.folder / "model.pt").exists() and record.steps == max(logged or [0])
    assert (record.seconds is None) == (not logged) and record.start <= record.finish
    again, straight = run(made), cell("fc", name="straight", steps=200, log_every=10, checkpoint_every=0.01)
    run(straight)
    assert again.outcome == "ok" and again.resumed == 1 and lines(made.folder) == lines(straight.folder)
