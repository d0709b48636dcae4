"""W processes are one: the same losses, gradients and state from parts of the same batches, and checkpoints that any
number of processes can take up.

Two and three processes are started once each; they train all heads one after the other and leave what they found in a
file for each rank. The parent compares that with its own run.
"""

import inspect
import multiprocessing
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import start_processes

import heads
from heads.kit import kind_of, ranks
from heads.kit.interface import Head
from heads.kit.place import Place
from heads.kit.wire import Wire
from tests.heads.cases import ROWS, VARIANTS, C, Case, D, Run, all_cases, check_close, flat
from tests.heads.collectives import Collectives

PAUSE = 3
"""steps after which a checkpoint is saved"""
BEFORE, AFTER = range(PAUSE), range(PAUSE, len(ROWS))
PATIENCE = timedelta(seconds=120)
NEVER_ALONE = {"head.dice._extra_state"}
"""throws of DCQ's dice: they shuffle the keys among processes, so a process alone has nothing to throw for"""

OWN = ("fc", *VARIANTS, "n_pair", "triplet")
SHARED = (
    "gather labels and keys with kit.ranks.gather, embeddings with kit.ranks.gather_embeddings, and return "
    "kit.ranks.mean of the rows' losses"
)

HOW = "state in `cost(..., place)` what each function of kit.ranks sends, as kit.wire has it, or leave wire None"

each_case = pytest.mark.parametrize("case", all_cases(), ids=str)
each_world = pytest.mark.parametrize("world", [2, 3])


def train(case: Case, saved: dict | None = None) -> dict:
    """Everything that W processes and one must agree on; `saved` is another run's checkpoint to go on from."""
    run = Run(case)
    start = run.save()
    sent = [counted(run, step) for step in BEFORE]
    pause = run.save()
    sent += [counted(run, step) for step in AFTER]
    found = {
        "sent": sent,
        "start": start,
        "pause": pause,
        "steps": run.history,
        "centres": run.head.centres(),
        "end": run.save(),
    }
    found["again"] = go_on(case, pause)
    if saved is not None:
        found["taken up"] = go_on(case, saved)
    return found


def counted(run: Run, step: int) -> dict[str, int]:
    """Take a step, and count what this process gives to collectives."""
    with Collectives() as wire:
        run.steps(range(step, step + 1))
    return {"gathered": wire.gathered, "reduced": wire.reduced}


def go_on(case: Case, saved: dict) -> dict:
    """The steps after the pause, by a new head that loads what was `saved`."""
    run = Run(case, saved).steps(AFTER)
    run.head.centres()  # has rows that rest caught up: when that happens to each depends on who owns it
    return {"steps": run.history, "end": run.save()}


def work(rank: int, world: int, folder: Path, others: Path | None, names: list[str]) -> None:
    """One process: train the cases of these names and write what was found to `folder`, an error that ends it, too."""
    torch.set_num_threads(1)
    meeting = f"file://{folder}/meeting"
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=world, timeout=PATIENCE)
    saved = {} if others is None else torch.load(others / "0.pt", weights_only=True)
    found: dict = {}
    try:
        for case in ordered(names):
            found[str(case)] = train(case, saved[str(case)]["pause"] if saved else None)
    except Exception:
        found["error"] = traceback.format_exc()
    torch.save(found, folder / f"{rank}.pt")
    if "error" not in found:
        dist.destroy_process_group()


def ordered(names: list[str]) -> list[Case]:
    """The cases so named, those of the project's own heads first: after an error processes cannot go on together, so a
    new head that fails leaves only those after it untested."""
    return sorted((case for case in all_cases() if str(case) in names), key=lambda case: case.name not in OWN)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory, request) -> dict[int, list[dict]]:
    """What each rank of two and of three processes found for the cases of the tests that were selected; the three also
    go on from the checkpoints of the two."""
    multiprocessing.set_forkserver_preload([__name__])  # torch is imported once for all five
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    names = [str(given["case"]) for given in parameters if isinstance(given.get("case"), Case)]
    folders = {world: tmp_path_factory.mktemp(f"world{world}") for world in (2, 3)}
    found = {}
    for world, others in ((2, None), (3, folders[2])):
        start_processes(work, (world, folders[world], others, names), nprocs=world, start_method="forkserver")
        found[world] = [torch.load(folders[world] / f"{rank}.pt", weights_only=True) for rank in range(world)]
    return found


def of(case: Case, ranks: list[dict]) -> list[dict]:
    """What each rank found for `case`."""
    for number, found in enumerate(ranks):
        assert str(case) in found, f"rank {number} of {len(ranks)} ended at or before {case}: {found['error']}"
    return [found[str(case)] for found in ranks]


@pytest.fixture(scope="module")
def alone() -> Callable[[Case], dict]:
    """What one process finds for a case."""
    assert ranks.count() == 1
    known: dict[str, dict] = {}

    def found(case: Case) -> dict:
        if str(case) not in known:
            known[str(case)] = train(case)
        return known[str(case)]

    return found


def numbers(steps: list[dict], inputs: list[list[torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Losses and gradients of `steps` by name, `inputs` in place of a rank's own."""
    found = {}
    for step, (values, whole) in enumerate(zip(steps, inputs, strict=True)):
        found[f"loss {step}"] = values["loss"]
        found |= {f"input {number} of step {step}": x for number, x in enumerate(whole)}
        found |= {f"parameter {number} of step {step}": x for number, x in enumerate(values["summed"])}
    return found


def together(ranks: list[list[dict]]) -> list[list[torch.Tensor]]:
    """Of each step, the gradients of the inputs of all ranks, put together in order of rank."""
    return [
        [torch.cat(xs) for xs in zip(*(found["inputs"] for found in step), strict=True)]
        for step in zip(*ranks, strict=True)
    ]


def check_steps(ranks: list[list[dict]], expected: list[dict]) -> None:
    """Every rank has the loss that one process has, and together they have its gradients."""
    inputs = together(ranks)
    wanted = numbers(expected, [step["inputs"] for step in expected])
    for steps in ranks:
        try:
            check_close(numbers(steps, inputs), wanted)
        except AssertionError as error:
            raise AssertionError(f"{error}\nseveral processes must train the model of one: {SHARED}") from error


def comparable(state: dict, case: Case) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint that do not depend on the number of processes."""
    return {name: value for name, value in flat(state).items() if case.name != "dcq" or name not in NEVER_ALONE}


@each_world
@each_case
def test_losses_and_gradients_are_those_of_one_process(case, world, worlds, alone):
    check_steps([found["steps"] for found in of(case, worlds[world])], alone(case)["steps"])


@each_world
@each_case
def test_the_state_is_that_of_one_process(case, world, worlds, alone):
    for found in of(case, worlds[world]):
        check_close(comparable(found["end"], case), comparable(alone(case)["end"], case))


@each_world
@each_case
def test_the_start_does_not_depend_on_the_number_of_processes(case, world, worlds, alone):
    for found in of(case, worlds[world]):
        check_close(flat(found["start"]), flat(alone(case)["start"]), tolerance=0)


@each_world
@each_case
def test_all_ranks_tell_the_same_bit_for_bit(case, world, worlds):
    """Queues, pools and what is gathered: where ranks disagree by a bit, they grow apart."""
    first, *others = of(case, worlds[world])
    for other in others:
        for moment in ("pause", "end"):
            check_close(flat(other[moment]), flat(first[moment]), tolerance=0)
        for mine, theirs in zip(other["steps"], first["steps"], strict=True):
            assert torch.equal(mine["loss"], theirs["loss"])


@each_world
@each_case
def test_every_rank_can_tell_all_centres(case, world, worlds, alone):
    expected = alone(case)["centres"]
    for found in of(case, worlds[world]):
        centres = found["centres"]
        assert (centres is None) == (expected is None)
        if expected is not None:
            torch.testing.assert_close(centres, expected, atol=1e-10, rtol=0)


@each_world
@each_case
def test_as_many_processes_go_on_bit_for_bit(case, world, worlds):
    for found in of(case, worlds[world]):
        straight, again = found, found["again"]
        check_close(flat(again["end"]), flat(straight["end"]), tolerance=0)
        for mine, theirs in zip(again["steps"], straight["steps"][PAUSE:], strict=True):
            for x, y in zip([mine["loss"], *mine["inputs"]], [theirs["loss"], *theirs["inputs"]], strict=True):
                assert torch.equal(x, y)


@each_world
@each_case
def test_the_wire_carries_what_the_head_states(case, world, worlds):
    """Counted at the collectives; what `Run` itself adds up, the gradients of parameters, is not the head's."""
    own = 4 * (D * D + sum(p.numel() for p in case.head().parameters()))
    for found in of(case, worlds[world]):
        for step, sent in enumerate(found["sent"]):
            stated = stated_wire(case, world, step)
            if stated is not None:
                assert sent["reduced"] - own == stated.reduced, f"all-reduces of step {step}: {HOW}"
                periodic = stated.upkeep if step % stated.every == 0 else 0
                assert sent["gathered"] == stated.gathered + periodic, f"all-gathers of step {step}: {HOW}"


def stated_wire(case: Case, world: int, step: int) -> Wire | None:
    """What the head states of a step of `Run`, whose inputs have as many numbers as embeddings."""
    kind: type[Head] = heads.load(case.name)
    if "place" not in inspect.signature(kind.cost).parameters:
        return None
    shape, passes = kind_of(case.head().batches), 2 if kind.accumulates and step % 2 else 1
    images = ROWS[step] * (2 if shape.halved else 1)
    stated = kind.cost(images, C, D, place=Place(processes=world), **case.options).wire
    return stated and stated.times(passes)


@each_case
def test_three_processes_go_on_from_the_checkpoint_of_two(case, worlds, alone):
    taken_up = [found["taken up"] for found in of(case, worlds[3])]
    check_steps([each["steps"] for each in taken_up], alone(case)["steps"][PAUSE:])
    for each in taken_up:
        check_close(comparable(each["end"], case), comparable(alone(case)["end"], case))


@each_case
def test_one_process_goes_on_from_the_checkpoint_of_two(case, worlds, alone):
    again = go_on(case, of(case, worlds[2])[1]["pause"])
    check_steps([again["steps"]], alone(case)["steps"][PAUSE:])
    check_close(comparable(again["end"], case), comparable(alone(case)["end"], case))


def test_the_batches_leave_a_rank_with_a_single_row_and_classes_uneven(monkeypatch):
    """What the cases are chosen for: without it they would prove less."""
    monkeypatch.setattr(ranks, "count", lambda: 3)
    assert [len(ranks.share(7, of)) for of in range(3)] == [3, 2, 2]
    assert {len(ranks.share(rows, of)) for rows in ROWS for of in range(3)} == {0, 1, 2, 3, 4}
    assert len({len(ranks.share(C, of)) for of in range(3)}) == 2
