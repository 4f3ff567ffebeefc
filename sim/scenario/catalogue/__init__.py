"""Families of items that every scenario may use, with their sources."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from sim.scenario.errors import ScenarioError
from sim.scenario.schema import Family
from sim.scenario.tree import Tree
from sim.scenario.yamlfile import read_yaml


@cache
def catalogue_tree() -> Tree:
    """The families as plain data."""
    return _read("families.yaml")


@cache
def _families() -> dict[str, Family]:
    return {name: Family.model_validate(data) for name, data in catalogue_tree().data.items()}


def catalogue_families() -> dict[str, Family]:
    """Families by name, ready to be named in `contamination` and `transfers`."""
    return dict(_families())


@cache
def _sources() -> dict[str, str]:
    return dict(_read("sources.yaml").data)


def catalogue_sources() -> dict[str, str]:
    """Full citation by the short name that the catalogue's quantities carry."""
    return dict(_sources())


def _read(name: str) -> Tree:
    with resources.as_file(resources.files(__package__).joinpath(name)) as path:
        tree, faults = read_yaml(Path(path), name)
    if faults:
        raise ScenarioError(faults)
    return tree
