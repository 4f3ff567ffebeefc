"""What other rooms ask of a scenario: its uncertain numbers, its families, its digest, its text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from sim.scenario.catalogue import catalogue_families
from sim.scenario.checks import used_families
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Family, Scenario, Study
from sim.scenario.shape import fields
from sim.scenario.yamlfile import write_yaml

_NOT_IN_DIGEST = {"title", "question", "notes", "replicates", "map"}  # they change no number
_TABLES = {"strata", "access", "numbers", "years"}


def resolved_families(scenario: Scenario) -> dict[str, Family]:
    """Families that contamination or transfers name, sorted; the scenario's own before the catalogue's."""
    if scenario._resolved is None:
        known = {**catalogue_families(), **scenario.families}
        scenario._resolved = {name: known[name] for name in sorted(used_families(scenario))}
    return dict(scenario._resolved)


def quantities(scenario: Scenario) -> dict[str, Quantity]:
    """Every quantity by its dotted path, certain or not, sorted by path.

    Of the families only those in use, those of the catalogue included. Each path can be given to `replace`.
    """
    if scenario._quantities is None:
        found = dict(_walk(scenario, ()))
        for name, family in resolved_families(scenario).items():
            found.update(_walk(family, ("families", name)))
        scenario._quantities = dict(sorted(found.items()))
    return dict(scenario._quantities)


def _walk(here: Any, loc: tuple[str, ...]) -> Iterator[tuple[str, Quantity]]:
    if isinstance(here, Quantity):
        yield ".".join(loc), here
    elif isinstance(here, BaseModel):
        for key, name in zip(fields(type(here)), type(here).model_fields, strict=True):
            if not (isinstance(here, Scenario) and name == "families"):
                yield from _walk(getattr(here, name), (*loc, key))
    elif isinstance(here, dict):
        for key, child in here.items():
            yield from _walk(child, (*loc, str(key)))
    elif isinstance(here, list):
        for i, child in enumerate(here):
            yield from _walk(child, (*loc, str(i)))


def is_uncertain(scenario: Scenario) -> bool:
    """Whether one parameter draw can differ from another."""
    return scenario.exposure.calibration is not None or not all(q.certain for q in quantities(scenario).values())


def digest(scenario: Scenario) -> str:
    """SHA-256 (hex) of everything that can change a number.

    Titles, question, notes, the drawing map and the numbers of replicates are left out; the families in use
    count as resolved, so that a changed catalogue shows.
    """
    data = scenario.model_dump(mode="json", by_alias=True, exclude=_NOT_IN_DIGEST)
    data["families"] = {n: f.model_dump(mode="json") for n, f in resolved_families(scenario).items()}
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def to_yaml(scenario: Scenario, written: dict[str, str] | None = None) -> str:
    """The scenario as one YAML text: tables written out, families in use resolved, every default shown.

    Loading the text gives the same digest. The drawing map is left out: it is a file of its own.

    Parameters
    ----------
    scenario : Scenario
    written : dict, optional
        Parts of other scenarios that were written before: variants share most of them. Added to.
    """
    data = scenario.model_dump(by_alias=True, exclude_none=True, exclude={"map"})
    data["families"] = {n: f.model_dump(exclude_none=True) for n, f in resolved_families(scenario).items()}
    written = {} if written is None else written
    nested = {name: section for name, section in data.items() if _is_nested(section)}
    texts = [write_yaml({name: section for name, section in data.items() if name not in nested})]
    for name, section in nested.items():
        texts.append(head := f"{name}:\n")
        for part in _parts(section):
            key = repr((name, part))
            if key not in written:
                written[key] = write_yaml({name: part}).removeprefix(head)
            texts.append(written[key])
    return "".join(texts)


def _parts(section: Any) -> list[Any]:
    """A section in as many parts as can be written apart: one for each section in it, where it holds only such."""
    if isinstance(section, dict) and all(isinstance(part, dict) for part in section.values()):
        return [{name: part} for name, part in section.items()]
    return [section]


def _is_nested(section: Any) -> bool:
    """Whether a section holds others, so that it is written over several lines even alone."""
    inner = section.values() if isinstance(section, dict) else section if isinstance(section, list) else ()
    return any(isinstance(part, dict | list) for part in inner)


def json_schema() -> dict[str, Any]:
    """JSON Schemas of a scenario file and of a study file, for completion and checks in editors."""
    schemas = {"scenario": Scenario.model_json_schema(), "study": Study.model_json_schema()}
    defs = schemas["scenario"]["$defs"]
    for section in (schemas["scenario"], *defs.values()):
        for name in _TABLES & section.get("properties", {}).keys():
            rows = section["properties"][name]
            moved = {key: rows.pop(key) for key in ("type", "items", "minItems") if key in rows}
            rows["anyOf"] = [
                moved,
                _reference("table", "CSV file beside this one; its first line names the keys"),
            ]
    defs["Exposure"]["properties"]["calibration"]["anyOf"].append(
        _reference("file", "YAML file beside this one")
    )
    return schemas


def _reference(key: str, meaning: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {key: {"type": "string", "description": meaning}},
        "required": [key],
        "additionalProperties": False,
    }
