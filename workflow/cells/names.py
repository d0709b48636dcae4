"""Names that cannot stand side by side: in a folder of the workflow's own, in a table, or on a disk that does not tell
capitals from small letters."""

from collections import Counter
from collections.abc import Mapping

import heads
from workflow.cells.choices import REFERENCES
from workflow.cells.paths import OWN_DATASETS, OWN_PROFILES


def clashes(mapping: Mapping[str, object]) -> list[str]:
    """What cannot be called so in a config as it was read: found before its keys are checked, so that no other mistake
    hides it."""
    data = mapping.get("data")
    dataset = data.get("name") if isinstance(data, Mapping) else None
    return [
        *_taken("profile", mapping.get("profile"), OWN_PROFILES),
        *_taken("data.name", dataset, OWN_DATASETS),
        *_rows(mapping.get("heads")),
    ]


def _taken(key: str, name: object, own: tuple[str, ...]) -> list[str]:
    """A name that the workflow gives to a folder or file of its own."""
    if isinstance(name, str) and name.casefold() in own:
        return [f"'{key}' is \"{name}\", as a file or folder of the workflow's own is called: choose another name"]
    return []


def _rows(rows: object) -> list[str]:
    found = [row for row in rows if isinstance(row, Mapping) and "head" in row] if isinstance(rows, list) else []
    named = Counter(str(row.get("label") or row["head"]) for row in found)
    twice = [name for name, times in named.items() if times > 1]
    of_others = {str(row.get("label")): sentence for row in found if (sentence := _of_another_head(row))}
    return [
        *(f"two rows of heads are called '{name}': give one of them another `label`" for name in twice),
        *_alike([name for name in named if name not in of_others]),
        *(
            f"a row of heads is called '{name}', as a reference of measure: give it a `label`"
            for name in named
            if name.casefold() in REFERENCES
        ),
        *of_others.values(),
    ]


def _alike(names: list[str]) -> list[str]:
    """Names that differ, but by capitals alone: one folder on many disks."""
    first: dict[str, str] = {}
    return [
        f"rows of heads are called '{first[name.casefold()]}' and '{name}', which many disks do not tell apart: give "
        "one of them another `label`"
        for name in names
        if first.setdefault(name.casefold(), name) != name
    ]


def _of_another_head(row: Mapping[str, object]) -> str | None:
    """A row that would stand in tables under the name of a method that it is not."""
    label, head = str(row.get("label") or ""), str(row["head"])
    others = {name.casefold(): name for name in heads.names() if name != head}
    if label.casefold() not in others:
        return None
    return (
        f"a row of the head {head} is labelled '{label}', as the head {others[label.casefold()]}: choose another label"
    )
