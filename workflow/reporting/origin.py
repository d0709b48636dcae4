"""The sections that say where numbers come from: provenance, what was not measured, citation and licences."""

from collections.abc import Mapping
from typing import Any

from workflow.reporting.blocks import Cell, Notes, cell, column, definitions, head_cell, missing, section, table, text
from workflow.reporting.words import NOT_MEASURED, duration, number, size

Summary = Mapping[str, Any]
Looks = Mapping[str, Any]


def provenance_section(summary: Summary, looks: Looks) -> dict[str, Any]:
    """Machine, versions, hashes, wall time, and every run's record."""
    notes = Notes()
    columns = [
        column("Run", numeric=False, weight=1.5),
        column("Seed", weight=0.6),
        column("Outcome", numeric=False, weight=1.2),
    ]
    columns += [column("Steps", weight=0.9), column("Training", weight=1.1), column("Record", numeric=False, weight=4)]
    rows = [run_line(run, looks, notes) for run in summary["runs"]]
    runs = table("runs", f"Every run ({len(rows)})", columns, rows, notes, folded=True, filterable=True)
    return section("provenance", "Provenance", [definitions(provenance_facts(summary)), runs])


def run_line(run: Mapping[str, Any], looks: Looks, notes: Notes) -> list[Cell]:
    """One training run as a table row."""
    bad = run["outcome"] != "ok"
    note = notes.letter(run["reason"] or "no reason recorded") if bad else ""
    steps = missing(notes, "no record") if run["steps"] is None else cell(number(run["steps"], 1), sort=run["steps"])
    seconds = (
        missing(notes, "no record") if run["seconds"] is None else cell(duration(run["seconds"]), sort=run["seconds"])
    )
    return [
        head_cell(run, looks),
        cell(str(run["seed"]), sort=run["seed"]),
        cell(run["outcome"], tone="bad" if bad else "", note=note, title=run["reason"] or ""),
        steps,
        seconds,
        cell(run["record"] or "no record", tone="code"),
    ]


def provenance_facts(summary: Summary) -> list[tuple[str, str]]:
    """Who measured what with which software."""
    runs = [run for run in summary["runs"] if run["record"]]
    machines = unique(machine_words(run["machine"]) for run in runs if run["machine"])
    rates = (summary["machine"] or {}).get("rates") or {}
    total = sum(run["seconds"] or 0 for run in runs)
    return [
        ("Machine", "; ".join(machines) or "not recorded"),
        ("Device", "; ".join(unique(device_words(run) for run in runs)) or "not recorded"),
        (
            "Measured rates",
            rates_words(rates),
        ),
        (
            "Versions",
            "; ".join(unique(versions_words(run["versions"]) for run in runs if run["versions"])) or "not recorded",
        ),
        ("Commit", "; ".join(unique(run["commit"] or "outside a checkout" for run in runs)) or "not recorded"),
        ("Dataset hash", summary["dataset_hash"] or "not recorded"),
        ("Split hash", summary["split_hash"] or "not recorded"),
        ("Initial weights", weights_words(runs)),
        ("Training time, all runs", f"{duration(total)} (runs side by side are each counted in full)"),
        ("Reported", summary["collected"]["start"]),
    ]


def device_words(run: Mapping[str, Any]) -> str:
    """`cpu`, or `cpu, 2 processes a run`; records older than several processes do not say how many."""
    several = (run.get("processes") or 1) > 1
    return f"{run['device']}, {run['processes']} processes a run" if several else str(run["device"])


def rates_words(rates: Mapping[str, Any]) -> str:
    """`gemm gflops 187, copy gb s 13.9`: the plain entries of the machine's measured rates."""
    plain = {name: value for name, value in rates.items() if isinstance(value, (int, float, str))}
    words = (
        f"{name.replace('_', ' ')} {value if isinstance(value, str) else number(value)}"
        for name, value in plain.items()
    )
    return ", ".join(words) or NOT_MEASURED


def unique(words: Any) -> list[str]:
    """Distinct strings in order of appearance."""
    return list(dict.fromkeys(words))


def machine_words(machine: Mapping[str, Any]) -> str:
    """Processor, cores, memory, system."""
    cores, memory = machine.get("cores"), machine.get("memory_bytes")
    return f"{machine.get('processor')}, {cores} cores, {size(memory)}, {machine.get('system')}"


def versions_words(versions: Mapping[str, str]) -> str:
    """`python 3.11.7, torch 2.13.0`."""
    return ", ".join(f"{package} {version}" for package, version in versions.items())


def weights_words(runs: list[Mapping[str, Any]]) -> str:
    """Whether all heads of a seed started from the same weights, checked on the recorded hashes."""
    by_seed: dict[Any, set[str]] = {}
    for run in runs:
        if run["initial_weights"]:
            by_seed.setdefault(run["seed"], set()).add(run["initial_weights"])
    if not by_seed:
        return "not recorded"
    broken = [str(seed) for seed, found in by_seed.items() if len(found) > 1]
    return (
        f"NOT identical for seed {', '.join(broken)}"
        if broken
        else "identical for all heads of a seed (checked by hash)"
    )


def gaps_section(summary: Summary, figures: Mapping[str, Any]) -> dict[str, Any]:
    """What was not measured and why, figures included."""
    gaps = list(summary["gaps"])
    gaps += [
        {"what": f"figure: {entry['title']}", "why": entry["reason"]}
        for entry in figures.values()
        if not entry["drawn"]
    ]
    if not gaps:
        return section("gaps", "What was not measured", [text("Nothing planned is missing.")])
    columns = [column("What", numeric=False, weight=1.4), column("Why", numeric=False, weight=2)]
    rows = [[cell(gap["what"], tone="prose"), cell(gap["why"], tone="prose")] for gap in gaps]
    return section(
        "gaps", "What was not measured", [table("gaps", "Nothing here is zero; it is unknown", columns, rows)]
    )


def citation_section(summary: Summary) -> dict[str, Any]:
    """How to cite, and under which licences the data stands."""
    commit = (summary["collected"]["commit"] or "not recorded")[:12]
    cite = (
        "Cite the software by its CITATION.cff, and this report as: Headroom, profile "
        f"“{summary['profile']}”, protocol {summary['protocol'] or 'not recorded'}, commit {commit}, "
        f"{summary['collected']['start'][:10]}. Cite the papers of the heads you use."
    )
    sources = summary["dataset"]["sources"]
    if not sources:
        return section(
            "cite", "Citing, licences", [text(cite), text("The dataset's manifest records no sources or licences.")]
        )
    columns = [
        column("Source", numeric=False, weight=2),
        column("Version", numeric=False),
        column("Licence", numeric=False, weight=1.4),
    ]
    columns += [column("State", numeric=False, weight=1.6)]
    rows = [
        [cell(str(source.get(name) or "not recorded")) for name in ("package", "version", "licence")]
        + [cell(source["status"], sub=source.get("reason") or "", tone="" if source["status"] == "ok" else "bad")]
        for source in sources
    ]
    return section("cite", "Citing, licences", [text(cite), table("sources", "Sources of the images", columns, rows)])
