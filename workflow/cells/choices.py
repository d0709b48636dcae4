"""Names a config may choose among, read from the code that owns them.

That code imports torch, which a login node that plans a run may lack: its source is read instead.
"""

import ast
from pathlib import Path
from runpy import run_path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heads.kit.batches import Kind

ROOT = Path(__file__).resolve().parents[2]


def keys_of(file: str, table: str) -> tuple[str, ...]:
    """The keys of the dict that `file`, relative to this checkout, assigns to the name `table`, in order.

    A key is a string, or the name of a function that stands for itself. LookupError where there is no such table.
    """
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8"), filename=file).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(value, ast.Dict) and any(isinstance(one, ast.Name) and one.id == table for one in targets):
            return tuple(_text(key) for key in value.keys)
    raise LookupError(f"{file} has no table {table}: workflow/cells/choices.py reads the config's choices from it")


def _text(key: ast.expr | None) -> str:
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return key.value
    if isinstance(key, ast.Name):
        return key.id
    raise LookupError("a key is neither a string nor a name")


MARGINS = keys_of("heads/kit/margins.py", "NEUTRAL")
BACKBONES = keys_of("workflow/training/backbones.py", "BACKBONES")
PRECISIONS = keys_of("workflow/training/encoder.py", "PRECISIONS")
LEVELS = keys_of("workflow/data/augment.py", "LEVELS")
KINDS: dict[str, "Kind"] = run_path(str(ROOT / "heads/kit/batches.py"))["KINDS"]
"""kinds of batch by name: their file imports nothing, though the package that it lies in imports torch"""
BASELINES = keys_of("workflow/evaluating/baselines.py", "BASELINES")
REFERENCES = tuple(sorted(path.stem for path in (ROOT / "workflow/measuring/references").glob("[!_]*.py")))
"""heads as one writes them without thinking of memory, which only cost cells measure"""
