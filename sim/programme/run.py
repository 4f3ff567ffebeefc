"""The run of a programme: land-release stages worked on by teams, as SimPy processes.

Order of a run, written once:

1. land becomes reachable and joins the queue of its first stage
2. teams that are free take the waiting task of highest priority that their money allows
3. a finished stage reveals what it found; the land moves on or is released
4. every quarter: newly reported accidents are read, the queues are ranked again
5. every year: new money, EOD spot tasks of the past year are counted, the ledger is written down
"""

from __future__ import annotations

import bisect
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy
from simpy.events import EventPriority

from sim.core.ground import GroundTruth
from sim.core.inverse import binomial_inverse
from sim.core.random import STREAM_DEMINER, STREAM_TASK, uniform2
from sim.core.records import CANCELLED as BRANCH_CANCELLED
from sim.core.records import CLEARED as BRANCH_CLEARED
from sim.core.records import MISSED as BRANCH_MISSED
from sim.core.records import REDUCED as BRANCH_REDUCED
from sim.core.records import YEAR_DAYS
from sim.programme.ledger import (
    CANCELLED,
    CLEARED,
    CONFIRMED,
    LAND_STATES,
    NO_EVIDENCE,
    REDUCED,
    SUSPECTED,
    TO_SURVEY,
    Ledger,
    StageRecord,
)
from sim.programme.plan import Crew, Plan, Task, year_parts
from sim.programme.priorities import Belief
from sim.world import World

STAGE_NUMBER = {"nts": 0, "resurvey": 1, "ts": 2, "clearance": 3, "sampling": 4}
LAST = EventPriority(2)  # after urgent (0) and normal (1) events of the same moment
RECENT_DAYS = 2.0 * YEAR_DAYS
LINE = {"nts": 0, "resurvey": 0, "ts": 0, "clearance": 1, "sampling": 1}


@dataclass
class Job:
    """A task under way: what survey has said of it so far."""

    task: Task
    stage: str
    area_m2: int
    begun: bool = False
    suspected_m2: int = 0
    confirmed_m2: int = 0
    for_clearance_m2: int = 0
    passes: int = 0
    found: int = 0  # items found by the last pass
    value: float = 0.0
    no_money: bool = False  # waits for the next review

    def work_m2(self, sampling_share: float) -> int:
        """Land that the next stage works on."""
        if self.stage == "nts":
            return self.area_m2
        if self.stage == "resurvey":
            return self.suspected_m2
        if self.stage == "ts":
            return self.confirmed_m2
        return int(self.for_clearance_m2 * (sampling_share if self.stage == "sampling" else 1.0))


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


class _Run:
    def __init__(self, world: World, plan: Plan, ground: GroundTruth, trace: bool) -> None:
        frame = world.frame
        self.plan, self.ground, self.trace = plan, ground, trace
        self.seed, self.replicate = (int(v) for v in ground.arrays.address)
        self.edges, self.step_year = frame.edges, frame.step_year
        self.edge_list = frame.edges.tolist()
        self.end = self.edge_list[-1]
        self.opens = world.access.opens
        self.presence = world.access.presence
        self.env = simpy.Environment(initial_time=float(frame.edges[0]))
        self.ledger = Ledger(len(frame.districts), len(frame.years), _initial_land(world))
        self.ledger.budget_usd[:] = np.where(plan.budget > 2**60, 0, plan.budget)
        self.money = plan.budget.copy()
        self.free = [0] * len(plan.crews)
        self.waiting: dict[str, list[Job]] = {stage: [] for stage in STAGE_NUMBER}
        self.recent = np.zeros(len(frame.areas))
        self.jobs = {
            t.area: Job(t, "nts", t.area_m2) if t.origin == "survey"
            else Job(t, "resurvey", t.area_m2, suspected_m2=t.area_m2) for t in plan.tasks}
        self.open_jobs = 0
        self.dispatching = False
        self.attended = 1.0
        self.year_parts = year_parts(world)
        self.spot_last_year = 0
        self.spot_known = np.zeros(len(frame.areas), np.int64)
        self.year_start = [float(frame.edges[:-1][frame.step_year == y][0]) for y in range(len(frame.years))]
        self.area_district = ground.arrays.areas["district"].astype(np.int64)
        self.doable = {stage: any(stage in c.stages for c in plan.crews) for stage in STAGE_NUMBER}

    # -- the run ------------------------------------------------------------------------------------------

    def run(self) -> Ledger:
        for task in self.plan.tasks:
            if task.enters < self.end:
                self.open_jobs += 1
                self.env.process(self._enter(task))
        for i, crew in enumerate(self.plan.crews):
            self.env.process(self._staff(i, crew))
        for date, polygon, m2, under in self.plan.laid:
            if date < self.end:
                self.env.process(self._lay(date, polygon, m2, under))
        self.env.process(self._review())
        self.env.run(until=np.nextafter(self.end, np.inf))
        self.ground.advance(self.end)
        self._write_year(len(self.year_start) - 1)
        self.ledger.check()
        return self.ledger

    def _wait_until(self, t: float) -> simpy.Event:
        self.ledger.events += 1
        return self.env.timeout(max(0.0, t - self.env.now))

    def _year(self, t: float) -> int:
        return bisect.bisect_right(self.year_start, t) - 1

    # -- 1. land becomes reachable ------------------------------------------------------------------------

    def _enter(self, task: Task) -> Generator[simpy.Event, Any, None]:
        yield self._wait_until(task.enters)
        job = self.jobs[task.area]
        if job.stage == "resurvey":
            self._sync()
            self.ground.start_on_record(task.area)
        self._queue(job)

    def _lay(self, date: float, polygon: int, m2: int,
             under: list[tuple[int, int]]) -> Generator[simpy.Event, Any, None]:
        """A polygon is recorded; land to be surveyed under it leaves its task, unless survey has begun there."""
        yield self._wait_until(date)
        inside = 0
        for area, part in under:
            job = self.jobs.get(area)
            if job is not None and not job.begun:
                job.area_m2 -= part
                inside += part
        self.ledger.lay(self._year(self.env.now), int(self.area_district[polygon]), m2, inside)

    def _staff(self, i: int, crew: Crew) -> Generator[simpy.Event, Any, None]:
        before = 0
        for since, teams in zip(crew.since, crew.teams, strict=True):
            if since >= self.end:
                return
            yield self._wait_until(float(since))
            self.free[i] += int(teams) - before
            before = int(teams)
            self._dispatch_soon()

    # -- 2. teams take tasks ------------------------------------------------------------------------------

    def _queue(self, job: Job) -> None:
        job.value = self.plan.policy(self._belief(job))
        self.waiting[job.stage].append(job)
        self._sort(job.stage)
        self._dispatch_soon()

    def _sort(self, stage: str) -> None:
        self.waiting[stage].sort(key=lambda j: (-j.value, j.task.enters, j.task.key))

    def _belief(self, job: Job) -> Belief:
        task = job.task
        step = min(bisect.bisect_right(self.edge_list, self.env.now) - 1, self.presence.shape[1] - 1)
        work = job.work_m2(self.plan.sampling_share)
        crew = next((c for c in self.plan.crews if c.works(job.stage, task.land_use)), None)
        cost = 0.0
        if crew is not None and crew.rate[task.land_use] > 0:
            cost = work * (crew.cost_per_m2 + crew.cost_per_day / crew.rate[task.land_use])
        return Belief(task.enters, task.land_use, work, task.users * float(self.presence[task.access, step]),
                      task.land_km2, float(self.recent[task.area]), cost, task.chance)

    def _dispatch_soon(self) -> None:
        """Dispatch once everything that happens at this moment has happened: order of arrival is no rank."""
        if self.dispatching:
            return
        self.dispatching = True
        event = self.env.event()
        event._ok, event._value = True, None
        event.callbacks.append(self._dispatch)
        self.env.schedule(event, priority=LAST)

    def _dispatch(self, _: simpy.Event) -> None:
        """Free teams take waiting tasks, most important first; crews in the order they are written."""
        self.dispatching = False
        for i, crew in enumerate(self.plan.crews):
            for stage in crew.stages:
                jobs = self.waiting[stage]
                at = 0
                while self.free[i] > 0 and at < len(jobs):
                    job = jobs[at]
                    ready = not job.no_money and crew.works(stage, job.task.land_use)
                    if ready and self._start(i, crew, job):
                        del jobs[at]
                    else:
                        at += 1

    def _start(self, i: int, crew: Crew, job: Job) -> bool:
        """Begin a stage with as many teams as planners would send, if the money allows it."""
        now, task = self.env.now, job.task
        work = job.work_m2(self.plan.sampling_share)
        rate = crew.rate[task.land_use]
        if rate <= 0.0:
            return False
        days_of_one = work / rate * self._duration_factor(crew, job)
        teams = min(self.free[i], crew.max_teams, max(1, int(np.ceil(days_of_one / crew.days_per_task))))
        while teams >= 1:
            end = crew.season.finish(now, days_of_one / teams)
            if self._pay(crew, task.district, LINE[job.stage], now, end, teams, work):
                break
            teams //= 2
        else:
            job.no_money = True
            return False
        self.free[i] -= teams
        job.begun = True
        self.env.process(self._work(i, crew, job, teams, end))
        return True

    def _duration_factor(self, crew: Crew, job: Job) -> float:
        """Random factor of mean 1 on a stage's duration, at the address (area, stage, pass)."""
        if crew.duration_cv == 0.0 and not crew.exponential:
            return 1.0
        u, v = uniform2(self.seed, self.replicate, STREAM_TASK, job.task.key, STAGE_NUMBER[job.stage], job.passes)
        if crew.exponential:
            return float(-np.log(u))
        s2 = float(np.log1p(crew.duration_cv**2))
        normal = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)
        return float(np.exp(normal * np.sqrt(s2) - s2 / 2.0))

    def _pay(self, crew: Crew, district: int, line: int, start: float, end: float, teams: int, work_m2: int) -> bool:
        """Charge a stage to the years in which it is worked on; nothing is charged if any year lacks the money."""
        total_days = max(crew.season.until(end) - crew.season.until(start), 1e-9)
        whole = teams * total_days * crew.cost_per_day + work_m2 * crew.cost_per_m2
        first, last = self._year(start), self._year(min(end, self.end))
        parts: list[tuple[int, int]] = []
        for y in range(first, last + 1):
            low = max(start, self.year_start[y])
            high = min(end, self.year_start[y + 1] if y + 1 < len(self.year_start) else self.end)
            usd = round(whole * (crew.season.until(high) - crew.season.until(low)) / total_days)
            if usd > self.money[y, line]:
                return False
            parts.append((y, usd))
        for y, usd in parts:
            self.money[y, line] -= usd
            self.ledger.cost_usd[y, district, line] += usd
        return True

    # -- 3. a stage ends ----------------------------------------------------------------------------------

    def _work(self, i: int, crew: Crew, job: Job, teams: int, end: float) -> Generator[simpy.Event, Any, None]:
        start = self.env.now
        if job.stage in ("clearance", "sampling"):
            self._sync()
            share = self.plan.sampling_share if job.stage == "sampling" else 1.0
            self.ground.begin_sweep(job.task.area, end, crew.detection * share, crew.weights)
        yield self._wait_until(end)
        self._sync()
        if job.stage in ("clearance", "sampling"):
            yield from self._end_sweep(crew, job, teams)
        if self.trace:
            self.ledger.stages.append(StageRecord(job.task.area, job.stage, crew.name, teams, start, self.env.now))
        self.free[i] += teams
        getattr(self, f"_after_{job.stage}")(job)
        self._dispatch_soon()

    def _after_nts(self, job: Job) -> None:
        v, task = self.plan.values, job.task
        out = self.ground.non_technical_survey(
            task.area, v["programme.survey.nts_sensitivity"], v["programme.survey.nts_specificity"],
            v["programme.survey.indirect_evidence"])
        sites = out.dismissed + out.suspected + out.confirmed
        job.suspected_m2 = job.area_m2 * out.suspected // sites
        job.confirmed_m2 = job.area_m2 * out.confirmed // sites
        rest = job.area_m2 - job.suspected_m2 - job.confirmed_m2
        for state, m2 in ((SUSPECTED, job.suspected_m2), (CONFIRMED, job.confirmed_m2), (NO_EVIDENCE, rest)):
            self.ledger.move(task.district, TO_SURVEY, state, m2)
        self._release(job, BRANCH_MISSED)
        if job.suspected_m2 > 0:
            self._next(job, "resurvey")
        else:
            self._confirmed(job)

    def _after_resurvey(self, job: Job) -> None:
        v, task = self.plan.values, job.task
        sensitivity = v["programme.survey.resurvey_sensitivity"]
        specificity = v["programme.survey.resurvey_specificity"]
        if task.origin == "polygon":
            # a recorded polygon is not in doubt, unless survey credits self-destruction (off by default)
            sensitivity, specificity = 1.0 - v["programme.survey.sd_credit"], 0.0
        out = self.ground.resurvey(task.area, sensitivity, specificity)
        cancelled = job.suspected_m2 * out.dismissed // max(out.dismissed + out.confirmed, 1)
        self.ledger.move(task.district, SUSPECTED, CANCELLED, cancelled)
        self.ledger.move(task.district, SUSPECTED, CONFIRMED, job.suspected_m2 - cancelled)
        job.confirmed_m2 += job.suspected_m2 - cancelled
        job.suspected_m2 = 0
        self._release(job, BRANCH_CANCELLED)
        self._confirmed(job)

    def _confirmed(self, job: Job) -> None:
        if job.confirmed_m2 == 0:
            self._finish(job)
            return
        self.ground.mark(job.task.area)
        if self.doable["ts"]:
            self._next(job, "ts")
        else:
            job.for_clearance_m2 = job.confirmed_m2
            self._next(job, "clearance")

    def _after_ts(self, job: Job) -> None:
        v, task = self.plan.values, job.task
        kept = self.plan.kept_of_polygon if task.origin == "polygon" else v["programme.survey.ts_kept_share"]
        share = self.ground.technical_survey(
            task.area, v["programme.survey.ts_sensitivity"], v["programme.survey.ts_specificity"], kept)
        job.for_clearance_m2 = int(job.confirmed_m2 * share)
        self.ledger.move(task.district, CONFIRMED, REDUCED, job.confirmed_m2 - job.for_clearance_m2)
        self._release(job, BRANCH_REDUCED)
        if job.for_clearance_m2 > 0:
            self._next(job, "clearance")
        else:
            self._finish(job)

    def _end_sweep(self, crew: Crew, job: Job, teams: int) -> Generator[simpy.Event, Any, None]:
        """Finds become known; destroying them and standing down after an accident take time."""
        task = job.task
        finds = self.ground.end_sweep(task.area)
        count = int(finds.sum())
        year = self._year(self.env.now)
        self.ledger.items_found[year, task.district] += count
        u, _ = uniform2(self.seed, self.replicate, STREAM_DEMINER, task.key, job.passes, 0)
        hurt = int(binomial_inverse(u, count, min(crew.deminer_rate, 1.0)))
        self.ledger.deminer_casualties[year, task.district] += hurt
        delay = self.plan.stand_down_days if hurt else 0.0
        if count:
            delay += count * crew.hours_per_item / crew.hours_per_day / teams
        if delay > 0.0:
            yield self._wait_until(crew.season.finish(self.env.now, delay))
            self._sync()
        job.passes += 1
        job.found = count

    def _after_clearance(self, job: Job) -> None:
        if self.plan.sampling_share > 0.0 and self.doable["sampling"] and self.ground.sweeps_left(job.task.area) >= 2:
            self._next(job, "sampling")
        else:
            self._hand_over(job)

    def _after_sampling(self, job: Job) -> None:
        if job.found > 0 and job.passes < 2 * self.plan.max_passes and self.ground.sweeps_left(job.task.area) >= 2:
            self._next(job, "clearance")  # not accepted: an item was found
        else:
            self._hand_over(job)

    def _hand_over(self, job: Job) -> None:
        self.ledger.move(job.task.district, CONFIRMED, CLEARED, job.for_clearance_m2)
        self._release(job, BRANCH_CLEARED)
        self._finish(job)

    def _next(self, job: Job, stage: str) -> None:
        job.stage = stage
        self._queue(job)

    def _release(self, job: Job, branch: int) -> None:
        self.ground.release(job.task.area, branch)
        self.ledger.releases.append((self.env.now, job.task.area, branch))

    def _finish(self, job: Job) -> None:
        self.open_jobs -= 1
        if self.open_jobs == 0:
            self.ledger.completed_on = self.env.now

    def _sync(self) -> None:
        self.ground.advance(min(self.env.now, self.end))

    # -- 4. and 5. reviews --------------------------------------------------------------------------------

    def _review(self) -> Generator[simpy.Event, Any, None]:
        self._eod(0, 0)
        for step in range(1, len(self.edges) - 1):
            yield self._wait_until(float(self.edges[step]))
            self._sync()
            now = self.env.now
            self.recent = self.ground.reported_accidents(now - RECENT_DAYS, now)
            for stage, jobs in self.waiting.items():
                for job in jobs:
                    job.no_money = False
                    job.value = self.plan.policy(self._belief(job))
                self._sort(stage)
            year = int(self.step_year[step])
            if year != self.step_year[step - 1]:
                self._write_year(year - 1)
            self._eod(step, year)
            self._dispatch_soon()

    def _eod(self, step: int, year: int) -> None:
        """Share of sightings that EOD teams can attend, from what the past year brought."""
        if step > 0 and year != self.step_year[step - 1]:
            seen = self.spot_last_year / self.attended / self.year_parts[year - 1] if self.attended > 0.0 else 0.0
            capacity = self.plan.eod_capacity[year] / self.year_parts[year]
            self.attended = min(1.0, capacity / seen) if seen > 0.0 else 1.0
        share = self.attended if self.plan.eod_capacity[year] > 0.0 else 0.0
        self.ground.attend_sightings(step, np.full(self.opens.shape, share))

    def _write_year(self, year: int) -> None:
        """The ledger at a year's end: land by state, EOD finds and their cost."""
        self.ledger.land_by_year_m2[year] = self.ledger.land_m2
        spot = self.ground.spot_finds()
        new = spot - self.spot_known
        self.spot_known = spot
        self.spot_last_year = int(new.sum())
        np.add.at(self.ledger.cost_usd[year, :, 2], self.area_district,
                  np.round(new * self.plan.eod_cost).astype(np.int64))
        for task in self.plan.tasks:
            if task.origin != "polygon" and self.opens[task.access] <= self.env.now:
                self.ledger.accessible_m2[year, task.district] += task.area_m2


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
