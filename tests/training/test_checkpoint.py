"""A run goes on from what is whole, to the result it would have had; a disk at fault is no outcome of a head."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch

from tests.disks import full, mounted
from tests.training.test_cell import lines, spec_of
from workflow.errors import UserError
from workflow.evaluating.scores import curve_scores
from workflow.training.cell import Cell
from workflow.training.run import run
from workflow.training.sealed import Damaged, read, save
from workflow.training.session import Session

CPU = torch.device("cpu")
HEAD, STEPS = "partial_fc", {"steps": 8, "log_every": 2, "curve_points": 2}


@pytest.fixture(scope="module")
def cell(glyphs, split):
    def make(folder: Path, **changes) -> Cell:
        return Cell(spec_of(HEAD, "0.5", **STEPS | changes), glyphs, split, folder, curve_scores)

    return make


@pytest.fixture(scope="module")
def straight(cell, tmp_path_factory):
    """Folder of the run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("straight")
    assert run(cell(folder)).outcome == "ok"
    return folder


@pytest.fixture
def broken(cell, tmp_path):
    """Folder of a run that was killed at step 6, its last checkpoint of step 5."""
    session = Session(cell(tmp_path / "cell"))
    for progress in session.trainer.run():
        if progress.step % 2 == 0:
            session.report(progress)
        if progress.step == 4:
            session.validate(progress)
        if progress.step == 5:
            session.save()
        if progress.step == 6:
            break
    session.lock.close()
    return tmp_path / "cell"


def same(one: Path, other: Path) -> bool:
    """Whether two runs ended with the same weights, centres and step log."""
    mine, theirs = (read(folder / "model.pt", CPU) for folder in (one, other))
    equal = all(torch.equal(mine["backbone"][name], theirs["backbone"][name]) for name in theirs["backbone"])
    return equal and torch.equal(mine["centres"], theirs["centres"]) and lines(one) == lines(other)


def test_a_killed_run_goes_on_from_its_checkpoint(cell, broken, straight):
    assert run(cell(broken)).resumed == 1 and same(broken, straight)


@pytest.mark.parametrize(
    "lose",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:90]),
        lambda path: path.write_bytes(path.read_bytes() + b'{"step": 99'),
        lambda path: path.write_bytes(b"\xff\x00" * 50),
    ],
    ids=["gone", "empty", "cut short", "longer", "overwritten"],
)
def test_the_step_log_of_a_checkpoint_is_in_it(cell, broken, straight, lose):
    lose(broken / "steps.partial.jsonl")
    assert run(cell(broken)).resumed == 1 and same(broken, straight)


@pytest.mark.parametrize("first", [True, False], ids=["the first is gone", "none is gone"])
def test_a_kill_while_what_is_no_longer_needed_is_removed(cell, tmp_path, straight, monkeypatch, first):
    """The records are whole then, and stay what they are if the cell is started again."""

    def killed(session: Session) -> None:
        if first:
            session.saved.unlink()
        session.lock.close()
        raise KeyboardInterrupt

    made = cell(tmp_path / "cell", checkpoint_every=0.0001)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Session, "close", killed)
        run(made)
    assert same(made.folder, straight)
    assert run(made).outcome == "ok" and same(made.folder, straight)
    assert {path.name for path in made.folder.iterdir()} == {"run.json", "steps.jsonl", "model.pt", ".lock"}


def without(state: dict, *names: str) -> dict:
    part = state
    for name in names[:-1]:
        part = part[name]
    del part[names[-1]]
    return state


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: [1, 2], "it holds a list, no names"),
        (lambda state: without(state, "random"), "it lacks random"),
        (lambda state: without(without(state, "log"), "identity"), "it lacks identity, log"),
        (lambda state: without(state, "trainer", "head"), "does not fit this run (KeyError)"),
        (lambda state: without(state, "random", "cpu"), "does not fit this run (KeyError)"),
        (lambda state: state | {"trainer": 3}, "does not fit this run (TypeError)"),
        (lambda state: state | {"normalised": [1]}, "does not fit this run (ValueError)"),
        (lambda state: state | {"identity": "other"}, "belongs to other settings, data or code"),
    ],
)
def test_a_checkpoint_that_is_none_starts_the_run_anew(cell, broken, straight, capsys, change, said):
    path = broken / "checkpoint.pt"
    save(path, change(read(path, CPU)))
    assert run(cell(broken)).resumed == 0 and same(broken, straight)
    notice = capsys.readouterr().err
    assert f"{path} " in notice and said in notice and "starting from step 0" in notice


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:20_000] + bytes([content[20_000] ^ 1]) + content[20_001:],
        lambda content: b"no archive" * 100,
    ],
    ids=["empty", "cut short", "one bit", "something else"],
)
def test_a_damaged_checkpoint_starts_the_run_anew(cell, broken, straight, capsys, damage):
    path = broken / "checkpoint.pt"
    path.write_bytes(damage(path.read_bytes()))
    assert run(cell(broken)).resumed == 0 and same(broken, straight)
    assert f"{path} cannot be used (it is damaged: " in capsys.readouterr().err


def flips(path: Path, every: int) -> Iterator[int]:
    """Have one bit of the file flipped, at one place after the other."""
    whole = path.read_bytes()
    for place in [*range(0, len(whole), every), len(whole) - 1]:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        yield place


def test_any_flipped_bit_is_found(tmp_path):
    path = tmp_path / "model.pt"
    save(path, {"weights": torch.randn(40), "step": 3})
    assert torch.load(path, weights_only=True)["step"] == 3, "torch reads it, too"
    for place in flips(path, 5):
        with pytest.raises(Damaged, match="it is damaged"):
            read(path, CPU)
            pytest.fail(f"byte {place}")


def test_in_a_file_without_a_checksum_it_is_found_or_changes_nothing(tmp_path):
    path, weights = tmp_path / "model.pt", torch.randn(40)
    torch.save({"weights": weights, "step": 3}, path)
    assert torch.equal(read(path, CPU)["weights"], weights)
    for place in flips(path, 7):
        try:
            found = read(path, CPU)
        except Damaged:
            continue
        assert found.keys() == {"weights", "step"} and torch.equal(found["weights"], weights), place


def test_a_checkpoint_that_cannot_be_read_is_not_started_over(cell, broken):
    (broken / "checkpoint.pt").unlink()
    (broken / "checkpoint.pt").mkdir()
    with pytest.raises(UserError, match=r"checkpoint\.pt cannot be read \(Is a directory\)"):
        run(cell(broken))


@pytest.fixture
def small(tmp_path):
    with mounted(tmp_path / "disk", "16m"):
        yield tmp_path / "disk"


@pytest.mark.parametrize("name", ["save", "report", "validate", "model"])
def test_a_disk_that_fills_up_is_no_outcome_of_a_head(cell, small, straight, monkeypatch, name):
    """At the second checkpoint, line, point of the curve, or when all is written in the end."""
    made, method, sessions = cell(small / "cell", checkpoint_every=0.0001), getattr(Session, name), []
    with ExitStack() as stack:

        def filled(session, *given):
            sessions.append(session)
            if len(sessions) == (1 if name == "model" else 2):
                stack.enter_context(full(small, 0))
            return method(session, *given)

        monkeypatch.setattr(Session, name, filled)
        with pytest.raises(UserError, match=r"no space left to write|would be larger than a file may be here"):
            run(made)
        monkeypatch.undo()
    sessions[0].lock.close()
    assert not (made.folder / "run.json").exists() and not list(made.folder.glob(".*.part"))
    assert read(made.folder / "checkpoint.pt", CPU)["trainer"]["progress"]["step"] > 0
    again = run(made)
    assert again.resumed == 1 and again.outcome == "ok" and same(made.folder, straight)
