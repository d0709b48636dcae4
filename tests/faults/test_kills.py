"""The short version of `make faults`: each stage up to a score is killed before a random change of a file, training by
every signal; and each ends with one sentence where no file may grow."""

import signal
import sys

import pytest

from tests.faults.chain import stages
from tests.faults.matrix import SIGNALS, Chain, Dice, Moment, Undisturbed, undisturbed
from tests.faults.process import Kill, Way, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks processes that have loaded torch")
SHORT = [
    stage
    for stage in stages()
    if (stage.name in ("data", "split") or stage.name.endswith(("ing dcq", "machine"))) and not stage.timed
]
TRAINING = next(stage for stage in SHORT if stage.module == "workflow.training")


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return undisturbed(tmp_path_factory.mktemp("undisturbed"), SHORT)


def test_a_chain_that_is_killed_ends_in_the_same_bits(reference, tmp_path):
    dice = Dice(0, reference)
    chain = Chain(tmp_path / "chain", reference)
    for stage in SHORT:
        chain.run(stage, [dice.at_a_change(stage)])
    assert chain.kills == len(SHORT)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_training_killed_by_any_signal_goes_on_to_the_same_bits(reference, tmp_path, number):
    """Twice on the way; and before the last change, with which it removes what it no longer needs."""
    chain, last = Chain(tmp_path / "chain", reference), reference.changes[TRAINING.name]
    chain.take_before(TRAINING)
    chain.run(TRAINING, [Moment(Kill(number, change=change)) for change in (last // 3, last // 2)])
    if number == signal.SIGKILL:
        chain.run(TRAINING, [Moment(Kill(number, change=last))])


@pytest.mark.parametrize("stage", SHORT, ids=lambda stage: stage.name)
def test_a_stage_whose_files_may_not_grow_says_so_and_leaves_no_result(reference, tmp_path, stage):
    chain = Chain(tmp_path / "chain", reference)
    chain.take_before(stage)
    assert run(stage, chain.folder, way=Way(room=1000)).status == 2
    said = (chain.folder / f"logs/{stage.name}.log").read_text(encoding="utf-8")
    [sentence] = [line for line in said.splitlines() if line.startswith("headroom: ")]
    assert "would be larger than a file may be here: raise that limit" in sentence and "Traceback" not in said
    assert (chain.folder / sentence.split()[1]).parent in {(chain.folder / name).parent for name in stage.makes}
    assert not (chain.folder / stage.makes[0]).exists()


@pytest.mark.parametrize("stage", SHORT[1:], ids=lambda stage: stage.name)
def test_a_file_that_holds_something_else_is_one_sentence(reference, tmp_path, stage):
    """Of all that the stages before have left; what a stage does not read may hold anything."""
    chain, log = Chain(tmp_path / "chain", reference), tmp_path / f"chain/logs/{stage.name}.log"
    for other in [name for earlier in SHORT[: SHORT.index(stage)] for name in earlier.makes]:
        chain.take_before(stage)
        (chain.folder / other).write_text("[]")
        log.unlink(missing_ok=True)
        status, said = run(stage, chain.folder).status, log.read_text(encoding="utf-8")
        assert status in (0, 2) and "Traceback" not in said, f"{other}: {said}"
        assert [line[:10] for line in said.splitlines() if line.startswith("headroom: ")] == ["headroom: "] * (
            status // 2
        )
        for name in stage.makes:
            (chain.folder / name).unlink(missing_ok=True)
