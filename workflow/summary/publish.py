"""python -m workflow.summary.publish: a finished profile -> results/published/<machine>/<profile>/, fit for git.

What is copied is all that a summary is collected from: every record that the profile's summary names, with the scores,
their bootstrap's replicates and the steps of each run, and the splits. The published summary is then collected again
from these copies, so that it can be at any time. Weights and embeddings stay behind.

With --add, what was published before of the same profile and machine stays, where the profile has no record of the same
cell: seeds that are computed on several days, on a machine that keeps nothing in between, come together one by one.
"""

import argparse
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workflow.cells.paths import PUBLISHED, SUMMARY
from workflow.console import log
from workflow.errors import UserError, command_line
from workflow.files import write_json
from workflow.summary.copies import collect_copies, copy_records
from workflow.summary.published import slim
from workflow.summary.reading import read_summary
from workflow.summary.stored import SummaryRecord
from workflow.summary.tables import summarise
from workflow.summary.together import together
from workflow.summary.writing import printed, write_csv

LIMIT = 5_000_000
"""bytes of one published profile, so that a repository can hold many"""


def main() -> None:
    """Publish, and say where and how much."""
    given = parser().parse_args()
    place = publish(given.profile_dir, given.published, given.machine, add=given.add)
    log(f"{place}: {size(place) / 1e6:.1f} MB, ready to be committed; `snakemake published` renders it")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m workflow.summary.publish", description=__doc__)
    found.add_argument("--profile-dir", type=Path, required=True, help="results/<profile>, with its summary.json")
    found.add_argument("--published", type=Path, default=Path(PUBLISHED), help=f"default: {PUBLISHED}")
    found.add_argument("--machine", help="what to call the machine; default: its processor or GPU, and its cores")
    found.add_argument("--add", action="store_true", help="to what was published before, instead of in its place")
    return found


def publish(profile: Path, published: Path, machine: str | None = None, *, add: bool = False) -> Path:
    """Copy what belongs to the summary of `profile`, collect it there, and return the folder published.

    An earlier publication of the same profile and machine is replaced, or, to `add`, its records of other cells are
    kept. UserError where there is no summary, where those records cannot stand in one table with the profile's, or
    where more than LIMIT bytes would be published; then nothing is left behind and an earlier publication stays.
    """
    summary, folders = read_named(profile), [profile]
    place = published / (machine or machine_name(summary)) / summary.profile
    put_back(place)
    if add and (place / SUMMARY).exists():
        summary, folders = together(summary, read_summary(place / SUMMARY).stored), [profile, place]
    with drafted(place) as draft:
        copy_records(summary, folders, draft)
        write_published(collect_copies(summary, folders, draft), draft)
        refuse_large(draft)
    return place


@contextmanager
def drafted(place: Path) -> Iterator[Path]:
    """Yield a folder beside `place`, which takes its place if the block ends well; else nothing is left of it."""
    draft, earlier = aside(place, "draft"), aside(place, "earlier")
    for left in (draft, earlier):  # by a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    try:
        yield draft
        if place.exists():
            place.rename(earlier)
        draft.rename(place)
    finally:
        for left in (draft, earlier):
            shutil.rmtree(left, ignore_errors=True)


def aside(place: Path, what: str) -> Path:
    """The folder beside `place` for its `draft`, or for the `earlier` one while the draft takes its place."""
    return place.with_name(f".{place.name}.{what}.part")


def put_back(place: Path) -> None:
    """Have the earlier publication again where a run was killed between moving it away and putting its own there."""
    if aside(place, "earlier").exists() and not place.exists():
        aside(place, "earlier").rename(place)


def read_named(profile: Path) -> SummaryRecord:
    """The summary of a profile; UserError where an older version wrote it, which did not name every record."""
    found = read_summary(profile / SUMMARY).stored
    if any(row.record is None for row in (*found.tuned, *found.baselines, *filter(None, [found.machine]))):
        raise UserError(
            f"{profile / SUMMARY} is of an older version, which did not name all records that it is collected from: "
            "make it again by snakemake, or by `python -m workflow.summary`"
        )
    return found


def write_published(stored: SummaryRecord, draft: Path) -> None:
    """Write summary.json and the tables; the scores of each run are in its evaluation."""
    write_json(draft / SUMMARY, slim(stored))
    tables = printed(summarise(stored))
    for name in ("heads", "runs", "costs"):
        write_csv(draft / f"{name}.csv", tables[name])


def machine_name(summary: SummaryRecord) -> str:
    """A folder's name for the machine that timed, or else trained: cpu-amd-epyc-2-cores, nvidia-h100-80gb-hbm3."""
    timed = [row for row in (*summary.costs, *summary.runs) if row.machine and row.device]
    if not timed:
        raise UserError(f"no record of profile {summary.profile} says which machine it is of: name one with --machine")
    device, machine = timed[0].device or "", timed[0].machine
    if device != "cpu" or machine is None:
        return plain(device)
    return plain(f"cpu {machine.processor} {machine.cores} cores")


def plain(text: str) -> str:
    """Lower-case letters, digits and hyphens, without what every processor's name has."""
    kept = re.sub(r"\((r|tm)\)|\bprocessor\b|\bcpu @.*?ghz", " ", text.lower())
    return "-".join(re.findall(r"[a-z0-9.]+", kept))


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def refuse_large(draft: Path) -> None:
    """UserError where the draft is larger than LIMIT."""
    total = size(draft)
    if total <= LIMIT:
        return
    largest = max((path for path in draft.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    name, weight = largest.relative_to(draft), largest.stat().st_size
    raise UserError(
        f"{total / 1e6:.1f} MB would be published, more than the {LIMIT / 1e6:.0f} MB that a profile may have; the "
        f"largest file is {name} with {weight / 1e6:.1f} MB: lower train.log_every's detail or publish fewer rows"
    )


if __name__ == "__main__":
    command_line(main)
