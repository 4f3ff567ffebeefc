"""The expected-value companion against scipy quadrature, where nobody surveys, clears, learns or reports.

Along a history with accidents at t1 < t2 < ... it is the sum of (items - accidents so far) times the rise of -ln m(t)
between them, m(t) being the probability that an item has not been set off (`quadrature.py`). Presence changes within
the run and hazards with the seasons. To 1e-9, but for ageing that is not exponential: its integrals take three points
a quarter, which is to 1e-7 here. Control: another half-life, or another moment of the timer, differs by 1e-3 and more.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.core.ground import GroundTruth
from sim.core.records import Room
from sim.programme import Plan, run_programme
from sim.world import World

from .quadrature import Survival
from .scenarios import Changes, made, small

QUIET: Changes = {
    "programme.methods": {}, "programme.teams": {}, "exposure.entry_suspected": 1.0, "contamination.mines.items": 40,
    "access": [{"district": "Plain", "zone": "open", "opens": "2022-11-10", "held": "government",
                "present_before_opening": 0.3, "present_after_opening": 0.9}]}
AT_ONCE = {"contamination.mines.since": "2021-12-01", "contamination.mines.until": "2021-12-03"}
MEANWHILE = {"contamination.mines.since": "2022-03-01", "contamination.mines.until": "2022-12-01"}
LIVES: dict[str, tuple[dict[str, Any], Changes, float]] = {
    "persistent, laid during the run": ({"never_armed": 0.2}, MEANWHILE, 1e-9),
    "ages exponentially": ({"ageing_half_life_years": 1.5, "inert_hazard_weight": 0.3}, AT_ONCE, 1e-9),
    "ages exponentially, laid during the run": ({"ageing_half_life_years": 1.5}, MEANWHILE, 1e-9),
    "ages by Weibull's law": (
        {"ageing_half_life_years": 1.5, "ageing_shape": 2.5, "ageing_floor": 0.2}, AT_ONCE, 1e-7),
    "worn out within the run": (
        {"ageing_half_life_years": 0.5, "ageing_shape": 6, "inert_hazard_weight": 0.3}, AT_ONCE, 1e-2),
    "timer": ({"sd_hours": [4000], "sd_failure": 0.3}, MEANWHILE, 1e-9),
    "timer with a window": ({"sd_hours": [500, 5000], "sd_failure": 0.3}, AT_ONCE, 1e-9),
    "timer, battery and ageing": (
        {"sd_hours": [100, 2000], "sd_failure": 0.3, "sda_days": 120, "sda_failure": 0.4,
         "ageing_half_life_years": 3}, AT_ONCE, 1e-9),
}


def quiet(life: dict[str, Any], changes: Changes, scale: float, folder: Path) -> tuple[World, Plan]:
    """A world in which one cohort lies and nothing reacts."""
    family = {f"families.mine.{key}": value for key, value in life.items()}
    return made(small({**QUIET, **changes, **family, "exposure.scale": scale}), folder)


def largest_gap(world: World, plan: Plan, survival: Survival, replicates: int = 3) -> float:
    """Relative difference of companion and quadrature along the same history."""
    room, edges, gap = Room(1 << 12), world.frame.edges, 0.0
    for inner in range(replicates):
        ground = GroundTruth(world.replicate(inner, room))
        run_programme(world, plan, ground)
        items = int(ground.arrays.cohorts["id_to"].sum())
        marks = [float(edges[0]), *ground.accidents[:, 0].tolist(), float(edges[-1])]
        rises = -np.diff([math.log(survival(t)) for t in marks])
        expected = math.fsum((items - k) * rise for k, rise in enumerate(rises))
        gap = max(gap, abs(float(ground.arrays.tallies[:, :, 8].sum()) / expected - 1.0))
    return gap


@pytest.mark.parametrize("scale", [0.02, 0.5])
@pytest.mark.parametrize("name", LIVES)
def test_the_companion_is_the_quadrature(name: str, scale: float, tmp_path: Path) -> None:
    life, changes, tolerance = LIVES[name]
    world, plan = quiet(life, changes, scale, tmp_path)
    assert largest_gap(world, plan, Survival(world)) < tolerance


@pytest.mark.parametrize(("right", "wrong"), [
    ({"ageing_half_life_years": 1.5}, {"ageing_half_life_years": 1.51}),
    ({"sd_hours": [4000], "sd_failure": 0.3}, {"sd_hours": [4024], "sd_failure": 0.3}),
    ({"ageing_half_life_years": 1.5, "inert_hazard_weight": 0.3},
     {"ageing_half_life_years": 1.5, "inert_hazard_weight": 0.301})])
def test_the_quadrature_of_a_slightly_different_life_is_another(
    right: dict[str, Any], wrong: dict[str, Any], tmp_path: Path
) -> None:
    """Negative control: half-life, timer and inert weight off by less than a per cent."""
    world, plan = quiet(right, AT_ONCE, 0.5, tmp_path)
    other, _ = quiet(wrong, AT_ONCE, 0.5, tmp_path)
    assert largest_gap(world, plan, Survival(other)) > 1e-4
