"""Where the time of a study goes: sampling, the programme, bookkeeping; and what a second worker brings."""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import simpy

from sim.core import ground
from sim.programme.ranking import Ranking
from sim.scenario import Scenario
from sim.study import replicate
from sim.study.executor import Workers, run_block
from sim.study.store import Block, RunFolder
from sim.world import World, make_frame

from .timing import seconds_of

PARTS: dict[str, list[tuple[object, str]]] = {
    "sampling": [(ground, "begin"), (ground, "carry_out"), (World, "_draw_items"), (World, "_lots"),
                 (World, "_areas")],
    "programme: order of the waiting tasks": [(Ranking, "rank")],
    "programme: the rest": [(replicate, "run_programme")],
    "bookkeeping: arrays of a replicate": [(World, "replicate")],
    "bookkeeping: results of a replicate": [(replicate, "_collect")],
    "bookkeeping: chunks written": [(RunFolder, "write")],
}
REST = "bookkeeping: worlds of the draws, and the rest"


class _Watch:
    """Time by part, each without the parts that run inside it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inside = [0.0]

    def around(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            self._inside.append(0.0)
            start = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                spent = time.perf_counter() - start
                self.seconds[part] += spent - self._inside.pop()
                self._inside[-1] += spent

        return timed


def shares(scenario: Scenario, draws: int, per_draw: int) -> dict[str, float]:
    """Seconds per replicate by part of the work, of a block of draws in this process."""
    watch = _Watch()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        for part, functions in PARTS.items():
            for owner, name in functions:
                stack.enter_context(patch.object(owner, name, watch.around(part, getattr(owner, name))))
        store = RunFolder(Path(folder))
        stack.enter_context(store.at_work())
        years = make_frame(scenario).years
        block = Block("bench", 0, draws * per_draw)
        watch.around(REST, lambda: store.write(block, run_block(scenario, block, per_draw), years))()
    return {part: watch.seconds[part] / (draws * per_draw) for part in (*PARTS, REST)}


def bare_event_seconds(events: int = 100_000) -> float:
    """What SimPy itself takes for an event: a timeout that nobody waits for [s]."""
    env = simpy.Environment()
    for i in range(events):
        env.timeout(float(i))
    return seconds_of(env.run) / events


def workers_ready(count: int, scenario: Scenario) -> Workers:
    """Worker processes that have imported everything and done a replicate."""
    workers = Workers(count)
    workers.warm_up()
    list(workers.run({"bench": scenario}, [Block("bench", i, i + 1) for i in range(2 * count)], 1))
    return workers


def study_seconds(workers: Workers, scenario: Scenario, blocks: int, draws: int, per_draw: int) -> float:
    """Time for so many blocks of draws with workers that are ready [s]."""
    work = [Block("bench", i * draws * per_draw, (i + 1) * draws * per_draw) for i in range(blocks)]
    return seconds_of(lambda: list(workers.run({"bench": scenario}, work, per_draw)))


def processor_seconds(workers: Workers) -> float:
    """Processor time that the processes at work have had so far [s]; nan where the system does not tell."""
    if workers.pool is None:
        return time.process_time()
    ticks = 0
    for process in workers.pool._processes:
        stat = Path(f"/proc/{process}/stat")
        if not stat.exists():
            return math.nan
        ticks += sum(int(v) for v in stat.read_text().rsplit(")", 1)[1].split()[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")
