"""What a run will take, before it begins; and whether this machine has it."""

from __future__ import annotations

import os
import resource
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from sim.scenario import Scenario
from sim.study.errors import RunError, failure_told
from sim.study.executor import Workers
from sim.study.metrics import METRICS, NATIONAL
from sim.study.sample import SLAB_BYTES
from sim.study.store import BLOCK_DRAWS, BLOCK_REPLICATES
from sim.world.size import Size, size_of

# Measured with the Ukraine study and the scenarios of the tests (2 to 10 districts, 14 to 29,000 cohorts, 10 to 100
# years; x86-64). They are for orders of magnitude: the tests hold them to a factor of three.
WORKER_MB = 190.0  # interpreter, packages, kernels
CALLER_MB = 330.0  # the same with tables and figures
COHORT_BYTES = 4000.0  # names, keys, life
COHORT_STEP_BYTES = 40.0  # hazards and counts of a cohort in a quarter
ROOM_MB = 40.0  # encounters of one calendar block
TABLE_BYTES = 1200.0  # of a metric, period and place in summary and differences, copies while they are joined
STORED_SHARE = 0.6  # of a chunk's numbers, compressed
REPLICATE_SECONDS, COHORT_STEP_SECONDS = 3e-3, 3e-7
LONGEST_DAYS = 365.0
RESERVED_BYTES = 1_000_000_000
"""Address space that libraries and threads reserve without using it, to be taken from a limit of it."""


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Attributes
    ----------
    replicates : int
        In all scenarios together.
    seconds : float
        On one core.
    caller_mb, worker_mb : float
        Memory of the process that writes, and of each that computes.
    disk_mb : float
    """

    replicates: int
    seconds: float
    caller_mb: float
    worker_mb: float
    disk_mb: float

    def memory_mb(self, processes: int) -> float:
        """Memory of all processes; one does everything itself."""
        if processes == 1:
            return self.caller_mb + self.worker_mb - WORKER_MB
        return self.caller_mb + processes * self.worker_mb


def estimate(scenarios: dict[str, Scenario], draws: int, per_draw: int, seconds_each: float | None = None) -> Estimate:
    """Estimate a run from the sizes of its scenarios; nothing is built.

    Parameters
    ----------
    scenarios : dict of str to Scenario
    draws, per_draw : int
    seconds_each : float, optional
        Time of one replicate where it was measured; an order of magnitude is taken where not.
    """
    sizes = [size_of(scenario) for scenario in scenarios.values()]
    each, replicates = draws * per_draw, draws * per_draw * len(sizes)
    largest = max(size.cohorts * (COHORT_BYTES + COHORT_STEP_BYTES * size.steps) for size in sizes)
    cells = max(len(METRICS) * size.years * size.districts for size in sizes)
    places = sum(len(METRICS + NATIONAL) * (size.years + 1) * (size.districts + 1) for size in sizes)
    column = 8 * max(size.years for size in sizes) * each
    chunk = 8 * cells * min(BLOCK_DRAWS * per_draw, BLOCK_REPLICATES, each)
    seconds = each * sum(_seconds(size) for size in sizes) if seconds_each is None else replicates * seconds_each
    return Estimate(
        replicates, seconds, CALLER_MB + (places * TABLE_BYTES + 4 * max(SLAB_BYTES, column) + 3 * chunk) / 1e6,
        WORKER_MB + ROOM_MB + (largest + 3 * chunk) / 1e6, STORED_SHARE * replicates * cells * 8 / 1e6)


def _seconds(size: Size) -> float:
    return REPLICATE_SECONDS + COHORT_STEP_SECONDS * size.cohorts * size.steps


def timed_replicate(scenario: Scenario) -> float:
    """Time of one replicate in this process, its kernels loaded [s].

    Raises
    ------
    RunError
        Where it fails.
    """
    from sim.programme import make_plan
    from sim.study.replicate import run_replicate
    from sim.world import World, draw_parameters, make_frame

    with failure_told("the first replicate"):
        world = World(make_frame(scenario), draw_parameters(scenario, 0))
        plan = make_plan(world)
        run_replicate(world, plan, 0)
        start = time.perf_counter()
        run_replicate(world, plan, 0)
        return time.perf_counter() - start


def check_possible(needed: Estimate, workers: int | Workers | None, folder: Path) -> None:
    """Refuse a run that cannot be done here.

    Parameters
    ----------
    needed : Estimate
    workers : int or Workers, optional
        Processes that compute, as `sim.study.run` takes them.
    folder : Path
        Where the run will be stored; need not exist.

    Raises
    ------
    RunError
        With the numbers, and what to change.
    """
    processes, here = (workers.count, workers.here) if isinstance(workers, Workers) else (
        workers or os.cpu_count() or 1, True)
    memory = needed.memory_mb(processes) if here else needed.caller_mb
    days = needed.seconds / processes / 86400
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    disk, most = shutil.disk_usage(there).free / 1e6, memory_of_machine_mb()
    faults = []
    if memory > most:
        fewer = f"--workers {max(int((most - needed.caller_mb) // needed.worker_mb), 1)}, " if here else ""
        faults.append(f"it needs about {memory:,.0f} MB of memory ({needed.caller_mb:,.0f} MB, and "
                      f"{needed.worker_mb:,.0f} MB for each process that computes), there are {most:,.0f} MB: "
                      f"{fewer}fewer --draws, larger programme.bundle_km2, a shorter horizon or fewer scenarios "
                      "need less")
    if needed.disk_mb > disk:
        faults.append(f"it needs about {needed.disk_mb:,.0f} MB on the disk of {there}, {disk:,.0f} MB are free: "
                      "fewer --draws, or a --folder on another disk")
    if days > LONGEST_DAYS:
        faults.append(f"it would take about {days:,.0f} days on {processes} processes: fewer --draws or --per-draw, "
                      "larger programme.bundle_km2, or more processes")
    if faults:
        raise RunError(f"this run of {needed.replicates:,} replicates cannot be done here: {'; '.join(faults)}")


def memory_of_machine_mb() -> float:
    """Memory that a run can have at most [MB]: of the machine, of the container, by limit.

    What others use at the moment does not count: they may be gone before the run needs it.
    """
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    container = Path("/sys/fs/cgroup/memory.max")
    if container.is_file() and (most := container.read_text().strip()) != "max":
        limits.append(int(most))
    address_space = resource.getrlimit(resource.RLIMIT_AS)[0]
    if address_space != resource.RLIM_INFINITY:
        limits.append(max(address_space - RESERVED_BYTES, 0))
    return min(limits) / 1e6
