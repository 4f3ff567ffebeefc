"""What a finished stage reveals, and where the land goes from there (MODEL sections 3 and 7)."""

from __future__ import annotations

from dataclasses import dataclass

from sim.core.ground import GroundTruth
from sim.core.inverse import binomial_inverse
from sim.core.random import STREAM_DEMINER, uniform
from sim.core.records import CANCELLED as BRANCH_CANCELLED
from sim.core.records import CLEARED as BRANCH_CLEARED
from sim.core.records import MISSED as BRANCH_MISSED
from sim.core.records import REDUCED as BRANCH_REDUCED
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
from sim.programme.plan import Crew, Plan, Task


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
    found: int = 0  # items found by the last pass
    work_m2: int = 0  # land that the stage works on
    cost_usd: float = 0.0  # expected, of the stage
    hazardous_m2: float = 0.0  # believed to hold items
    release_usd: float = 0.0  # expected, of all stages from here
    rank: tuple[float, float, int] = (0.0, 0.0, 0)  # smallest first

    def next_m2(self, sampling_share: float) -> int:
        """Land that the stage works on."""
        if self.stage == "nts":
            return self.area_m2
        if self.stage == "resurvey":
            return self.suspected_m2
        if self.stage == "ts":
            return self.confirmed_m2
        return max(1, int(self.for_clearance_m2 * (sampling_share if self.stage == "sampling" else 1.0)))


def new_job(task: Task) -> Job:
    """A task as it becomes reachable: to be surveyed, or on record as suspected."""
    if task.origin == "survey":
        return Job(task, "nts", task.area_m2)
    return Job(task, "resurvey", task.area_m2, suspected_m2=task.area_m2)


class Stages:
    """Ends of stages: the ground says what was found, the ledger moves the land."""

    def __init__(self, plan: Plan, ground: GroundTruth, ledger: Ledger, address: tuple[int, int]) -> None:
        self._plan, self._ground, self._ledger, self._address = plan, ground, ledger, address
        self._possible = {stage for crew in plan.crews for stage in crew.stages}

    def end(self, job: Job) -> str | None:
        """End a stage; returns the next one, or nothing where the land is done with."""
        if job.stage == "nts":
            return self._after_nts(job)
        if job.stage == "resurvey":
            return self._after_resurvey(job)
        if job.stage == "ts":
            return self._after_ts(job)
        return self._after_sampling(job) if job.stage == "sampling" else self._after_clearance(job)

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
        self._release(job, BRANCH_MISSED)
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
        self._release(job, BRANCH_CANCELLED)
        return self._confirmed(job)

    def _confirmed(self, job: Job) -> str | None:
        if job.confirmed_m2 == 0:
            return None
        self._ground.mark(job.task.area)
        if "ts" in self._possible:
            return "ts"
        job.for_clearance_m2 = job.confirmed_m2
        return "clearance"

    def _after_ts(self, job: Job) -> str | None:
        v, task = self._plan.values, job.task
        kept = self._plan.kept_of_polygon if task.origin == "polygon" else v["programme.survey.ts_kept_share"]
        share = self._ground.technical_survey(
            task.area, v["programme.survey.ts_sensitivity"], v["programme.survey.ts_specificity"], kept)
        job.for_clearance_m2 = int(job.confirmed_m2 * share)
        self._ledger.move(task.district, CONFIRMED, REDUCED, job.confirmed_m2 - job.for_clearance_m2)
        self._release(job, BRANCH_REDUCED)
        return "clearance" if job.for_clearance_m2 > 0 else None

    def _after_clearance(self, job: Job) -> str | None:
        sampled = self._plan.sampling_share > 0.0 and "sampling" in self._possible
        if sampled and self._ground.sweeps_left(job.task.area) >= 2:
            return "sampling"
        return self._hand_over(job)

    def _after_sampling(self, job: Job) -> str | None:
        again = job.passes < 2 * self._plan.max_passes and self._ground.sweeps_left(job.task.area) >= 2
        if job.found > 0 and again:
            return "clearance"  # not accepted: an item was found
        return self._hand_over(job)

    def _hand_over(self, job: Job) -> str | None:
        self._ledger.move(job.task.district, CONFIRMED, CLEARED, job.for_clearance_m2)
        self._release(job, BRANCH_CLEARED)
        return None

    def _release(self, job: Job, branch: int) -> None:
        self._ground.release(job.task.area, branch)
        self._ledger.releases.append((self._ground.now, job.task.area, branch))
