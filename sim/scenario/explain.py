"""From pydantic's findings to faults with a place, an expectation and the nearest valid name."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.scenario import shape
from sim.scenario.errors import Fault, nearest_name, one_of
from sim.scenario.tree import Loc, Tree

_A_DATE = "a date such as 2026-12-31"
_NAME = "lower-case letters, digits and _, beginning with a letter, at most 48"
_EXPECTED = {
    "date_type": _A_DATE,
    "date_parsing": _A_DATE,
    "date_from_datetime_parsing": _A_DATE,
    "date_from_datetime_inexact": _A_DATE,
    "string_pattern_mismatch": _NAME,
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "list_type": "a list",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
}


def explain(error: ValidationError, tree: Tree, model: type[BaseModel]) -> list[Fault]:
    """Faults for everything pydantic found, in the order it found them."""
    told: dict[Loc, tuple[str, list[str]]] = {}  # several findings at one value: alternatives of one choice
    faults: list[Fault | Loc] = []
    for detail in error.errors(include_url=False):
        loc = tuple(detail["loc"])
        if detail["type"] == "extra_forbidden":
            faults.append(_unknown_key(loc, tree, model))
        elif detail["type"] == "missing":
            faults.append(_missing_key(loc, tree, model))
        elif loc and loc[-1] == "[key]":
            faults.append(_bad_key(loc[:-1], detail, tree, model))
        else:
            here = tree.existing(loc)
            message, expected = _wording(detail)
            if here not in told:
                told[here] = (message, [])
                faults.append(here)
            told[here][1].append(expected)
    return [fault if isinstance(fault, Fault) else _bad_value(fault, *told[fault], tree) for fault in faults]


def _unknown_key(loc: Loc, tree: Tree, model: type[BaseModel]) -> Fault:
    valid = shape.valid_keys(shape.at(model, loc[:-1]))
    near = nearest_name(loc[-1], valid)
    header = tree.headers.get(loc[:-2])
    if header and loc[-1] in header:
        return Fault.at(header[str(loc[-1])], f"unknown column {loc[-1]!r}", one_of(valid), near)
    where = f" in {shape.dotted(loc[:-1])}" if len(loc) > 1 else ""
    return Fault.at(tree.key_place(loc), f"unknown key {loc[-1]!r}{where}", one_of(valid), near)


def _missing_key(loc: Loc, tree: Tree, model: type[BaseModel]) -> Fault:
    section, key = shape.at(model, loc[:-1]), str(loc[-1])
    info = next((f for n, f in section.model_fields.items() if (f.alias or n) == key), None)
    meaning = (info.description if info else None) or "a value"
    header = tree.headers.get(loc[:-2])
    if header is not None and key not in header:
        return Fault.at(next(iter(header.values())), f"missing column {key!r}", meaning)
    if header is not None:
        return Fault.at(tree.place(loc), f"{key!r} is empty in {shape.dotted(loc[:-1])}", meaning)
    where = f" in {shape.dotted(loc[:-1])}" if len(loc) > 1 else ""
    return Fault.at(tree.key_place(loc[:-1]), f"missing key {key!r}{where}", meaning)


def _bad_key(loc: Loc, detail: ErrorDetails, tree: Tree, model: type[BaseModel]) -> Fault:
    valid = shape.valid_keys(shape.at(model, loc[:-1]))
    if valid:
        return _unknown_key(loc, tree, model)
    _, expected = _wording(detail)
    return Fault.at(
        tree.key_place(loc), f"name {loc[-1]!r} in {shape.dotted(loc[:-1])} is not allowed", expected
    )


def _bad_value(loc: Loc, message: str, expected: list[str], tree: Tree) -> Fault:
    wanted = " or ".join(dict.fromkeys(part for part in expected if part))
    value = tree.get(loc)
    choices = re.findall(r"'([^']+)'", wanted)
    near = nearest_name(value, choices) if isinstance(value, str) else ""
    where = shape.dotted(loc)
    return Fault.at(
        tree.place(loc), f"{where}: {message}" if where else message, wanted.replace("'", ""), near
    )


def _wording(detail: ErrorDetails) -> tuple[str, str]:
    """What is wrong and what was expected."""
    if detail["type"] == "value_error":
        message, _, expected = str(detail["ctx"]["error"]).partition("; expected ")
        return message, expected
    expected = _EXPECTED.get(detail["type"]) or re.sub(r"^Input should (be |have )?", "", detail["msg"])
    return f"{_shown(detail['input'])} is not valid", expected


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = str(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
