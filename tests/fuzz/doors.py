"""The doors through which input comes in, each with cases to try and what it means that a case is handled.

A door is handed a folder of its own and a case. It returns a word for what became of it, for counting; whatever it
raises was not handled.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pandas as pd
from hypothesis import strategies as st

from sim.report import write_trace
from sim.scenario import Scenario, ScenarioError, digest, load, load_study, replace, to_yaml
from sim.scenario.build import attach_files, build
from sim.scenario.errors import Place
from sim.scenario.tree import Loc, Tree
from sim.scenario.yamlfile import read_yaml
from sim.study import RunError
from sim.study.alone import run_alone
from sim.study.estimate import estimate
from sim.study.observations import read_observations
from sim.study.store import RunFolder
from sim.study.trace import trace

from . import commands, runs
from .hostile import ACCEPTED, REFUSED, damaged, rows_of, texts, values, yaml_texts
from .watch import watched

TOY = Path(__file__).parents[1] / "data" / "toy.yaml"
LONGEST = 2.0
"""A replicate that is estimated to take longer is not tried [s]."""


class Door(NamedTuple):
    """Cases, what is done with each, and how many of 100,000 cases go through this door."""

    cases: st.SearchStrategy[Any]
    go: Callable[[Path, Any], str]
    share: int
    before: Callable[[Path], None] = lambda folder: None


@cache
def toy() -> Tree:
    """The toy country as it was read."""
    return read_yaml(TOY, "toy.yaml")[0]


def told(error: ScenarioError) -> str:
    """Every fault has words and a file, and a place in it or none."""
    assert error.faults
    for fault in error.faults:
        assert fault.message and fault.file and fault.line >= 0 and fault.col >= 0
        assert len(str(fault)) < 5_000, "a fault is told in a few lines"
    return REFUSED


def written_back(scenario: Scenario, folder: Path) -> str:
    """What was accepted can be written and read again, and is the same."""
    path = folder / "resolved.yaml"
    path.write_text(to_yaml(scenario), encoding="utf-8")
    assert digest(load(path)) == digest(scenario)
    return ACCEPTED


# -- scenario files -------------------------------------------------------------------------------------------


def edited(folder: Path, edits: list[tuple[Loc, str, Any]]) -> str:
    """A scenario some of whose values were set, taken out or added."""
    tree = toy().copy()
    for loc, action, value in edits:
        if loc not in tree:
            continue
        parent = tree.get(loc[:-1])
        if action == "set":
            parent[loc[-1]] = value
        elif action == "drop":
            del parent[loc[-1]]
        elif isinstance(parent, dict):
            parent[str(value)] = parent[loc[-1]]
    faults = attach_files(tree, folder)
    scenario, more = build(tree, folder)
    if faults or more:
        return told(ScenarioError([*faults, *more]))
    assert scenario is not None
    digest(scenario)
    return ACCEPTED


@cache
def imported() -> None:
    """What is imported and drawn for the first time writes caches of its own, before anybody watches."""
    with TemporaryDirectory() as folder:
        write_trace(trace(_scenario()), folder)


def played(folder: Path, edits: list[tuple[Loc, str, Any]]) -> str:
    """One replicate of such a scenario, with and without a trace: it is done, or fails with words of its own."""
    tree = toy().copy()
    for loc, action, value in edits:
        if loc in tree and action == "set":
            tree.get(loc[:-1])[loc[-1]] = value
    scenario, faults = build(tree, folder)
    if faults:
        return told(ScenarioError(faults))
    assert scenario is not None
    if estimate({"x": scenario}, 1, 1).seconds > LONGEST:  # refused by nobody, and yet too long for a test
        return ACCEPTED
    try:
        done = run_alone(scenario, 3)
        for path in write_trace(trace(scenario, 1, 1), folder / "trace"):
            assert path.suffix != ".csv" or all(harmless(row[0]) for row in _rows(path)), path
    except (RunError, ValueError) as error:
        assert str(error)
        return REFUSED
    assert done.failure is None or done.failure["traceback"]
    assert done.failure is not None or all(value == value for _, _, value in done.totals)
    return ACCEPTED


@cache
def places() -> list[Loc]:
    """Every place in the toy country."""
    return sorted((loc for loc in toy().values if loc), key=str)


edits = st.lists(min_size=1, max_size=3, elements=st.tuples(
    st.deferred(lambda: st.sampled_from(places())), st.sampled_from(["set", "set", "drop", "add"]), values))


def scenario_file(folder: Path, text: bytes) -> str:
    """A file as scenario, as study, and as what lies beside a study."""
    path = folder / "toy.yaml"
    path.write_bytes(text)
    try:
        return written_back(load(path), folder)
    except ScenarioError as error:
        told(error)
    try:
        load_study(path)
    except ScenarioError as error:
        return told(error)
    return ACCEPTED


def changed(folder: Path, changes: dict[str, Any]) -> str:
    """A change as a program or a variant of a study makes it."""
    try:
        replace(_scenario(), changes)
    except ScenarioError as error:
        return told(error)
    return ACCEPTED


@cache
def _scenario() -> Scenario:
    return load(TOY)


steps = ("strata", "0", "-1", "exposure", "scale", "families", "av", "ap_blast", "programme", "teams", "title", "start",
         "seed", "__class__", "_folder", "")
paths = st.lists(st.sampled_from(steps) | texts, max_size=4).map(".".join)


# -- tables ---------------------------------------------------------------------------------------------------

STRATA = ("district", "zone", "land_use", "area_km2", "residents", "to_survey_km2")
GOOD_STRATA = (",".join(STRATA) + "\nNorth,open,arable,400,20000,40\nNorth,open,village,20,30000,1\n"
               "North,front,arable,100,4000,30\nSouth,open,arable,300,15000,20\nSouth,open,village,15,25000,0.5\n"
               "South,front,arable,80,3000,24\n").encode()
OBSERVED = ("year", "casualties_reported", "used_in_fit")
GOOD_OBSERVATIONS = (",".join(OBSERVED) + "\n2022,6,true\n2023,15.5,false\n").encode()


def strata(folder: Path, text: bytes) -> str:
    """A CSV file in place of the strata."""
    (folder / "strata.csv").write_bytes(text)
    tree = toy().copy()
    tree.graft(("strata",), Tree({"table": "strata.csv"}, Place(str(folder / "toy.yaml"), 1, 1)))
    faults = attach_files(tree, folder)
    scenario, more = build(tree, folder)
    if faults or more:
        return told(ScenarioError([*faults, *more]))
    assert scenario is not None
    return ACCEPTED


def observations(folder: Path, text: bytes) -> str:
    """A CSV file of observed casualties; a fault names the file."""
    path = folder / "observed.csv"
    path.write_bytes(text)
    try:
        table = read_observations(path)
    except ScenarioError as error:
        return told(error)
    assert (table["casualties_reported"] > 0).all() and table["used_in_fit"].dtype == bool
    assert table["year"].dtype.kind == "i"
    return ACCEPTED


def exported(folder: Path, cells: list[Any]) -> str:
    """A table that we write: no text in it begins as a formula does, whatever opens it."""
    table = pd.DataFrame({"text": pd.Series(cells, dtype=object), "mean": [1.5] * len(cells)})
    store = RunFolder(folder)
    store.write_table("table.csv", table)
    rows = _rows(folder / "table.csv")
    assert len(rows) == len(cells)
    for (cell, _), given in zip(rows, cells, strict=True):
        assert harmless(cell), cell
        assert cell.endswith(given.rstrip("\r\n")) or given in cell
    return ACCEPTED


def _rows(path: Path) -> list[list[str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def harmless(cell: str) -> bool:
    """Whether no spreadsheet takes a cell for a formula."""
    return not cell.lstrip().startswith(tuple("=+-@＝＋－＠")) and cell[:1] not in tuple("\t\r\n")


def drawn(folder: Path, text: bytes) -> str:
    """A file in place of the map of districts."""
    (folder / "map.geojson").write_bytes(text)
    tree = toy().copy()
    tree.data["map"] = "map.geojson"
    scenario, faults = build(tree, folder)
    if faults:
        return told(ScenarioError(faults))
    for feature in json.loads((folder / "map.geojson").read_text(encoding="utf-8-sig"))["features"]:
        assert feature["geometry"]["coordinates"] is not None and feature["properties"] is not None
    return ACCEPTED


def _square(west: int) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[[west, 50], [west + 1, 50], [west + 1, 51], [west, 50]]]}


GOOD_MAP = json.dumps({"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"name_en": "North"}, "geometry": _square(30)},
    {"type": "Feature", "properties": {"name_en": "South"}, "geometry": _square(31)}]}).encode()


DOORS = {
    "edits": Door(edits, edited, 43_500),
    "changes": Door(st.dictionaries(paths, values, min_size=1, max_size=2), changed, 12_000),
    "texts": Door(yaml_texts, scenario_file, 12_000),
    "damage": Door(st.deferred(lambda: damaged(TOY.read_bytes())), scenario_file, 1_000),
    "strata": Door(rows_of(STRATA) | damaged(GOOD_STRATA), strata, 13_000),
    "observations": Door(rows_of(OBSERVED) | damaged(GOOD_OBSERVATIONS), observations, 4_000),
    "maps": Door(damaged(GOOD_MAP) | st.sampled_from([b"[" * 100_000, b"{}", b"null"]), drawn, 3_000),
    "exports": Door(st.lists(texts, min_size=1, max_size=6), exported, 4_000),
    "alone": Door(edits, played, 600, lambda folder: imported()),
    "folders": Door(st.deferred(runs.spoiled), runs.read, 1_000, runs.ready),
    "resumed": Door(st.deferred(runs.left_over), runs.resumed, 400, runs.ready),
    "policies": Door(commands.policies, commands.policy, 1_000),
    "commands": Door(commands.lines, commands.command, 4_500, commands.wrong_files),
}
assert sum(door.share for door in DOORS.values()) == 100_000


def go_through(name: str, case: Any, folder: Path) -> str:
    """One case through a door, watched; the folder is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    DOORS[name].before(folder)
    with watched(folder):
        return DOORS[name].go(folder, case)
