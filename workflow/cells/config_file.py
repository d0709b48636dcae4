"""A config file as it is written, before a parser makes the best of it: what cannot be read, what stands there twice,
and what YAML takes for something else than it looks like."""

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from workflow.errors import UserError

FOLDER = Path("config")
DEFAULT = FOLDER / "default.yaml"
"""what every config is put on top of"""
UTF16 = (b"\xff\xfe", b"\xfe\xff")
PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str", "int", "float", "bool", "null", "merge")}
"""what a config is made of; other tags make dates, sets and objects of Python"""
DATE = "tag:yaml.org,2002:timestamp"
RUNS_CODE = "__use_yte__"
"""key by which snakemake runs what a file says as Python"""
MOST_VALUES = 100_000
"""that a file may stand for, its references followed"""


def check_file(path: Path) -> None:
    """UserError, with a line for every problem, where a config file cannot be read or does not mean what it says."""
    text = text_of(path)
    try:
        problems = _of_json(text)
    except ValueError:
        problems = _of_yaml(path, text)
    if problems:
        raise UserError("; ".join(f"{path}{problem}" for problem in problems))


def check_entry(entry: str) -> None:
    """The same of the value in KEY=VALUE, where it is a list or a mapping."""
    key, _, text = entry.partition("=")
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        return  # a text, which its key may take or not
    if isinstance(root, MappingNode | SequenceNode) and (found := [problem for _, problem in _problems(root, key)]):
        raise UserError(f"--config {entry}: {'; '.join(found)}")


def text_of(path: Path) -> str:
    """The file's text; UserError where there is no such file or it holds no text."""
    try:
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "no ordinary file"
            raise UserError(f"{path} is {what}: --configfile wants a config file, such as {FOLDER}/quick.yaml")
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise UserError(f"the config file {path} does not exist{_near(path)}") from error
    except OSError as error:
        raise UserError(f"the config file {path} cannot be read: {error.strerror}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        written = "UTF-16" if content[:2] in UTF16 else "not UTF-8"
        raise UserError(f"the config file {path} is {written}: save it as UTF-8") from error


def _near(path: Path) -> str:
    if not path.suffix:
        return ": what is to be made, such as publish, stands before --configfile"
    known = {found.stem: str(found) for found in sorted(FOLDER.glob("*.yaml"))}
    near = difflib.get_close_matches(path.stem, known, 1)
    return f": did you mean {known[near[0]]}?" if near else f"; there are {', '.join(known.values()) or 'none'}"


def _of_json(text: str) -> list[str]:
    """Keys that stand twice in a JSON file; ValueError where it is none."""
    twice: list[str] = []

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        twice.extend(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return dict(pairs)

    if not isinstance(json.loads(text, object_pairs_hook=once), dict):
        return [" holds no keys: a config is a mapping, such as {profile: mine}"]
    return [f": '{key}' stands there twice" for key in twice]


def _of_yaml(path: Path, text: str) -> list[str]:
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise UserError(f"{path} is no valid YAML{_place(error)}: {_said(error)}") from error
    except yaml.YAMLError as error:  # a letter that no text has
        raise UserError(f"{path} is no valid YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise UserError(f"{path} is nested too deep to be a config") from error
    if not isinstance(root, MappingNode):
        return [" is empty" if root is None else " holds no keys: a config is a mapping, such as `profile: mine`"]
    if _values(root, {}) > MOST_VALUES:
        return [" refers to itself, or to so much that it is no config: write out what `*` stands for"]
    found = {(node.start_mark.line, problem): None for node, problem in _problems(root, "")}
    return [f", line {line + 1}: {problem}" for line, problem in found]


def _said(error: yaml.MarkedYAMLError) -> str:
    return " ".join(part for part in (error.context, error.problem) if part)


def _place(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _values(node: Node, known: dict[int, int]) -> int:
    """How many values a node stands for, references followed; beyond any limit where it holds itself."""
    if id(node) not in known:
        known[id(node)] = MOST_VALUES + 1  # until it is counted: for a node within itself
        known[id(node)] = 1 + sum(_values(inner, known) for inner in _inner(node))
    return known[id(node)]


def _inner(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _problems(node: Node, place: str) -> Iterator[tuple[Node, str]]:
    """Nodes that say something twice, or something else than they look like, and what is wrong with them."""
    if problem := _misread(node):
        yield node, f"'{place}' {problem}"
    elif isinstance(node, MappingNode):
        named = [(key, key.value if isinstance(key, ScalarNode) else "?") for key, _ in node.value]
        seen: set[str] = set()
        for (key, name), (_, inner) in zip(named, node.value, strict=True):
            whole = f"{place}.{name}" if place else name
            if not isinstance(key, ScalarNode):
                yield key, f"'{whole}' has a list or a mapping in the place of its name: write a name"
            if name in seen and name != "<<":
                yield key, f"'{whole}' stands there twice: remove one of them"
            if name == RUNS_CODE:
                yield key, f"'{name}' would run code: a config holds values only, remove it"
            seen.add(name)
            yield from _problems(inner, whole)
    elif isinstance(node, SequenceNode):
        for number, inner in enumerate(node.value):
            yield from _problems(inner, f"{place}.{number}")


def _misread(node: Node) -> str | None:
    """What a value looks like and is not."""
    if node.tag == DATE:
        return f"is read as a date: write '{node.value}' in quotes"
    if node.tag not in PLAIN:
        return f"has the tag {node.tag.replace('tag:yaml.org,2002:', '!!')}, which means nothing in a config: remove it"
    return _other_number(node) if isinstance(node, ScalarNode) and node.tag.endswith(":int") else None


def _other_number(node: ScalarNode) -> str | None:
    try:
        value = yaml.safe_load(node.value)
    except ValueError:
        return f"has {len(node.value)} digits: no number of a config has as many"
    if node.style is None and (re.fullmatch(r"[-+]?0[0-7_]+", node.value) or ":" in node.value):
        return f"is {node.value}, which YAML reads as {value}: write {value}, or '{node.value}' in quotes"
    return None


def typed(value: object) -> object:
    """What `--config` said, the texts in its lists and mappings read as in a file: snakemake leaves them texts."""
    if isinstance(value, Mapping):
        return {key: _scalar(inner) if isinstance(inner, str) else typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_scalar(inner) if isinstance(inner, str) else typed(inner) for inner in value]
    return value


def _scalar(text: str) -> object:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return value if value is None or isinstance(value, int | float) else text
