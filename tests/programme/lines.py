"""Waiting lines of the textbooks (VALIDATION V7): scenarios, what a run shows of them, and their laws."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from running import DATA, edit, play, scenario_of

from sim.programme import Ledger, Plan, make_plan
from sim.scenario import Scenario
from sim.world import World

QUEUES, TANDEM = DATA / "queues.yaml", DATA / "tandem.yaml"
DAYS = 5 * 365.25
DISTRICTS = ("North", "East", "South", "West")


def lines_of(file: Path, folder: Path, pieces: dict[str, int], *edits: tuple[str, str]) -> Scenario:
    """The scenario with so many pieces of land by land use, dealt out to the districts."""
    rows = [(DISTRICTS[i % 4], f"{use}{i}", use) for use, n in pieces.items() for i in range(n)]
    (folder / "strata.csv").write_text(
        "district,zone,land_use,area_km2,residents,to_survey_km2\n"
        + "".join(f"{district},{zone},{use},1,1,1\n" for district, zone, use in rows))
    (folder / "access.csv").write_text(
        "district,zone,opens,held,present_before_opening,present_after_opening\n"
        + "".join(f"{district},{zone},hostilities_end,government,1,1\n" for district, zone, _ in rows))
    return scenario_of(edit(file, *edits), folder)


@dataclass(frozen=True)
class Visits:
    """Pieces of land that came to a line and were worked on, by arrival.

    Attributes
    ----------
    came, began, ended : (piece,) float64 [days]
    """

    came: np.ndarray
    began: np.ndarray
    ended: np.ndarray

    @property
    def waits(self) -> np.ndarray:
        """Days in the line, (piece,) float64."""
        return self.began - self.came


def visits(plan: Plan, ledger: Ledger, land_use: str, stage: str = "nts", after: str | None = None) -> Visits:
    """What the trace shows of one stage on one land use, up to the first piece that the horizon leaves undone.

    Pieces come when they become reachable, or when the stage before ends.
    """
    came = {task.area: task.enters for task in plan.tasks if task.land_use == land_use}
    if after is not None:
        came = {r.area: r.end for r in ledger.stages if r.stage == after and r.area in came}
    done = {r.area: (r.start, r.end) for r in ledger.stages if r.stage == stage}
    until = min((date for area, date in came.items() if area not in done), default=math.inf)
    rows = sorted((date, *done[area]) for area, date in came.items() if date < until)
    return Visits(*np.array(rows).T)


def runs(scenario: Scenario, draws: int) -> list[tuple[World, Plan, Ledger]]:
    """One replicate of each draw, with its trace."""
    played = [play(scenario, draw, trace=True) for draw in range(draws)]
    return [(world, make_plan(world), ledger) for world, _, ledger in played]


# -- estimates --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estimates:
    """Share that waits, days waited, number waiting: estimates and standard errors, each (3,) float64."""

    values: np.ndarray
    errors: np.ndarray

    def z(self, law: tuple[float, float, float]) -> np.ndarray:
        """Standard normal, nearly, if the law holds."""
        return (self.values - np.array(law)) / self.errors


def estimate(histories: Iterable[Visits]) -> Estimates:
    """Ratio estimates over regenerations.

    A cycle begins whenever a piece comes to an empty line: what happens after does not depend on what was
    before. Waits within a cycle are correlated, cycles are not. Each estimate is a ratio of means over
    cycles, its error that of the mean of (top - ratio x bottom). Small estimates have small errors, so that z leans
    to the negative side by up to a standard error; over other seeds 216 of them lay between -3.1 and 1.5.
    """
    cycles = np.concatenate([_cycles(v) for v in histories])
    pieces, days, waited, waiting = cycles.T
    values, errors = [], []
    for top, bottom in ((waited, pieces), (waiting, pieces), (waiting, days)):
        ratio = top.sum() / bottom.sum()
        values.append(ratio)
        errors.append(math.sqrt(((top - ratio * bottom) ** 2).sum()) / bottom.sum())
    return Estimates(np.array(values), np.array(errors))


def _cycles(v: Visits) -> np.ndarray:
    """Pieces, days, pieces that waited, days waited in all of each whole cycle, (cycle, 4) float64."""
    empty = np.r_[True, v.came[1:] >= np.maximum.accumulate(v.ended)[:-1]]
    first = np.flatnonzero(empty)
    sums = np.stack([np.ones_like(v.came), np.diff(v.came, append=np.nan), v.waits > 1e-9, v.waits], axis=1)
    return np.add.reduceat(sums, first)[:-1]  # the last one is not over


# -- laws -------------------------------------------------------------------------------------------------------


def markov(servers: int, arrivals: float, services: float) -> tuple[float, float, float]:
    """M/M/c: P(wait), mean wait [days], mean number waiting (Erlang C)."""
    load = arrivals / services
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) / (1.0 - load / servers)
    waits = last / (sum(terms) + last)
    waiting = waits * load / (servers - load)
    return waits, waiting / arrivals, waiting


def fixed_times(arrivals: float, services: float) -> tuple[float, float, float]:
    """M/D/1 (Pollaczek-Khinchine): half of M/M/1 wait as long."""
    waits, days, waiting = markov(1, arrivals, services)
    return waits, days / 2.0, waiting / 2.0


def served_in_turn(v: Visits, servers: int) -> np.ndarray:
    """When each piece would begin if the servers took pieces as they came, with these durations (Kiefer-Wolfowitz)."""
    free = [-math.inf] * servers
    began = []
    for came, days in zip(v.came.tolist(), (v.ended - v.began).tolist(), strict=True):
        start = max(came, heapq.heappop(free))
        heapq.heappush(free, start + days)
        began.append(start)
    return np.array(began)


# -- Little's law -----------------------------------------------------------------------------------------------


def number_within(came: np.ndarray, left: np.ndarray, low: float, high: float) -> float:
    """Integral of the number present over a window, from dates alone: nobody asks who it is [days]."""
    dates = np.clip(np.concatenate([came, left]), low, high)
    change = np.repeat([1, -1], [len(came), len(left)])
    order = np.argsort(dates, kind="stable")
    present = np.cumsum(change[order])
    return float((present * np.diff(dates[order], append=high)).sum())


def time_within(came: np.ndarray, left: np.ndarray, low: float, high: float) -> float:
    """Time that each was there within a window, cut at both ends, in all [days]."""
    return float(np.maximum(np.minimum(left, high) - np.maximum(came, low), 0.0).sum())
