"""The config's `data` section: its keys, defaults and limits are schema.json; this reads it."""

import json
from pathlib import Path
from typing import Any

import jsonschema

from workflow.errors import UserError

SCHEMA = json.loads(Path(__file__).with_name("schema.json").read_text(encoding="utf-8"))
BUILD = ("name", "source", "tier", "path", "size", "colour", "skip_unreadable", "faces_needed", "characters")


def complete(section: dict[str, Any]) -> dict[str, Any]:
    """The section with every default filled in; UserError names the key that is unknown or out of range."""
    try:
        jsonschema.validate(section, SCHEMA)
    except jsonschema.ValidationError as error:
        raise UserError(f"{'.'.join(['data', *map(str, error.path)])}: {error.message}") from error
    settings = _filled(SCHEMA, section)
    if settings["source"] == "folder" and not settings["path"]:
        raise UserError("data.path is missing: with data.source folder it names the directory that holds the classes")
    return settings


def of_build(settings: dict[str, Any]) -> dict[str, Any]:
    """The part of complete settings that decides what images a set holds; the rest belongs to the split."""
    others = {"folder": ("tier", "faces_needed", "characters"), "glyphs": ("path", "colour", "skip_unreadable")}
    unused = others[settings["source"]]
    return {key: settings[key] for key in BUILD if key not in unused}


def _filled(schema: dict[str, Any], section: dict[str, Any]) -> dict[str, Any]:
    filled = {}
    for key, rule in schema["properties"].items():
        value = section.get(key, rule.get("default"))
        filled[key] = _filled(rule, value) if rule.get("type") == "object" else value
    return filled
