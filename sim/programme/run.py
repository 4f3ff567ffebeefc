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
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass
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
from sim.programme.ranking import Ranking
from sim.programme.stages import Job, Stages, new_job
from sim.world import World

LAST = EventPriority(2)  # after urgent (0) and normal (1) events of the same moment
NORMAL_LAW = NormalDist()
RANK = attrgetter("rank")


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
        self.env, self.act = env, act
        self.callbacks = [_Moment._happen]
        self._ok, self._value = True, None
        env.schedule(self, priority, delay)

    def _happen(self) -> None:
        self.act()


class _Queue:
    """Jobs that wait for a stage."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.ranked = True  # whether the jobs are in order; if not, they are put in order when one may be taken


@dataclass(frozen=True, slots=True)
class _Post:
    """One stage that one kind of team works at."""

    i: int  # of the crew
    crew: Crew
    land_uses: frozenset[str]  # on which they work at all
    line: int  # that pays them
    costs_nothing: bool
    queue: _Queue


class _Run:
    def __init__(self, world: World, plan: Plan, ground: GroundTruth, trace: bool) -> None:
        frame = world.frame
        self.plan, self.ground, self.trace = plan, ground, trace
        self.address = world.draw.seed, ground.replicate
        self.edges: list[float] = frame.edges.tolist()
        self.end = self.edges[-1]
        self.step, self.step_year = 0, frame.step_year.tolist()
        self.opens = world.access.opens
        self.env = simpy.Environment(initial_time=self.edges[0])
        self.ledger = Ledger(len(frame.districts), len(frame.years), _initial_land(world))
        self.stages = Stages(plan, ground, self.ledger, self.address)
        self.purse = Purse(plan.income_usd, self.ledger)
        self.free = [0] * len(plan.crews)
        self.queues = {stage: _Queue() for stage in STAGES}
        self.jobs = {task.area: new_job(task) for task in plan.tasks}
        self.ranking = Ranking(world, plan, ground, self.jobs.values())
        self.open_jobs = len(plan.tasks)  # those that become reachable after the horizon too
        self.dispatching = False
        land_uses = {t.land_use for t in plan.tasks}
        self.posts = [
            _Post(i, crew, frozenset(u for u in land_uses if crew.works(stage, u) and crew.rate[u] > 0.0),
                  LINE[stage], crew.costs_nothing, self.queues[stage])
            for i, crew in enumerate(plan.crews) for stage in crew.stages]
        self.chances: dict[tuple[str, int], list[float]] = {}  # uniforms of stages by pass, by area
        self.area_keys = frame.area_keys
        self.spot_known = np.zeros(len(frame.areas), np.int64)
        reachable = [t for t in plan.tasks if t.origin != "polygon"]
        self.land_opens = np.array([self.opens[t.access] for t in reachable])
        self.land_district = np.array([t.district for t in reachable], np.int64)
        self.land_m2 = np.array([t.area_m2 for t in reachable], np.int64)
        self.area_district = ground.arrays.areas["district"].astype(np.int64)
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
        self._log_land()
        self.env.run(until=math.nextafter(self.end, math.inf))
        self.ground.advance(self.end)
        self._write_year(self.step_year[-1])
        self._log_land()
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
        self._dispatch_soon()

    def _lay(self, polygon: int, m2: int, under: list[tuple[int, int]]) -> None:
        """A polygon is recorded; land to be surveyed under it leaves its task, unless survey has begun there."""
        inside = 0
        for area, part in under:
            job = self.jobs.get(area)
            if job is not None and not job.begun:
                part = min(part, job.area_m2)
                job.area_m2 -= part
                inside += part
                self.ranking.expect(job)
                self.queues[job.stage].ranked = False
        self.ledger.lay(self.step_year[self.step], int(self.area_district[polygon]), m2, inside)

    def _staff(self, i: int, more: int) -> None:
        self.free[i] += more
        self._dispatch_soon()

    # -- 2. teams take tasks ------------------------------------------------------------------------------

    def _queue(self, job: Job) -> None:
        self.ranking.expect(job)
        queue = self.queues[job.stage]
        if queue.ranked:
            self.ranking.rank([job])
            insort(queue.jobs, job, key=RANK)
        else:
            queue.jobs.append(job)

    def _ranked(self, queue: _Queue) -> list[Job]:
        """Jobs of a queue, most important first."""
        if not queue.ranked:
            self.ranking.rank(queue.jobs)
            queue.jobs.sort(key=RANK)
            queue.ranked = True
        return queue.jobs

    def _dispatch_soon(self) -> None:
        """Dispatch once everything that happens at this moment has happened: order of arrival is no rank."""
        if self.env.peek() > self.env.now:  # it has
            self._dispatch()
        elif not self.dispatching:
            self.dispatching = True
            self._in(0.0, self._dispatch, LAST)

    def _dispatch(self) -> None:
        """Free teams take waiting tasks, most important first; crews in the order they are written."""
        self.dispatching = False
        for post in self.posts:
            if not self._can_start(post):
                continue
            jobs, at = self._ranked(post.queue), 0
            while at < len(jobs) and self._can_start(post):
                if jobs[at].task.land_use in post.land_uses:
                    self._start(post, jobs.pop(at))
                else:
                    at += 1

    def _can_start(self, post: _Post) -> bool:
        """Whether there are teams, land and money for a stage."""
        return self.free[post.i] > 0 and bool(post.queue.jobs) and (
            post.costs_nothing or self.purse.has_money(post.line))

    def _start(self, post: _Post, job: Job) -> None:
        """Begin a stage with as many teams as planners would send."""
        i, crew, now, task, work = post.i, post.crew, self.env.now, job.task, job.work_m2
        days_of_one = work / crew.rate[task.land_use] * self._duration_factor(crew, job)
        teams = min(self.free[i], crew.max_teams, max(1, math.ceil(days_of_one / crew.days_per_task)))
        end = crew.season.finish(now, days_of_one / teams)
        usd = round(days_of_one * crew.cost_per_day + work * crew.cost_per_m2)
        self.purse.charge(post.line, task.district, usd)
        self.free[i] -= teams
        self.ranking.worked(job, now)
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
                *self.address, STREAM_TASK, self.area_keys, STAGES.index(job.stage), job.passes).tolist()
        u = self.chances[what][job.task.area]
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
        self.ranking.worked(job, now)
        following = self.stages.end(job)
        if following is not None:
            job.stage = following
            self._queue(job)
        else:
            self.ranking.done(job)
            self.open_jobs -= 1
            if self.open_jobs == 0:
                self.ledger.completed_on = now
        self._dispatch_soon()

    # -- 4. and 5. reviews --------------------------------------------------------------------------------

    def _review(self, step: int) -> None:
        self.ground.advance(self.edges[step])
        self._log_land()
        year = self.step_year[step]
        if year != self.step_year[self.step]:
            self._write_year(self.step_year[self.step])
        self.step = step
        self.purse.open_quarter(step, year)
        self.ranking.open_quarter(step)
        for queue in self.queues.values():
            queue.ranked = False
        self._dispatch_soon()

    def _log_land(self) -> None:
        if self.trace:
            self.ledger.log_land(min(self.env.now, self.end))

    def _write_year(self, year: int) -> None:
        """The ledger at a year's end: land by state, EOD finds and their cost."""
        self.ledger.land_by_year_m2[year] = self.ledger.land_m2
        spot = self.ground.spot_finds()
        new = np.bincount(self.area_district, spot - self.spot_known, self.ledger.districts)
        self.spot_known = spot
        for district, items in enumerate(new.tolist()):
            self.purse.charge(EOD, district, round(items * self.plan.eod_cost))
        open_m2 = np.where(self.land_opens <= self.edges[self.step + 1], self.land_m2, 0)
        self.ledger.accessible_m2[year] = np.bincount(self.land_district, open_m2, self.ledger.districts)


def _initial_land(world: World) -> np.ndarray:
    """Land by district and state at the start, (district, state) int64 [m2]."""
    frame = world.frame
    land = np.zeros((len(frame.districts), len(LAND_STATES)), np.int64)
    state = {"survey": TO_SURVEY, "record": SUSPECTED}
    stratum_district = frame.access_district[frame.stratum_access].tolist()
    for name, m2 in zip(frame.areas, frame.area_m2.tolist(), strict=True):
        if name.origin in state:
            land[stratum_district[name.stratum], state[name.origin]] += m2
    return land
