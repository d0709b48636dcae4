"""Chains of stages with kills at moments that a seed decides."""

import random
import shutil
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.chain import Stage, lay
from tests.faults.compare import difference, files
from tests.faults.process import ALONE, Kill, Way, run

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
SUPERVISED = ("workflow.training", "workflow.measuring")


@dataclass(frozen=True)
class Moment:
    """A kill, and whether what the stage has left is removed before it is run again, as Snakemake does."""

    kill: Kill
    way: Way = ALONE
    removed: bool = False


@dataclass(frozen=True)
class Undisturbed:
    """The stages run once: where they lie, how often each changes a file, and how long it takes."""

    folder: Path
    stages: Sequence[Stage]
    changes: dict[str, int]
    seconds: dict[str, float]


def undisturbed(folder: Path, stages: Sequence[Stage]) -> Undisturbed:
    """Run all stages in `folder`."""
    lay(folder)
    found = Undisturbed(folder, stages, {}, {})
    for stage in stages:
        started = time.monotonic()
        expect(run(stage, folder).status == 0, f"{stage.name} fails undisturbed: see {folder}/logs")
        found.seconds[stage.name] = time.monotonic() - started
        found.changes[stage.name] = int((folder / f"logs/{stage.name}.changes").read_text(encoding="utf-8"))
    return found


class Chain:
    """The stages one after the other in a folder of their own, some of them killed, each held against `reference`."""

    def __init__(self, folder: Path, reference: Undisturbed):
        self.folder, self.reference = folder, reference
        self.kills = 0
        lay(folder)

    def run(self, stage: Stage, moments: Sequence[Moment] = ()) -> None:
        """Run a stage, killed at each of `moments`, to its end. AssertionError where it then is not the reference's."""
        if stage.concludes:  # from the very same records, clocks and all
            self.take_before(stage)
        for moment in moments:
            self.kills += run(stage, self.folder, moment.kill, moment.way).killed
            for path in list(files(stage, self.folder)) if moment.removed else ():
                path.unlink(missing_ok=True)
        status = run(stage, self.folder).status
        where = f"{stage.name} in {self.folder}, after {list(moments)}"
        expect(status == 0, f"{where}, ends with status {status}: see the logs there")
        found = difference(stage, self.folder, self.reference.folder)
        expect(found is None, f"{where}: {found}")

    def take_before(self, stage: Stage) -> None:
        """Put what the stages before have left in the reference here, in the place of what they may have left here."""
        stages = self.reference.stages
        for earlier in stages[: stages.index(stage)]:
            for path in files(earlier, self.reference.folder):
                target = self.folder / path.relative_to(self.reference.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)


def expect(held: bool, words: str) -> None:
    """AssertionError with `words` where something does not hold, in a script too."""
    if not held:
        raise AssertionError(words)


class Dice:
    """Moments drawn from a seed, for stages whose undisturbed run is known."""

    def __init__(self, seed: int, reference: Undisturbed):
        self.random, self.reference = random.Random(seed), reference

    def stage(self) -> Stage:
        """A stage to be killed; training four times as often as any other, for it has most to lose."""
        weights = [4 if stage.module == "workflow.training" else 1 for stage in self.reference.stages]
        return self.random.choices(self.reference.stages, weights)[0]

    def moment(self, stage: Stage) -> Moment:
        """Before a change of a file, or at a time."""
        return self.random.choice((self.at_a_change, self.at_a_time))(stage)

    def at_a_change(self, stage: Stage) -> Moment:
        """Before any change that the stage makes to a file, the last included."""
        kill = Kill(self.random.choice(SIGNALS), change=self.random.randint(1, self.reference.changes[stage.name]))
        return Moment(kill, removed=self.random.random() < 0.5)

    def at_a_time(self, stage: Stage) -> Moment:
        """While it runs, starting included; of a stage that is supervised, half the time, the supervisor or its
        worker."""
        supervised = stage.module in SUPERVISED and self.random.random() < 0.5
        worker = supervised and self.random.random() < 0.5
        seconds = self.random.uniform(0, 0.95) * self.reference.seconds[stage.name]
        kill = Kill(self.random.choice(SIGNALS), seconds=seconds, worker=worker)
        return Moment(kill, Way(supervised), self.random.random() < 0.5)
