"""The whole report as data: title, sections, blocks, in the order in which both HTML and PDF print them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow.errors import UserError
from workflow.files import read_json
from workflow.reporting import detail, frontpage, method, origin
from workflow.reporting.blocks import figure, looks_of, section, text
from workflow.reporting.words import number, seeds_words
from workflow.summary.old.collect import SCHEMA


def load(summary: Path, figures: Path, published: Path | None = None) -> dict[str, Any]:
    """The document of a summary file, its figures' folder, and summaries published from other machines."""
    others = (
        {path.parent.name: read_summary(path) for path in sorted(published.glob("*/summary.json"))} if published else {}
    )
    return document(read_summary(summary), read_json(figures / "figures.json"), others)


def read_summary(path: Path) -> dict[str, Any]:
    """A summary.json of the version this code writes."""
    summary = read_json(path)
    if not isinstance(summary, dict) or summary.get("schema") != SCHEMA:
        raise UserError(f"{path} is not a {SCHEMA} record: run `collect` again")
    return summary


def document(
    summary: Mapping[str, Any], figures: Mapping[str, Any], published: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """Title, lead, facts and sections. The summary itself rides along for the HTML's data island."""
    looks = looks_of(summary)
    return {
        "title": "Which classification head?",
        "kicker": "Headroom",
        "lead": lead(summary),
        "facts": facts(summary),
        "sections": [
            frontpage.answer_section(summary, looks),
            section("tradeoff", "Accuracy against cost", [figure(figures, "pareto")]),
            frontpage.main_section(summary, looks),
            frontpage.claims_section(summary),
            detail.cost_section(summary, looks, figures),
            detail.accuracy_section(summary, looks, figures),
            detail.tail_section(summary, looks, figures),
            detail.curves_section(summary, looks, figures),
            *([published_section(summary, published)] if published else []),
            method.method_section(summary, looks),
            method.parameters_section(summary, looks),
            origin.provenance_section(summary, looks),
            origin.gaps_section(summary, figures),
            origin.citation_section(summary),
        ],
        "summary": summary,
    }


def lead(summary: Mapping[str, Any]) -> str:
    """One paragraph: what this is."""
    counts = summary["split"]["counts"] or {}
    classes = f"{number(counts['train_classes'], 1)} classes" if "train_classes" in counts else "many classes"
    steps = max((run["planned_steps"] or 0 for run in summary["runs"]), default=0)
    heads = len({row["label"] for row in summary["rows"]})
    timed = any(cost["outcome"] == "ok" and cost["exclusive"] for cost in summary["costs"])
    return (
        f"The same network, from the same initial weights, trained {number(steps, 1)} steps on the same images of "
        f"{classes} under {heads} classification heads; then scored on images it never saw, of these classes and of "
        f"new ones{', and timed alone on one machine' if timed else ''}. Every number below is computed from the "
        "records listed under Provenance."
    )


def facts(summary: Mapping[str, Any]) -> list[list[str]]:
    """The line under the title."""
    seeds = len({run["seed"] for run in summary["runs"]})
    done = sum(run["outcome"] == "ok" for run in summary["runs"])
    device = (summary["machine"] or {}).get("device") or "not recorded"
    found = [["Profile", summary["profile"]], ["Data", summary["dataset"]["name"] or "not recorded"]]
    found += [["Backbone", summary["backbone"] or "not recorded"], ["Device", device]]
    return [*found, ["Runs", f"{done} of {len(summary['runs'])} ok, {seeds_words(seeds)}"]]


def published_section(summary: Mapping[str, Any], published: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The main tables of other machines' published summaries, never in one column with the reader's own."""
    blocks = [text("Records that others published, as they stood. Do not compare cost across machines.")]
    for machine, other in published.items():
        same = all(other[name] == summary[name] for name in ("protocol", "dataset_hash", "split_hash"))
        alike = "the same protocol, data and split as this run" if same else "another protocol, data set or split"
        words = f"Published from {machine}: {alike}; dataset {other['dataset']['name']}, backbone {other['backbone']}."
        blocks += [text(words), frontpage.main_table(other, looks_of(other), f"published-{machine}")]
    return section("published", "Published elsewhere", blocks)
