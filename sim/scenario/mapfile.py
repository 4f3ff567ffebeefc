"""A schematic map for drawing: GeoJSON whose features are districts, looked at before a run begins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, FiniteFloat, ValidationError

from sim.scenario.errors import ScenarioError
from sim.scenario.yamlfile import read_text

Degrees = Annotated[FiniteFloat, Field(ge=-360, le=360)]
Ring = list[Annotated[list[Degrees], Field(min_length=2, max_length=3)]]


class _Polygon(BaseModel):
    type: Literal["Polygon"]
    coordinates: list[Ring]


class _MultiPolygon(BaseModel):
    type: Literal["MultiPolygon"]
    coordinates: list[list[Ring]]


class _District(BaseModel):
    properties: dict[str, Any]
    geometry: Annotated[_Polygon | _MultiPolygon, Field(discriminator="type")]


class _Map(BaseModel):
    type: Literal["FeatureCollection"]
    features: list[_District]


def fault_of_map(path: Path, shown: str) -> str:
    """What is wrong with a map, or an empty text."""
    try:
        _Map.model_validate(json.loads(read_text(path, shown)))
    except ScenarioError as error:
        return error.faults[0].message
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{where}: {first['msg']}" if where else str(first["msg"])
    except (ValueError, RecursionError) as error:
        return f"is not readable as JSON: {error}"
    return ""
