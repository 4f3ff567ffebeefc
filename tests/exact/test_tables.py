"""Every table that chance never touches, against MODEL's sentences written down a second time (`plainly.py`,
`plainly_laid.py`).

The engine and the plain simulator look up the same tables of hazard, presence, entry, sightings, reporting, lay dates
and numbers of items, so that a fault in them would show in no comparison of the two. Here every number of every table
agrees to 1e-12 relative, draw by draw. Negative controls: `sim.world` with one term changed; each says which tables
show it and by how much, and that no other does.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from running import DATA, GIFT, TOY, edit, scenario_of

import sim.world.build
import sim.world.frame
import sim.world.hazard
import sim.world.people
from sim.core.records import Room
from sim.scenario import Scenario, load, load_study, replace
from sim.world import draw_parameters

from . import plainly, plainly_laid
from .drawn import drawn
from .scenarios import made
from .tables import differences, plain_tables, tables_of, uses_tables_of

EXACT = 1e-12
DRAWS = 3
DRAWN = 30
SCENARIOS = Path(__file__).parents[2] / "scenarios"
STUDIES = (("ukraine_2024", "baseline"), ("ukraine_2024", "transfer_field"), ("ukraine_2024", "pledge_broken_50"),
           ("which_first", "first_come_50"), ("toolboxes", "manual"))

EVERYTHING: dict[str, Any] = {
    "start": "2022-02-10", "horizon_years": 6.3,
    "hostilities.end": "2023-11-05", "return.delay_years": {"uniform": {"low": -1, "high": 1}},
    "return.settling_years": 0.3,
    "exposure.classes": [{"share": 0.75, "relative": 0.4}, {"share": 0.25, "relative": 2.8}],
    "programme.budget.education_share": 0.02,
    "programme.education": {"numbers": [{"since": "2022-06-01", "teams": 1}], "people_per_team_day": 20,
                            "cost_usd_per_person": 1, "half_life_years": 2},
    "laying_ends": {"date": "2022-12-20", "kinds": ["ap"]},
    "strata": [
        {"district": d, "zone": z, "land_use": u, "area_km2": a, "residents": n, "to_survey_km2": t, "suspected_km2": r}
        for d, z, u, a, n, t, r in (
            ("North", "open", "arable", 60, 0, 12, 3), ("North", "open", "pasture", 35, 0, 7.3, 0),
            ("North", "open", "town", 20, 12000, 1, 0), ("North", "front", "arable", 40, 3000, 16, 0),
            ("North", "front", "pasture", 13, 0, 5, 1), ("North", "front", "town", 3, 1000, 0, 0),
            ("South", "open", "arable", 50, 6000, 10, 0), ("South", "open", "pasture", 31, 0, 9, 0),
            ("South", "front", "arable", 30, 0, 9, 2), ("South", "front", "town", 5, 4000, 0.5, 0),
            ("South", "front", "village", 4, 3900, 0.7, 0))],
    "activities.farming.land_uses": ["arable", "pasture", "village"],
    "activities.ploughing.land_uses": ["arable", "pasture"],
    "transfers.gift.zones": ["front", "open"],
    "transfers.gift.land_uses": {"arable": 1, "pasture": 0.3},
    "contamination.old_war.families": {"blast": 1, "bomblet": 3},
    "contamination.lasting": {
        "items_per_year": {"lognormal": {"median": 90, "p95": 300}}, "families": {"blast": 1, "scattered": 2},
        "since": "2022-11-01", "until": "hostilities_end", "only_zones": ["front"], "relative_density": {
            "zone": {"front": 2}, "land_use": {"town": 0.1, "pasture": 3}, "district": {"South": 0.4}}}}
"""Over the busy country, what the other scenarios leave out: exposure classes, laying that ends, teams for risk
education, land that activities share, a transfer to several zones, a pledge broken beside two populated places."""


def everything() -> Scenario:
    """The busy country with all of that."""
    return replace(load(DATA / "busy.yaml"), EVERYTHING)


def compared(scenario: Scenario) -> dict[str, float]:
    """Largest relative difference in each table over some draws."""
    worst: dict[str, float] = {}
    frame = sim.world.frame.make_frame(scenario)
    for index in range(DRAWS):
        world = sim.world.build.World(frame, draw_parameters(scenario, index))
        for name, most in differences(plain_tables(world), tables_of(world)).items():
            worst[name] = max(worst.get(name, 0.0), most)
    return worst


@pytest.mark.parametrize("name", ["toy.yaml", "busy.yaml"])
def test_small_countries(name: str) -> None:
    assert max(compared(load(DATA / name)).values()) < EXACT


def test_a_transfer_to_the_toy_country(tmp_path: Path) -> None:
    text = edit(TOY, ("\nreporting:", GIFT)).replace("devices: 0", "devices: 900")
    assert max(compared(scenario_of(text, tmp_path)).values()) < EXACT


def test_everything_at_once() -> None:
    assert max(compared(everything()).values()) < EXACT


@pytest.mark.parametrize(("study", "variant"), STUDIES)
def test_studies(study: str, variant: str) -> None:
    scenario = load_study(SCENARIOS / study / "study.yaml").scenarios[variant]
    assert max(compared(scenario).values()) < EXACT


def test_drawn_scenarios(tmp_path: Path) -> None:
    """Those in which the engine is compared with the plain simulator, and more."""
    for content in drawn(DRAWN):
        world, _ = made(content, tmp_path)
        assert max(differences(plain_tables(world), tables_of(world)).values()) < EXACT, content["seed"]


def test_a_replicate_uses_these_tables() -> None:
    """They are not changed on the way to the kernels."""
    frame = sim.world.frame.make_frame(everything())
    one, other = (sim.world.build.World(frame, draw_parameters(frame.scenario, index)) for index in (0, 1))
    assert uses_tables_of(one.replicate(0, Room(1)), one)
    assert not uses_tables_of(one.replicate(0, Room(1)), other)


@pytest.mark.parametrize("module", [plainly, plainly_laid])
def test_nothing_is_taken_from_what_is_checked(module: ModuleType) -> None:
    assert not re.search(r"sim\.(world|core)|from sim import|import_module", inspect.getsource(module))


# -- negative controls ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """One changed term of `sim.world`.

    Attributes
    ----------
    module : module
    right, wrong : str
        Text that occurs once in it, and what stands there instead.
    seen : dict of str to int
        All tables that show it -> largest relative difference, in thousandths; 1000: there, and not there.
    """

    module: ModuleType
    right: str
    wrong: str
    seen: dict[str, int]


HAZARD, PEOPLE, FRAME, BUILD = sim.world.hazard, sim.world.people, sim.world.frame, sim.world.build
FAULTS = {
    "sightings without presence": Fault(PEOPLE, "(access.presence * reachable)", "reachable", {"sighting": 700}),
    "sightings before the opening": Fault(PEOPLE, "presence * reachable", "presence", {"sighting": 1000}),
    "more come back than are away": Fault(
        PEOPLE, "(1.0 - settled) * back", "back", {"presence": 464, "entry": 133, "sighting": 464}),
    "return before the opening": Fault(
        PEOPLE, "np.maximum(opens, end + ", "np.maximum(0.0 * opens, end + ",
        {"presence": 432, "entry": 178, "sighting": 424}),
    "new for two years": Fault(PEOPLE, "middle - YEAR_DAYS", "middle - 2.0 * YEAR_DAYS", {"entry": 198}),
    "risk education twice": Fault(PEOPLE, "1.0 if by_teams else 1.0", "1.0", {"entry": 200}),
    "held by others once open": Fault(PEOPLE, "middle[None, :] < opens", "middle[None, :] > opens", {"reporting": 714}),
    "a delay of weeks": Fault(
        PEOPLE, "YEAR_DAYS / 12.0", "7.0",
        {"opening": 23, "presence": 526, "entry": 208, "reporting": 714, "sighting": 1000}),
    "season shifted by one": Fault(
        FRAME, "[a.seasons for a", "[np.roll(a.seasons, 1) for a",
        {"hazard": 860, "who is hurt": 544, "beside": 692}),
    "parties counted as persons": Fault(
        HAZARD, " / activity.party_size", "", {"hazard": 231, "who is hurt": 150, "beside": 231}),
    "strips without width": Fault(HAZARD, "= width * draw", "= draw", {"hazard": 700, "who is hurt": 390}),
    "drivers beside the road": Fault(HAZARD, 'if activity.mode == "foot":', "if activity.mode:", {"beside": 426}),
    "a radius for an area": Fault(HAZARD, "(radius**2)", "radius", {"beside": 993}),
    "exposure classes alike": Fault(HAZARD, "c.relative for c in", "1.0 for c in", {"hazard": 643, "beside": 643}),
    "everybody on every land": Fault(FRAME, "/ land[zone]", "/ area[empty]", {"hazard": 632, "beside": 632}),
    "items whatever the land": Fault(FRAME, "weights[stratum] * km2", "weights[stratum]", {"items": 750}),
    "a density left out": Fault(FRAME, '("district", s.district)', '("district", s.zone)', {"items": 527}),
    "all items in every class": Fault(FRAME, "c.share * part.share", "c.share", {"items": 750, "sites": 667}),
    "devices whatever the land": Fault(FRAME, "* s.area_km2 / same", "", {"items": 500, "sites": 667}),
    "to the least densely populated": Fault(FRAME, "densest = max", "densest = min", {"items": 1000, "sites": 1000}),
    "transfers that cluster": Fault(FRAME, "known.get(source, 0.0)", "known.get(source, 1.0)", {"clustering": 1000}),
    "calendar shifted by a quarter": Fault(
        FRAME, "np.floor(t / QUARTER_DAYS))", "np.floor(t / QUARTER_DAYS) + 1)", {"quarters": 1000}),
    "land for people": Fault(
        FRAME, "stratum_access, [s.residents", "stratum_access, [s.area_km2",
        {"residents": 995, "hazard": 995, "beside": 995}),
    "shares of families as written": Fault(BUILD, "share / all_shares", "share", {"items": 800}),
    "compliance the other way round": Fault(BUILD, "[1.0 - draw", "[draw", {"items": 571}),
    "laid when a week begins": Fault(BUILD, "(np.arange(n) + 0.5)", "np.arange(n)", {"lay dates": 1000}),
    "laid until the end": Fault(BUILD, "kind in stop.kinds", "kind is stop.kinds", {"sites": 667, "lay dates": 1000}),
    "a timer in days": Fault(BUILD, "sd[0] / 24.0", "sd[0]", {"life": 958}),
    "half-life for scale": Fault(BUILD, " / _LN2 ** (1.0 / shape)", "", {"life": 307}),
    "all are killed": Fault(BUILD, 'draw[f"families.{name}.case_fatality"]', "1.0", {"outcome": 700}),
    "polygons without their factor": Fault(BUILD, ' * draw[f"{path}.polygon_factor"]', "", {"sites": 667}),
}


def put_into(fault: Fault, patch: pytest.MonkeyPatch) -> None:
    """Let every module of `sim.world` use the changed one."""
    source = inspect.getsource(fault.module)
    assert source.count(fault.right) == 1, fault
    changed: dict[str, Any] = {"__name__": fault.module.__name__}
    exec(compile(source.replace(fault.right, fault.wrong), "changed", "exec"), changed)
    own = {name: value for name, value in vars(fault.module).items()
           if getattr(value, "__module__", "") == fault.module.__name__}
    for module in (HAZARD, PEOPLE, FRAME, BUILD):
        for name, value in own.items():
            if vars(module).get(name) is value:
                patch.setattr(module, name, changed[name])


@pytest.mark.parametrize("name", FAULTS)
def test_a_changed_term_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put_into(FAULTS[name], monkeypatch)
    found = {table: round(1000 * most) for table, most in compared(everything()).items() if most >= EXACT}
    assert found == FAULTS[name].seen


def test_there_is_a_control_for_every_table() -> None:
    assert {table for fault in FAULTS.values() for table in fault.seen} == set(compared(everything()))
