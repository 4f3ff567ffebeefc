"""The expected-value companion against scipy quadrature, where nobody surveys, clears, learns or reports.

Along a history with accidents at t1 < t2 < ... it is the sum of (items - accidents so far) times the rise of -ln m(t)
between them, m(t) being the probability that an item has not been set off (`quadrature.py`). Presence changes within
the run and hazards with the seasons. To 1e-9, for every law of ageing. Controls: another half-life, or another moment
of the timer, differs by 1e-4 and more, and three points for a whole quarter of a law that begins steeply by 1e-6.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from sim.core.ground import GroundTruth
from sim.core.life import ageing, days_functioning
from sim.core.records import Room
from sim.programme import Plan, run_programme
from sim.world import World

from .quadrature import Survival
from .samples import engine_samples
from .scenarios import Changes, made, small
from .variants import Variant, changed_engine, samples_of

QUIET: Changes = {
    "programme.methods": {}, "programme.teams": {}, "exposure.entry_suspected": 1.0, "contamination.mines.items": 40,
    "access": [{"district": "Plain", "zone": "open", "opens": "2022-11-10", "held": "government",
                "present_before_opening": 0.3, "present_after_opening": 0.9}]}
AT_ONCE = {"contamination.mines.since": "2021-12-01", "contamination.mines.until": "2021-12-03"}
MEANWHILE = {"contamination.mines.since": "2022-03-01", "contamination.mines.until": "2022-12-01"}
EXACT = 1e-9
DRAWN = 60
LIVES: dict[str, tuple[dict[str, Any], Changes]] = {
    "persistent, laid during the run": ({"never_armed": 0.2}, MEANWHILE),
    "ages exponentially": ({"ageing_half_life_years": 1.5, "inert_hazard_weight": 0.3}, AT_ONCE),
    "ages exponentially, laid during the run": ({"ageing_half_life_years": 1.5}, MEANWHILE),
    "ages by Weibull's law": (
        {"ageing_half_life_years": 1.5, "ageing_shape": 2.5, "ageing_floor": 0.2}, AT_ONCE),
    "worn out within the run": (
        {"ageing_half_life_years": 0.5, "ageing_shape": 6, "inert_hazard_weight": 0.3}, AT_ONCE),
    "timer": ({"sd_hours": [4000], "sd_failure": 0.3}, MEANWHILE),
    "timer with a window": ({"sd_hours": [500, 5000], "sd_failure": 0.3}, AT_ONCE),
    "timer, battery and ageing": (
        {"sd_hours": [100, 2000], "sd_failure": 0.3, "sda_days": 120, "sda_failure": 0.4,
         "ageing_half_life_years": 3}, AT_ONCE),
}


def content_of(life: dict[str, Any], changes: Changes, scale: float) -> dict[str, Any]:
    """A scenario in which one cohort lies and nothing reacts."""
    family = {f"families.mine.{key}": value for key, value in life.items()}
    return small({**QUIET, **changes, **family, "exposure.scale": scale})


def quiet(life: dict[str, Any], changes: Changes, scale: float, folder: Path) -> tuple[World, Plan]:
    """World and plan of it."""
    return made(content_of(life, changes, scale), folder)


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


@pytest.mark.parametrize("scale", [0.02, 0.5, 3.0])
@pytest.mark.parametrize("name", LIVES)
def test_the_companion_is_the_quadrature(name: str, scale: float, tmp_path: Path) -> None:
    life, changes = LIVES[name]
    world, plan = quiet(life, changes, scale, tmp_path)
    assert largest_gap(world, plan, Survival(world)) < EXACT


@st.composite
def lives(draw: st.DrawFn) -> tuple[dict[str, Any], Changes]:
    """A life and the days on which items are laid: some years before the start, just before it, or after it."""
    life: dict[str, Any] = {
        "ageing_half_life_years": round(10.0 ** draw(st.floats(-1.0, 1.5)), 3),
        "ageing_shape": draw(st.one_of(st.floats(0.3, 3.0).map(lambda k: round(k, 2)), st.sampled_from([2, 4, 5, 8]))),
        "ageing_floor": draw(st.sampled_from([0.0, 0.2])),
        "inert_hazard_weight": draw(st.sampled_from([0.01, 0.3, 1.0])),
        "never_armed": draw(st.sampled_from([0.0, 0.1]))}
    timer = draw(st.sampled_from([None, [360], [100, 3000]]))
    if timer is not None:
        life |= {"sd_hours": timer, "sd_failure": 0.3}
        life |= draw(st.sampled_from([{}, {"sda_days": 130, "sda_failure": 0.4}]))
    since, until = draw(st.sampled_from([
        ("2018-05-01", "2018-05-15"), ("2022-02-10", "2022-02-24"), ("2022-04-02", "2022-04-20")]))
    return life, {"contamination.mines.since": since, "contamination.mines.until": until}


def test_lives_as_they_come(tmp_path: Path) -> None:
    """Half-lives from a month to thirty years, shapes from 0.3 to 8, with timers and batteries of all kinds."""
    gaps = []

    @settings(max_examples=DRAWN, derandomize=True, database=None, phases=[Phase.generate], deadline=None,
              suppress_health_check=list(HealthCheck))
    @given(lives(), st.sampled_from([0.02, 0.5, 3.0]))
    def collect(life_and_changes: tuple[dict[str, Any], Changes], scale: float) -> None:
        world, plan = quiet(*life_and_changes, scale, tmp_path)
        gaps.append((largest_gap(world, plan, Survival(world), 1), str(life_and_changes)))

    collect()
    assert len(gaps) == DRAWN
    assert max(gaps)[0] < EXACT, max(gaps)


@pytest.mark.parametrize("life", [
    {}, {"ageing_floor": 0.3}, {"ageing_shape": 0.4}, {"ageing_shape": 2.5, "ageing_floor": 0.1}, {"ageing_shape": 9}])
def test_days_that_an_item_functions_are_the_quadrature(life: dict[str, Any], tmp_path: Path) -> None:
    """To 1e-12. Control: the mean of the two ends, a per cent and more off."""
    world, _ = quiet({"ageing_half_life_years": 0.5, **life}, AT_ONCE, 0.5, tmp_path)
    row = world.life[0]
    for age in (1.0, 80.0, 400.0, 4000.0):
        exact = quad(lambda a: float(ageing(row, a)), 0.0, age, epsabs=0.0, epsrel=1e-13, limit=500)[0]
        assert days_functioning(row, age) == pytest.approx(exact, rel=1e-12)
    assert days_functioning(row, 400.0) != pytest.approx(200.0 * (1.0 + ageing(row, 400.0)), rel=1e-2)


def test_three_points_for_a_whole_quarter_are_too_few(tmp_path: Path) -> None:
    """Negative control: the companion without its pieces, run as plain Python."""
    steep = {"ageing_half_life_years": 1.0, "ageing_shape": 0.5}
    content = content_of(steep, MEANWHILE, 0.02)
    world, plan = made(content, tmp_path)
    coarse = Variant("companion.py", "min(age1, smooth_until(life, age)), _NO", "age1, _NO", {})
    wrong = samples_of(changed_engine(coarse, tmp_path), content, 1, compiled=False)[0, -1]
    assert abs(wrong / engine_samples(world, plan, 1)[0, -1] - 1.0) > 1e-6


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
