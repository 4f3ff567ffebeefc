"""From files, or from a scenario and a few changes, to scenarios that are known to be right."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.scenario.build import attach_files, build, pointed, read_scenario
from sim.scenario.changes import apply_change, as_tree
from sim.scenario.errors import Fault, Place, ScenarioError, nearest_name, one_of
from sim.scenario.explain import explain
from sim.scenario.schema import Scenario, Study
from sim.scenario.tree import Tree
from sim.scenario.yamlfile import read_yaml

CHANGES = "changes"


@dataclass(frozen=True)
class LoadedStudy:
    """A study with a scenario for every variant.

    Parameters
    ----------
    study : Study
        What the file says.
    scenarios : dict of str to Scenario
        By variant, in the order of the file.
    changes : dict of str to dict
        By variant: dotted path to value, those of the variants it stands `over` included.
    sources : dict of str to str
        Short name to full source: catalogue, `sources.yaml` beside the base and beside the study, the study's own.
    path : Path
        The study file.
    inputs : dict of str to str
        Name of the study file, and of `sources.yaml` beside it -> SHA-256 of its text.
    """

    study: Study
    scenarios: dict[str, Scenario]
    changes: dict[str, dict[str, Any]]
    sources: dict[str, str]
    path: Path
    inputs: dict[str, str]


def load(path: str | os.PathLike[str]) -> Scenario:
    """The scenario in a YAML file, with the tables it names.

    Raises
    ------
    ScenarioError
        With every fault in the file and its tables.
    """
    file = Path(path)
    tree, faults = read_scenario(file, str(path))
    scenario, found = build(tree, file.parent)
    if faults or scenario is None:
        raise ScenarioError([*faults, *found])
    return scenario


def replace(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """A new scenario with some values changed; the given one stays as it is.

    Parameters
    ----------
    scenario : Scenario
        Where to begin.
    changes : mapping of str to Any
        Dotted path to value: a number, a `Quantity`, or plain data as YAML would give it. Families of the
        catalogue can be reached (`families.sd_sda_field.sd_failure`). Validated like a file.

    Raises
    ------
    ScenarioError
        With every fault; an unknown path comes with the nearest valid one.
    """
    at = Place(CHANGES)
    tree = Tree(scenario.model_dump(by_alias=True, exclude_none=True), at)
    faults: list[Fault] = []
    for path, value in changes.items():
        faults += apply_change(tree, path, as_tree(value, at), at)
    faults += attach_files(tree, scenario.folder)
    changed, found = build(tree, scenario.folder)
    if faults or changed is None:
        raise ScenarioError([*faults, *found])
    changed._inputs = scenario.inputs
    return changed


def load_study(path: str | os.PathLike[str]) -> LoadedStudy:
    """A study file, its base and all its variants.

    Raises
    ------
    ScenarioError
        With every fault in the study, the base, its tables and the variants.
    """
    file = Path(path)
    tree, faults = read_yaml(file, str(path))
    try:
        study = Study.model_validate(tree.data)
    except ValidationError as err:
        raise ScenarioError([*faults, *explain(err, tree, Study), *_base_faults(file, tree)]) from None
    faults += _names(study, tree)
    sources, read, found = _sources(file, study)
    faults += found
    base_file = file.parent / study.base
    try:
        base, base_faults = read_scenario(base_file, str(Path(str(path)).parent / study.base))
    except ScenarioError as err:
        raise ScenarioError([*faults, *pointed(err, tree.place(("base",)), f"base {study.base!r}")]) from None
    base_faults += build(base, base_file.parent)[1]
    faults += base_faults
    scenarios: dict[str, Scenario] = {}
    changes = {name: _resolved(name, study) for name in study.variants}
    for name in study.variants:
        variant = base.copy()
        found = []
        for dotted, owner in changes[name].items():
            loc = ("variants", owner, "set", dotted)
            found += apply_change(variant, dotted, tree.cut(loc), tree.key_place(loc))
        found += attach_files(variant, base_file.parent)
        scenario, more = build(variant, base_file.parent)
        found += more
        # A fault of the base shows in every variant and is told once; one that a variant makes in the base's
        # lines carries the variant's name.
        faults += [_named(f, name, str(path)) for f in found if f not in base_faults]
        if scenario is not None:
            scenarios[name] = scenario
    faults += _deadline(study, tree, scenarios)
    if faults:
        raise ScenarioError(faults)
    values = {
        name: {p: study.variants[owner].set[p] for p, owner in c.items()} for name, c in changes.items()
    }
    return LoadedStudy(study, scenarios, values, sources, file, {**tree.files, **read})


def _resolved(name: str, study: Study) -> dict[str, str]:
    """Dotted path to the variant that sets it, in the order in which the changes are made."""
    chain = [name]
    while (over := study.variants[chain[-1]].over) in study.variants and over not in chain:
        chain.append(str(over))
    made: dict[str, str] = {}
    for owner in reversed(chain):
        for path in study.variants[owner].set:
            # What is set anew, or as part of something set anew, is no longer the earlier variant's.
            for old in [p for p in made if p == path or p.startswith(path + ".")]:
                del made[old]
            made[path] = owner
    return made


def _names(study: Study, tree: Tree) -> list[Fault]:
    faults: list[Fault] = []
    names = list(study.variants)
    for key in ("baseline", "headline"):
        name = getattr(study, key)
        if name is not None and name not in names:
            faults.append(
                Fault.at(
                    tree.place((key,)),
                    f"{key}: there is no variant {name!r}",
                    one_of(names),
                    nearest_name(name, names),
                )
            )
    for name, variant in study.variants.items():
        place = tree.place(("variants", name, "over"))
        over, seen = variant.over, {name}
        if over is not None and over not in names:
            faults.append(
                Fault.at(
                    place,
                    f"variants.{name}.over: there is no variant {over!r}",
                    one_of(names),
                    nearest_name(over, names),
                )
            )
        while over in study.variants:
            if over in seen:
                faults.append(
                    Fault.at(
                        place,
                        f"variants.{name}.over leads in a circle",
                        "a variant that does not stand over this one",
                    )
                )
                break
            seen.add(over)
            over = study.variants[over].over
    return faults


def _deadline(study: Study, tree: Tree, scenarios: dict[str, Scenario]) -> list[Fault]:
    """A deadline is in a year that every scenario reaches the end of."""
    if study.deadline is None:
        return []
    ends = [s.start + dt.timedelta(days=365.25 * s.horizon_years) for s in scenarios.values()]
    first = max((s.start.year for s in scenarios.values()), default=study.deadline.year)
    last = min((end + dt.timedelta(days=1) for end in ends), default=None)
    if last is not None and not first <= study.deadline.year < last.year:
        place = tree.place(("deadline", "year"))
        return [Fault.at(place, f"deadline.year: {study.deadline.year} is not simulated to its end",
                         f"{first} to {last.year - 1}")]
    return []


def _sources(file: Path, study: Study) -> tuple[dict[str, str], dict[str, str], list[Fault]]:
    """Sources by their short names, the files they are in with their checksums, and their faults."""
    from sim.scenario.catalogue import catalogue_sources

    told: dict[str, str] = {}
    read: dict[str, str] = {}
    faults: list[Fault] = []
    for folder in dict.fromkeys(((file.parent / study.base).parent, file.parent)):
        beside = folder / "sources.yaml"
        if not beside.is_file():
            continue
        tree, found = read_yaml(beside, str(beside))
        faults += found
        read.update(tree.files)
        for key, text in tree.data.items():
            if isinstance(text, str):
                told[key] = text
            else:
                faults.append(Fault.at(tree.place((key,)), f"{key}: not a text", "the full source"))
    return {**catalogue_sources(), **told, **study.sources}, read, faults


def _base_faults(file: Path, tree: Tree) -> list[Fault]:
    """Faults of the base of a study that is itself faulty, so that all are told at once."""
    named = tree.data.get("base")
    if not isinstance(named, str) or not (file.parent / named).is_file():
        return []
    try:
        base, faults = read_scenario(file.parent / named, str(file.parent / named))
    except ScenarioError as err:
        return list(err.faults)
    return faults + build(base, (file.parent / named).parent)[1]


def _named(fault: Fault, variant: str, study_file: str) -> Fault:
    if fault.file == study_file:
        return fault
    return Fault(
        fault.file,
        fault.line,
        fault.col,
        f"in variant {variant!r}: {fault.message}",
        fault.expected,
        fault.nearest,
    )
