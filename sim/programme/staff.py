"""Teams of every kind: who is free, where they are, how long work takes them and what it costs (MODEL section 7)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from sim.core.random import STREAM_BREAKDOWN, STREAM_TASK, uniform2, uniforms
from sim.programme.camps import Camps
from sim.programme.crews import STAGES, Crew
from sim.programme.stages import Job

_NORMAL = NormalDist()


class Staff:
    """Teams by kind.

    Parameters
    ----------
    crews : sequence of Crew
    address : (int, int)
        Seed and replicate.
    area_keys : (area,) int64
        Random addresses of the hazard areas.

    Attributes
    ----------
    free : list of int
        Free teams by kind; negative where some leave once their task is done.
    """

    def __init__(self, crews: Sequence[Crew], address: tuple[int, int], area_keys: np.ndarray) -> None:
        self.free = [0] * len(crews)
        self._crews, self._address, self._keys = crews, address, area_keys
        self._camps = [Camps(crew.move) if crew.move is not None else None for crew in crews]
        self._laws = [_lognormal(crew.duration_cv) for crew in crews]
        self._chances: dict[tuple[str, int], list[float]] = {}  # uniforms of stages by pass, by area

    def come(self, i: int, more: int) -> None:
        """Teams of a kind are added, or leave."""
        self.free[i] += more
        camps = self._camps[i]
        if camps is not None:
            camps.come(more)

    def back(self, i: int, teams: int, district: int) -> None:
        """Teams have ended a stage."""
        self.free[i] += teams
        camps = self._camps[i]
        if camps is not None:
            camps.back(min(teams, max(self.free[i], 0)), district)

    def fits(self, i: int, job: Job, now: float) -> bool:
        """Whether a stage should end before its land closes, or no season is long enough for it."""
        crew = self._crews[i]
        days = job.work_m2 / crew.rate[job.stage][job.task.terrain]
        return crew.seasons[job.task.terrain].fits(now, days / self._teams_for(i, days))

    def send(self, i: int, job: Job, now: float) -> tuple[int, float, int]:
        """As many teams of a kind as planners would send begin a stage: teams, end [days], cost [usd]."""
        crew, task, work = self._crews[i], job.task, job.work_m2
        days = work / crew.rate[job.stage][task.terrain] * self._duration_factor(i, job)  # of one team
        if crew.breakdown is not None:
            days += crew.breakdown.days_lost(days, *uniform2(
                *self._address, STREAM_BREAKDOWN, task.key, STAGES.index(job.stage), job.passes))
        teams = self._teams_for(i, days)
        usd = work * crew.cost_per_m2
        camps = self._camps[i]
        if camps is not None:
            moved = camps.send(teams, task.district)
            days += moved * camps.move.days
            usd += moved * camps.move.usd
        self.free[i] -= teams
        end = crew.seasons[task.terrain].finish(now, days / teams)
        return teams, end, round(days * crew.cost_per_day + usd)

    def _teams_for(self, i: int, days: float) -> int:
        """Teams that planners send to work that would take one team so many days."""
        crew, free = self._crews[i], self.free[i]
        wanted = math.ceil(days / crew.days_per_task) or 1
        return min(free, crew.max_teams, wanted)

    def _duration_factor(self, i: int, job: Job) -> float:
        """Random factor of mean 1 on a stage's duration, at the address (area, stage, pass)."""
        crew = self._crews[i]
        if crew.duration_cv == 0.0 and not crew.exponential:
            return 1.0
        chances = self._chances.get((job.stage, job.passes))
        if chances is None:  # for all areas at once: one by one takes longer
            chances = self._chances[job.stage, job.passes] = uniforms(
                *self._address, STREAM_TASK, self._keys, STAGES.index(job.stage), job.passes).tolist()
        u = chances[job.task.area]
        if crew.exponential:
            return -math.log(u)
        spread, shift = self._laws[i]
        return math.exp(_NORMAL.inv_cdf(u) * spread - shift)


def _lognormal(cv: float) -> tuple[float, float]:
    """Standard deviation of the logarithm of a factor of mean 1, and what its mean lies below 0."""
    s2 = math.log1p(cv**2)
    return math.sqrt(s2), s2 / 2.0
