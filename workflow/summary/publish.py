"""python -m workflow.summary.publish: a finished profile -> results/published/<machine>/<profile>/, fit for git.

What is copied is what the report's numbers link to: every record that the summary names, with the scores and steps of
each run, the machine's, the lists of cells, and the tables. Weights, embeddings and the bootstrap's replicates stay
behind; the summary holds what rendering needs of them, so a published profile is rendered without data and a GPU.
"""

import argparse
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workflow.cells.paths import EVALUATION, PUBLISHED, RUN, STEPS, SUMMARY, TABLES
from workflow.console import log
from workflow.errors import UserError, command_line
from workflow.files import read_json, write_json, writing
from workflow.summary.reading import read_summary
from workflow.summary.stored import SummaryRecord

LIMIT = 5_000_000
"""bytes of one published profile, so that a repository can hold many"""


def main() -> None:
    """Publish, and say where and how much."""
    given = parser().parse_args()
    place = publish(given.profile_dir, given.published, given.machine)
    log(f"{place}: {size(place) / 1e6:.1f} MB, ready to be committed; `snakemake published` renders it")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m workflow.summary.publish", description=__doc__)
    found.add_argument("--profile-dir", type=Path, required=True, help="results/<profile>, with its summary.json")
    found.add_argument("--published", type=Path, default=Path(PUBLISHED), help=f"default: {PUBLISHED}")
    found.add_argument("--machine", help="what to call the machine; default: its processor or GPU, and its cores")
    return found


def publish(profile: Path, published: Path, machine: str | None = None) -> Path:
    """Copy what belongs to the summary of `profile`, links rewritten, and return the folder published.

    An earlier publication of the same profile and machine is replaced. UserError where there is no summary, or where
    more than LIMIT bytes would be published; then nothing is left behind and an earlier publication stays.
    """
    summary = read_summary(profile / SUMMARY).stored
    place = published / (machine or machine_name(summary)) / summary.profile
    content = read_json(profile / SUMMARY)
    with drafted(place) as draft:
        for record in records(content, profile):
            copy(record, draft / record.relative_to(profile))
        write_json(draft / SUMMARY, relinked(content, profile.as_posix(), place.as_posix()))
        refuse_large(draft)
    return place


@contextmanager
def drafted(place: Path) -> Iterator[Path]:
    """Yield a folder beside `place`, which takes its place if the block ends well; else nothing is left of it."""
    draft, earlier = (place.with_name(f".{place.name}.{name}.part") for name in ("draft", "earlier"))
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


def records(content: object, profile: Path) -> Iterator[Path]:
    """The files that a published profile consists of, the summary itself aside, whose `content` names most of them."""
    yield from (profile / f"{name}.csv" for name in TABLES)
    yield from sorted((profile / "plan").glob("*.json"))
    yield from sorted(path for path in profile.glob("*.json") if path.name != SUMMARY)
    for path in named(content, profile.as_posix()):
        yield path
        if path.name == RUN:
            yield from (path.with_name(name) for name in (EVALUATION, STEPS))


def named(content: object, folder: str) -> Iterator[Path]:
    """Every path under `folder` that stands in a JSON value."""
    if isinstance(content, dict | list):
        for value in content.values() if isinstance(content, dict) else content:
            yield from named(value, folder)
    elif isinstance(content, str) and content.startswith(f"{folder}/"):
        yield Path(content)


def copy(record: Path, target: Path) -> None:
    """Copy one file, its folders made; a run that was never scored has no evaluation to copy."""
    if record.exists():
        with writing(target) as file:
            file.write(record.read_bytes())


def relinked(content: object, before: str, after: str) -> object:
    """A JSON value in which every path under `before` is the same path under `after`."""
    if isinstance(content, dict):
        return {key: relinked(value, before, after) for key, value in content.items()}
    if isinstance(content, list):
        return [relinked(value, before, after) for value in content]
    if isinstance(content, str) and content.startswith(f"{before}/"):
        return after + content.removeprefix(before)
    return content


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
