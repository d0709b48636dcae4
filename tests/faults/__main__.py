"""`python -m tests.faults`, or `make faults`: a hundred kills at random moments, each resumed to the same bits."""

import argparse
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.faults.chain import stages
from tests.faults.matrix import Chain, Dice, Moment, undisturbed

A_CHAIN = 8  # kills that are drawn for a chain


def main() -> None:
    given = parser().parse_args()
    place = (given.place or Path(tempfile.mkdtemp(prefix="headroom-faults-"))).resolve()
    print(f"the run that nothing disturbs, in {place}", flush=True)
    reference = undisturbed(place / "undisturbed", stages())
    dice, kills, wrong, number = Dice(given.seed, reference), 0, 0, 0
    while kills < given.moments:
        number += 1
        chain = Chain(place / f"chain-{number}", reference)
        said = whole(chain, drawn(dice))
        kills, wrong = kills + chain.kills, wrong + (said is not None)
        print(f"chain {number}: {chain.kills} kills, {said or 'bit-equal'}; {kills} kills so far", flush=True)
    print(f"{kills} kills in {number} chains, {number - wrong} of them bit-equal", flush=True)
    if wrong:
        sys.exit(1)
    if given.place is None:
        shutil.rmtree(place)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    top.add_argument("--moments", type=int, default=100, help="kills, at least (default: 100)")
    top.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    top.add_argument("--place", type=Path, help="an empty folder to work in (default: a temporary one)")
    return top


def drawn(dice: Dice) -> dict[str, list[Moment]]:
    """The kills of a chain, by the name of the stage."""
    found = defaultdict(list)
    for stage in [dice.stage() for _ in range(A_CHAIN)]:
        found[stage.name].append(dice.moment(stage))
    return found


def whole(chain: Chain, kills: dict[str, list[Moment]]) -> str | None:
    """Run all stages of a chain; what went wrong."""
    try:
        for stage in chain.reference.stages:
            chain.run(stage, kills.get(stage.name, []))
    except AssertionError as error:
        return str(error)
    return None


if __name__ == "__main__":
    main()
