"""One replicate of one scenario: world, ground and programme together, handed out as plain columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.ground import GroundTruth, OutOfRoom
from sim.core.records import (
    ACCIDENTS,
    CASUALTIES,
    EXPECTED_ACCIDENTS,
    EXPECTED_CASUALTIES,
    EXPECTED_KILLED,
    EXPECTED_REPORTED,
    FIRST_GROUP,
    KILLED,
    N_LOG,
    REPORTED,
    STOCK_ACTIVE,
    STOCK_ACTIVE_TRANSFERRED,
    STOCK_GONE,
    STOCK_INERT,
    STOCK_INERT_TRANSFERRED,
    STOCK_LAID,
    STOCK_SPOT,
    TRANSFERRED,
    YEAR_DAYS,
    Ground,
    Room,
)
from sim.programme import Ledger, Plan, run_programme
from sim.programme.ledger import (
    CANCELLED,
    CLEARED,
    CONFIRMED,
    NO_EVIDENCE,
    REDUCED,
    SUSPECTED,
    TO_SURVEY,
)
from sim.scenario.detection import KINDS
from sim.scenario.schema import GROUPS
from sim.study.metrics import DENSITY_CLASSES, METRICS, NATIONAL
from sim.study.money import accounts_of
from sim.world import World
from sim.world.frame import Frame

FIRST_ROOM = 1 << 17
LARGEST_ROOM = 1 << 26


@dataclass(frozen=True)
class Replicate:
    """Results of one replicate.

    Attributes
    ----------
    by_district : (metric, year, district) float64
        In the order of ``METRICS``.
    national : (metric, year) float64
        In the order of ``NATIONAL``.
    completed_years : float
        Years from the start until no reachable land was left to work on; inf if that did not happen.
    money : dict
        Dollars by payer, line and flow, each (year,) int64.
    """

    by_district: np.ndarray
    national: np.ndarray
    completed_years: float
    money: dict[str, np.ndarray]


_room = [Room(FIRST_ROOM)]  # used by one replicate of this process after the other: changes time, never results


def run_replicate(world: World, plan: Plan, inner: int) -> Replicate:
    """Run one replicate."""
    return _collect(world, *play(world, plan, inner))


def play(world: World, plan: Plan, inner: int, trace: bool = False) -> tuple[GroundTruth, Ledger]:
    """Let the programme of one replicate run on its ground; the arrays for candidates grow until everything fits."""
    while True:
        room = _room[0]
        ground = GroundTruth(world.replicate(inner, room))
        try:
            return ground, run_programme(world, plan, ground, trace)
        except OutOfRoom:
            _room[0] = Room(2 * room.places if room.places < LARGEST_ROOM else FIRST_ROOM)
            if room.places >= LARGEST_ROOM:
                raise MemoryError(
                    "more than 67 million encounters in one replicate: lower exposure.scale or the number of items"
                ) from None


def _by_density(frame: Frame, g: Ground) -> dict[str, np.ndarray]:
    """Casualties by year and density class of the land where people were hurt."""
    log = g.log[: g.counters[N_LOG]]
    density = frame.area_density
    # 0 is a class of its own; a limit belongs to the class above it
    klass = np.where(density > 0.0, 1 + np.searchsorted(list(DENSITY_CLASSES.values())[1:-1], density, "right"), 0)
    new_years = frame.edges[1:-1][np.diff(frame.step_year) > 0]
    year = np.searchsorted(new_years, log[:, 0], "right")
    cells = len(frame.years), len(DENSITY_CLASSES)
    people = np.bincount(year * cells[1] + klass[log[:, 1].astype(np.int64)], log[:, 4], cells[0] * cells[1])
    people = people.reshape(cells)
    return {f"casualties_{name}": people[:, i] for i, name in enumerate(DENSITY_CLASSES)}


def _collect(world: World, ground: GroundTruth, ledger: Ledger) -> Replicate:
    g = ground.arrays
    tally, stock, land = g.tallies, g.stocks, ledger.land_by_year_m2
    present, person_years = world.people_by_year
    spot = np.diff(stock[:, :, STOCK_SPOT], axis=0, prepend=0.0)
    columns: dict[str, np.ndarray] = {
        "accidents": tally[:, :, ACCIDENTS],
        "casualties_total": tally[:, :, CASUALTIES],
        "casualties_killed": tally[:, :, KILLED],
        "casualties_injured": tally[:, :, CASUALTIES] - tally[:, :, KILLED],
        "casualties_reported": tally[:, :, REPORTED],
        "accidents_expected": tally[:, :, EXPECTED_ACCIDENTS],
        "casualties_expected": tally[:, :, EXPECTED_CASUALTIES],
        "casualties_killed_expected": tally[:, :, EXPECTED_KILLED],
        "casualties_reported_expected": tally[:, :, EXPECTED_REPORTED],
        "deminer_casualties": ledger.deminer_casualties,
        "items_found": ledger.items_found,
        "items_destroyed_eod": spot,
        "items_laid": stock[:, :, STOCK_LAID],
        "items_active": stock[:, :, STOCK_ACTIVE],
        "items_inert": stock[:, :, STOCK_INERT],
        "items_active_transferred": stock[:, :, STOCK_ACTIVE_TRANSFERRED],
        "items_inert_transferred": stock[:, :, STOCK_INERT_TRANSFERRED],
        "items_self_destructed": stock[:, :, STOCK_GONE],
        "items_residual": stock[:, :, STOCK_ACTIVE] + stock[:, :, STOCK_INERT],
        "area_to_survey_m2": land[:, :, TO_SURVEY],
        "area_suspected_m2": land[:, :, SUSPECTED],
        "area_confirmed_m2": land[:, :, CONFIRMED],
        "area_no_evidence_m2": land[:, :, NO_EVIDENCE],
        "area_cancelled_m2": land[:, :, CANCELLED],
        "area_reduced_m2": land[:, :, REDUCED],
        "area_cleared_m2": land[:, :, CLEARED],
        "area_released_m2": land[:, :, CANCELLED] + land[:, :, REDUCED] + land[:, :, CLEARED],
        "area_accessible_m2": ledger.accessible_m2,
        "area_reopened_m2": ledger.reopened_m2,
        "area_hazardous_added_m2": ledger.hazardous_added_m2,
        "cost_usd": ledger.cost_usd.sum(axis=2),
        "cost_survey_usd": ledger.cost_usd[:, :, 0],
        "cost_clearance_usd": ledger.cost_usd[:, :, 1],
        "cost_eod_usd": ledger.cost_usd[:, :, 2],
        "cost_marking_usd": ledger.cost_usd[:, :, 3],
        "cost_education_usd": ledger.cost_usd[:, :, 4],
        "people_taught": ledger.people_taught,
        "person_years_at_risk": person_years,
        "people_present": present,
    }
    for i, group in enumerate(GROUPS):
        columns[f"casualties_total.{group}"] = tally[:, :, FIRST_GROUP + i]
    national: dict[str, np.ndarray] = {
        "budget_usd": ledger.income_usd.sum(axis=(1, 2)), "money_unspent_usd": ledger.unspent_usd,
        "money_owed_usd": ledger.owed_usd.sum(axis=1)}
    rows = [(kind, [group.row for group in world.frame.groups if group.kind == kind]) for kind in KINDS]
    for who, of in (*rows, ("transferred", [TRANSFERRED])):
        national[f"casualties_{who}"] = g.kinds[:, of, 0].sum(axis=1)
        national[f"casualties_{who}_expected"] = g.kinds[:, of, 1].sum(axis=1)
    national.update(_by_density(world.frame, g))
    return Replicate(
        np.array([columns[m.column] for m in METRICS], float),
        np.array([national[m.column] for m in NATIONAL], float),
        (ledger.completed_on - world.frame.edges[0]) / YEAR_DAYS,
        accounts_of(ledger),
    )
