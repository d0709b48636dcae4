"""The config: checked before anything runs, and unfolded into the cells of the experiment.

Needs neither torch nor the heads' code, so a login node can plan a run.
"""

import difflib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

import heads
from workflow.cells.paths import ratio_text
from workflow.data import settings as data_settings
from workflow.errors import UserError

SCHEMA = Path(__file__).resolve().parent.parent / "config" / "schema.yaml"
SHARED_BY_HEADS = ("margin", "m", "scale", "weight_decay")
"""constructor arguments that every head gets from the config, where it takes them"""


def check(config: dict[str, Any]) -> None:
    """Raise UserError with one sentence a problem if `config` cannot be run; the sentence names the key."""
    schema = yaml.safe_load(SCHEMA.read_text())
    schema["properties"]["data"] = data_settings.SCHEMA
    problems = [_sentence(error) for error in Draft202012Validator(schema).iter_errors(config)]
    if not problems:
        problems = [*_head_problems(config["heads"]), *_folder_problems(config["data"])]
        problems += _process_problems(config["train"])
    if problems:
        raise UserError("the config cannot be run:\n  " + "\n  ".join(sorted(problems)))
    data_settings.complete(config["data"])


def _sentence(error: ValidationError) -> str:
    key = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        unknown = [name for name in error.instance if name not in known]
        return "; ".join(f"'{_join(key, name)}' is not a setting{_hint(name, known)}" for name in unknown)
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"'{_join(key, missing[0])}' is missing"
    if error.validator == "exclusiveMinimum" and "ratios" in key:
        return f"'{key}' is {error.instance}, outside (0, 1]: a ratio is a share of the classes"
    if error.validator == "maximum" and "ratios" in key:
        return f"'{key}' is {error.instance}, outside (0, 1]: a ratio is a share of the classes"
    return f"'{key}': {error.message}"


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean '{near[0]}'?" if near else f"; known here: {', '.join(known)}"


def _head_problems(rows: list[dict[str, Any]]) -> list[str]:
    problems, labels = [], [label(row) for row in rows]
    for name in sorted({name for name in labels if labels.count(name) > 1}):
        problems.append(f"two rows of heads are called '{name}': give one of them another `label`")
    for row in rows:
        try:
            known = heads.options(row["head"])
        except (ValueError, SyntaxError) as error:
            problems.append(f"heads: {error}")
            continue
        for option in row.get("options", {}):
            if option not in known or option == "ratio":
                problems.append(f"heads: '{option}' is not an option of {row['head']}{_hint(option, known)}")
    return problems


def _folder_problems(data: dict[str, Any]) -> list[str]:
    path = data.get("path")
    if data.get("source") == "folder" and path and not Path(path).expanduser().is_dir():
        return [f"'data.path': {path} is not a folder: it must hold one sub-folder of images for each class"]
    return []


def _process_problems(train: dict[str, Any]) -> list[str]:
    batch, processes = train["batch"], train["processes"]
    if processes == 1 or batch >= 2 * processes:
        return []
    return [f"'train.batch' is {batch}, fewer than 2 images for each of {processes} processes: raise it or start fewer"]


def label(row: dict[str, Any]) -> str:
    """What a row of the config's heads is called in paths and tables."""
    return row.get("label", row["head"])


def head_rows(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The config's heads by label."""
    return {label(row): row for row in config["heads"]}


def cells(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Every cell of the experiment: label, head, ratio (text) and seed, seed by seed."""
    return [
        {"label": name, "head": row["head"], "ratio": ratio_text(ratio), "seed": seed}
        for seed in config["seeds"]
        for name, row in head_rows(config).items()
        for ratio in row.get("ratios", [1])
    ]


def head_options(config: dict[str, Any], name: str) -> dict[str, Any]:
    """Constructor options of the head labelled `name`: the shared ones it takes, overridden by its own."""
    row = head_rows(config)[name]
    shared = config["loss"] | {"weight_decay": config["train"]["weight_decay"]}
    taken = heads.options(row["head"])
    return {key: shared[key] for key in SHARED_BY_HEADS if key in taken} | row.get("options", {})


def cell_spec(config: dict[str, Any], name: str, ratio: str, seed: int) -> dict[str, Any]:
    """All that training needs to know about one cell, and nothing that other cells may change."""
    return {
        "cell": {
            "profile": config["profile"],
            "dataset": config["data"]["name"],
            "backbone": config["backbone"]["name"],
            "label": name,
            "head": head_rows(config)[name]["head"],
            "ratio": float(ratio),
            "seed": int(seed),
        },
        "head": head_options(config, name),
        "train": config["train"],
        "backbone": config["backbone"],
    }


def dataset_settings(config: dict[str, Any]) -> dict[str, Any]:
    """The part of the config's `data` that decides which images a set holds; the rest belongs to the split."""
    return data_settings.of_build(data_settings.complete(config["data"]))


def listing(data: dict[str, Any]) -> str | None:
    """Fingerprint of the names, sizes and times of all files of a `folder` source, so that a change is noticed."""
    if data.get("source") != "folder":
        return None
    facts = []
    for place, _, names in sorted(os.walk(Path(data["path"]).expanduser())):
        for path in (Path(place, name) for name in sorted(names)):
            status = path.stat()
            facts.append([str(path), status.st_size, status.st_mtime_ns])
        facts.append([place, len(names), 0])
    return fingerprint(facts)


def fingerprint(content: Any) -> str:
    """Eight hexadecimal digits that name settings."""
    return hashlib.sha256(as_json(content).encode()).hexdigest()[:8]


def as_json(content: Any) -> str:
    """Compact JSON with sorted keys: the same settings are the same text, so nothing reruns for their order."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"))
