"""What the programme starts from: tasks, teams, methods and money of one parameter draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.random import STREAM_PRIORITY, replicate_index, uniforms
from sim.core.records import YEAR_DAYS
from sim.programme.budget import Account, eod_items_per_day, make_accounts
from sim.programme.crews import Crew, Terrain, closed_by_month, make_crews, make_terrains, terrain_of
from sim.programme.education import Education, make_education
from sim.programme.floods import Flood, make_floods
from sim.programme.own import check_policies
from sim.programme.passes import Inspection
from sim.programme.priorities import PRIORITIES, Policy
from sim.world import World
from sim.world.calendar import to_days


@dataclass(frozen=True, slots=True)
class Task:
    """A hazard area as the programme knows it.

    Attributes
    ----------
    enters : float
        Date from which it can be worked on: access open, programme begun, polygon recorded [days].
    origin : str
        "survey", "record" or "polygon".
    area_m2 : int
    """

    area: int
    key: int
    district: int
    access: int
    land_use: str
    terrain: int
    origin: str
    area_m2: int
    enters: float
    users: float
    land_km2: float
    chance: float


@dataclass(frozen=True)
class Plan:
    """Everything the programme knows at its start.

    Attributes
    ----------
    terrains : int
        How many there are.
    closed : tuple of frozenset of int
        Terrains on which nobody can work in a month, January first; empty: there are none.
    accounts : tuple of Account
        Money as it comes in; none: no limit.
    believed : dict
        What planners take for granted, by key of ``programme.survey``: central values, whatever was drawn; and
        ``polygon``, the mined share of a recorded polygon.
    eod_items_per_day : (step,) float64
        Spot tasks that EOD teams can attend.
    renewed_days : float
        After which marking is put up again.
    laid : tuple
        Polygons to be recorded: date, polygon, m2, (area, m2) under it.
    """

    tasks: tuple[Task, ...]
    crews: tuple[Crew, ...]
    terrains: int
    closed: tuple[frozenset[int], ...]
    policy: Policy
    values: dict[str, float]
    believed: dict[str, float]
    kept_of_polygon: float
    inspection: Inspection
    max_passes: int
    handover_days: float
    stand_down_days: float
    accounts: tuple[Account, ...]
    eod_items_per_day: np.ndarray
    eod_cost: float
    education: Education | None
    renewed_days: float
    floods: tuple[Flood, ...]
    laid: tuple[tuple[float, int, int, list[tuple[int, int]]], ...]


def make_plan(world: World) -> Plan:
    """Tasks, teams and money of one parameter draw."""
    scenario, draw = world.frame.scenario, world.draw
    programme = scenario.programme
    check_policies([scenario])
    terrains, accounts = make_terrains(world), make_accounts(world)
    return Plan(
        tasks=_tasks(world, terrains), crews=make_crews(world, terrains), terrains=len(terrains),
        closed=closed_by_month(world, terrains), policy=PRIORITIES[programme.priority],
        values=draw.values, believed=_believed(world),
        kept_of_polygon=_kept(world), inspection=_inspection(world), max_passes=programme.max_passes,
        handover_days=draw["programme.handover_days"] if programme.handover_days is not None else 0.0,
        stand_down_days=programme.stand_down_days,
        accounts=accounts, eod_items_per_day=eod_items_per_day(world, accounts),
        eod_cost=draw["programme.eod.cost_usd_per_item"], education=make_education(world, accounts),
        renewed_days=(programme.marking_renewed_years or np.inf) * YEAR_DAYS, floods=make_floods(world),
        laid=_laid(world))


def _inspection(world: World) -> Inspection:
    sampling = world.frame.scenario.programme.sampling
    if sampling is None:
        return Inspection(world.draw["programme.sampling_share"])
    return Inspection(1.0, sampling.unit_m2, sampling.defective_share, sampling.confidence)


def _tasks(world: World, terrains: tuple[Terrain, ...]) -> tuple[Task, ...]:
    frame, draw, recorded = world.frame, world.draw, world.recorded_on
    starts = max(to_days(frame.scenario.programme.starts), float(frame.edges[0]))
    chances = uniforms(draw.seed, replicate_index(draw.index, 0), STREAM_PRIORITY, frame.area_keys, 0, 0).tolist()
    keys, size, users = frame.area_keys.tolist(), world.area_m2().tolist(), frame.users.tolist()
    stratum_access, district = frame.stratum_access.tolist(), frame.access_district.tolist()
    opens = world.access.opens.tolist()
    row = {terrain: i for i, terrain in enumerate(terrains)}
    terrain = [row[terrain_of(s)] for s in frame.strata]
    tasks = []
    for i, name in enumerate(frame.areas):
        if size[i] <= 0:
            continue
        s = frame.strata[name.stratum]
        access = stratum_access[name.stratum]
        origin = name.origin if name.origin in ("survey", "record") else "polygon"
        enters = max(starts, opens[access])
        if origin == "polygon":
            enters = max(enters, recorded[i])
        tasks.append(Task(
            i, keys[i], district[access], access, s.land_use, terrain[name.stratum], origin, size[i], enters,
            users[name.stratum], s.area_km2, chances[i]))
    return tuple(tasks)


def _believed(world: World) -> dict[str, float]:
    """Central values of survey and polygons: what planners believe is not what a draw makes of the world."""
    scenario = world.frame.scenario
    survey = scenario.programme.survey
    values = {name: getattr(survey, name).central for name in type(survey).model_fields}
    factors = [transfer.polygon_factor.central for transfer in scenario.transfers.values()]
    return {**values, "polygon": 1.0 / max([1.0, *factors])}


def _kept(world: World) -> float:
    """Share of a recorded polygon that TS keeps for clearance: the mined part of it."""
    factors = [world.draw[f"transfers.{name}.polygon_factor"] for name in world.frame.scenario.transfers]
    return 1.0 / max(factors) if factors and max(factors) >= 1.0 else 1.0


def _laid(world: World) -> tuple[tuple[float, int, int, list[tuple[int, int]]], ...]:
    recorded = world.recorded_on
    return tuple((recorded[i], i, int(m2), world.land_under(i)) for i, m2 in enumerate(world.polygons_m2) if m2 > 0)
