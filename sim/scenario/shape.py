"""Looking into the declared types: which keys are valid where, and what lies below a key."""

from __future__ import annotations

import types
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from sim.scenario.tree import Loc


def bare(kind: Any) -> Any:
    """The type without `Annotated` and without `| None`."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, types.UnionType):
            rest = [arg for arg in get_args(kind) if arg is not type(None)]
            if len(rest) != 1:
                return kind
            kind = rest[0]
        else:
            return kind


def is_model(kind: Any) -> bool:
    """True for a section of the schema."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


@cache
def fields(model: type[BaseModel]) -> dict[str, Any]:
    """Keys of a section, as the user writes them, with their types."""
    return {info.alias or name: bare(info.annotation) for name, info in model.model_fields.items()}


def valid_keys(kind: Any) -> list[str]:
    """Keys a user may write in a value of this type; empty where any name will do."""
    if is_model(kind):
        return list(fields(kind))
    if get_origin(kind) is dict:
        key = bare(get_args(kind)[0])
        if get_origin(key) is Literal:
            return list(get_args(key))
    return []


def below(kind: Any, key: str | int) -> Any:
    """Type of what stands under `key` in a value of this type; None when nothing is declared there."""
    if is_model(kind):
        return fields(kind).get(str(key))
    if get_origin(kind) is dict:
        return bare(get_args(kind)[1])
    if get_origin(kind) is list:
        return bare(get_args(kind)[0])
    return None


def at(model: Any, loc: Loc) -> Any:
    """Type declared at a location, None when none is."""
    kind = model
    for part in loc:
        kind = below(kind, part)
    return kind


def dotted(loc: Loc) -> str:
    """A location as a user writes it: `transfers.us_2024.devices`."""
    return ".".join(str(part) for part in loc)
