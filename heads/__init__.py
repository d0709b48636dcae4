"""Classification heads, one file each. The file name is the registry: `heads/mine.py` is the head `mine`.

Importing this package imports no head and not torch, so that a workflow can list and check heads anywhere. A file that
cannot be read or imported breaks its own head and no other.
"""

import ast
import difflib
import importlib
import inspect
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from torch import Tensor

    from heads.kit.interface import Cost, Head
    from heads.kit.place import Place

FOLDER = Path(__file__).parent
GIVEN = ("self", "num_classes", "embedding_dim", "class_counts")
"""constructor arguments that the data and the backbone supply"""


class Argument(NamedTuple):
    """A constructor argument as the source has it: its annotation and its default, None where there is none."""

    annotation: ast.expr | None
    default: ast.expr | None


class Refused(ValueError):
    """A head cannot be imported, or refuses its options, ratio, momentum or sizes: a result of its cells alone."""


def names() -> list[str]:
    """Names of all heads, sorted. Files that start with an underscore are not heads, nor are folders, nor what Python
    finds a folder in the place of."""
    return sorted(path.stem for path in FOLDER.glob("[!_]*.py") if path.is_file() and not path.with_suffix("").is_dir())


def path(name: str) -> Path:
    """The file of head `name`; ValueError names the known heads and the nearest one."""
    if (FOLDER / name).is_dir() and name.isidentifier():
        raise ValueError(f"head '{name}' cannot be: the folder heads/{name} goes before a file of that name; rename it")
    if name not in names():
        near = difflib.get_close_matches(name.lower(), names(), 1)
        if not name.isidentifier():
            raise ValueError(f"head '{name}' cannot be a file's name in heads/: choose one of {', '.join(names())}")
        hint = f"did you mean '{near[0]}'?" if near else f"add heads/{name}.py or choose one of {', '.join(names())}"
        raise ValueError(f"head '{name}' does not exist: {hint}")
    return FOLDER / f"{name}.py"


def shared() -> list[Path]:
    """The files of heads/kit, which heads are made of: a change in one concerns them all."""
    return sorted((FOLDER / "kit").glob("*.py"))


def load(name: str) -> type["Head"]:
    """The class `Head` of heads/<name>.py; Refused if the file cannot be imported or has no such class."""
    path(name)
    try:
        module = importlib.import_module(f"heads.{name}")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever one file raises must not stop the work with the others
        raise Refused(f"heads/{name}.py cannot be imported: {type(error).__name__}: {error}") from error
    head = getattr(module, "Head", None)
    if not inspect.isclass(head):
        raise Refused(f"heads/{name}.py has no class named Head: call your class Head")
    return cast('type["Head"]', head)


def options(name: str) -> list[str]:
    """Keywords of the head's constructor that its config may have, `ratio` included, read from its source.

    ValueError if the file is no valid Python or has no class named Head.
    """
    return [argument for argument in arguments(name) if argument not in GIVEN]


def takes_ratio(name: str) -> bool:
    """Whether the head samples or keeps a share of the classes; `ratios` of any other head are refused."""
    return "ratio" in arguments(name)


def takes_class_counts(name: str) -> bool:
    """Whether the head wants to know how many training images each class has."""
    return "class_counts" in arguments(name)


def has_twin(name: str) -> bool:
    """Whether the head needs a momentum twin of the encoder, as its class sets `momentum`; read from its source."""
    value = attribute(name, "momentum")
    return value is not None and not (isinstance(value, ast.Constant) and value.value is None)


def attribute(name: str, wanted: str) -> ast.expr | None:
    """What class Head of heads/<name>.py gives its attribute `wanted`; None where it leaves it to kit.Head."""
    for node in _head_class(name).body:
        named = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(one, ast.Name) and one.id == wanted for one in named):
            return cast("ast.expr | None", getattr(node, "value", None))
    return None


def sets_itself(name: str, wanted: str) -> bool:
    """Whether a method of the head gives the instance an attribute `wanted`, which then only the instance knows."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == wanted and isinstance(node.ctx, ast.Store)
        for node in ast.walk(_head_class(name))
    )


def chosen(name: str, options: Mapping[str, object], ratio: float) -> dict[str, object]:
    """What a cell chooses of the head's constructor and of its `cost`: the `options`, and the ratio if it takes one."""
    return {**options, "ratio": ratio} if takes_ratio(name) else dict(options)


def cost(
    name: str,
    batch: int,
    classes: int,
    dim: int,
    *,
    options: Mapping[str, object],
    ratio: float,
    place: "Place | None" = None,
) -> "Cost":
    """What head `name` declares for one step with `batch` images that carry a gradient, of each process at `place`.

    A head whose `cost` does not take `place` is asked what it costs alone on a CPU. ValueError if the file is broken or
    the head refuses its ratio; Refused where it can say nothing of use; NotImplementedError where it declares nothing.
    """
    kind, chosen_ones = load(name), chosen(name, options, ratio)
    if place is not None and knows_place(name):
        chosen_ones["place"] = place
    try:
        found = kind.cost(batch, classes, dim, **chosen_ones)
    except (ValueError, NotImplementedError):
        raise
    except Exception as error:
        raise Refused(f"heads/{name}.py cannot state its cost: {type(error).__name__}: {error}") from error
    if not hasattr(found, "state_bytes"):  # to ask for the class itself would have all that lists heads rest on the kit
        raise Refused(f"heads/{name}.py: cost must return kit.Cost, and returned {type(found).__name__}")
    return found


def knows_place(name: str) -> bool:
    """Whether the head can tell what it costs on a GPU and on several processes."""
    return "place" in inspect.signature(load(name).cost).parameters


def make(
    name: str,
    num_classes: int,
    embedding_dim: int,
    *,
    options: Mapping[str, object],
    ratio: float,
    momentum: float | None = None,
    class_counts: "Tensor | None" = None,
    label: str | None = None,
) -> "Head":
    """Construct the head of heads/<name>.py from what a cell knows. Importing this package stays free of torch.

    `ratio` reaches a constructor that names it. `class_counts`, the (C,) int64 tensor of training images per class,
    likewise; where nothing is known of the classes, as for a head measured alone, leave it None: each class then has
    one image. `momentum` overrides the head's own momentum of its encoder's twin. `label` is what the config's row is
    called, for the messages. Refused, with one sentence that names label and file, if the file is broken, the
    constructor refuses its arguments or a momentum is given to a head that has no twin; MemoryError, RuntimeError and
    OSError are raised as they come.
    """
    kind, row = load(name), f"head '{label or name}' (heads/{name}.py)"
    arguments = chosen(name, options, ratio)
    if takes_class_counts(name):
        arguments["class_counts"] = _one_each(num_classes) if class_counts is None else class_counts
    try:
        head = kind(num_classes, embedding_dim, **arguments)
    except (TypeError, ValueError) as error:
        raise Refused(f"{row} refuses its options: {error}") from error
    except FileNotFoundError as error:
        raise Refused(f"{row} cannot be made: {error}") from error
    except (MemoryError, RuntimeError, OSError):
        raise  # so torch says that there is too little memory, and a disk what is wrong with it
    except (Exception, SystemExit) as error:
        raise Refused(f"{row} cannot be made: {type(error).__name__}: {error}") from error
    if momentum is not None:
        if head.momentum is None:
            raise Refused(f"{row} has no momentum twin: take `momentum` out of its row")
        head.momentum = momentum
    return head


def _one_each(num_classes: int) -> "Tensor":
    import torch  # here, so that a login node can list and check heads without it

    return torch.ones(num_classes, dtype=torch.int64)


def arguments(name: str) -> dict[str, Argument]:
    """The arguments of the constructor in heads/<name>.py, read from its source; ValueError as `options`."""
    constructors = [
        item for item in _head_class(name).body if isinstance(item, ast.FunctionDef) and item.name == "__init__"
    ]
    return {argument.arg: found for made in constructors for argument, found in _named(made.args)}


def _head_class(name: str) -> ast.ClassDef:
    for node in _parsed(name).body:
        if isinstance(node, ast.ClassDef) and node.name == "Head":
            return node
    raise ValueError(f"heads/{name}.py has no class named Head: call your class Head")


def _parsed(name: str) -> ast.Module:
    file = path(name)
    try:
        status = file.stat()
        return _tree(file, status.st_mtime_ns, status.st_size)
    except (SyntaxError, ValueError) as error:
        raise ValueError(
            f"heads/{name}.py is no valid Python ({error}): mend it, move it away or let its name start with _"
        ) from error


@lru_cache(maxsize=64)
def _tree(file: Path, written: int, size: int) -> ast.Module:
    """A file as it was `written`, in nanoseconds, with `size` bytes: parsed once."""
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def _named(given: ast.arguments) -> list[tuple[ast.arg, Argument]]:
    placed = [*given.posonlyargs, *given.args]
    defaults = [*[None] * (len(placed) - len(given.defaults)), *given.defaults, *given.kw_defaults]
    return [
        (one, Argument(one.annotation, default))
        for one, default in zip([*placed, *given.kwonlyargs], defaults, strict=True)
    ]
