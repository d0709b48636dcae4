"""Gather every planned cell of a profile into one summary, and refuse to put together what was not measured alike."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from workflow.cells.config import REFERENCE
from workflow.cells.cost_records import MachineRecord
from workflow.cells.head_row import ABLATIONS
from workflow.cells.paths import MACHINES, MANIFESTS, splits
from workflow.cells.records import Record, SplitRecord, Stored
from workflow.cells.spec import PlannedCost, PlannedRun
from workflow.cells.tuning_records import ChosenRecord
from workflow.errors import UserError
from workflow.provenance import provenance
from workflow.summary.agreement import agree_in_settings, agreed_costs, agreed_data
from workflow.summary.baselines import baseline_rows
from workflow.summary.facts import DatasetFacts, MachineFacts, SharedPictures, Source, SplitFacts
from workflow.summary.resampled import resampled
from workflow.summary.rows import cost_row, run_row
from workflow.summary.stored import ChosenRow, RunRow, SummaryRecord
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise

Found = TypeVar("Found", bound=Stored)


class Manifest(Stored):
    """What is read of a data set's manifest.json."""

    name: str | None = None
    hash: str | None = None
    images: int | None = None
    classes: list[object] | None = None
    groups: list[object] | None = None
    sources: tuple[Source, ...] = ()
    rejected: dict[str, int] = Field(default_factory=dict)
    shared: SharedPictures | None = None


def collect(
    profile: Path,
    cells: Sequence[PlannedRun],
    costs: Sequence[PlannedCost],
    *,
    reference: str = REFERENCE,
    split_file: Path | None = None,
    machine_file: Path | None = None,
    manifest_file: Path | None = None,
    tuned_files: Sequence[Path] = (),
) -> Summary:
    """The summary of the folder results/<profile>. `reference` is the row, or the head, that differences are taken to.

    Files that are not given are looked for: the split of the runs' data set and the machine's rates in `profile`, the
    data set's manifest, by its hash, under data/; so are baselines. Every planned cell appears, whatever its outcome.
    UserError, naming both, when two records cannot stand in one table (see agreement.py).
    """
    if not cells:
        raise UserError(f"{profile}: no cell is planned and none was found; name heads and seeds in the config")
    read = [run_row(cell) for cell in cells]
    split_path = split_file or split_of(profile, read)
    split = at(split_path, SplitRecord)
    runs = with_own_data(read, split, profile)
    manifest = at(manifest_path := manifest_file or manifest_of(Path("data"), split), Manifest)
    timed = [cost_row(cell, split.counts.get("train_classes") if split else None) for cell in costs]
    facts: dict[str, object] = {
        "profile": profile.name,
        "dataset": dataset_facts(runs, split, manifest),
        "split": split_facts(split, split_path),
        "machine": machine_facts(machine_file or machine_of(profile)),
        "collected": Record.model_validate(provenance()),
        "tuned": [chosen_row(path) for path in tuned_files],
        "costs": timed,
        **by_role(runs, reference),
        "baselines": baseline_rows(profile, split),
    }
    agree_in_settings(runs)
    facts |= agreed_data(runs, (split_path, split), (manifest_path, manifest.hash if manifest else None))
    facts |= agreed_costs(timed)
    return summarise(SummaryRecord.model_validate(facts))


def at(path: Path | None, kind: type[Found]) -> Found | None:
    """The file at a path; None where there is none."""
    return kind.read(path) if path and path.exists() else None


def by_role(runs: Sequence[RunRow], reference: str) -> dict[str, object]:
    """The runs of the rows, with what is said of them together, apart from those of other budgets and settings."""
    rows = [run for run in runs if run.role == "row"]
    return {
        "reference": next((run.name for run in rows if reference in (run.name, run.head)), None),
        "runs": rows,
        "others": [run for run in runs if run.role != "row"],
        "resampled": resampled(rows),
    }


def split_of(profile: Path, runs: Sequence[RunRow]) -> Path | None:
    """The record of the split of the data set that the runs used, or of the only one there is; of several, that of most
    runs: rows that learn from other images have splits of their own."""
    named = sorted({run.dataset.name for run in runs if run.dataset})
    paths = [path for name in named[:1] or ["*"] for path in sorted(profile.glob(splits(name)))]
    used = Counter(run.split_hash for run in runs)
    return max(paths, key=lambda path: used[SplitRecord.read(path).hash], default=None)


def with_own_data(runs: Sequence[RunRow], split: SplitRecord | None, profile: Path) -> list[RunRow]:
    """The runs, those that learned from other images with what their split's settings of these differ in."""
    if split is None:
        return list(runs)
    found = [SplitRecord.read(path) for path in sorted(profile.glob(splits(split.dataset)))]
    others = {each.hash: each.settings for each in found if each.hash != split.hash}
    return [own_data(run, others[run.split_hash], split) if run.split_hash in others else run for run in runs]


def own_data(run: RunRow, settings: Mapping[str, object], split: SplitRecord) -> RunRow:
    """The run with the settings of what it learned from that are not those of the profile's split."""
    own = differing({key: settings[key] for key in sorted(ABLATIONS & set(settings))}, split.settings)
    parameters = run.parameters and run.parameters.model_copy(update={"data": own})
    return run.model_copy(update={"parameters": parameters})


def differing(settings: Mapping[str, object], base: Mapping[str, object]) -> dict[str, object]:
    """The settings that `base` has not, or another value of; of a section what differs within it."""
    found = {key: value for key, value in settings.items() if value != base.get(key)}
    return {
        key: differing(value, own) if isinstance(value, dict) and isinstance(own := base.get(key), dict) else value
        for key, value in found.items()
    }


def machine_of(profile: Path) -> Path | None:
    """The machine's rates that were measured last."""
    return max(profile.glob(MACHINES), key=lambda path: path.stat().st_mtime, default=None)


def machine_facts(path: Path | None) -> MachineFacts | None:
    """The machine's rates, from their record."""
    found = at(path, MachineRecord)
    return MachineFacts(**dict(found), record=path.as_posix()) if path and found else None


def chosen_row(path: Path) -> ChosenRow:
    """How a setting was chosen, from its record."""
    return ChosenRow(**dict(ChosenRecord.read(path)), record=path.as_posix())


def manifest_of(data: Path, split: SplitRecord | None) -> Path | None:
    """The manifest of the data set that was split, among those built under `data`."""
    if split is None:
        return None
    return next((path for path in sorted(data.glob(MANIFESTS)) if Manifest.read(path).hash == split.dataset_hash), None)


def dataset_facts(runs: Sequence[RunRow], split: SplitRecord | None, manifest: Manifest | None) -> DatasetFacts:
    """What the report says about the data."""
    named = next((run.dataset.name for run in runs if run.dataset), None)
    name = split.dataset if split else named
    if manifest is None:
        return DatasetFacts(name=name)
    return DatasetFacts(
        name=manifest.name or name,
        images=manifest.images,
        classes=None if manifest.classes is None else len(manifest.classes),
        groups=None if manifest.groups is None else len(manifest.groups),
        sources=manifest.sources,
        rejected=manifest.rejected,
        shared=manifest.shared,
    )


def split_facts(split: SplitRecord | None, path: Path | None) -> SplitFacts:
    """What the report says about the split, whose record lies at `path`."""
    if split is None or path is None:
        return SplitFacts()
    known = split.model_dump(mode="json", include=set(SplitFacts.model_fields))
    return SplitFacts.model_validate(known | {"record": path.as_posix()})
