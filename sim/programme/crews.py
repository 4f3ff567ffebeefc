"""Kinds of teams: what they can do on which land, how fast, how many there are when (MODEL section 7)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from sim.core.ground import detection_table
from sim.core.inverse import poisson_inverse
from sim.core.records import N_KINDS, YEAR_DAYS
from sim.programme.budget import budget_by_year
from sim.programme.ledger import CLEARANCE, MARKING, SURVEY
from sim.programme.season import Season
from sim.scenario.detection import cells
from sim.scenario.programme import Method, TeamCount, Teams
from sim.scenario.schema import Stratum
from sim.world import World
from sim.world.calendar import to_days
from sim.world.draw import Draw

# In the order of their random addresses.
STAGES = ("nts", "resurvey", "ts", "clearance", "sampling", "preparation", "follow_up", "marking")
SURVEY_STAGES = ("nts", "resurvey", "ts")
PASSES = ("clearance", "follow_up", "sampling")  # stages that search the land
LINE = {stage: SURVEY if stage in SURVEY_STAGES else CLEARANCE for stage in STAGES}  # of the budget, that pays it
LINE["marking"] = MARKING

Terrain = tuple[str, str | None]
"""Land use and vegetation: what a method's speed and calendar depend on."""


@dataclass(frozen=True)
class Breakdown:
    """Breakdowns of one kind of team: per working day, and mean working days that each takes."""

    per_day: float
    repair_days: float

    def days_lost(self, days: float, u_number: float, u_repair: float) -> float:
        """Working days lost in so many of work: a Poisson number of breakdowns, exponential repairs."""
        number = int(poisson_inverse(u_number, self.per_day * days))
        if number == 0:
            return 0.0
        from scipy.special import gammaincinv  # only where machines break down

        return float(gammaincinv(number, u_repair)) * self.repair_days


@dataclass(frozen=True)
class Move:
    """What one team's way to another district takes; ``home`` is a district's number, None: anywhere."""

    home: int | None
    days: float
    usd: float


@dataclass(frozen=True)
class Crew:
    """One kind of team with its method.

    Attributes
    ----------
    terrains : frozenset of int
        On which they work.
    rate : dict of tuple of float
        m2 per team and working day, time for false alarms included, by stage and terrain.
    seasons : tuple of Season
        By terrain.
    days_per_year : float
        Working days that are paid.
    since, teams : (change,) float64 [days], (change,) int64
        Numbers at work by date.
    detection, weights : (kind, class) float64
        Probability of being found on one pass by detectability class, and shares of the classes.
    """

    name: str
    stages: tuple[str, ...]
    terrains: frozenset[int]
    rate: dict[str, tuple[float, ...]]
    seasons: tuple[Season, ...]
    days_per_year: float
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
    breakdown: Breakdown | None
    move: Move | None
    since: np.ndarray
    teams: np.ndarray

    @property
    def costs_nothing(self) -> bool:
        """Teams that need no money."""
        return self.cost_per_day == 0.0 and self.cost_per_m2 == 0.0

    def works(self, stage: str, terrain: int) -> bool:
        """Whether these teams do this stage on this terrain."""
        return stage in self.stages and terrain in self.terrains


def terrain_of(stratum: Stratum) -> Terrain:
    """Land use and vegetation of a stratum."""
    return stratum.land_use, stratum.vegetation


def make_terrains(world: World) -> tuple[Terrain, ...]:
    """Every terrain there is, in the order of the strata."""
    return tuple(dict.fromkeys(terrain_of(s) for s in world.frame.strata))


def closed_by_month(world: World, terrains: tuple[Terrain, ...]) -> tuple[frozenset[int], ...]:
    """Terrains on which nobody can work in a month, January first; empty where that never happens."""
    workable = world.frame.scenario.programme.workable
    months = tuple(
        frozenset(i for i, (use, _) in enumerate(terrains) if use in workable and workable[use][m] == 0.0)
        for m in range(12))
    return months if any(months) else ()


def make_crews(world: World, terrains: tuple[Terrain, ...]) -> tuple[Crew, ...]:
    """Kinds of teams in the order of the scenario, with those that added money hires."""
    teams = world.frame.scenario.programme.teams
    methods = [world.frame.scenario.programme.methods[t.method] for t in teams.values()]
    prepared = frozenset().union(*(_where(m, terrains) for m in methods if "preparation" in m.stages))
    return _with_extra_money(world, tuple(_crew(world, name, t, terrains, prepared) for name, t in teams.items()))


def _where(method: Method, terrains: tuple[Terrain, ...]) -> frozenset[int]:
    """Terrains on which a method can be used."""
    return frozenset(i for i, (use, _) in enumerate(terrains) if method.land_uses is None or use in method.land_uses)


def _crew(world: World, name: str, teams: Teams, terrains: tuple[Terrain, ...], prepared: frozenset[int]) -> Crew:
    draw, programme = world.draw, world.frame.scenario.programme
    method = programme.methods[teams.method]
    path = f"programme.methods.{teams.method}"
    table, weights = detection_table(_detection(world, path, method), method.shared_misses)
    since, at_work = at_work_by_date(
        teams.numbers, teams.training_days,
        draw[f"programme.teams.{name}.attrition_per_year"] if teams.attrition_per_year is not None else 0.0,
        float(world.frame.edges[-1]))
    rate: dict[str, tuple[float, ...]] = {
        stage: tuple(
            _rate(draw, path, method, terrain, stage in PASSES and i in prepared) for i, terrain in enumerate(terrains))
        for stage in method.stages}
    return Crew(
        name, tuple(method.stages), _where(method, terrains), rate, _seasons(world, method, terrains),
        method.working_days_per_year, method.duration_cv, method.duration_law == "exponential",
        draw[f"{path}.cost_usd_per_team_day"], draw[f"{path}.cost_usd_per_m2"], method.max_teams_per_task,
        method.working_days_per_year * method.months_per_task / 12.0, draw[f"{path}.hours_per_item"],
        method.hours_per_day, draw[f"{path}.deminer_casualties_per_1000_items"] / 1000.0, table, weights,
        _breakdown(draw, path, method), _move(world, name, teams), since, at_work)


def _detection(world: World, path: str, method: Method) -> np.ndarray:
    """P(found on one pass) of the groups of families that detectors tell apart, (group,) float64."""
    families = dict(world.frame.families)
    detection = np.ones(N_KINDS)
    for group in world.frame.groups:
        name = group.families[0]
        for cell in cells(method, name, families[name]):
            detection[group.row] *= world.draw[f"{path}.{cell}"]
    return detection


def _rate(draw: Draw, path: str, method: Method, terrain: Terrain, prepared: bool) -> float:
    """m2 per team and working day: searching a m2, and looking into its false alarms."""
    use, vegetation = terrain
    rate = draw[f"{path}.rate_m2_per_day"]
    if use in method.rate_by_land_use:
        rate *= draw[f"{path}.rate_by_land_use.{use}"]
    if vegetation in method.rate_by_vegetation:
        rate *= draw[f"{path}.rate_by_vegetation.{vegetation}"]
    if prepared and method.rate_after_preparation is not None:
        rate *= draw[f"{path}.rate_after_preparation"]
    alarms = method.false_alarms
    if alarms is None:
        return rate
    per_m2 = draw[f"{path}.false_alarms.per_m2"]
    if use in alarms.by_land_use:
        per_m2 *= draw[f"{path}.false_alarms.by_land_use.{use}"]
    minutes_per_day = 60.0 * method.hours_per_day * alarms.searchers
    return 1.0 / (1.0 / rate + per_m2 * draw[f"{path}.false_alarms.minutes"] / minutes_per_day)


def _seasons(world: World, method: Method, terrains: tuple[Terrain, ...]) -> tuple[Season, ...]:
    """The method's calendar on each terrain; one object for land of the same use."""
    workable = world.frame.scenario.programme.workable
    of_use = {
        use: Season(method.working_days_per_year, method.season, workable.get(use))
        for use in {use if use in workable else "" for use, _ in terrains}}
    return tuple(of_use[use if use in workable else ""] for use, _ in terrains)


def _breakdown(draw: Draw, path: str, method: Method) -> Breakdown | None:
    if method.breakdowns is None:
        return None
    return Breakdown(draw[f"{path}.breakdowns.per_100_days"] / 100.0, draw[f"{path}.breakdowns.repair_days"])


def _move(world: World, name: str, teams: Teams) -> Move | None:
    if teams.moves is None:
        return None
    path, home = f"programme.teams.{name}.moves", teams.moves.home
    return Move(None if home is None else world.frame.districts.index(home),
                world.draw[f"{path}.days"], world.draw[f"{path}.usd"])


def at_work_by_date(numbers: list[TeamCount], training_days: float, attrition: float,
                    end: float) -> tuple[np.ndarray, np.ndarray]:
    """Teams at work by date: those added come after their training, those lost go one by one.

    Parameters
    ----------
    numbers : list of TeamCount
        Teams there are to be from a date on, those in training included.
    training_days : float
    attrition : float
        Share lost in a year: of n teams, n·(1 - attrition)^t are left after t years, in whole numbers.
    end : float
        Nothing later matters [days].

    Returns
    -------
    (change,) float64 [days], (change,) int64
    """
    changes: list[tuple[float, int]] = []
    here = 0
    for i, entry in enumerate(numbers):
        since = to_days(entry.since)
        until = to_days(numbers[i + 1].since) if i + 1 < len(numbers) else end
        more, here = entry.teams - here, entry.teams
        changes.append((since + (training_days if more > 0 else 0.0), more))
        while attrition > 0.0 and here > 0:
            gone_on = since + YEAR_DAYS * math.log(entry.teams / (here - 0.5)) / -math.log1p(-attrition)
            if gone_on >= until:
                break
            changes.append((gone_on, -1))
            here -= 1
    changes.sort(key=lambda change: change[0])
    at_work = np.cumsum([more for _, more in changes], dtype=np.int64)
    return np.array([date for date, _ in changes]), np.maximum(at_work, 0)


def _with_extra_money(world: World, crews: tuple[Crew, ...]) -> tuple[Crew, ...]:
    """Added money hires added teams of the kinds it is earmarked for, in proportion to their cost."""
    budget = world.frame.scenario.programme.budget
    if budget is None or budget.extra_survey == budget.extra_clearance == 0.0:
        return crews
    amounts = budget_by_year(world, "programme.budget", budget)
    edges = world.frame.edges
    year_starts = [float(edges[:-1][world.frame.step_year == y][0]) for y in range(len(amounts))]
    result = []
    for crew in crews:
        line = _line(crew)
        extra = {SURVEY: budget.extra_survey, CLEARANCE: budget.extra_clearance}.get(line, 0.0)
        yearly = crew.cost_per_day * crew.days_per_year
        alike = [c for c in crews if _line(c) == line]
        if extra == 0.0 or yearly <= 0.0:
            result.append(crew)
            continue
        since, teams = [], []
        for t in sorted({*crew.since.tolist(), *year_starts}):
            y = max((i for i, s in enumerate(year_starts) if s <= t), default=0)
            spent = sum(_count(c, t) * c.cost_per_day * c.days_per_year for c in alike)
            share = _count(crew, t) * yearly / spent if spent > 0 else 0.0
            since.append(t)
            teams.append(_count(crew, t) + int(extra * amounts[y] * share / yearly))
        result.append(replace(crew, since=np.array(since), teams=np.array(teams, np.int64)))
    return tuple(result)


def _line(crew: Crew) -> int:
    """Of the budget; that of its survey where a kind of team does other things as well."""
    return min(LINE[stage] for stage in crew.stages)


def _count(crew: Crew, t: float) -> int:
    i = int(np.searchsorted(crew.since, t, "right")) - 1
    return int(crew.teams[i]) if i >= 0 else 0
