"""Many replicates of a scenario, by the engine and by the plain simulator, as rows of the same numbers."""

from __future__ import annotations

import numpy as np

from sim.core.ground import GroundTruth
from sim.core.records import (
    CLEARED,
    EXPECTED_ACCIDENTS,
    FIRST_GROUP,
    N_GROUPS,
    STOCK_ACTIVE,
    STOCK_FOUND,
    STOCK_GONE,
    STOCK_INERT,
    STOCK_SPOT,
    TRANSFERRED,
    Ground,
    Room,
)
from sim.programme import Ledger, Plan, run_programme
from sim.scenario.detection import KINDS
from sim.world import World

from .reference import PlainGround

ROOM = 1 << 15
AP, SUBMUNITION = KINDS.index("ap"), KINDS.index("submunition")
PLAIN_REPLICATES = 1 << 31  # their addresses: chance of the programme that is independent of the engine's

SCALARS = (
    "laid", "accidents", "before", "after", "casualties", "killed", "reported", "swept", "spotted", "found",
    "deminers", "released", "cost", "women", "men", "girls", "boys", "hurt by ap", "hurt by submunition",
    "hurt by transferred devices")
"""Counted on both sides. ``before`` and ``after``: accidents before and after the cleared site was handed over."""
STOCKS = ("active", "inert", "gone")
"""At the year's end. The engine's are conditional expectations: their means agree, their variances do not."""
LEFT = "left in cleared land"
"""Items at the end in land that was cleared and handed over; of the engine a conditional expectation as well."""
YEARLY = ("accidents", "found", "spotted")


def names_of(world: World) -> list[str]:
    """Columns of the samples."""
    years = range(len(world.frame.years))
    return [*SCALARS, *(f"{name} in year {y}" for name in (*YEARLY, *STOCKS) for y in years), LEFT, "expected"]


def engine_samples(world: World, plan: Plan, replicates: int, first: int = 0) -> np.ndarray:
    """(replicate, column) float64, by the engine."""
    room = Room(ROOM)
    rows = []
    for inner in range(first, first + replicates):
        ground = GroundTruth(world.replicate(inner, room))
        ledger = run_programme(world, plan, ground)
        g = ground.arrays
        tallies, stocks = g.tallies.sum(axis=(0, 1)), g.stocks.sum(axis=1)
        log = ground.accidents
        yearly = [g.tallies[:, :, 0].sum(axis=1), stocks[:, STOCK_FOUND], stocks[:, STOCK_SPOT],
                  stocks[:, STOCK_ACTIVE], stocks[:, STOCK_INERT], stocks[:, STOCK_GONE]]
        laid = int((g.cohorts["id_to"] - g.cohorts["id_from"]).sum())
        counted = [tallies[0], *_around_release(log[:, 0], log[:, 1].astype(int), ledger), *tallies[1:4]]
        kinds = g.kinds[:, :, 0].sum(axis=0)
        who = [*tallies[FIRST_GROUP: FIRST_GROUP + N_GROUPS], kinds[AP], kinds[SUBMUNITION], kinds[TRANSFERRED]]
        rows.append(_row(world, ledger, laid, counted, who, yearly, _left(g), float(tallies[EXPECTED_ACCIDENTS])))
    return np.array(rows)


def plain_samples(world: World, plan: Plan, replicates: int, seed: int = 0,
                  simulator: type[PlainGround] = PlainGround) -> np.ndarray:
    """(replicate, column) float64, item by item."""
    rows = []
    for r in range(replicates):
        ground = simulator(world, np.random.default_rng([seed, r]), PLAIN_REPLICATES + r)
        ledger = run_programme(world, plan, ground)  # type: ignore[arg-type]
        accidents, cohorts = ground.accidents, world.cohort_template
        step_year = world.frame.step_year
        dates = np.array([a.date for a in accidents])
        step = np.minimum(np.searchsorted(world.frame.edges, dates, "right") - 1, len(step_year) - 1)
        series = np.bincount(step_year[step], minlength=len(ground.years))
        yearly = [series, *(np.array([getattr(y, name) for y in ground.years])
                            for name in ("found", "spot", "active", "inert", "gone"))]
        counted = [
            float(len(accidents)), *_around_release(dates, np.array([a.area for a in accidents], int), ledger),
            sum(a.people for a in accidents), sum(a.killed for a in accidents),
            sum(a.people for a in accidents if np.isfinite(a.reported_on))]
        who = [*(float(sum(a.by_group[i] for a in accidents)) for i in range(N_GROUPS)), *(
            float(sum(a.people for a in accidents if cohorts[column][a.cohort] == value))
            for column, value in (("kind", AP), ("kind", SUBMUNITION), ("transferred", 1)))]
        rows.append(_row(world, ledger, ground.laid, counted, who, yearly, ground.left_in_cleared_land(), np.nan))
    return np.array(rows)


def _left(g: Ground) -> float:
    """Items of the engine in cleared land that is released, by what is known."""
    total = 0.0
    for c in g.cohorts[g.areas["released"][g.cohorts["area"], CLEARED] < np.inf]:
        rows = slice(c["node"], c["node"] + c["dates_to"] - c["dates_from"])
        there = float((g.active + g.inert)[rows, CLEARED].sum())
        total += (c["id_to"] - c["id_from"] - c["accidents"] - c["found"]) * there / c["mass"] if there > 0.0 else 0.0
    return total


def _around_release(dates: np.ndarray, areas: np.ndarray, ledger: Ledger) -> tuple[float, float]:
    """Accidents before and after the cleared sites of their area were handed over."""
    handed = {area: date for date, area, branch in ledger.releases if branch == CLEARED}
    after = sum(date > handed.get(int(area), np.inf) for date, area in zip(dates, areas, strict=True))
    return float(len(dates) - after), float(after)


def _row(world: World, ledger: Ledger, laid: int, counted: list[float], who: list[float],
         yearly: list[np.ndarray], left: float, expected: float) -> list[float]:
    spotted, found = float(yearly[2][-1]), float(yearly[1][-1])
    released = float(ledger.land_by_year_m2[:, :, 4:].sum()) / 1e6  # km2 years
    swept = float(ledger.items_found.sum())
    return [float(laid), *counted, swept, spotted, found, float(ledger.deminer_casualties.sum()), released,
            float(ledger.cost_usd.sum()), *who, *(float(v) for series in yearly for v in series), left, expected]
