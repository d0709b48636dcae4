"""Read the records that other stages wrote, and refuse to put together what was not measured alike."""

import json
from collections.abc import Iterable
from glob import escape
from pathlib import Path
from typing import Any

from workflow.errors import UserError
from workflow.files import read_json

Record = dict[str, Any]


def read_optional(path: Path) -> Record | None:
    """The JSON record at `path`, or None where no such file exists; a broken one is a UserError."""
    return read_json(path) if path.exists() else None


def read_lines(path: Path) -> list[Record]:
    """The records of a .jsonl file; [] if there is none. A line cut short by a kill is left out."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def listed(argument: str | None, what: str) -> list[Record]:
    """The planned cells: a JSON list, given as text or as the path of a file that holds it."""
    if not argument:
        return []
    text = argument
    if not argument.lstrip().startswith("["):
        try:
            text = Path(argument).read_text()
        except OSError as error:
            raise UserError(f"{what}: {argument} is neither a JSON list nor a readable file ({error})") from error
    try:
        cells = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{what}: not a valid JSON list ({error})") from error
    if not isinstance(cells, list) or not all(isinstance(cell, dict) and "label" in cell for cell in cells):
        raise UserError(f"{what}: expected a JSON list of cells, each with at least a label")
    return cells


def cell_folder(profile: Path, cell: Record) -> Path | None:
    """The folder of one training cell under results/<profile>/, found by label, ratio (as a number) and seed."""
    dataset, backbone = cell.get("dataset", "*"), cell.get("backbone", "*")
    pattern = f"{dataset}/{backbone}/{escape(cell['label'])}/*/{cell['seed']}"
    found = [folder for folder in sorted(profile.glob(pattern)) if same_ratio(folder.parent.name, cell["ratio"])]
    found = [folder for folder in found if folder.relative_to(profile).parts[0] != "cost"]
    if len(found) > 1:
        raise UserError(
            f"{found[0]} and {found[1]} are both records of the same planned cell: they were trained on different "
            "data or backbones and are never mixed; name `dataset` and `backbone` in the list of cells"
        )
    return found[0] if found else None


def cost_file(profile: Path, cell: Record) -> Path | None:
    """The record of one cost cell, cost/<mode>/<label>/<ratio>/<classes>.json, or None.

    The end-to-end mode runs at the training set's own number of classes; its file is called train.json.
    """
    name = "train" if cell["mode"] == "end-to-end" else cell["classes"]
    folders = sorted((profile / "cost" / cell["mode"] / cell["label"]).glob("*"))
    found = (folder / f"{name}.json" for folder in folders if same_ratio(folder.name, cell["ratio"]))
    return next((path for path in found if path.exists()), None)


def same_ratio(name: str, ratio: float | str) -> bool:
    """Whether a folder name spells this ratio, however it is written (1, 1.0, 0.10)."""
    try:
        return float(name) == float(ratio)
    except ValueError:
        return False


def discovered(profile: Path) -> tuple[list[Record], list[Record]]:
    """Training and cost cells found on disk, for use by hand without a list of planned cells."""
    cells, costs = [], []
    for path in sorted(profile.glob("*/*/*/*/*/run.json")):
        dataset, backbone, label, ratio, seed = path.parent.relative_to(profile).parts
        place = {"dataset": dataset, "backbone": backbone, "seed": seed}
        cells.append({"label": label, "head": label, "ratio": float(ratio), **place})
    for path in sorted(profile.glob("cost/*/*/*/*.json")):
        _, mode, label, ratio, _ = path.relative_to(profile).parts
        classes = int(path.stem) if path.stem.isdigit() else None
        costs.append({"mode": mode, "label": label, "head": label, "ratio": float(ratio), "classes": classes})
    return cells, costs


def require_same(what: str, seen: Iterable[tuple[Path, str | None]]) -> str | None:
    """The one value of `what` in all records that state it; a UserError naming two records that disagree."""
    first: tuple[Path, str] | None = None
    for path, value in seen:
        if value is None:
            continue
        if first is None:
            first = (path, value)
        elif value != first[1]:
            raise UserError(
                f"{first[0]} and {path} have different values of {what} ({first[1]} and {value}): they cannot stand "
                "in one table; rerun the older one, or collect them as separate profiles"
            )
    return first[1] if first else None
