"""Hyper-parameters: what all rows share, and what single heads have of their own."""

import json

import yaml
from pydantic import JsonValue

from workflow.cells.records import Parameters
from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Listing, Section, section, table
from workflow.reporting.material import Material

Flat = dict[str, str]


def page(material: Material) -> Section:
    """Two tables: the same for every head, and different by head."""
    every = {name: flat(as_json(found)) for name, found in material.summary.parameters.items()}
    shared = common(list(every.values()))
    columns = [Column("Setting", numeric=False), Column("Value", numeric=False, weight=2)]
    rows = [[Cell(name, tone="code"), Cell(value, tone="code")] for name, value in shared.items()]
    alike = table("settings", "The same for every head", columns, rows, folded=True)
    columns = [Column("Head", numeric=False), Column("Settings of its own", numeric=False, weight=4)]
    rows = [[material.head_cell(name), own_cell(name, found, shared)] for name, found in every.items()]
    own = table("own", "Settings that differ by head", columns, rows)
    return section("settings", "Hyper-parameters", alike, own, *again(material.summary.facts.config))


def again(config: dict[str, JsonValue] | None) -> list[Listing]:
    """The config of the run and the command that runs it again; nothing where the summary does not hold it."""
    if config is None:
        return []
    text = yaml.safe_dump(config, sort_keys=True, allow_unicode=True, width=100).rstrip()
    command = "snakemake --cores all --configfile run.yaml"
    return [
        Listing("config", "The config of this run, as run.yaml", text),
        Listing("command", "To run it again", command),
    ]


def as_json(parameters: Parameters) -> dict[str, JsonValue]:
    """The parameters as the record holds them; the twin's momentum only where the config overrides the head's."""
    unasked = {"origins", *({"momentum"} if parameters.momentum is None else ())}
    return parameters.model_dump(mode="json", exclude=unasked, exclude_unset=True)


def common(every: list[Flat]) -> Flat:
    """The settings that all rows have alike."""
    first = every[0] if every else {}
    return {name: value for name, value in first.items() if all(found.get(name) == value for found in every)}


def flat(settings: dict[str, JsonValue], prefix: str = "") -> Flat:
    """Nested settings as dotted names with printed values."""
    found: Flat = {}
    for name, value in settings.items():
        place = f"{prefix}{name}"
        found |= flat(value, f"{place}.") if isinstance(value, dict) else {place: printed(value)}
    return found


def printed(value: JsonValue) -> str:
    """A setting as one would write it in the config, or that it is not set."""
    if value is None:
        return "not set"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def own_cell(name: str, settings: Flat, shared: Flat) -> Cell:
    """What a row does not share, with the place of the runs that say so."""
    own = own_words(settings, shared)
    if not own:
        return Cell("none beyond the common ones", tone="quiet")
    return Cell(own, tone="code", records=anchor("run", name))


def own_words(settings: Flat, shared: Flat) -> str:
    """`options.scale 32, options.margin 0.3`: what a row does not share."""
    own = (f"{name} {value}" for name, value in settings.items() if name not in shared)
    return ", ".join(own)
