"""What a finished stage reveals, and where the land goes from there (MODEL sections 3 and 7)."""

from __future__ import annotations

from dataclasses import dataclass

from sim.core import records
from sim.core.ground import GroundTruth
from sim.core.inverse import binomial_inverse
from sim.core.random import STREAM_DEMINER, uniform
from sim.programme.crews import Crew
from sim.programme.ledger import (
    CANCELLED,
    CLEARED,
    CONFIRMED,
    NO_EVIDENCE,
    REDUCED,
    SUSPECTED,
    TO_SURVEY,
    Ledger,
)
from sim.programme.passes import Inspection
from sim.programme.plan import Plan, Task

# Those of the kernels have numpy's type, which is slow outside of them.
BRANCHES = BRANCH_MISSED, BRANCH_CANCELLED, BRANCH_REDUCED, BRANCH_CLEARED = (
    int(records.MISSED), int(records.CANCELLED), int(records.REDUCED), int(records.CLEARED))
HANDOVER = "handover"
"""What follows the last inspection of land: papers, and no team."""


@dataclass(slots=True)
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
    first_crew: int = -1  # that made the first pass
    found: int = 0  # items found by the last pass
    work_m2: int = 0  # land that the stage works on
    cost_usd: float = 0.0  # expected, of the stage
    hazardous_m2: float = 0.0  # believed to hold items
    release_usd: float = 0.0  # expected, of all stages from here
    rank: tuple[float, float, int] = (0.0, 0.0, 0)  # smallest first
    to_mark: bool = False  # confirmed just now, and teams put up the marking
    done: bool = False
    marks: Job | None = None  # the task whose land this one marks
    marking: Job | None = None  # the one that marks this land
    standing: bool = False  # the marking, now
    floods: int = 0
    flooded: tuple[int, ...] = ()  # branches of the land that have to be surveyed again
    parts: tuple[int, ...] = ()  # and their sizes [m2]

    def next_m2(self, inspection: Inspection) -> int:
        """Land that the stage works on."""
        if self.stage == "nts":
            return self.area_m2
        if self.stage == "resurvey":
            return self.suspected_m2
        if self.stage == "marking":
            assert self.marks is not None
            return self.marks.for_clearance_m2 or self.marks.confirmed_m2
        if self.stage == "ts":
            return self.confirmed_m2
        m2 = self.for_clearance_m2
        return max(1, int(m2 * (inspection.share_of(m2) if self.stage == "sampling" else 1.0)))


def new_job(task: Task) -> Job:
    """A task as it becomes reachable: to be surveyed, or on record as suspected."""
    if task.origin == "survey":
        return Job(task, "nts", task.area_m2)
    return Job(task, "resurvey", task.area_m2, suspected_m2=task.area_m2)


class Stages:
    """Ends of stages: the ground says what was found, the ledger moves the land."""

    def __init__(self, plan: Plan, ground: GroundTruth, ledger: Ledger, address: tuple[int, int]) -> None:
        self._plan, self._ground, self._ledger, self._address = plan, ground, ledger, address
        self._out: dict[tuple[int, int], tuple[int, int]] = {}  # state and m2 by area and branch, once done with
        self._possible = {(stage, k) for crew in plan.crews for stage in crew.stages for k in crew.terrains}

    def end(self, job: Job) -> str | None:
        """End a stage; returns the next one, or nothing where the land is done with."""
        if job.flooded:
            self._after_flood(job)
            return None
        if job.stage == "nts":
            return self._after_nts(job)
        if job.stage == "resurvey":
            return self._after_resurvey(job)
        if job.stage == "ts":
            return self._after_ts(job)
        if job.stage == "preparation":
            return "clearance"
        if job.stage == "sampling":
            return self._after_sampling(job)
        if job.stage == "clearance" and self._can("follow_up", job):
            return "follow_up"
        return self._after_search(job)

    def _can(self, stage: str, job: Job) -> bool:
        """Whether any kind of team does a stage on this land."""
        return (stage, job.task.terrain) in self._possible

    def _to_clearance(self, job: Job) -> str:
        return "preparation" if self._can("preparation", job) else "clearance"

    def end_pass(self, job: Job, crew: Crew, teams: int, year: int) -> float:
        """A pass over the land ends: finds become known. Returns working days for finds and stand-down."""
        task = job.task
        count = sum(self._ground.end_sweep(task.area))
        self._ledger.items_found[year, task.district] += count
        u = uniform(*self._address, STREAM_DEMINER, task.key, job.passes, 0)
        hurt = int(binomial_inverse(u, count, min(crew.deminer_rate, 1.0)))
        self._ledger.deminer_casualties[year, task.district] += hurt
        job.passes += 1
        job.found = count
        return (self._plan.stand_down_days if hurt else 0.0) + (
            count * crew.hours_per_item / crew.hours_per_day / teams)

    def _after_nts(self, job: Job) -> str | None:
        v, task = self._plan.values, job.task
        out = self._ground.non_technical_survey(
            task.area, v["programme.survey.nts_sensitivity"], v["programme.survey.nts_specificity"],
            v["programme.survey.indirect_evidence"])
        sites = out.dismissed + out.suspected + out.confirmed
        job.suspected_m2 = job.area_m2 * out.suspected // sites
        job.confirmed_m2 = job.area_m2 * out.confirmed // sites
        rest = job.area_m2 - job.suspected_m2 - job.confirmed_m2
        for state, m2 in ((SUSPECTED, job.suspected_m2), (CONFIRMED, job.confirmed_m2), (NO_EVIDENCE, rest)):
            self._ledger.move(task.district, TO_SURVEY, state, m2)
        self._release(job, BRANCH_MISSED, NO_EVIDENCE, rest)
        return "resurvey" if job.suspected_m2 > 0 else self._confirmed(job)

    def _after_resurvey(self, job: Job) -> str | None:
        v, task = self._plan.values, job.task
        sensitivity = v["programme.survey.resurvey_sensitivity"]
        specificity = v["programme.survey.resurvey_specificity"]
        if task.origin == "polygon":
            # a recorded polygon is not in doubt, unless survey credits self-destruction (off by default)
            sensitivity, specificity = 1.0 - v["programme.survey.sd_credit"], 0.0
        out = self._ground.resurvey(task.area, sensitivity, specificity)
        cancelled = job.suspected_m2 * out.dismissed // max(out.dismissed + out.confirmed, 1)
        self._ledger.move(task.district, SUSPECTED, CANCELLED, cancelled)
        self._ledger.move(task.district, SUSPECTED, CONFIRMED, job.suspected_m2 - cancelled)
        job.confirmed_m2 += job.suspected_m2 - cancelled
        job.suspected_m2 = 0
        self._release(job, BRANCH_CANCELLED, CANCELLED, cancelled)
        return self._confirmed(job)

    def _confirmed(self, job: Job) -> str | None:
        if job.confirmed_m2 == 0:
            return None
        job.to_mark = self._can("marking", job)
        if not job.to_mark:
            self._ground.mark(job.task.area)
        if self._can("ts", job):
            return "ts"
        job.for_clearance_m2 = job.confirmed_m2
        return self._to_clearance(job)

    def _after_ts(self, job: Job) -> str | None:
        v, task = self._plan.values, job.task
        kept = self._plan.kept_of_polygon if task.origin == "polygon" else v["programme.survey.ts_kept_share"]
        share = self._ground.technical_survey(
            task.area, v["programme.survey.ts_sensitivity"], v["programme.survey.ts_specificity"], kept)
        job.for_clearance_m2 = int(job.confirmed_m2 * share)
        reduced = job.confirmed_m2 - job.for_clearance_m2
        self._ledger.move(task.district, CONFIRMED, REDUCED, reduced)
        self._release(job, BRANCH_REDUCED, REDUCED, reduced)
        return self._to_clearance(job) if job.for_clearance_m2 > 0 else None

    def _after_search(self, job: Job) -> str | None:
        sampled = self._plan.inspection.share > 0.0 and self._can("sampling", job)
        if sampled and self._ground.sweeps_left(job.task.area) >= 2:
            return "sampling"
        return self._accept(job)

    def _after_sampling(self, job: Job) -> str | None:
        cycle = 3 if self._can("follow_up", job) else 2  # passes until land is sampled again
        again = job.passes < cycle * self._plan.max_passes and self._ground.sweeps_left(job.task.area) >= cycle
        if job.found > 0 and again:
            return "clearance"  # not accepted: an item was found
        return self._accept(job)

    def _accept(self, job: Job) -> str | None:
        if self._plan.handover_days > 0.0:
            return HANDOVER
        self.hand_over(job)
        return None

    def hand_over(self, job: Job) -> None:
        """People get the land."""
        self._ledger.move(job.task.district, CONFIRMED, CLEARED, job.for_clearance_m2)
        self._release(job, BRANCH_CLEARED, CLEARED, job.for_clearance_m2)

    def flood(self, job: Job, year: int) -> Job | None:
        """Land of a task that was done with is suspected again; returns the survey that it takes."""
        task = job.task
        branches = tuple(b for b in BRANCHES if self._out.get((task.area, b), (0, 0))[1] > 0)
        job.floods += 1
        parts = []
        for branch in branches:
            state, m2 = self._out.pop((task.area, branch))
            self._ledger.reopen(year, task.district, state, m2)
            self._ground.take_back(task.area, branch)
            parts.append(m2)
        if not branches:
            return None
        return Job(task, "resurvey", 0, begun=True, suspected_m2=sum(parts), passes=job.floods, flooded=branches,
                   parts=tuple(parts))

    def _after_flood(self, job: Job) -> None:
        """What the water brought or took is not known: nothing is found that was not known before."""
        self._ledger.move(job.task.district, SUSPECTED, CANCELLED, job.suspected_m2)
        for branch, m2 in zip(job.flooded, job.parts, strict=True):
            self._release(job, branch, CANCELLED, m2)

    def _release(self, job: Job, branch: int, state: int, m2: int) -> None:
        """People use this part of the land; it has come to its state."""
        if self._plan.floods:
            self._out[job.task.area, branch] = state, m2
        self._ground.release(job.task.area, branch)
        self._ledger.releases.append((self._ground.now, job.task.area, branch))
