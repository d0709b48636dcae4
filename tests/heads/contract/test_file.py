"""What the file of a head must be: it gives a class Head that can be made, read alone, and run on any device."""

import ast
import inspect
from collections.abc import Iterator

import pytest

import heads
from heads.kit.batches import KINDS
from heads.kit.interface import Head
from tests.heads.cases import Case, broken
from tests.heads.contract.subject import C, D

ALLOWED = ("torch", "heads", "typing", "collections", "math")
LONGEST = 200


@pytest.mark.parametrize("name", heads.names())
def test_its_file_gives_a_head(name):
    """The other tests leave a broken file out, so that it hides no other head."""
    assert broken(name) is None, broken(name)


def test_its_class_is_a_head(case):
    kind = heads.load(case.name)
    assert issubclass(kind, Head), f"class Head of heads/{case.name}.py must be a subclass of heads.kit.Head"


def test_its_options_are_keywords_with_defaults(case):
    """They are the schema of the config's `options`."""
    given = list(inspect.signature(heads.load(case.name)).parameters.values())
    assert [one.name for one in given[:2]] == ["num_classes", "embedding_dim"], "the first two arguments are given"
    for one in given[2:]:
        assert one.kind is one.KEYWORD_ONLY, f"'{one.name}' must be named, not *args or **kwargs, and follow a lone *"
        assert one.name == "class_counts" or one.default is not one.empty, f"give '{one.name}' the paper's default"


def test_what_it_declares_exists(head):
    assert head.batches in KINDS, f"batches '{head.batches}' is no row of heads/kit/batches.py: {', '.join(KINDS)}"
    known = ("query", "momentum")
    assert head.evaluates in known, f"evaluates '{head.evaluates}' is not known: choose one of {', '.join(known)}"
    assert head.evaluates == "query" or head.momentum is not None, "it evaluates the twin, so it must set `momentum`"
    assert head.momentum is None or 0 <= head.momentum < 1, f"momentum {head.momentum} is outside [0, 1)"
    assert type(head).accumulates in (True, False), "accumulates must be True or False"


def test_its_centres_are_one_vector_a_class(head):
    centres = head.centres()
    assert centres is None or centres.shape == (C, D), "centres() must be (num_classes, embedding_dim) or None"


def test_it_says_with_how_many_class_vectors_it_compares(head):
    try:
        rows = head.rows_in_loss()
    except NotImplementedError as error:
        raise AssertionError("define rows_in_loss(): how many class vectors a sample is compared with") from error
    assert isinstance(rows, int) and 0 <= rows <= C, f"rows_in_loss() is {rows}: an int from 0 to the number of classes"


def test_its_file_is_short_and_says_what_it_is(case):
    source = source_of(case)
    lines = len(source.splitlines())
    assert lines <= LONGEST, f"{lines} lines: at most {LONGEST}, so that it can be read at once"
    assert ast.get_docstring(ast.parse(source)), "begin the file with a docstring: the paper, the idea, what departs"
    assert heads.load(case.name).__dict__.get("__doc__"), "give class Head a docstring: its first line is listed"


def test_its_file_reads_alone(case):
    """A head that imports another is two methods at once, and cannot be changed alone."""
    for module in imported(ast.parse(source_of(case))):
        top, _, rest = module.partition(".")
        assert top in ALLOWED, f"it imports {module}: a head imports torch and heads.kit only"
        assert top != "heads" or rest.split(".")[0] == "kit", f"it imports {module}: of heads, only heads.kit is for it"


def test_it_leaves_the_device_to_its_caller(case):
    for line, what in devices(ast.parse(source_of(case))):
        raise AssertionError(f"line {line} names {what}: take the device of the embeddings, as in device=e.device")


def source_of(case: Case) -> str:
    return heads.path(case.name).read_text()


def imported(tree: ast.Module) -> Iterator[str]:
    """Dotted names of all that a file imports; of `from heads import fc` it is heads.fc."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)


def devices(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of each `.cuda` or `.cpu`, and of each string that names a device."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("cuda", "cpu"):
            yield node.lineno, f".{node.attr}"
        elif isinstance(node, ast.Constant) and str(node.value).split(":")[0] in ("cuda", "cpu"):
            yield node.lineno, f"'{node.value}'"
