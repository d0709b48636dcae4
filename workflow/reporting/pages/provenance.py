"""Where the numbers come from: machine, versions, hashes, wall time, and the record of every run."""

from collections.abc import Mapping, Sequence

from workflow.cells.cost_records import MachineRecord
from workflow.cells.records import Machine
from workflow.reporting.anchors import anchor
from workflow.reporting.authorship import without_commit
from workflow.reporting.blocks import Cell, Column, Notes, Section, definitions, missing, section, table, with_note
from workflow.reporting.material import Material
from workflow.reporting.words import NOT_MEASURED, NOT_RECORDED, count, duration, number, size, unique
from workflow.summary.stored import RunRow
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending

COLUMNS = (
    Column("Run", numeric=False, weight=1.5),
    Column("Seed", weight=0.6),
    Column("Outcome", numeric=False, weight=1.2),
    Column("Steps", weight=0.9),
    Column("Training", weight=1.1, raw="s"),
    Column("Record", numeric=False, weight=4),
)


def page(material: Material) -> Section:
    """Facts, then every run."""
    notes = Notes()
    rows = [run_line(run, material, notes) for run in material.summary.stored.runs]
    runs = table("runs", f"Every run ({len(rows)})", COLUMNS, rows, notes, folded=True, filterable=True)
    return section("provenance", "Provenance", definitions(facts(material.summary)), runs, material.entries)


def run_line(run: RunRow, material: Material, notes: Notes) -> list[Cell]:
    """One training run as a table row."""
    bad, records = run.outcome != Ending.OK, anchor("run", run.name, f"seed {run.seed}")
    outcome = Cell(run.outcome, tone="bad" if bad else "", title=run.reason or "")
    return [
        material.head_cell(run.name),
        Cell(str(run.seed), sort=run.seed, records=records),
        with_note(outcome, notes, (run.reason or "no reason recorded") if bad else ""),
        missing(notes, "no record") if run.steps is None else Cell(count(run.steps), sort=run.steps, records=records),
        missing(notes, "no record")
        if run.seconds is None
        else Cell(duration(run.seconds), sort=run.seconds, records=records),
        Cell(run.record or "no record", tone="code", file=run.record or ""),
    ]


def facts(summary: Summary) -> list[tuple[str, str]]:
    """Who measured what with which software."""
    runs = [run for run in summary.stored.runs if run.record]
    total = duration(sum(run.seconds or 0 for run in runs))
    return [
        ("Machine", unique([machine_words(run.machine) for run in runs if run.machine])),
        ("Device", unique([device_words(run) for run in runs if run.device])),
        ("Measured rates", rates_words(summary.facts.machine)),
        ("Versions", unique([versions_words(run.versions) for run in runs if run.versions])),
        ("Commit", unique([run.commit or without_commit(run) for run in runs])),
        ("Dataset hash", summary.facts.dataset_hash or NOT_RECORDED),
        ("Split hash", summary.facts.split_hash or NOT_RECORDED),
        ("Initial weights", weights_words(runs)),
        ("Training time, all runs", f"{total} (runs side by side are each counted in full)"),
        ("Reported", summary.facts.collected.start),
    ]


def machine_words(machine: Machine) -> str:
    """Processor, cores, memory, system."""
    return f"{machine.processor}, {machine.cores} cores, {size(machine.memory_bytes)}, {machine.system}"


def device_words(run: RunRow) -> str:
    """`cpu`, or `cpu, 2 processes a run`; records older than several processes do not say how many."""
    several = (run.processes or 1) > 1
    return f"{run.device}, {run.processes} processes a run" if several else str(run.device)


def rates_words(machine: MachineRecord | None) -> str:
    """`187 GFLOP/s of matrix products in fp32, 13.9 GB/s copied, 1 thread`."""
    if machine is None or machine.rates is None:
        return f"{NOT_MEASURED} ({machine.outcome}: {machine.reason})" if machine else NOT_MEASURED
    found = machine.rates
    threads = f"{found.threads} {'thread' if found.threads == 1 else 'threads'}"
    products = f"{number(found.gemm_gflops)} GFLOP/s of matrix products in {found.precision}"
    return f"{products}, {number(found.copy_gb_s)} GB/s copied, {threads}"


def versions_words(versions: Mapping[str, str]) -> str:
    """`python 3.11.7, torch 2.13.0`."""
    return ", ".join(f"{package} {version}" for package, version in versions.items())


def weights_words(runs: Sequence[RunRow]) -> str:
    """Whether all heads of a seed started from the same weights, checked on the recorded hashes."""
    by_seed: dict[int, set[str]] = {}
    for run in runs:
        if run.initial_weights:
            by_seed.setdefault(run.seed, set()).add(run.initial_weights)
    if not by_seed:
        return NOT_RECORDED
    broken = ", ".join(str(seed) for seed, found in by_seed.items() if len(found) > 1)
    return f"NOT identical for seed {broken}" if broken else "identical for all heads of a seed (checked by hash)"
