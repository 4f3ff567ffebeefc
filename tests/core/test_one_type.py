"""Kernels are compiled once: to them, the arrays of every scenario are alike."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from numba import typeof
from running import DATA, TOY

from sim.core.described import GROUND, describe
from sim.core.records import Ground, Room
from sim.scenario import Scenario, load, load_study
from sim.world import World, draw_parameters, make_frame

SCENARIOS = Path(__file__).parents[2] / "scenarios"
OTHERS = (TOY, DATA / "busy.yaml", *sorted(SCENARIOS.glob("*/study.yaml")))


def types(scenario: Scenario) -> dict[str, str]:
    """Types of the arrays of a replicate as the compiler sees them, their layout and whether they may be written."""
    arrays: Ground = World(make_frame(scenario), draw_parameters(scenario, 0)).replicate(0, Room(1 << 14))
    return {name: str(typeof(array)) for name, array in arrays._asdict().items()}


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.parent.name + "/" + path.stem)
def test_what_is_compiled_beforehand_serves_every_scenario(path: Path) -> None:
    compiled = types(load(Path(str(files("sim.study") / "warmup.yaml"))))
    scenarios = list(load_study(path).scenarios.values()) if path.stem == "study" else [load(path)]
    for scenario in (scenarios[0], scenarios[-1]):
        assert types(scenario) == compiled


def test_declared_types_are_those_of_the_arrays() -> None:
    arrays = World(make_frame(load(TOY)), draw_parameters(load(TOY), 0)).replicate(0, Room(1 << 14))
    assert typeof(arrays) == GROUND
    describe(arrays)
    with pytest.raises(TypeError):  # control: kernels would read it as if it were one after the other
        describe(arrays._replace(presence=arrays.presence[:, ::2]))


def test_a_table_that_may_not_be_written_is_of_another_type() -> None:
    """Control: the types tell what the compiler tells apart."""
    scenario = load(TOY)
    world = World(make_frame(scenario), draw_parameters(scenario, 0))
    before = typeof(world.groups)
    world.groups.setflags(write=False)
    assert typeof(world.groups) != before
