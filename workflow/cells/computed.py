"""What was computed, and which configs still name it: each setting has a place of its own, so old ones remain."""

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from snakemake.utils import update_config

from workflow.cells.config import Config
from workflow.cells.config_file import DEFAULT, FOLDER, check_file, text_of
from workflow.cells.holding import held_elsewhere
from workflow.cells.paths import COMPUTED, DATA, DATASETS, LOCK, MANIFEST, PUBLISHED, RESULTS, RUN, fits
from workflow.cells.plan import Plan, plan
from workflow.errors import UserError
from workflow.files import read_json

KINDS = (".yaml", ".yml", ".json")
WORKFLOW_LOCKS = Path(".snakemake/locks")


class Computed(NamedTuple):
    """A folder or file that carries a fingerprint."""

    path: Path
    configs: tuple[str, ...]
    """the files of configs that name it"""

    @property
    def bytes(self) -> int:
        """On the disk."""
        files = self.path.rglob("*") if self.path.is_dir() else [self.path]
        return sum(file.stat().st_size for file in files if file.is_file())


def computed(files: Sequence[Path]) -> list[Computed]:
    """All in results/ and data/ that configs of the same profiles could name, and which of `files` do.

    Profiles that no file is of are left out, and so are data sets that these were computed from.
    """
    plans = {str(file): plan(read_config(file)) for file in files}
    profiles = sorted({Path(one.paths.results) for one in plans.values()})
    owners: dict[Path, list[str]] = {}
    for file, one in plans.items():
        for path in named(one):
            owners.setdefault(path, []).append(file)
    places = [path for profile in profiles for pattern in COMPUTED for path in sorted(profile.glob(pattern))]
    datasets = sorted(Path(DATA).glob(DATASETS))
    places += [path for path in datasets if path in owners or not used_by(others(profiles), path)]
    return [Computed(path, tuple(owners.get(path, ()))) for path in places]


def others(profiles: Sequence[Path]) -> list[Path]:
    """The folders of profiles in results/ that are not among `profiles`."""
    return [path for path in sorted(Path(RESULTS).glob("*/")) if path not in (*profiles, Path(PUBLISHED))]


def used_by(profiles: Sequence[Path], dataset: Path) -> bool:
    """Whether a split of one of these profiles was drawn from a data set."""
    manifest = dataset / MANIFEST
    own = read_json(manifest).get("hash") if manifest.is_file() else None
    return any(
        read_json(info).get("dataset_hash") == own for folder in profiles for info in folder.glob("*/split*.json")
    )


def named(one: Plan) -> Iterator[Path]:
    """Every place that a plan names."""
    for split in one.splits:
        yield from (Path(split), Path(split).with_suffix(".json"), Path(fits(split)))
    yield from map(Path, (one.data, one.machine, *one.runs, *one.costs, *one.chosen, *one.baselines))


def config_files() -> list[Path]:
    """The configs in config/."""
    return sorted(path for path in FOLDER.iterdir() if path.suffix in KINDS) if FOLDER.is_dir() else []


def read_config(path: Path) -> Config:
    """The config that snakemake would make of the file at `path`; UserError where it would refuse it."""
    merged = parsed(DEFAULT) if DEFAULT.exists() else {}
    update_config(merged, parsed(path))
    try:
        return Config.parse(merged)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def parsed(path: Path) -> dict[str, Any]:
    """The mapping in a config file."""
    check_file(path)
    content: dict[str, Any] = yaml.safe_load(text_of(path))
    return content


def remove(places: Sequence[Computed]) -> None:
    """Delete what no config names, with the folders that are empty then. UserError, with all left as it is, where
    something may be computing in them; UserError where a file cannot be removed."""
    if WORKFLOW_LOCKS.is_dir() and any(WORKFLOW_LOCKS.iterdir()):
        raise UserError("snakemake runs in this folder, or was killed here: wait for it, or say `snakemake --unlock`")
    for place in places:
        if in_use(place.path):
            raise UserError(f"a cell is being trained in {place.path}: wait until it ends")
    for place in places:
        try:
            shutil.rmtree(place.path) if place.path.is_dir() else place.path.unlink()
        except OSError as error:
            raise UserError(f"{place.path} cannot be removed: {error.strerror}") from error
        drop_empty(place.path.parent)


def in_use(folder: Path) -> bool:
    """Whether a process trains in a folder, on this machine or another."""
    try:
        with (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False
    return held_elsewhere(folder)


def drop_empty(folder: Path) -> None:
    """Remove a folder below results/, and those around it, as far as they are empty."""
    while len(folder.parts) > 1 and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def standing(place: Computed) -> str:
    """How the run in a place ended, in a few words; empty where it holds no run."""
    record = place.path / RUN
    if not record.is_file():
        return ""
    content = read_json(record)
    return f"{content.get('outcome')}, {content.get('steps')} of {content.get('planned_steps')} steps"
