"""Doing the work: blocks of replicates as pure functions, over the local cores."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import resource
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.study.store import Block, Chunk

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario
    from sim.world.frame import Frame

WORKER_LOST = (
    "a worker process ended before its work was done. If that was at once: every worker imports the script that "
    "was started, so the script must keep what it does under `if __name__ == \"__main__\":`. If it was later: "
    "memory may be short, try fewer workers")


def run_block(scenario: Scenario, block: Block, per_draw: int) -> Chunk:
    """All replicates of a block: a function of the scenario and the numbers of the draws alone.

    An error in one replicate becomes a row of ``failures``; the others go on.
    """
    from sim.world import make_frame

    return _run_block(make_frame(scenario), block, per_draw)


def _run_block(frame: Frame, block: Block, per_draw: int) -> Chunk:
    from sim.programme import make_plan
    from sim.study.replicate import run_replicate
    from sim.world import World, draw_parameters

    scenario = frame.scenario
    results, address, failures = [], [], []
    for draw in range(block.first, block.last):
        try:
            world = World(frame, draw_parameters(scenario, draw))
            plan = make_plan(world)
        except Exception as error:
            failures += [_failure(scenario, block, draw, inner, error) for inner in range(per_draw)]
            continue
        for inner in range(per_draw):
            try:
                results.append(run_replicate(world, plan, inner))
                address.append((draw, inner))
            except Exception as error:
                failures.append(_failure(scenario, block, draw, inner, error))
    if not results:
        shape = len(frame.years), len(frame.districts)
        from sim.study.metrics import METRICS, NATIONAL

        return Chunk(np.zeros((0, len(METRICS), *shape)), np.zeros((0, len(NATIONAL), shape[0])),
                     np.zeros((0, 2), np.int64), np.zeros(0), failures)
    return Chunk(
        np.stack([r.by_district for r in results]), np.stack([r.national for r in results]),
        np.array(address, np.int64), np.array([r.completed_years for r in results]), failures)


def _failure(scenario: Scenario, block: Block, draw: int, inner: int, error: Exception) -> dict[str, object]:
    return {"scenario": block.scenario, "draw": draw, "inner": inner, "seed": scenario.seed,
            "error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}


class Process(NamedTuple):
    """Who did some work, and the most memory it has had until then [KiB]."""

    id: int
    memory: int


def _packed(scenario: Scenario) -> bytes:
    """A scenario with the text of its policy, where a user wrote that: what a process has to be told."""
    from sim.programme import written_policy

    return pickle.dumps((scenario, written_policy(scenario.programme.priority)))


@lru_cache(maxsize=1)
def _frame(packed: bytes) -> Frame:
    """The frame of a scenario, kept for the next block, which is mostly of the same one."""
    from sim.programme import register
    from sim.world import make_frame

    scenario, policy = pickle.loads(packed)
    if policy is not None:
        register(policy)
    return make_frame(scenario)


def _work(packed: bytes, block: Block, per_draw: int) -> tuple[Block, Chunk, Process]:
    chunk = _run_block(_frame(packed), block, per_draw)
    return block, chunk, Process(os.getpid(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


class Workers:
    """Processes that do the work, started at once: they import while the caller still reads its files.

    They are started afresh ("spawn"), so that threads and open files of the caller are not inherited.
    What they are given goes with each piece of work and not with their start: the start would wait for
    a process to take it, and for ever where that process ends first.

    Parameters
    ----------
    count : int, optional
        Processes; all cores where not given. One: all work is done in this process.
    first, afterwards : str
        Modules to import at the start, and when no block is left for a process.
    """

    EARLY = 4  # started before it is known how much work there is; others follow with the work

    def __init__(self, count: int | None = None, first: str = "sim.study.replicate", afterwards: str = "") -> None:
        self.count = count or os.cpu_count() or 1
        self.afterwards = afterwards
        self.pool: ProcessPoolExecutor | None = None
        if self.count > 1:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # idle threads of the linear algebra would spin
            self.pool = ProcessPoolExecutor(self.count, multiprocessing.get_context("spawn"))
            self.each(import_module, first)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: object) -> None:
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)

    def each(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Have the processes that are there do something at the next opportunity; nobody waits for it."""
        if self.pool is not None:
            with _loss_told():
                for _ in range(min(self.count, self.EARLY)):
                    self.pool.submit(function, *arguments)

    def warm_up(self) -> None:
        """Compile the kernels here, or load them where they are compiled already; then each process loads them."""
        from importlib.resources import files
        from pathlib import Path

        from sim.scenario import load

        scenario = load(Path(str(files("sim.study") / "warmup.yaml")))
        work = _packed(scenario), Block("warmup", 0, 1), 1
        failures = _work(*work)[1].failures
        if failures:
            raise RuntimeError(failures[0]["traceback"])
        self.each(_work, *work)

    def map(self, function: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        """Results of a function of each item, in their order; the work begins before the first is asked for."""
        return map(function, items) if self.pool is None else _in_order(self.pool, function, items)

    def run(self, scenarios: dict[str, Scenario], blocks: list[Block],
            per_draw: int) -> Iterator[tuple[Block, Chunk, Process]]:
        """(block, chunk, process) of each block, as they finish; the work begins before the first is asked for."""
        packed = {name: _packed(scenario) for name, scenario in scenarios.items()}
        if self.pool is None:
            return (_work(packed[block.scenario], block, per_draw) for block in blocks)
        with _loss_told():
            futures = {self.pool.submit(_work, packed[block.scenario], block, per_draw) for block in blocks}
        if self.afterwards:
            self.each(import_module, self.afterwards)
        return _as_they_finish(futures)


@contextmanager
def _loss_told() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise RuntimeError(WORKER_LOST) from error


def _as_they_finish(futures: set[Future[Any]]) -> Iterator[Any]:
    with _loss_told():
        try:
            for future in as_completed(futures):
                futures.remove(future)  # and with it its result, once that has been used
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def _in_order(pool: ProcessPoolExecutor, function: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
    with _loss_told():
        futures = [pool.submit(function, item) for item in items]
    return _results(futures)


def _results(futures: list[Future[Any]]) -> Iterator[Any]:
    with _loss_told():
        for future in futures:
            yield future.result()


@contextmanager
def workers_for(blocks: int, workers: int | Workers | None) -> Iterator[Workers]:
    """Workers as the caller has them, or new ones for so many blocks at most, which end afterwards."""
    if isinstance(workers, Workers):
        yield workers
        return
    with Workers(max(1, min(workers or os.cpu_count() or 1, blocks))) as own:
        yield own
