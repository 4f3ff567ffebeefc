"""The run of a programme: land-release stages worked on by teams, as events of a SimPy environment.

Order of a run, written once:

1. land becomes reachable and joins the queue of its first stage
2. teams that are free take the waiting task of highest priority while its line has money
3. a finished stage reveals what it found; the land moves on or is released
4. every quarter: money comes in, newly reported accidents are read, the queues are ranked again
5. every year: what EOD spot tasks found is counted, the ledger is written down
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from statistics import NormalDist

import numpy as np
import simpy
from simpy.events import NORMAL, URGENT, EventPriority

from sim.core.ground import GroundTruth
from sim.core.random import STREAM_TASK, uniforms
from sim.core.records import N_CLASSES, N_KINDS
from sim.programme.ledger import LAND_STATES, SUSPECTED, TO_SURVEY, Ledger, StageRecord
from sim.programme.money import Purse
from sim.programme.plan import EOD, LINE, STAGES, Crew, Plan, Task
from sim.programme.priorities import Belief
from sim.programme.stages import Job, Stages, new_job
from sim.world import World

LAST = EventPriority(2)  # after urgent (0) and normal (1) events of the same moment
RECENT_QUARTERS = 8
NORMAL_LAW = NormalDist()


def run_programme(world: World, plan: Plan, ground: GroundTruth, trace: bool = False) -> Ledger:
    """Run the programme to the horizon; time passes in the ground as it does here.

    Parameters
    ----------
    world : World
        For its calendar and districts only.
    plan : Plan
    ground : GroundTruth
    trace : bool
        Keep a record of every stage (for Gantt charts).

    Returns
    -------
    Ledger
    """
    return _Run(world, plan, ground, trace).run()


class _Moment(simpy.Event):
    """Something that happens at a date: one event, where a process would take three."""

    def __init__(self, env: simpy.Environment, delay: float, act: Callable[[], None],
                 priority: EventPriority) -> None:
        self.env = env
        self.callbacks = [lambda _: act()]
        self._ok, self._value = True, None
        env.schedule(self, priority, delay)


class _Run:
    def __init__(self, world: World, plan: Plan, ground: GroundTruth, trace: bool) -> None:
        frame = world.frame
        self.plan, self.ground, self.trace = plan, ground, trace
        self.address = world.draw.seed, ground.replicate
        self.edges: list[float] = frame.edges.tolist()
        self.end = self.edges[-1]
        self.step, self.step_year = 0, frame.step_year.tolist()
        self.opens = world.access.opens
        self.presence: list[list[float]] = world.access.presence.tolist()
        self.env = simpy.Environment(initial_time=self.edges[0])
        self.ledger = Ledger(len(frame.districts), len(frame.years), _initial_land(world))
        self.stages = Stages(plan, ground, self.ledger, self.address)
        self.purse = Purse(plan.income_usd, self.ledger)
        self.free = [0] * len(plan.crews)
        self.waiting: dict[str, list[Job]] = {stage: [] for stage in STAGES}
        self.unranked: set[str] = set()  # queues that have to be ranked before a task is taken
        self.recent = [0] * len(frame.areas)
        self.jobs = {task.area: new_job(task) for task in plan.tasks}
        self.open_jobs = len(plan.tasks)  # those that become reachable after the horizon too
        self.dispatching = False
        self.crew_stages = [(i, stage) for i, crew in enumerate(plan.crews) for stage in crew.stages]
        self.chances: dict[tuple[str, int], list[float]] = {}  # uniforms of stages by pass, by task
        self.keys = np.array([t.key for t in plan.tasks], np.uint64)
        self.place = {t.area: i for i, t in enumerate(plan.tasks)}
        self.spot_known = np.zeros(len(frame.areas), np.int64)
        reachable = [t for t in plan.tasks if t.origin != "polygon"]
        self.land_opens = np.array([self.opens[t.access] for t in reachable])
        self.land_district = np.array([t.district for t in reachable], np.int64)
        self.land_m2 = np.array([t.area_m2 for t in reachable], np.int64)
        self.area_district = ground.arrays.areas["district"].astype(np.int64)
        pairs = {(stage, t.land_use) for stage in STAGES for t in plan.tasks}
        self.expected_crew = {
            (stage, use): next((c for c in plan.crews if c.works(stage, use)), None) for stage, use in pairs}
        shape = (-1, N_KINDS, N_CLASSES)
        ground.use_methods(  # a whole pass and a sample, for each kind of team
            np.array([c.detection * share for c in plan.crews for share in (1.0, plan.sampling_share)]).reshape(shape),
            np.array([c.weights for c in plan.crews for _ in range(2)]).reshape(shape))
        ground.use_eod(plan.eod_items_per_day)

    # -- the run ------------------------------------------------------------------------------------------

    def run(self) -> Ledger:
        for task in self.plan.tasks:
            self._at(task.enters, partial(self._enter, task))
        for i, crew in enumerate(self.plan.crews):
            before = 0
            for since, teams in zip(crew.since.tolist(), crew.teams.tolist(), strict=True):
                self._at(since, partial(self._staff, i, teams - before))
                before = teams
        for date, polygon, m2, under in self.plan.laid:
            self._at(date, partial(self._lay, polygon, m2, under))
        for step in range(1, len(self.step_year)):
            self._at(self.edges[step], partial(self._review, step), URGENT)
        self.purse.open_quarter(0, 0)
        self.env.run(until=math.nextafter(self.end, math.inf))
        self.ground.advance(self.end)
        self._write_year(self.step_year[-1])
        self.ledger.check()
        return self.ledger

    def _at(self, date: float, act: Callable[[], None], priority: EventPriority = NORMAL) -> None:
        if date <= self.end:
            self._in(max(0.0, date - self.env.now), act, priority)

    def _in(self, days: float, act: Callable[[], None], priority: EventPriority) -> None:
        self.ledger.events += 1
        _Moment(self.env, days, act, priority)

    def _sync(self) -> None:
        self.ground.advance(min(self.env.now, self.end))

    # -- 1. land becomes reachable ------------------------------------------------------------------------

    def _enter(self, task: Task) -> None:
        job = self.jobs[task.area]
        if job.stage == "resurvey":
            self._sync()
            self.ground.start_on_record(task.area)
        self._queue(job)

    def _lay(self, polygon: int, m2: int, under: list[tuple[int, int]]) -> None:
        """A polygon is recorded; land to be surveyed under it leaves its task, unless survey has begun there."""
        inside = 0
        for area, part in under:
            job = self.jobs.get(area)
            if job is not None and not job.begun:
                part = min(part, job.area_m2)
                job.area_m2 -= part
                inside += part
                self._expect_cost(job)
                self.unranked.add(job.stage)
        self.ledger.lay(self.step_year[self.step], int(self.area_district[polygon]), m2, inside)

    def _staff(self, i: int, more: int) -> None:
        self.free[i] += more
        self._dispatch_soon()

    # -- 2. teams take tasks ------------------------------------------------------------------------------

    def _queue(self, job: Job) -> None:
        self._expect_cost(job)
        self.waiting[job.stage].append(job)
        self.unranked.add(job.stage)
        self._dispatch_soon()

    def _expect_cost(self, job: Job) -> None:
        """What the next stage should cost, with the first kind of team that does it."""
        land_use = job.task.land_use
        crew = self.expected_crew[job.stage, land_use]
        job.work_m2 = job.next_m2(self.plan.sampling_share)
        job.cost_usd = 0.0
        if crew is not None and crew.rate[land_use] > 0.0:
            job.cost_usd = job.work_m2 * (crew.cost_per_m2 + crew.cost_per_day / crew.rate[land_use])

    def _ranked(self, stage: str) -> list[Job]:
        """Queue of a stage, most important first: by value, then who came first, then the area's key."""
        jobs = self.waiting[stage]
        if stage in self.unranked:
            self.unranked.discard(stage)
            for job in jobs:
                task = job.task
                belief = Belief(
                    task.enters, task.land_use, job.work_m2, task.users * self.presence[task.access][self.step],
                    task.land_km2, self.recent[task.area], job.cost_usd, task.chance)
                job.rank = -self.plan.policy(belief), task.enters, task.key
            jobs.sort(key=attrgetter("rank"))
        return jobs

    def _dispatch_soon(self) -> None:
        """Dispatch once everything that happens at this moment has happened: order of arrival is no rank."""
        if not self.dispatching and any(self._can_start(i, stage) for i, stage in self.crew_stages):
            self.dispatching = True
            self._in(0.0, self._dispatch, LAST)

    def _dispatch(self) -> None:
        """Free teams take waiting tasks, most important first; crews in the order they are written."""
        self.dispatching = False
        for i, stage in self.crew_stages:
            if not self._can_start(i, stage):
                continue
            crew, jobs, at = self.plan.crews[i], self._ranked(stage), 0
            while at < len(jobs) and self._can_start(i, stage):
                if crew.works(stage, jobs[at].task.land_use) and crew.rate[jobs[at].task.land_use] > 0.0:
                    self._start(i, crew, jobs.pop(at))
                else:
                    at += 1

    def _can_start(self, i: int, stage: str) -> bool:
        """Whether there are teams, land and money for a stage."""
        return self.free[i] > 0 and bool(self.waiting[stage]) and (
            self.plan.crews[i].costs_nothing or self.purse.has_money(LINE[stage]))

    def _start(self, i: int, crew: Crew, job: Job) -> None:
        """Begin a stage with as many teams as planners would send."""
        now, task = self.env.now, job.task
        work = job.work_m2
        days_of_one = work / crew.rate[task.land_use] * self._duration_factor(crew, job)
        teams = min(self.free[i], crew.max_teams, max(1, math.ceil(days_of_one / crew.days_per_task)))
        end = crew.season.finish(now, days_of_one / teams)
        usd = round(days_of_one * crew.cost_per_day + work * crew.cost_per_m2)
        self.purse.charge(LINE[job.stage], task.district, usd)
        self.free[i] -= teams
        job.begun = True
        if job.stage in ("clearance", "sampling"):
            self._sync()
            self.ground.begin_sweep(task.area, end, 2 * i + (job.stage == "sampling"))
            self._at(end, partial(self._end_pass, i, crew, job, teams, now))
        else:
            self._at(end, partial(self._end, i, crew, job, teams, now))

    def _duration_factor(self, crew: Crew, job: Job) -> float:
        """Random factor of mean 1 on a stage's duration, at the address (area, stage, pass)."""
        if crew.duration_cv == 0.0 and not crew.exponential:
            return 1.0
        what = job.stage, job.passes
        if what not in self.chances:  # for all areas at once: one by one takes longer
            self.chances[what] = uniforms(
                *self.address, STREAM_TASK, self.keys, STAGES.index(job.stage), job.passes).tolist()
        u = self.chances[what][self.place[job.task.area]]
        if crew.exponential:
            return -math.log(u)
        s2 = math.log1p(crew.duration_cv**2)
        return math.exp(NORMAL_LAW.inv_cdf(u) * math.sqrt(s2) - s2 / 2.0)

    # -- 3. a stage ends ----------------------------------------------------------------------------------

    def _end_pass(self, i: int, crew: Crew, job: Job, teams: int, start: float) -> None:
        """Finds become known; destroying them and standing down after an accident take time and money."""
        self._sync()
        days = self.stages.end_pass(job, crew, teams, self.step_year[self.step])
        if days > 0.0:
            self.purse.charge(LINE[job.stage], job.task.district, round(days * teams * crew.cost_per_day))
            self._at(crew.season.finish(self.env.now, days), partial(self._end, i, crew, job, teams, start))
        else:
            self._end(i, crew, job, teams, start)

    def _end(self, i: int, crew: Crew, job: Job, teams: int, start: float) -> None:
        now = self.env.now
        self._sync()
        if self.trace:
            self.ledger.stages.append(StageRecord(job.task.area, job.stage, crew.name, teams, start, now))
        self.free[i] += teams
        following = self.stages.end(job)
        if following is not None:
            job.stage = following
            self._queue(job)
        else:
            self.open_jobs -= 1
            if self.open_jobs == 0:
                self.ledger.completed_on = now
        self._dispatch_soon()

    # -- 4. and 5. reviews --------------------------------------------------------------------------------

    def _review(self, step: int) -> None:
        self.ground.advance(self.edges[step])
        year = self.step_year[step]
        if year != self.step_year[self.step]:
            self._write_year(self.step_year[self.step])
        self.step = step
        self.purse.open_quarter(step, year)
        self.recent = self.ground.reported_accidents(RECENT_QUARTERS).tolist()
        self.unranked.update(STAGES)
        self._dispatch_soon()

    def _write_year(self, year: int) -> None:
        """The ledger at a year's end: land by state, EOD finds and their cost."""
        self.ledger.land_by_year_m2[year] = self.ledger.land_m2
        spot = self.ground.spot_finds()
        new = np.bincount(self.area_district, spot - self.spot_known, self.ledger.districts)
        self.spot_known = spot
        for district, items in enumerate(new.tolist()):
            self.purse.charge(EOD, district, round(items * self.plan.eod_cost))
        now_open = self.land_opens <= self.edges[self.step + 1]
        np.add.at(self.ledger.accessible_m2[year], self.land_district[now_open], self.land_m2[now_open])


def _initial_land(world: World) -> np.ndarray:
    """Land by district and state at the start, (district, state) int64 [m2]."""
    frame = world.frame
    land = np.zeros((len(frame.districts), len(LAND_STATES)), np.int64)
    for i, name in enumerate(frame.areas):
        district = frame.access_district[frame.stratum_access[name.stratum]]
        if name.origin == "survey":
            land[district, TO_SURVEY] += frame.area_m2[i]
        elif name.origin == "record":
            land[district, SUSPECTED] += frame.area_m2[i]
    return land
