"""From plain data with positions to a Scenario, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_origin

from pydantic import TypeAdapter, ValidationError

from sim.scenario import shape
from sim.scenario.checks import cross_checks
from sim.scenario.errors import Fault, Place, ScenarioError
from sim.scenario.explain import explain
from sim.scenario.prospects import prospects
from sim.scenario.schema import Calibration, Scenario
from sim.scenario.tablefile import read_table
from sim.scenario.tree import Loc, Tree, copied
from sim.scenario.yamlfile import read_yaml


def read_scenario(path: Path, shown: str) -> tuple[Tree, list[Fault]]:
    """A scenario file with the files it names put in their places; nothing validated yet."""
    tree, faults = read_yaml(path, shown)
    return tree, faults + attach_files(tree, path.parent)


def attach_files(tree: Tree, folder: Path | None) -> list[Fault]:
    """Put what files hold in place of `{table: rows.csv}` for a list and `calibration: {file: fit.yaml}`.

    Parameters
    ----------
    tree : Tree
        Data of a scenario; changed in place.
    folder : Path or None
        Where files lie that a program names; those that a file names lie beside it.
    """
    faults: list[Fault] = []
    for loc, key in list(_references(tree.data, Scenario, ())):
        named = tree.get((*loc, key))
        place = tree.place((*loc, key))
        beside = Path(place.file).parent if place.line else folder or Path()
        read = read_table if key == "table" else read_yaml
        try:
            if not isinstance(named, str) or not named:
                raise ScenarioError([Fault(place.file, 0, 0, "no file named", "the name of a file")])
            part, found = read(beside / named, str(beside / named))
        except ScenarioError as err:
            faults += pointed(err, place, f"{shape.dotted(loc)}.{key}: {named!r}")
            part, found = Tree([] if key == "table" else None, place), []
        faults += found
        tree.graft(loc, part)
    return faults


def pointed(error: ScenarioError, place: Place, what: str) -> list[Fault]:
    """Faults of reading a file; one that has no line in the file points to where the file is named."""
    return [
        f if f.line else Fault.at(place, f"{what}: {f.message}", f.expected, f.nearest) for f in error.faults
    ]


def _references(data: dict[str, Any], kind: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if get_origin(kind) is list and set(data) == {"table"}:
        yield loc, "table"
    elif kind is Calibration and set(data) == {"file"}:
        yield loc, "file"
    else:
        for key, child in data.items():
            if isinstance(child, dict):
                yield from _references(child, shape.below(kind, key), (*loc, key))


def build(tree: Tree, folder: Path | None) -> tuple[Scenario | None, list[Fault]]:
    """Validate everything at once.

    Returns
    -------
    scenario : Scenario or None
        None when there are faults.
    faults : list of Fault
        Of types, bounds and unknown keys, and of the cross-checks on whatever is sound enough for them.
    """
    faults = _truth_values(tree)
    try:
        scenario = Scenario.model_validate(tree.data)
        bad: set[str] = set()
        told: list[Loc] = []
    except ValidationError as err:
        faults += explain(err, tree, Scenario)
        told = [tree.existing(tuple(detail["loc"])) for detail in err.errors(include_url=False)]
        scenario, bad = _sound_part(tree, told)
    for finding in cross_checks(scenario, bad, folder):
        if not any(loc and finding.loc[: len(loc)] == loc for loc in told):
            faults.append(finding.fault(tree))
    if faults:
        return None, faults
    scenario._folder, scenario._inputs = folder, dict(tree.files)
    scenario._warnings = tuple(finding.fault(tree) for finding in prospects(scenario))
    scenario._priority_place = tree.place(("programme", "priority"))
    return scenario, []


def _sound_part(tree: Tree, told: list[Loc]) -> tuple[Scenario, set[str]]:
    """The sections that are sound once what was already reported is left out, and the names of the others."""
    data = copied(tree.data) if isinstance(tree.data, dict) else {}
    pruned = Tree(data, tree.root)
    for loc in sorted(told, key=_order, reverse=True):
        # Backwards, so that leaving out a list element does not move the others.
        if loc and loc in pruned:
            del pruned.get(loc[:-1])[loc[-1]]
    sound: dict[str, Any] = {}
    bad: set[str] = set()
    for name, info in Scenario.model_fields.items():
        key = info.alias or name
        if key not in data:
            if info.is_required():
                bad.add(name)
            continue
        try:
            sound[key] = TypeAdapter(info.rebuild_annotation()).validate_python(data[key])
        except ValidationError:
            bad.add(name)
    return Scenario.model_construct(**sound), bad


def _order(loc: Loc) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (-1, part) for part in loc)


def _truth_values(tree: Tree) -> list[Fault]:
    """Nothing in a scenario is true or false but its notes, and a number must not come from one by accident."""
    return [
        Fault.at(tree.place(loc), f"{shape.dotted(loc)}: true or false", "a number or a name")
        for loc in _truth_values_in(tree.data) if loc[0] != "notes"
    ]


def _truth_values_in(data: Any) -> list[Loc]:
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    found: list[Loc] = []
    for key, child in children:
        if isinstance(child, bool):
            found.append((key,))
        elif isinstance(child, dict | list):
            found += [(key, *loc) for loc in _truth_values_in(child)]
    return found
