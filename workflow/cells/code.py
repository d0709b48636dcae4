"""Which source files a stage's result depends on: the closure of its imports within this project.

The files are parsed, not imported, so that a rule's inputs can be listed where torch is not installed.
"""

import ast
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

PACKAGES = ("heads", "workflow")


def closure(root: Path, modules: Collection[str], without: Collection[str] = ()) -> list[Path]:
    """Files under `root` that `modules` (dotted names) consist of and import, directly or through others, sorted.

    A package stands for its `__init__.py`, and for its `__main__.py` where it is named in `modules`. Imports inside
    functions count. Modules and packages in `without` are left out, with what only they import. ValueError for a name
    that is no module.
    """
    for module in (*modules, *without):
        if not any(root.joinpath(*module.split(".")).with_suffix(end).exists() for end in ("", ".py")):
            raise ValueError(f"{module} is no module of this project: there is no {module.replace('.', '/')}.py")
    found: set[Path] = set()
    waiting = [file for module in modules for file in files(root, module, started=True)]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += [
                imported
                for module in imports(file, root)
                if not any(f"{module}.".startswith(f"{left}.") for left in without)
                for imported in files(root, module)
            ]
    return sorted(found)


def files(root: Path, module: str, started: bool = False) -> list[Path]:
    """Files that are run when `module` is imported: its own and those of the packages it lies in.

    With `started`, as by `python -m`, also the package's `__main__.py`.
    """
    place = root.joinpath(*module.split("."))
    candidates = [root.joinpath(*module.split(".")[:depth], "__init__.py") for depth in range(1, module.count(".") + 2)]
    candidates += [place.with_suffix(".py"), *([place / "__main__.py"] if started else [])]
    return [path for path in candidates if path.is_file()]


def imports(file: Path, root: Path) -> Iterator[str]:
    """Dotted names of this project's modules that `file` imports; of `from a import b` both `a` and `a.b`."""
    return (name for name in all_imports(file, root) if name.split(".")[0] in PACKAGES)


def all_imports(file: Path, root: Path) -> tuple[str, ...]:
    """The same, of whatever project; what only a type checker imports is left out."""
    return _imported(file.read_text(encoding="utf-8"), file.relative_to(root))


@cache
def _imported(source: str, file: Path) -> tuple[str, ...]:
    """What a file with this source imports: most are asked of once for every rule."""
    found: list[str] = []
    for node in executed(ast.parse(source, filename=str(file))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join((*package(file, node.level), *filter(None, [node.module])))
            found += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return tuple(found)


def package(file: Path, level: int) -> tuple[str, ...]:
    """The package that the dots of a relative import stand for; none without dots."""
    return file.parent.parts[: len(file.parent.parts) - level + 1] if level else ()


def executed(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements, and what holds some, but for those under `if TYPE_CHECKING:`."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield from executed(child)
