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
from typing import Any

import simpy
from simpy.events import NORMAL, URGENT, EventPriority

from sim.core.ground import GroundTruth
from sim.programme.country import Country
from sim.programme.crews import LINE, PASSES, STAGES, Crew
from sim.programme.floods import Flood
from sim.programme.ledger import EDUCATION, EOD, Ledger, StageRecord
from sim.programme.money import Purse
from sim.programme.passes import Passes
from sim.programme.plan import Plan, Task
from sim.programme.ranking import Ranking
from sim.programme.season import MONTH_DAYS
from sim.programme.staff import Staff
from sim.programme.stages import HANDOVER, Job, Stages, new_job
from sim.world import World

LAST = EventPriority(2)  # after urgent (0) and normal (1) events of the same moment
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

    _ok, _value = True, None

    def __init__(self, act: Callable[[], None]) -> None:
        self.act, self.callbacks = act, _HAPPENS

    def _happen(self) -> None:
        self.act()


_HAPPENS: list[Callable[[Any], None]] = [_Moment._happen]  # nothing else ever waits for a moment


class _Queue:
    """Jobs that wait for a stage."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.terrains: dict[int, int] = {}  # of the jobs, and how many lie on each
        self.ranked = True  # whether the jobs are in order; if not, they are put in order when one may be taken

    def take(self, at: int) -> None:
        """A job leaves the queue."""
        terrain = self.jobs.pop(at).task.terrain
        self.terrains[terrain] -= 1
        if not self.terrains[terrain]:
            del self.terrains[terrain]


@dataclass(frozen=True, slots=True)
class _Post:
    """One stage that one kind of team works at."""

    i: int  # of the crew
    crew: Crew
    terrains: frozenset[int]
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
        self.country = Country(world, plan.tasks)
        self.env = simpy.Environment(initial_time=self.edges[0])
        self.ledger = Ledger(
            len(frame.districts), len(frame.years), self.country.initial_land(), tuple(a.payer for a in plan.accounts))
        self.stages = Stages(plan, ground, self.ledger, self.address)
        self.purse = Purse(plan.accounts, self.ledger)
        self.staff = Staff(plan.crews, self.address, frame.area_keys)
        self.free = self.staff.free  # teams by kind
        self.queues = {stage: _Queue() for stage in STAGES}
        self.jobs = {task.area: new_job(task) for task in plan.tasks}
        self.ranking = Ranking(world, plan, ground, self.jobs.values())
        self.open_jobs = len(plan.tasks)  # those that become reachable after the horizon too
        self.dispatching = False
        self.posts = [
            _Post(i, crew, crew.terrains, LINE[stage], crew.costs_nothing, self.queues[stage])
            for i, crew in enumerate(plan.crews) for stage in crew.stages]
        self.closed: frozenset[int] = frozenset()  # terrains on which nobody can work this month
        self.area_keys = frame.area_keys
        self.passes = Passes(plan.crews, ground)
        ground.use_eod(plan.eod_items_per_day)
        if plan.education is not None:
            ground.use_education(plan.education.entry)

    # -- the run ------------------------------------------------------------------------------------------

    def run(self) -> Ledger:
        entering: dict[float, list[Task]] = {}
        for task in self.plan.tasks:
            entering.setdefault(task.enters, []).append(task)
        for date, tasks in entering.items():
            self._at(date, partial(self._enter, tasks))
        for i, crew in enumerate(self.plan.crews):
            before = 0
            for since, teams in zip(crew.since.tolist(), crew.teams.tolist(), strict=True):
                self._at(since, partial(self._staff, i, teams - before))
                before = teams
        for date, polygon, m2, under in self.plan.laid:
            self._at(date, partial(self._lay, polygon, m2, under))
        for flood in self.plan.floods:
            if flood.date >= self.edges[0]:
                self._at(flood.date, partial(self._flood, flood))
        for step in range(1, len(self.step_year)):
            self._at(self.edges[step], partial(self._review, step), URGENT)
        self.purse.open_quarter(0, 0)
        self._teach(0, 0)
        if self.plan.closed:
            self._turn_month(math.floor(self.edges[0] / MONTH_DAYS))
        self._log_land()
        self.env.run(until=math.nextafter(self.end, math.inf))
        self.ground.advance(self.end)
        self._write_year(self.step_year[-1])
        self.ledger.accessible_m2[:] = self.country.accessible_m2()
        self.purse.close()
        self._log_land()
        self.ledger.check()
        return self.ledger

    def _at(self, date: float, act: Callable[[], None], priority: EventPriority = NORMAL) -> None:
        if date <= self.end:
            self.ledger.events += 1
            delay = date - self.env.now
            self.env.schedule(_Moment(act), priority, delay if delay > 0.0 else 0.0)

    def _sync(self) -> float:
        """Time passes in the ground too; returns the date."""
        now: float = self.env.now
        self.ground.advance(min(now, self.end))
        return now

    # -- 1. land becomes reachable ------------------------------------------------------------------------

    def _enter(self, tasks: list[Task]) -> None:
        self._sync()
        for task in tasks:
            job = self.jobs[task.area]
            if job.stage == "resurvey":
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
        self.ledger.lay(self.step_year[self.step], self.country.district_of(polygon), m2, inside)

    def _staff(self, i: int, more: int) -> None:
        self.staff.come(i, more)
        self._dispatch_soon()

    def _turn_month(self, month: int) -> None:
        """Land on which nobody can work this month waits; counted from January 2000."""
        self.closed = self.plan.closed[month % 12]
        self._at((month + 1) * MONTH_DAYS, partial(self._turn_month, month + 1), URGENT)
        self._dispatch_soon()

    # -- 2. teams take tasks ------------------------------------------------------------------------------

    def _queue(self, job: Job) -> None:
        queue = self.queues[job.stage]
        queue.terrains[job.task.terrain] = queue.terrains.get(job.task.terrain, 0) + 1
        if queue.ranked:
            self.ranking.rank([job])
            insort(queue.jobs, job, key=RANK)
        else:
            queue.jobs.append(job)

    def _queue_anew(self, job: Job) -> None:
        """The same where the stage is another one, or its land."""
        self.ranking.expect(job)
        self._queue(job)

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
            self._at(self.env.now, self._dispatch, LAST)

    def _dispatch(self) -> None:
        """Free teams take waiting tasks, most important first; crews in the order they are written."""
        self.dispatching = False
        free = self.free
        for post in self.posts:
            if free[post.i] > 0 and post.queue.jobs and self._can_start(post):
                self._take(post)

    def _take(self, post: _Post) -> None:
        """Teams of a kind take tasks while they can start one."""
        jobs, at = self._ranked(post.queue), 0
        seasons = bool(self.plan.closed)
        terrains = post.terrains - self.closed if seasons else post.terrains
        while at < len(jobs):
            job = jobs[at]
            if job.task.terrain in terrains and (not seasons or self.staff.fits(post.i, job, self.env.now)):
                post.queue.take(at)
                if job.marks is None or not job.marks.done:
                    self._start(post, job)
                if not self._can_start(post):
                    return
            else:
                at += 1

    def _can_start(self, post: _Post) -> bool:
        """Whether there are teams, land on which they work, and money for a stage."""
        return self.free[post.i] > 0 and not post.terrains.isdisjoint(post.queue.terrains) and (
            post.costs_nothing or self.purse.has_money(post.line))

    def _start(self, post: _Post, job: Job) -> None:
        """Begin a stage with as many teams as planners would send."""
        i, crew, now, task = post.i, post.crew, self.env.now, job.task
        teams, end, usd = self.staff.send(i, job, now)
        self.purse.charge(post.line, task.district, usd)
        self.ranking.worked(job, now)
        job.begun = True
        if job.stage in PASSES:
            self._sync()
            if job.first_crew < 0:
                job.first_crew = i
            share = self.plan.inspection.share_of(job.for_clearance_m2) if job.stage == "sampling" else 1.0
            self.ground.begin_sweep(task.area, end, self.passes.row(i, job.first_crew, share))
            self._at(end, partial(self._end_pass, i, crew, job, teams, now))
        else:
            self._at(end, partial(self._end, i, crew, job, teams, now))

    # -- 3. a stage ends ----------------------------------------------------------------------------------

    def _end_pass(self, i: int, crew: Crew, job: Job, teams: int, start: float) -> None:
        """Finds become known; destroying them and standing down after an accident take time and money."""
        now = self._sync()
        days = self.stages.end_pass(job, crew, teams, self.step_year[self.step])
        if days > 0.0:
            self.purse.charge(LINE[job.stage], job.task.district, round(days * teams * crew.cost_per_day))
            until = crew.seasons[job.task.terrain].finish(now, days)
            self._at(until, partial(self._end, i, crew, job, teams, start))
        else:
            self._end(i, crew, job, teams, start)

    def _end(self, i: int, crew: Crew, job: Job, teams: int, start: float) -> None:
        now = self._sync()
        if self.trace:
            self.ledger.stages.append(StageRecord(job.task.area, job.stage, crew.name, teams, start, now))
        self.staff.back(i, teams, job.task.district)
        self.ranking.worked(job, now)
        if job.stage == "marking":
            self._marked(job)
        else:
            self._go_on(job)
        self._dispatch_soon()

    def _go_on(self, job: Job) -> None:
        """From a stage to what follows."""
        following = self.stages.end(job)
        if job.to_mark:
            job.to_mark = False
            job.marking = Job(job.task, "marking", job.area_m2, marks=job)
            self._queue_anew(job.marking)
        if following == HANDOVER:
            self._at(self.env.now + self.plan.handover_days, partial(self._hand_over, job))
        elif following is not None:
            job.stage = following
            self._queue_anew(job)
        else:
            self._done(job)

    def _marked(self, job: Job) -> None:
        """Marking stands, until it is put up again."""
        job.passes += 1
        job.standing = True
        self.ground.mark(job.task.area)
        if self.plan.renewed_days < math.inf:
            self._at(self.env.now + self.plan.renewed_days, partial(self._mark_again, job, job.passes))

    def _mark_again(self, job: Job, after: int) -> None:
        """Put up marking again, unless that was done since, or people have the land back."""
        if job.standing and job.passes == after and job.marks is not None and not job.marks.done:
            job.standing = False
            self._queue_anew(job)
            self._dispatch_soon()

    def _flood(self, flood: Flood) -> None:
        """Marking is gone; land that was done with is suspected again and waits for survey."""
        self._sync()
        for area in flood.reaches(self.address, self.area_keys):
            job = self.jobs.get(area)
            if job is None:
                continue
            self.ground.unmark(area)
            if job.marking is not None:
                self._mark_again(job.marking, job.marking.passes)
            again = self.stages.flood(job, self.step_year[self.step])
            if again is not None:
                self.open_jobs += 1
                self.ledger.completed_on = math.inf
                self.ranking.add(again)
                self._queue(again)
        self._dispatch_soon()

    def _hand_over(self, job: Job) -> None:
        self._sync()
        self.stages.hand_over(job)
        self._done(job)

    def _done(self, job: Job) -> None:
        """One task less."""
        job.done = True
        self.ranking.done(job)
        self.open_jobs -= 1
        if self.open_jobs == 0:
            self.ledger.completed_on = self.env.now

    # -- 4. and 5. reviews --------------------------------------------------------------------------------

    def _review(self, step: int) -> None:
        self.ground.advance(self.edges[step])
        self._log_land()
        year = self.step_year[step]
        if year != self.step_year[self.step]:
            self._write_year(self.step_year[self.step])
        self.step = step
        self.purse.open_quarter(step, year)
        self._teach(step, year)
        self.ranking.open_quarter(step)
        for queue in self.queues.values():
            queue.ranked = False
        self._dispatch_soon()

    def _teach(self, step: int, year: int) -> None:
        """Risk education of a quarter is paid."""
        education = self.plan.education
        if education is not None:
            self.ledger.people_taught[year] += education.reached[step]
            for district, usd in enumerate(education.usd[step].tolist()):
                self.purse.charge(EDUCATION, district, usd)

    def _log_land(self) -> None:
        if self.trace:
            self.ledger.log_land(min(self.env.now, self.end))

    def _write_year(self, year: int) -> None:
        """The ledger at a year's end: land by state, EOD finds and their cost."""
        self.ledger.land_by_year_m2[year] = self.ledger.land_m2
        for district, items in enumerate(self.country.new_spot_finds(self.ground.spot_finds()).tolist()):
            self.purse.charge(EOD, district, round(items * self.plan.eod_cost))
        self.ledger.owed_usd[year] = self.purse.owed()


