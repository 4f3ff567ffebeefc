"""Doing the work: blocks of replicates as pure functions, over the local cores."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np

from sim.scenario.schema import Scenario
from sim.study.store import Block, Chunk

_scenarios: dict[str, Scenario] = {}


def run_block(scenario: Scenario, block: Block, per_draw: int) -> Chunk:
    """All replicates of a block: a function of the scenario and the numbers of the draws alone.

    An error in one replicate becomes a row of ``failures``; the others go on.
    """
    from sim.programme import make_plan
    from sim.study.replicate import run_replicate
    from sim.world import World, draw_parameters, make_frame

    frame = make_frame(scenario)
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


def _start_worker(scenarios: dict[str, Scenario]) -> None:
    _scenarios.update(scenarios)


def _work(block: Block, per_draw: int) -> tuple[Block, Chunk, int]:
    return block, run_block(_scenarios[block.scenario], block, per_draw), os.getpid()


def run_blocks(scenarios: dict[str, Scenario], blocks: list[Block], per_draw: int,
               workers: int | None) -> Iterator[tuple[Block, Chunk, int]]:
    """Run blocks on so many processes; yields (block, chunk, process id) as they finish.

    One worker runs in this process. More are started afresh ("spawn"), so that threads and open files
    of the caller are not inherited; kernels are compiled before, so that they only load them.
    """
    count = min(workers or os.cpu_count() or 1, len(blocks))
    if count <= 1:
        for block in blocks:
            yield block, run_block(scenarios[block.scenario], block, per_draw), os.getpid()
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # idle threads of the linear algebra would spin
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, _start_worker, (scenarios,)) as pool:
        futures = [pool.submit(_work, block, per_draw) for block in blocks]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
