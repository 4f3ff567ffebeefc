"""The doors through which input comes in, each with cases to try and what it means that a case is handled.

A door is handed a folder of its own and a case. It returns a word for what became of it, for counting; whatever it
raises was not handled.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable
from contextlib import chdir
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from click.testing import CliRunner
from hypothesis import strategies as st

from sim.cli import main
from sim.report.page import words
from sim.scenario import Scenario, ScenarioError, digest, load, load_study, replace, to_yaml
from sim.scenario.build import attach_files, build
from sim.scenario.errors import Place
from sim.scenario.tree import Loc, Tree
from sim.scenario.yamlfile import read_yaml
from sim.study import Results, compare
from sim.study.calibrate import read_observations
from sim.study.store import RunFolder

from .hostile import damaged, numbers, rows_of, texts, values, yaml_texts
from .watch import watched

TOY = Path(__file__).parents[1] / "data" / "toy.yaml"
ACCEPTED, REFUSED = "accepted", "refused"


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
    with open(folder / "table.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    assert len(rows) == len(cells)
    for (cell, _), given in zip(rows, cells, strict=True):
        assert not cell.lstrip().startswith(tuple("=+-@＝＋－＠")) and cell[:1] not in tuple("\t\r\n"), cell
        assert cell.endswith(given.rstrip("\r\n")) or given in cell
    return ACCEPTED


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


# -- run folders ----------------------------------------------------------------------------------------------


@cache
def finished_run() -> dict[str, bytes]:
    """Files of a small run, without its chunks."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        pair = {"plain": _scenario(), "louder": replace(_scenario(), {"exposure.scale": 0.1})}
        words(compare(pair, "plain", 2, 1, 1, folder))  # and with it everything is imported
        return {file.name: file.read_bytes() for file in Path(folder).iterdir() if file.is_file()}


def a_run_is_there(folder: Path) -> None:
    """Done before anybody watches."""
    finished_run()


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, bytes | None]:
    """Files of the run that were damaged, exchanged or are gone."""
    run = finished_run()
    spoil = draw(st.lists(st.sampled_from(sorted(run)), min_size=1, max_size=2, unique=True))
    given: dict[str, bytes | None] = {}
    for name in spoil:
        if name == "manifest.json" and draw(st.booleans()):
            manifest = json.loads(run[name])
            key = draw(st.sampled_from(sorted(manifest)))
            if draw(st.booleans()):
                del manifest[key]
            else:
                manifest[key] = draw(st.recursive(texts | numbers, lambda inner: st.lists(inner, max_size=3)))
            given[name] = json.dumps(manifest).encode("utf-8", "replace")
        else:
            given[name] = draw(st.none() | damaged(run[name]) | st.sampled_from([b"", b"{}", b"[]", b"null", b"\xff"]))
    return given


def run_folder(folder: Path, spoilt: dict[str, bytes | None]) -> str:
    """A run folder that somebody sent, read and put into words."""
    for name, content in {**finished_run(), **spoilt}.items():
        if content is not None:
            (folder / name).write_bytes(content)
    try:
        results = Results.read(folder)
    except (ValueError, FileNotFoundError) as error:
        assert str(folder) in str(error), error
        return REFUSED
    words(results)
    return ACCEPTED


# -- command lines --------------------------------------------------------------------------------------------

COMMANDS = ("check", "run", "compare", "calibrate", "report", "schema", "--version", "--help", "x")
FILES = ("bad.yaml", "empty.yaml", "study.yaml", "table.csv", "folder", "link", "loop", "pipe", "zero", "nowhere.yaml",
         "-", "/dev/null", "/dev/zero", "bad.yaml/x", "canary\n", "<b>.yaml")
OPTIONS = ("--draws", "--per-draw", "--folder", "--only", "--quick", "--observations", "--check", "--help", "--x", "-",
           "--", "--cluster")  # and not --workers, which starts processes
arguments = st.lists(st.sampled_from(FILES) | st.sampled_from(OPTIONS) | texts | numbers.map(str), max_size=5)
lines = st.tuples(st.sampled_from(COMMANDS), arguments).map(lambda line: [line[0], *line[1]])


def wrong_files(folder: Path) -> None:
    """Files of every wrong kind."""
    (folder / "bad.yaml").write_text("title: {{ 7 }}\nseed: -1\n")
    (folder / "empty.yaml").touch()
    (folder / "study.yaml").write_text("study: s\nbase: bad.yaml\nbaseline: a\nvariants: {a: {}}\n")
    (folder / "table.csv").write_text("year,casualties_reported,used_in_fit\n2022,6,true\n")
    (folder / "<b>.yaml").write_text("x: <b>\n")
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "loop").symlink_to("loop")
    (folder / "zero").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe")


def command(folder: Path, line: list[str]) -> str:
    """A command line in a folder with files of every wrong kind."""
    some = [word for word in line if "\x00" not in word]  # no shell hands one on
    with chdir(folder):
        done = CliRunner().invoke(main, some)
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code in (0, 1, 2), done.exit_code
    assert "Traceback" not in done.output
    assert done.exit_code == 0 or done.output.strip()
    assert not list(folder.rglob("canary*"))
    return ACCEPTED if done.exit_code == 0 else REFUSED


DOORS = {
    "edits": Door(edits, edited, 42_500),
    "changes": Door(st.dictionaries(paths, values, min_size=1, max_size=2), changed, 12_000),
    "texts": Door(yaml_texts, scenario_file, 12_000),
    "damage": Door(st.deferred(lambda: damaged(TOY.read_bytes())), scenario_file, 1_000),
    "strata": Door(rows_of(STRATA) | damaged(GOOD_STRATA), strata, 14_000),
    "observations": Door(rows_of(OBSERVED) | damaged(GOOD_OBSERVATIONS), observations, 5_000),
    "maps": Door(damaged(GOOD_MAP) | st.sampled_from([b"[" * 100_000, b"{}", b"null"]), drawn, 3_000),
    "exports": Door(st.lists(texts, min_size=1, max_size=6), exported, 5_000),
    "folders": Door(st.deferred(spoiled), run_folder, 1_000, a_run_is_there),
    "commands": Door(lines, command, 4_500, wrong_files),
}
assert sum(door.share for door in DOORS.values()) == 100_000


def go_through(name: str, case: Any, folder: Path) -> str:
    """One case through a door, watched; the folder is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    DOORS[name].before(folder)
    with watched(folder):
        return DOORS[name].go(folder, case)
