"""The config's models as others read them: a JSON schema, and a table in config/README.md."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue

from workflow.cells.config import Config

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"
README = ROOT / "config/README.md"
BEGIN, END = "<!-- keys: begin (made by `make schema`) -->\n", "<!-- keys: end -->\n"
WORDS = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true, false", "object": "mapping"}
LIMITS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<", "multipleOf": "multiple of"}


def write() -> None:
    """Bring the schema and the table up to date with the models."""
    SCHEMA.parent.mkdir(exist_ok=True)
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    README.write_text(readme_text(README.read_text(encoding="utf-8")), encoding="utf-8")


def schema_text() -> str:
    """The JSON schema of the whole config, in YAML."""
    head = "# Made from workflow/cells/config.py by `make schema`; edit that.\n"
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_untitled(Config.model_json_schema())}
    return head + yaml.safe_dump(schema, sort_keys=False, allow_unicode=True, width=120)


def readme_text(text: str) -> str:
    """config/README.md, `text`, with the table between its two marks made anew."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.split(END)[1]


def table() -> str:
    """Every key of the config: what it may be, its default, and what it does."""
    lines = ["| key | may be | default | what it does |", "|---|---|---|---|"]
    return "\n".join([*lines, *_rows(Config, "", Config.model_json_schema()["$defs"])]) + "\n"


def _rows(model: type[BaseModel], before: str, sections: dict[str, JsonSchemaValue]) -> Iterator[str]:
    schemas = sections.get(model.__name__) or Config.model_json_schema()
    for name, field in model.model_fields.items():
        section, rows = _section(field.annotation), "[]" if name == "heads" else ""
        if section:
            yield f"| **`{before}{name}{rows}`** | | | {_cell((section.__doc__ or '').split(chr(10))[0])} |"
            yield from _rows(section, f"{before}{name}{rows}.", sections)
        else:
            allowed, does = _allowed(schemas["properties"][name]), _cell(field.description or "")
            yield f"| `{before}{name}` | {_cell(allowed)} | {_default(field)} | {does} |"


def _section(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _section(inner))), None)


def _allowed(schema: JsonSchemaValue) -> str:
    """In words, what a value may be."""
    if inner := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_allowed(one) for one in inner if one.get("type") != "null")
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if schema.get("pattern", "").startswith("^("):
        return str(schema["pattern"])[2:-2].replace("|", ", ")
    if schema.get("type") == "array":
        return f"list of {_allowed(schema.get('items') or schema['prefixItems'][0])}"
    limits = [f"{sign} {schema[limit]:g}" for limit, sign in LIMITS.items() if limit in schema]
    return " ".join([WORDS[schema["type"]], ", ".join(limits)]).strip()


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    return f"`{json.dumps(field.get_default(call_default_factory=True))}`"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _untitled(schema: JsonSchemaValue) -> JsonSchemaValue:
    """The schema without the titles that pydantic makes from names."""
    return {
        key: _untitled(value) if isinstance(value, dict) else value
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }
