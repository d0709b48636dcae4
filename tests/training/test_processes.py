"""One run on several processes: the model of one, replicas equal to the bit, and an end that leaves nobody waiting."""

import copy
import functools
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.distributed_c10d import _set_pg_timeout as set_timeout
from torch.nn.functional import cross_entropy

import heads
from heads.kit import interface, ranks
from heads.kit.interface import Batch
from heads.kit.wire import Wire, averaging
from tests.heads.collectives import Collectives
from tests.training.test_cell import ROOT, SHORT, lines, spec_of, terminated
from tests.training.test_trainer import SETTINGS, C, D, Photos
from tests.training.together import outcomes, together
from workflow.cells import holding
from workflow.cells.records import RunRecord
from workflow.cells.train_section import Train
from workflow.devices import pick_device
from workflow.endings import GONE
from workflow.errors import UserError
from workflow.evaluating.scores import curve_scores
from workflow.training.cell import Cell
from workflow.training.encoder import Network
from workflow.training.replicas import average_statistics, sent
from workflow.training.run import run
from workflow.training.trainer import Trainer

BATCH = 13  # divides by neither number of processes
HALF, END = STOPS = (3, 6)  # steps


class Stub(interface.Head):
    """A classifier with a twin, by the convention of heads/ranks.py and independent of the heads under test."""

    batches = "pairs"
    momentum = 0.9

    def __init__(self, num_classes: int, embedding_dim: int, **_: object):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_classes, embedding_dim))

    def forward(self, encode, batch):
        (x, other), (y, _) = batch
        e, key = encode(x), encode.momentum(other)
        return ranks.mean(cross_entropy(8 * e @ self.weight.t(), y, reduction="none") - (e * key).sum(1))

    def rows_in_loss(self) -> int:
        return len(self.weight)

    def centres(self):
        return self.weight.detach()


class Part(Photos):
    """This process's share of random views."""

    def batch(self, step: int) -> Batch:
        own = ranks.share(self.size)
        return Batch(*(tuple(rows[own.start : own.stop] for rows in kind) for kind in super().batch(step)))


def trainer(norm: bool = False, **changes) -> Trainer:
    torch.manual_seed(0)
    backbone = nn.Sequential(nn.Linear(D, D), *[nn.BatchNorm1d(D)] * norm)
    network = Network(backbone, True, changes.get("precision", "fp32"))
    return Trainer(network, Stub(C, D), Part(2, BATCH), Train(**SETTINGS | {"steps": END} | changes), 0.9)


def journey(norm: bool = False, state: dict | None = None) -> dict[int, dict]:
    """The trainer's states after the steps in STOPS, from the start or from `state`."""
    one = trainer(norm)
    if state is not None:
        one.load_state_dict(copy.deepcopy(state))  # processes are handed the same memory
    return {done.step: copy.deepcopy(one.state_dict()) for done in one.run() if done.step in STOPS}


def journeys() -> tuple[dict[int, dict], dict[int, dict]]:
    return journey(), journey(norm=True)


@functools.cache
def travelled(number: int) -> list[tuple[dict[int, dict], dict[int, dict]]]:
    """By rank: the states of a run without batch normalisation, and of one with it."""
    return together(number, journeys) if number > 1 else [journeys()]


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def assert_close(a: dict, b: dict) -> None:
    torch.testing.assert_close(a["progress"]["losses"], b["progress"]["losses"], rtol=1e-6, atol=1e-6)
    for kind in ("network", "head"):
        torch.testing.assert_close(dict(a[kind]), dict(b[kind]), rtol=1e-6, atol=1e-6)
    assert a["encoded"] == b["encoded"] == [END * BATCH, END * BATCH]


@pytest.mark.parametrize("number", [2, 3])
def test_several_processes_train_the_model_of_one(number):
    for plain, _ in travelled(number):
        assert_close(plain[END], travelled(1)[0][0][END])


@pytest.mark.parametrize("number", [2, 3])
def test_replicas_are_equal_to_the_bit(number):
    first, *others = [normed[END] for _, normed in travelled(number)]
    assert any("running_var" in name for name in first["network"])
    for other in others:
        assert same(other["network"], first["network"]) and same(other["head"], first["head"])
        momenta = [[entry["momentum_buffer"] for entry in s["optimiser"]["state"].values()] for s in (first, other)]
        assert all(torch.equal(a, b) for a, b in zip(*momenta, strict=True))


def own_statistics() -> dict:
    norm = nn.Sequential(nn.BatchNorm1d(2))
    norm[0].running_mean.fill_(10.0 * ranks.rank())
    average_statistics(norm)
    return norm.state_dict()


def test_running_statistics_are_averaged():
    for state in together(3, own_statistics):
        assert state["0.running_mean"].tolist() == [10, 10] and state["0.running_var"].tolist() == [1, 1]


def resumed(states: list[dict]) -> list[dict]:
    return [journey(state=state)[END] for state in states]


def test_a_checkpoint_continues_on_any_number_of_processes():
    (one, _), (two, _) = travelled(1)[0], travelled(2)[0]
    from_two, from_one = together(2, resumed, [two[HALF], one[HALF]])[0]
    assert same(from_two["network"], two[END]["network"]) and same(from_two["head"], two[END]["head"])
    assert from_two["progress"]["losses"] == two[END]["progress"]["losses"]
    assert_close(from_one, one[END])
    assert_close(*resumed([two[HALF]]), one[END])


def overflow() -> tuple[bool, float]:
    one = trainer(precision="fp16")
    backward = one.backward

    def spoilt(*where):
        value = backward(*where)
        if ranks.rank() == 1:
            one.parameters[0].grad[0, 0] = torch.inf
        return value

    one.backward = spoilt
    before = [parameter.clone() for parameter in one.parameters]
    scale = one.scaler.get_scale()
    next(one.run())
    kept = all(torch.equal(a, b) for a, b in zip(before, one.parameters, strict=True))
    return kept, one.scaler.get_scale() / scale


def test_an_overflow_in_one_process_is_everybodys():
    assert together(2, overflow) == [(True, 0.5), (True, 0.5)]


@pytest.fixture
def cell(glyphs, split, tmp_path):
    def make(name: str = "cell", **changes) -> Cell:
        return Cell(spec_of("fc", **changes), glyphs, split, tmp_path / name, curve_scores)

    return make


def trained(cell: Cell, forward=None) -> RunRecord:
    """Train `cell` with the stub as its head, its first steps replaced by `forward`."""
    heads.load = lambda name: Stub
    if forward is not None:
        Stub.usual, Stub.forward = Stub.forward, forward
    return run(cell)


def backbone_of(cell: Cell) -> dict:
    return torch.load(cell.folder / "model.pt", weights_only=True)["backbone"]


def test_the_first_process_writes_the_records_of_all(cell):
    made = cell()
    record, _ = together(2, trained, made)
    assert RunRecord.read(made.folder / "run.json") == record
    assert (record.outcome, record.steps, record.processes) == ("ok", 12, 2)
    assert (record.images.gradient, record.images.encoded) == (12 * 32, 2 * 12 * 32)
    assert record.command.startswith("torchrun --standalone --nproc-per-node 2 ")
    assert [row["step"] for row in lines(made.folder) if "loss" in row] == [4, 8, 12]
    assert [row["step"] for row in lines(made.folder) if "validation" in row] == [6, 12]
    assert {path.name for path in made.folder.iterdir()} == {".lock", "run.json", "steps.jsonl", "model.pt"}


def fails_beside_one_asleep(self, encode, batch):
    if ranks.rank() == 0:
        time.sleep(1000)
    raise ZeroDivisionError("division by zero")


def lacks_memory(self, encode, batch):
    if ranks.rank() == 1:
        raise MemoryError
    return self.usual(encode, batch)


@pytest.mark.parametrize(
    ("forward", "outcome", "reason"),
    [
        (fails_beside_one_asleep, "failed", "ZeroDivisionError: division by zero"),
        (lacks_memory, "out of memory", "the host ran out of memory"),
    ],
)
def test_a_failure_of_one_process_is_recorded_and_ends_them_all(cell, forward, outcome, reason):
    made = cell()
    statuses, _ = outcomes(3, trained, made, forward)
    assert 1 in statuses and 0 not in statuses
    record = RunRecord.read(made.folder / "run.json")
    assert (record.outcome, record.reason, record.steps) == (outcome, reason, 0)
    assert torch.load(made.folder / "model.pt", weights_only=True)["backbone"] is None


def test_divergence_is_an_outcome_of_all(cell):
    made = cell(lr=1e30, warmup=0, clip=0)
    statuses, _ = outcomes(2, trained, made)
    assert statuses == [1, 1] and RunRecord.read(made.folder / "run.json").outcome == "diverged"


def dies(self, encode, batch):
    if ranks.rank() == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return self.usual(encode, batch)


def test_a_killed_process_is_no_result(cell):
    made = cell()
    statuses, _ = outcomes(2, trained, made, dies)
    assert statuses == [2, -signal.SIGKILL] and not (made.folder / "run.json").exists()


def hangs(self, encode, batch):
    if ranks.rank() == 1:
        time.sleep(1000)
    set_timeout(timedelta(seconds=1), dist.group.WORLD)
    return self.usual(encode, batch)


def test_a_process_that_hangs_is_known_to_the_others(cell, tmp_path):
    statuses, _ = outcomes(2, refused, cell(), tmp_path, hangs)
    assert statuses == [2, None] and "gone, or did not answer" in (tmp_path / "alone").read_text()


def cannot_be_made(self, num_classes, embedding_dim, **_):
    if ranks.rank() == 1:
        raise MemoryError
    self.made(num_classes, embedding_dim)


def built(cell: Cell) -> None:
    Stub.made, Stub.__init__ = Stub.__init__, cannot_be_made
    trained(cell)


def test_a_head_that_only_one_process_cannot_make_is_no_good_end(cell):
    statuses, _ = outcomes(2, built, cell())
    assert statuses[1] == 1 and statuses[0] in (2, None)


def refused(cell: Cell, told: Path, forward=None) -> None:
    try:
        trained(cell, forward)
    except UserError as error:
        (told / ("alone" if error.status == GONE else "error")).write_text(str(error))
        raise


def refused_at_once(cell: Cell, told: Path) -> None:
    holding.PATIENCE = 0.0
    refused(cell, told)


def test_a_batch_too_small_for_the_processes_is_refused(cell, tmp_path):
    statuses, _ = outcomes(3, refused, cell(batch=5), tmp_path)
    assert 2 in statuses and set(statuses) <= {2, None}  # a slow one is ended because the first has refused
    assert "train.batch is 5: the loader 'pairs' needs at least 6 for 3 processes" in (tmp_path / "error").read_text()


def test_a_folder_in_use_ends_all_processes(cell, tmp_path):
    made = cell()
    made.folder.mkdir()
    with closing(holding.Claim(made.folder)):
        statuses, _ = outcomes(2, refused_at_once, made, tmp_path)
    assert statuses[0] == 2 and statuses[1] in (2, None)  # the other is told by the closed connection, or ended
    assert "another process is training in" in (tmp_path / "error").read_text()


def test_what_a_head_refuses_is_recorded_once(cell):
    made = cell()
    made.spec = made.spec.model_copy(update={"train": made.spec.train.model_copy(update={"accumulate": 2})})
    record, _ = together(2, trained, made)
    assert (record.outcome, record.processes) == ("failed", 2) and "train.accumulate 2" in record.reason
    assert RunRecord.read(made.folder / "run.json") == record


@pytest.mark.parametrize(("name", "gpus"), [("auto", 1), ("cuda", 0)])
def test_fewer_gpus_than_processes_are_refused(monkeypatch, name, gpus):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    with pytest.raises(UserError, match=rf"train\.processes is 2, but this machine has {gpus} CUDA devices: lower it"):
        pick_device(name)


def test_each_process_has_a_gpu_of_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert str(pick_device("auto")) == str(pick_device("cuda")) == "cuda:0"
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert str(pick_device("auto")) == str(pick_device("cuda")) == "cuda:1" and str(pick_device("cpu")) == "cpu"
    with pytest.raises(UserError, match=r"train\.device 'cuda:0' is one GPU for 2 processes"):
        pick_device("cuda:0")


def start(cell: Cell) -> subprocess.Popen:
    """`cell` on two processes, started by torchrun."""
    command = [str(Path(sys.executable).with_name("torchrun")), "--standalone", "--nproc-per-node", "2"]
    arguments = ["--dataset", cell.dataset, "--split", cell.split, "--out", cell.folder]
    command += ["-m", "workflow.training", *map(str, arguments), "--spec", cell.spec.as_json()]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_torchrun_leaves_the_files_of_a_usual_run(cell):
    made, usual = cell(), cell("usual")
    process = start(made)
    run(usual)
    said, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    begun, ended = said.splitlines()
    assert begun == f"training fc 1 seed 0 into {made.folder}" and ended.startswith("trained fc 1 seed 0: done")
    assert {path.name for path in made.folder.iterdir()} == {path.name for path in usual.folder.iterdir()}
    record, other = (RunRecord.read(one.folder / "run.json") for one in (made, usual))
    assert (record.processes, other.processes) == (2, 1)
    assert record.images == other.images and record.initial_weights == other.initial_weights
    keys = [[sorted(row) for row in lines(one.folder)] for one in (made, usual)]
    assert keys[0] == keys[1]


def test_a_terminated_torchrun_continues_to_the_same_bits(cell):
    long = SHORT | {"steps": 100, "log_every": 5}
    broken, straight = cell("broken", **long), cell("straight", **long)
    process = start(broken)
    told = terminated(process, broken.folder)
    assert process.returncode != 0 and "run again to continue from there" in told
    assert not (broken.folder / "run.json").exists()
    record = together(2, run, broken)[0]
    together(2, run, straight)
    assert record.resumed == 1 and record.steps == 100
    assert lines(broken.folder) == lines(straight.folder)
    assert same(backbone_of(broken), backbone_of(straight))


def what_a_step_sends() -> tuple[Wire, int, int]:
    """One step of a trainer whose network normalises batches: what training states of it, and what was counted."""
    torch.manual_seed(0)
    network = Network(nn.Sequential(nn.Linear(D, D), nn.BatchNorm1d(D)), twin=True)
    trainer = Trainer(network, Stub(C, D), Part(2, BATCH), Train(**SETTINGS), 0.9)
    network.train()
    with Collectives() as wire:
        trainer.step(0)
    trained = sum(parameter.numel() for parameter in trainer.parameters)
    return sent(trained, network).plus(averaging()), wire.gathered, wire.reduced  # averaging: the loss of Stub


@pytest.mark.parametrize("number", [2, 3])
def test_training_sends_what_it_states(number):
    for stated, gathered, reduced in together(number, what_a_step_sends):
        assert (gathered, reduced) == (stated.gathered, stated.reduced)


SPOIL = """
import os, sys, threading, time

def spoil():
    while not hasattr(sys.modules.get("heads.fc"), "Head"):
        time.sleep(0.001)
    sys.modules["heads.fc"].Head.forward = lambda *_: time.sleep(1000)

if os.environ.get("RANK") == "1":
    threading.Thread(target=spoil, daemon=True).start()
"""
"""what Python runs when it starts, so that the second process hangs in its first step"""


def test_a_process_that_hangs_in_a_step_is_named_within_minutes(cell, tmp_path):
    made = cell(processes=2, hung_after=8)
    (tmp_path / "sitecustomize.py").write_text(SPOIL)
    arguments = ["--dataset", made.dataset, "--split", made.split, "--out", made.folder, "--spec", made.spec.as_json()]
    command = [sys.executable, "-m", "workflow.training", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=300
    )
    record = RunRecord.read(made.folder / "run.json")
    assert (done.returncode, record.outcome, record.steps) == (0, "failed", 0), done.stderr
    assert record.reason == "process 1 of 2 did not end a step within 8 s (train.hung_after): the log says where"
    assert "in spoil" not in done.stderr and "sitecustomize.py" in done.stderr
