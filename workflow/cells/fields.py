"""The types of the config's keys: numbers within limits, names, and choices among names."""

import re
from collections import Counter
from typing import Annotated, TypeVar

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from workflow.cells.hints import did_you_mean

Listed = TypeVar("Listed", int, str)


class AsWritten:
    """Mark of a number that stays what was written: an integer is not turned into a float, nor is it in a record."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        unchanged = core_schema.plain_serializer_function_ser_schema(lambda value: value)
        return core_schema.no_info_wrap_validator_function(cls._check, handler(source), serialization=unchanged)

    @staticmethod
    def _check(value: float, check: core_schema.ValidatorFunctionWrapHandler) -> float:
        check(value)
        return value


class OneOf:
    """Mark of a text that must be one of `names`, or match `pattern`, which a message shows as `shown`."""

    def __init__(self, *names: str, pattern: str | None = None, shown: str = "") -> None:
        self.names, self.pattern = names, pattern
        self.known = (*names, shown) if pattern else names

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        if self.pattern:
            return {"type": "string", "pattern": f"^({'|'.join((*self.names, self.pattern))})$"}
        return {"enum": list(self.names)}

    def _check(self, value: str) -> str:
        if value in self.names or (self.pattern and re.fullmatch(self.pattern, value)):
            return value
        known = {"known": ", ".join(self.known), "near": did_you_mean(value, self.names)}
        raise PydanticCustomError("choice", "it must be one of {known}{near}", known)


Positive = Annotated[float, Field(gt=0), AsWritten]
NotNegative = Annotated[float, Field(ge=0), AsWritten]
Share = Annotated[float, Field(ge=0, le=1), AsWritten]
ShareAboveZero = Annotated[float, Field(gt=0, le=1), AsWritten]
ShareBelowOne = Annotated[float, Field(ge=0, lt=1), AsWritten]
ShareBetween = Annotated[float, Field(gt=0, lt=1), AsWritten]
Count = Annotated[int, Field(ge=1)]
AtLeastTwo = Annotated[int, Field(ge=2)]
Seed = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
Device = Annotated[str, OneOf("auto", "cpu", "cuda", pattern=r"cuda:\d+", shown="cuda:N")]


def once_each(listed: tuple[Listed, ...]) -> tuple[Listed, ...]:
    """`listed`, if nothing stands there twice; ValueError otherwise."""
    twice = [str(one) for one, times in Counter(listed).items() if times > 1]
    if twice:
        raise ValueError(f"{', '.join(twice)} stands there twice")
    return listed
