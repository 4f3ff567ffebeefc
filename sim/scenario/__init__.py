"""What the user wrote: schema, catalogue, faults and their places. YAML and CSV in, a frozen Scenario out."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.scenario.access import digest, is_uncertain, json_schema, quantities, resolved_families, to_yaml
    from sim.scenario.catalogue import catalogue_families, catalogue_sources
    from sim.scenario.errors import Fault, ScenarioError
    from sim.scenario.loading import LoadedStudy, load, load_study, replace
    from sim.scenario.quantity import GRADES, Quantity
    from sim.scenario.schema import Family, Scenario, Study
    from sim.scenario.treaty import TreatyCheck, treaty_check

# The schema takes a while to build; nobody who only asks for help or a version pays for it.
_HOME = {
    "digest": "access",
    "is_uncertain": "access",
    "json_schema": "access",
    "quantities": "access",
    "resolved_families": "access",
    "to_yaml": "access",
    "catalogue_families": "catalogue",
    "catalogue_sources": "catalogue",
    "Fault": "errors",
    "ScenarioError": "errors",
    "LoadedStudy": "loading",
    "load": "loading",
    "load_study": "loading",
    "replace": "loading",
    "GRADES": "quantity",
    "Quantity": "quantity",
    "Family": "schema",
    "Scenario": "schema",
    "Study": "schema",
    "TreatyCheck": "treaty",
    "treaty_check": "treaty",
}

__all__ = [
    "GRADES",
    "Family",
    "Fault",
    "LoadedStudy",
    "Quantity",
    "Scenario",
    "ScenarioError",
    "Study",
    "TreatyCheck",
    "catalogue_families",
    "catalogue_sources",
    "digest",
    "is_uncertain",
    "json_schema",
    "load",
    "load_study",
    "quantities",
    "replace",
    "resolved_families",
    "to_yaml",
    "treaty_check",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
