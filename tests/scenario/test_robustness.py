"""Whatever stands in a file, the answer is a scenario or a list of faults, never a stack trace."""

# ruff: noqa: E501

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from faulty import TOY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario import Scenario, ScenarioError, load, replace
from sim.scenario.build import build
from sim.scenario.tree import Loc, Tree
from sim.scenario.yamlfile import read_yaml

BASE = read_yaml(TOY, "toy.yaml")[0]
LOCATIONS = sorted((loc for loc in BASE.values if loc), key=str)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=8),
    st.dates(),
    st.sampled_from(
        ["hostilities_end", "ap_blast", "open", "foot", "manual", dt.date(2022, 1, 1), 0, -1, 1.5]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["value", "lognormal", "median", "table", "file", "foot", "a.b", ""]), inner, max_size=3),
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(LOCATIONS), st.sampled_from(["set", "drop", "add"]), VALUES),
        min_size=1,
        max_size=3,
    )
)
def test_any_edit_of_a_scenario_loads_or_is_explained(edits: list[tuple[Loc, str, Any]]) -> None:
    tree = BASE.copy()
    for loc, action, value in edits:
        if loc not in tree:
            continue
        parent = tree.get(loc[:-1])
        if action == "set":
            parent[loc[-1]] = value
        elif action == "drop":
            del parent[loc[-1]]
        elif isinstance(parent, dict):
            parent[str(value)[:10]] = value
    scenario, faults = build(tree, TOY.parent)
    assert (scenario is None) == bool(faults)
    for fault in faults:
        assert fault.file == "toy.yaml"
        assert fault.line >= 1
        assert fault.message


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.lists(st.sampled_from(["strata", "0", "exposure", "scale", "families", "av", "", "contamination", "x"]), max_size=4),
       value=VALUES)  # fmt: skip
def test_any_change_is_made_or_explained(toy: Scenario, path: list[str], value: Any) -> None:
    try:
        replace(toy, {".".join(path): value})
    except ScenarioError as error:
        assert error.faults


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(TOY.read_text())), length=st.integers(0, 6), text=st.text(max_size=6))
def test_any_damage_to_the_text_loads_or_is_explained(
    tmp_path: Path, at: int, length: int, text: str
) -> None:
    whole = TOY.read_text()
    path = tmp_path / "damaged.yaml"
    path.write_text(
        whole[:at] + text.replace("\r", "") + whole[at + length :], encoding="utf-8", errors="replace"
    )
    try:
        load(path)
    except ScenarioError as error:
        for fault in error.faults:
            assert str(fault).startswith(str(path))
            assert fault.line >= 1


def test_a_tree_is_not_changed_by_building() -> None:
    tree: Tree = BASE.copy()
    build(tree, None)
    assert tree.data == BASE.data
