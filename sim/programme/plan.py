"""What the programme starts from: tasks, teams, methods and money of one parameter draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.ground import detection_table
from sim.core.random import STREAM_PRIORITY, replicate_index, uniforms
from sim.core.records import QUARTER_DAYS, YEAR_DAYS
from sim.programme.own import check_policy
from sim.programme.priorities import PRIORITIES, Policy
from sim.programme.season import Season
from sim.scenario.schema import Teams
from sim.world import World
from sim.world.calendar import step_ends, to_days
from sim.world.frame import KINDS

STAGES = ("nts", "resurvey", "ts", "clearance", "sampling")  # in the order of their random addresses
SURVEY_STAGES = ("nts", "resurvey", "ts")
SURVEY, CLEARANCE, EOD = range(3)  # lines of the budget
LINE = {stage: SURVEY if stage in SURVEY_STAGES else CLEARANCE for stage in STAGES}


@dataclass(frozen=True)
class Crew:
    """One kind of team with its method.

    Attributes
    ----------
    since, teams : (change,) float64 [days], (change,) int64
        Numbers by date.
    rate : dict
        Land use -> m2 per team and working day.
    detection, weights : (kind, class) float64
        Probability of being found on one pass by detectability class, and shares of the classes.
    """

    name: str
    stages: tuple[str, ...]
    land_uses: frozenset[str] | None
    rate: dict[str, float]
    season: Season
    duration_cv: float
    exponential: bool
    cost_per_day: float
    cost_per_m2: float
    max_teams: int
    days_per_task: float
    hours_per_item: float
    hours_per_day: float
    deminer_rate: float
    detection: np.ndarray
    weights: np.ndarray
    since: np.ndarray
    teams: np.ndarray

    @property
    def costs_nothing(self) -> bool:
        """Teams that need no money."""
        return self.cost_per_day == 0.0 and self.cost_per_m2 == 0.0

    def works(self, stage: str, land_use: str) -> bool:
        """Whether these teams do this stage on this land use."""
        return stage in self.stages and (self.land_uses is None or land_use in self.land_uses)


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
    believed : dict
        What planners take for granted, by key of ``programme.survey``: central values, whatever was drawn; and
        ``polygon``, the mined share of a recorded polygon.
    income_usd : (step, line) int64 or None
        Money as it comes in, for survey, clearance and EOD; None: no limit.
    eod_items_per_day : (step,) float64
        Spot tasks that EOD teams can attend.
    laid : tuple
        Polygons to be recorded: date, polygon, m2, (area, m2) under it.
    """

    tasks: tuple[Task, ...]
    crews: tuple[Crew, ...]
    policy: Policy
    values: dict[str, float]
    believed: dict[str, float]
    kept_of_polygon: float
    sampling_share: float
    max_passes: int
    stand_down_days: float
    income_usd: np.ndarray | None
    eod_items_per_day: np.ndarray
    eod_cost: float
    laid: tuple[tuple[float, int, int, list[tuple[int, int]]], ...]


def make_plan(world: World) -> Plan:
    """Tasks, teams and money of one parameter draw."""
    scenario, draw = world.frame.scenario, world.draw
    programme = scenario.programme
    check_policy(programme.priority)
    crews = tuple(_crew(world, name, teams) for name, teams in programme.teams.items())
    return Plan(
        tasks=_tasks(world), crews=_with_extra_money(world, crews), policy=PRIORITIES[programme.priority],
        values=draw.values, believed=_believed(world),
        kept_of_polygon=_kept(world), sampling_share=draw["programme.sampling_share"],
        max_passes=programme.max_passes, stand_down_days=programme.stand_down_days,
        income_usd=_income(world), eod_items_per_day=_eod_items_per_day(world),
        eod_cost=draw["programme.eod.cost_usd_per_item"], laid=_laid(world))


def _tasks(world: World) -> tuple[Task, ...]:
    frame, draw, recorded = world.frame, world.draw, world.recorded_on
    starts = max(to_days(frame.scenario.programme.starts), float(frame.edges[0]))
    chances = uniforms(draw.seed, replicate_index(draw.index, 0), STREAM_PRIORITY, frame.area_keys, 0, 0).tolist()
    keys, size, users = frame.area_keys.tolist(), world.area_m2().tolist(), frame.users.tolist()
    stratum_access, district = frame.stratum_access.tolist(), frame.access_district.tolist()
    opens = world.access.opens.tolist()
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
        tasks.append(Task(i, keys[i], district[access], access, s.land_use, origin, size[i], enters,
                          users[name.stratum], s.area_km2, chances[i]))
    return tuple(tasks)


def _crew(world: World, name: str, teams: Teams) -> Crew:
    draw = world.draw
    method = world.frame.scenario.programme.methods[teams.method]
    path = f"programme.methods.{teams.method}"
    base = draw[f"{path}.rate_m2_per_day"]
    land_uses = {s.land_use for s in world.frame.strata}
    detection = np.array([draw[f"{path}.detection.{k}"] if k in method.detection else 1.0 for k in KINDS])
    table, weights = detection_table(detection, method.shared_misses)
    return Crew(
        name, tuple(method.stages), frozenset(method.land_uses) if method.land_uses is not None else None,
        {u: base * method.rate_by_land_use.get(u, 1.0) for u in land_uses},
        Season(method.working_days_per_year, method.season), method.duration_cv, method.duration_law == "exponential",
        draw[f"{path}.cost_usd_per_team_day"], draw[f"{path}.cost_usd_per_m2"], method.max_teams_per_task,
        method.working_days_per_year * method.months_per_task / 12.0, draw[f"{path}.hours_per_item"],
        method.hours_per_day, draw[f"{path}.deminer_casualties_per_1000_items"] / 1000.0, table, weights,
        np.array([to_days(n.since) for n in teams.numbers]), np.array([n.teams for n in teams.numbers], np.int64))


def _budget_by_year(world: World) -> np.ndarray:
    """Budget of each whole calendar year, (year,) float64 [usd]."""
    frame = world.frame
    budget = frame.scenario.programme.budget
    assert budget is not None
    known = sorted((b.year, world.draw[f"programme.budget.years.{i}.usd"]) for i, b in enumerate(budget.years))
    return np.array([next((usd for since, usd in reversed(known) if since <= year), 0.0) for year in frame.years])


def _shares(world: World) -> np.ndarray:
    """Shares of the budget by line, (line,) float64; money added to a line counts beside the whole."""
    budget = world.frame.scenario.programme.budget
    assert budget is not None
    survey, eod = world.draw["programme.budget.survey_share"], world.draw["programme.budget.eod_share"]
    return np.array([survey + budget.extra_survey, 1.0 - survey - eod + budget.extra_clearance, eod])


def _income(world: World) -> np.ndarray | None:
    """Money as it comes in: a quarter of the year's budget every quarter, less where the start cuts one."""
    frame = world.frame
    if frame.scenario.programme.budget is None:
        return None
    part = np.full(len(frame.edges) - 1, 0.25)
    part[0] = min(1.0, (frame.edges[1] - frame.edges[0]) / QUARTER_DAYS) / 4.0
    yearly = _budget_by_year(world)[frame.step_year]
    return np.round((yearly * part)[:, None] * _shares(world)).astype(np.int64)


def _with_extra_money(world: World, crews: tuple[Crew, ...]) -> tuple[Crew, ...]:
    """Added money hires added teams of the kinds it is earmarked for, in proportion to their cost."""
    budget = world.frame.scenario.programme.budget
    if budget is None or budget.extra_survey == budget.extra_clearance == 0.0:
        return crews
    amounts = _budget_by_year(world)
    edges = world.frame.edges
    year_starts = [float(edges[:-1][world.frame.step_year == y][0]) for y in range(len(amounts))]
    result = []
    for crew in crews:
        survey = _surveys(crew)
        extra = budget.extra_survey if survey else budget.extra_clearance
        yearly = crew.cost_per_day * crew.season.days_per_year
        alike = [c for c in crews if _surveys(c) == survey]
        if extra == 0.0 or yearly <= 0.0:
            result.append(crew)
            continue
        since, teams = [], []
        for t in sorted({*crew.since.tolist(), *year_starts}):
            y = max((i for i, s in enumerate(year_starts) if s <= t), default=0)
            spent = sum(_count(c, t) * c.cost_per_day * c.season.days_per_year for c in alike)
            share = _count(crew, t) * yearly / spent if spent > 0 else 0.0
            since.append(t)
            teams.append(_count(crew, t) + int(extra * amounts[y] * share / yearly))
        result.append(Crew(**{**crew.__dict__, "since": np.array(since), "teams": np.array(teams, np.int64)}))
    return tuple(result)


def _surveys(crew: Crew) -> bool:
    return any(stage in SURVEY_STAGES for stage in crew.stages)


def _count(crew: Crew, t: float) -> int:
    i = int(np.searchsorted(crew.since, t, "right")) - 1
    return int(crew.teams[i]) if i >= 0 else 0


def _eod_items_per_day(world: World) -> np.ndarray:
    """Spot tasks that EOD teams can attend in each quarter, by teams and by money, (step,) float64."""
    frame = world.frame
    eod = frame.scenario.programme.eod
    if eod.teams is None:
        return np.zeros(len(frame.edges) - 1)
    since = np.array([to_days(n.since) for n in eod.teams.numbers])
    more = np.diff([n.teams for n in eod.teams.numbers], prepend=0)
    starts, ends = frame.edges[:-1], step_ends(frame.edges)
    at_work = np.clip((ends - since[:, None]) / (ends - starts), 0.0, 1.0)  # share of the quarter
    per_team = world.draw["programme.eod.items_per_team_day"] * eod.working_days_per_year / YEAR_DAYS
    capacity: np.ndarray = (more[:, None] * at_work).sum(axis=0) * per_team
    cost = world.draw["programme.eod.cost_usd_per_item"]
    if cost > 0.0 and frame.scenario.programme.budget is not None:
        usd_per_day = _budget_by_year(world)[frame.step_year] * _shares(world)[EOD] / YEAR_DAYS
        capacity = np.minimum(capacity, usd_per_day / cost)
    return capacity


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
