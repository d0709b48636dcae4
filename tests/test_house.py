"""The plan of the house, held: which way imports go, how long functions and files are, how much stays untyped."""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted([*ROOT.glob("heads/**/*.py"), *ROOT.glob("workflow/**/*.py")])
GROUND = {f"workflow.{path.stem}" for path in ROOT.glob("workflow/*.py")} | {"workflow"}
MAY_IMPORT = {
    "heads": {"heads"},
    "ground": GROUND | {"heads"},
    "cells": {"cells"},
    "data": {"cells", "data"},
    "training": {"cells", "data", "training"},
    "measuring": {"cells", "data", "training", "measuring"},
    "evaluating": {"cells", "data", "training", "evaluating"},
    "summary": {"cells", "evaluating", "summary"},
    "reporting": {"cells", "evaluating", "summary", "reporting"},
    "running": {"cells", "running"},
    "planner": {"cells", "data", "training", "measuring", "evaluating", "summary", "planner"},
}
"""room -> rooms of workflow it may import beside heads and the ground: docs/architecture.md"""
COMPOSES = {"workflow.training.__main__": {"evaluating"}, "heads.__main__": {"planner"}}
"""commands that put rooms together: training is given the scores of its learning curve as a function, and who asks what
heads cost is answered by the planner"""
LONGEST_FILE, LONGEST_FUNCTION, MOST_ANY = 250, 40, 60
HAVE_NO_TEXT = {"os", "Image", "tarfile", "zipfile", "gzip"}
"""whose `open` is of bytes"""


def name(path: Path) -> str:
    """Dotted module name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module: str) -> str:
    """The room a module of this project is in."""
    if module.startswith("heads"):
        return "heads"
    return "ground" if module in GROUND else module.split(".")[1]


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules of this project that a file imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines of every function of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name(path)}.{node.name}", node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_go_one_way(path):
    own = room(name(path))
    found = {module for module in imported(ast.parse(path.read_text(encoding="utf-8")))}
    ours = {".".join(module.split(".")[:2]) for module in found if module.split(".")[0] in ("heads", "workflow")}
    allowed = {"heads", "ground", own} | MAY_IMPORT[own] | COMPOSES.get(name(path), set())
    against = {module for module in ours if room(module) not in allowed}
    if own == "heads" and name(path) not in COMPOSES:
        against |= {module for module in ours if module.startswith("workflow")}
    assert not against, f"{name(path)} imports {', '.join(sorted(against))}: see docs/architecture.md, The rooms"


def test_files_stay_short():
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    long = {module: length for module, length in lengths.items() if length > LONGEST_FILE}
    assert not long, f"longer than {LONGEST_FILE} lines: split by idea, see docs/architecture.md, Sizes kept"


def test_functions_stay_short():
    lengths = dict(found for path in FILES for found in functions(path))
    long = {function: length for function, length in lengths.items() if length > LONGEST_FUNCTION}
    assert not long, f"longer than {LONGEST_FUNCTION} lines: one idea a function"
    assert statistics.median(lengths.values()) <= 6
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= 16


def test_few_things_are_untyped():
    names = [
        node
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and node.id == "Any"
    ]
    assert len(names) < MOST_ANY


def of_text(call: ast.Call, given: dict[str | None, str]) -> bool:
    """Whether a call with these keywords opens, reads or writes text."""
    called = ast.unparse(call.func)
    if called == "open" or (called.endswith(".open") and called.split(".")[0] not in HAVE_NO_TEXT):
        return "b'" not in " ".join([*map(ast.unparse, call.args), given.get("mode", "")])
    if called.startswith("subprocess."):
        return bool({"text", "universal_newlines"} & set(given))
    return called.endswith((".read_text", ".write_text", ".reconfigure"))


def locale_bound(tree: ast.AST) -> Iterator[int]:
    """Lines of calls that read or write text in the locale's encoding, for they name none."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        given = {word.arg: ast.unparse(word.value) for word in call.keywords}
        if "encoding" not in given and of_text(call, given):
            yield call.lineno


@pytest.mark.parametrize("path", FILES, ids=name)
def test_text_is_utf8_whatever_the_locale(path):
    lines = list(locale_bound(ast.parse(path.read_text(encoding="utf-8"))))
    assert not lines, f"{name(path)}, lines {lines}: say encoding='utf-8'"


@pytest.mark.parametrize(
    "path", sorted([*ROOT.glob("workflow/**/*.smk"), *ROOT.glob("workflow/Snakefile")]), ids=lambda path: path.name
)
def test_so_is_the_text_of_rules(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert not [
        line
        for line in lines
        if re.search(r"\.(open|read_text|write_text)\(|\bopen\(", line) and "encoding" not in line
    ]
