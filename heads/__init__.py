"""Classification heads, one file each. The file name is the registry: `heads/mine.py` is the head `mine`.

Importing this package imports no head and not torch, so that a workflow can list and check heads anywhere.
"""

import ast
import difflib
import importlib
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heads._base import Head

FOLDER = Path(__file__).parent
GIVEN = ("self", "num_classes", "embedding_dim")
"""constructor arguments that the data and the backbone supply"""


def names() -> list[str]:
    """Names of all heads, sorted. Files that start with an underscore are not heads."""
    return sorted(path.stem for path in FOLDER.glob("[!_]*.py"))


def path(name: str) -> Path:
    """The file of head `name`; ValueError names the known heads and the nearest one."""
    if name not in names():
        near = difflib.get_close_matches(name, names(), 1)
        hint = f"did you mean '{near[0]}'?" if near else f"add heads/{name}.py or choose one of {', '.join(names())}"
        raise ValueError(f"head '{name}' does not exist: {hint}")
    return FOLDER / f"{name}.py"


def shared() -> list[Path]:
    """The files of heads/kit, which heads are made of: a change in one concerns them all."""
    return sorted((FOLDER / "kit").glob("*.py"))


def load(name: str) -> type["Head"]:
    """The class `Head` of heads/<name>.py; ValueError if the file has none."""
    path(name)
    head = getattr(importlib.import_module(f"heads.{name}"), "Head", None)
    if not inspect.isclass(head):
        raise ValueError(f"heads/{name}.py has no class named Head: call your class Head")
    return head


def options(name: str) -> list[str]:
    """Keyword arguments of the head's constructor, read from its source: the keys its config may have."""
    tree = ast.parse(path(name).read_text(), filename=str(path(name)))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "Head":
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                    arguments = [*item.args.posonlyargs, *item.args.args, *item.args.kwonlyargs]
                    return [argument.arg for argument in arguments if argument.arg not in GIVEN]
            return []
    raise ValueError(f"heads/{name}.py has no class named Head: call your class Head")
