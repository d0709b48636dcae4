"""What every section of the config is: frozen, strict about types, and read with all its problems named at once."""

import json
from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from workflow.cells.problems import sentences
from workflow.errors import UserError


class Section(BaseModel):
    """A part of the config, or the whole. A key that it does not name is refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    @classmethod
    def parse(cls, mapping: Mapping[str, object], where: str = "") -> Self:
        """The section that `mapping`, as YAML or JSON gave it, describes; `where` is the key it stands under.

        UserError names every problem in one sentence each.
        """
        try:
            return cls.of_json(mapping)
        except ValidationError as error:
            raise UserError("; ".join(sentences(error, cls, where))) from error

    @classmethod
    def parse_argument(cls, option: str, text: str, where: str) -> Self:
        """The section in the JSON `text` that stands behind `option` on a command line; UserError as `parse`."""
        try:
            content = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise UserError(f"{option} is not valid JSON: {error}") from error
        return cls.parse(content, where)

    @classmethod
    def problems(cls, mapping: Mapping[str, object]) -> list[str]:
        """What is wrong with `mapping`, one sentence each, beginning with its key in quotes."""
        try:
            cls.of_json(mapping)
        except ValidationError as error:
            return sentences(error, cls)
        return []

    def as_json(self) -> str:
        """The whole section, defaults included, always as the same text."""
        return compact_json(self.model_dump(mode="json"))

    @classmethod
    def of_json(cls, mapping: Mapping[str, object]) -> Self:
        """The same by JSON's types, in which a list may be a tuple; raises pydantic's ValidationError."""
        return cls.model_validate_json(json.dumps(mapping, default=str))


def compact_json(content: object) -> str:
    """JSON without spaces, its keys sorted."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"))
