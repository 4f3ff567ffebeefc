"""Beliefs about waiting tasks, and their order by the policy of the programme (MODEL section 7)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from operator import mul
from typing import NamedTuple

import numpy as np

from sim.core.ground import GroundTruth
from sim.programme.crews import STAGES
from sim.programme.outlook import Outlook
from sim.programme.plan import Plan
from sim.programme.priorities import KM2, Belief, value_of
from sim.programme.stages import Job
from sim.world import World

RECENT_QUARTERS = 8
_believe = partial(tuple.__new__, Belief)


class _Reports(NamedTuple):
    """What is known when a quarter begins, as beliefs hold it."""

    by_area: list[int]  # accidents reported in the last two years
    by_zone: list[int]
    everywhere: int
    uses: list[int]  # land uses with land that still has to be worked on, by access row
    contact: float


class Ranking:
    """What planners know of each task, and which goes first.

    Parameters
    ----------
    world : World
        For its calendar and districts, and the people present.
    plan : Plan
    ground : GroundTruth
        Asked for reported accidents only.
    jobs : iterable of Job
        All land, reachable or not.
    """

    def __init__(self, world: World, plan: Plan, ground: GroundTruth, jobs: Iterable[Job]) -> None:
        self._plan, self._ground = plan, ground
        self._districts = world.frame.districts
        self._presence: list[list[float]] = world.access.presence.T.tolist()  # by step
        self._step = 0
        self._reports: _Reports | None = None  # None: to be asked for
        self._area_access = ground.arrays.areas["access"].astype(np.int64)
        self._usd_per_m2 = {
            (stage, terrain): _usd_per_m2(plan, stage, terrain) for stage in STAGES for terrain in range(plan.terrains)}
        site_m2 = round(plan.believed["site_km2"] * KM2)
        self._outlook = Outlook(plan.believed, self._usd_per_m2, plan.inspection.share_of(site_m2),
                                any("ts" in crew.stages for crew in plan.crews))
        # by access row: people per km2 on km2 believed to hold items, and tasks that are not done by land use
        self._exposed = [0.0] * len(world.frame.access)
        self._blocked: list[dict[str, int]] = [{} for _ in world.frame.access]
        self._worked = {stage: [-math.inf] * len(self._districts) for stage in STAGES}
        for job in jobs:
            self.add(job)

    def add(self, job: Job) -> None:
        """Land that has to be worked on."""
        uses, use = self._blocked[job.task.access], job.task.land_use
        uses[use] = uses.get(use, 0) + 1
        self.expect(job)

    def open_quarter(self, step: int) -> None:
        """Reports of the quarters before this one become known."""
        self._step, self._reports = step, None

    def expect(self, job: Job) -> None:
        """What the next stage should cost, and what planners expect of the task from here on."""
        job.work_m2 = job.next_m2(self._plan.inspection)
        job.cost_usd = job.work_m2 * self._usd_per_m2[job.stage, job.task.terrain]
        hazardous, job.release_usd = self._outlook.of(job)
        self._expose(job, hazardous)

    def worked(self, job: Job, now: float) -> None:
        """Teams begin or end a task's stage."""
        self._worked[job.stage][job.task.district] = now

    def done(self, job: Job) -> None:
        """Nothing is left to do on the land of a task."""
        self._expose(job, 0.0)
        uses, use = self._blocked[job.task.access], job.task.land_use
        uses[use] -= 1
        if uses[use] == 0:
            del uses[use]

    def rank(self, jobs: list[Job]) -> None:
        """Set the rank of jobs that wait for the same stage: by value, then who came first, then the area's key.

        Raises
        ------
        PolicyError
            Where the policy gives no number; names policy and task.
        """
        if self._reports is None:
            self._reports = self._read_reports()
        policy, presence, districts = self._plan.policy, self._presence[self._step], self._districts
        by_area, by_zone, everywhere, uses, contact = self._reports
        stage = jobs[0].stage if jobs else ""
        worked = self._worked[stage] if jobs else []
        for job in jobs:
            task = job.task
            access, district = task.access, task.district
            belief = _believe((  # in the order of Belief's fields; the call of the class takes twice as long
                task.enters, task.land_use, job.work_m2, task.users * presence[access], task.land_km2,
                by_area[task.area], job.cost_usd, task.chance, districts[district], stage, job.hazardous_m2,
                job.release_usd, worked[district], by_zone[access], uses[access], everywhere, contact))
            job.rank = -value_of(policy, belief), task.enters, task.key

    def _expose(self, job: Job, hazardous_m2: float) -> None:
        """Land of a task that is believed to hold items, from now on."""
        task = job.task
        self._exposed[task.access] += task.users / task.land_km2 * (hazardous_m2 - job.hazardous_m2) / KM2
        job.hazardous_m2 = hazardous_m2

    def _read_reports(self) -> _Reports:
        """Asked for late, since the ground has to decide history to answer."""
        reported = self._ground.reported_accidents(self._step, RECENT_QUARTERS)
        by_zone: list[int] = np.bincount(self._area_access, reported, len(self._exposed)).astype(np.int64).tolist()
        contact = sum(map(mul, self._exposed, self._presence[self._step]))
        return _Reports(reported.tolist(), by_zone, sum(by_zone), list(map(len, self._blocked)), contact)


def _usd_per_m2(plan: Plan, stage: str, terrain: int) -> float:
    """What a stage is expected to cost: by the first kind of team that does it; nothing where none can."""
    crew = next((c for c in plan.crews if c.works(stage, terrain)), None)
    return 0.0 if crew is None else crew.cost_per_m2 + crew.cost_per_day / crew.rate[stage][terrain]
