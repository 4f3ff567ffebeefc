"""Doing the work: blocks of replicates as pure functions, over the local cores."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import platform
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from importlib import import_module
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.study import template
from sim.study.errors import RunError
from sim.study.store import Block, Chunk

if TYPE_CHECKING:
    from sim.programme import Plan
    from sim.scenario.schema import Scenario
    from sim.world import World
    from sim.world.frame import Frame

WORKER_LOST = (
    "a worker process ended before its work was done. If that was at once: every worker imports the script that "
    "was started, so the script must keep what it does under `if __name__ == \"__main__\":`. If it was later: "
    "memory may be short, try fewer workers")

AHEAD = 8
"""Blocks under way for each process at most: enough to do while what is done is summed up, and a bound on the
memory for results that nobody has taken yet."""
LOOK = 2.0
"""How often somebody who waits looks whether the others are still there [s]."""
FETCH = 60.0
"""How long a result that is there may be on its way before somebody looks whether it was lost with who had it [s]."""


class WorkersLost(RunError):
    """Those who did the work are gone, or not fit for it. What they had done is stored."""


def run_block(scenario: Scenario, block: Block, per_draw: int) -> Chunk:
    """All replicates of a block: a function of the scenario and the numbers of the replicates alone.

    An error in one replicate becomes a row of ``failures``; the others go on.
    """
    from sim.world import make_frame

    return compute_block(make_frame(scenario), block, per_draw)


def compute_block(frame: Frame, block: Block, per_draw: int) -> Chunk:
    """The same where the frame is known."""
    from sim.programme import make_plan
    from sim.study.money import money_of
    from sim.study.replicate import run_replicate
    from sim.world import World, draw_parameters

    results, address, failures = [], [], []
    ready: tuple[World, Plan] | None = None
    for replicate in range(block.first, block.last):
        draw, inner = divmod(replicate, per_draw)
        try:
            if ready is None or ready[0].draw.index != draw:
                world = World(frame, draw_parameters(frame.scenario, draw))
                ready = world, make_plan(world)
            results.append(run_replicate(*ready, inner))
            address.append((draw, inner))
        except (Exception, SystemExit) as error:  # a policy of the user's own may try to end the program
            failures.append(_failure(frame.scenario, block, replicate, draw, inner, error))
    if not results:
        shape = len(frame.years), len(frame.districts)
        from sim.study.metrics import METRICS, NATIONAL

        return Chunk(np.zeros((0, len(METRICS), *shape)), np.zeros((0, len(NATIONAL), shape[0])),
                     np.zeros((0, 2), np.int64), np.zeros(0), failures, money_of([], frame))
    return Chunk(
        np.stack([r.by_district for r in results]), np.stack([r.national for r in results]),
        np.array(address, np.int64), np.array([r.completed_years for r in results]), failures,
        money_of([r.money for r in results], frame))


def _failure(scenario: Scenario, block: Block, replicate: int, draw: int, inner: int,
             error: BaseException) -> dict[str, object]:
    """Address and traceback of a replicate that failed; without the folders of this machine."""
    said = traceback.format_exc()
    for folder in sorted({entry.rstrip("/") for entry in sys.path if entry}, key=len, reverse=True):
        said = said.replace(f"{folder}/", "")
    return {"scenario": block.scenario, "block": block.stem, "replicate": replicate, "draw": draw, "inner": inner,
            "seed": scenario.seed, "error": f"{type(error).__name__}: {error}", "traceback": said}


class Process(NamedTuple):
    """Who did some work, on which machine, and the most memory it has had until then [KiB]."""

    id: str
    memory: int


def packed(scenario: Scenario) -> bytes:
    """A scenario with the text of its policy, where a user wrote that: what a process has to be told."""
    from sim.programme import written_policy

    return pickle.dumps((scenario, written_policy(scenario.programme.priority)))


@lru_cache(maxsize=1)
def _frame(content: bytes) -> Frame:
    """The frame of a scenario, kept for the next block, which is mostly of the same one."""
    from sim.programme import register
    from sim.world import make_frame

    scenario, policy = pickle.loads(content)
    if policy is not None:
        register(policy)
    return make_frame(scenario)


def _work(content: bytes, block: Block, per_draw: int) -> tuple[Block, Chunk, Process]:
    chunk = compute_block(_frame(content), block, per_draw)
    process = f"{platform.node()} {os.getpid()}"
    return block, chunk, Process(process, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _import(module: str) -> None:
    """Import a module in a worker; the module itself cannot be sent back."""
    import_module(module)


OBJECTS = 50_000
"""After so many new ones a worker looks for objects that only refer to each other. A replicate leaves a dozen of them,
and each look goes through everything that was ever imported."""


def _begin_worker() -> None:
    """A worker leaves Ctrl-C to the process that started it, and ends with that process, however that ends."""
    gc.set_threshold(OBJECTS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Workers:
    """Processes that do the work, begun at once: they import while the caller still reads its files.

    They have no threads and open files of the caller: on Linux they are copies of a process that has imported
    everything (`sim.study.template`), elsewhere they are started afresh ("spawn").
    What they are given goes with each piece of work and not with their start: the start would wait for
    a process to take it, and for ever where that process ends first.

    Parameters
    ----------
    count : int, optional
        Processes; all cores where not given. One: all work is done in this process.
    first, afterwards : str
        Modules to import at the start, and when no block is left for a process.
    """

    here = True  # they are on this machine
    EARLY = 4  # started before it is known how much work there is; others follow with the work

    def __init__(self, count: int | None = None, first: str = "sim.study.ready", afterwards: str = "") -> None:
        self.count = count or os.cpu_count() or 1
        self.first, self.afterwards = first, afterwards
        self.pool: ProcessPoolExecutor | None = None
        self.begun: list[Future[Any]] = []
        if self.count > 1:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # idle threads of the linear algebra would spin
            context = template.start(filter(None, (first, afterwards))) if template.COPIED \
                else multiprocessing.get_context("spawn")
            self.pool = ProcessPoolExecutor(self.count, context, _begin_worker)
            if not template.COPIED:
                self.begun = self.each(_import, first)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: object) -> None:
        if self.pool is not None:
            if error[0] is not None:
                # nobody wants what they are doing any more; there is no public name before Python 3.14
                for process in list((self.pool._processes or {}).values()):
                    process.terminate()
            # to the end: at its own exit Python would write into pipes that are just being closed
            self.pool.shutdown(cancel_futures=True)

    def each(self, function: Callable[..., Any], *arguments: Any) -> list[Future[Any]]:
        """Have the processes that are there do something at the next opportunity; nobody waits for it."""
        if self.pool is None:
            return []
        with _loss_told():
            return [self.pool.submit(function, *arguments) for _ in range(min(self.count, self.EARLY))]

    def warm_up(self) -> None:
        """Compile the kernels, or load them, where this process is to compute; others have begun with that."""
        if self.pool is None:
            import_module(self.first)

    def map(self, function: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        """Results of a function of each item, in their order; the work begins before the first is asked for."""
        return map(function, items) if self.pool is None else _in_order(self.pool, function, items)

    def run(self, scenarios: dict[str, Scenario], blocks: list[Block],
            per_draw: int) -> Iterator[tuple[Block, Chunk, Process]]:
        """(block, chunk, process) of each block, as they finish; the work begins before the first is asked for."""
        contents = {name: packed(scenario) for name, scenario in scenarios.items()}
        if self.pool is None:
            return (_work(contents[block.scenario], block, per_draw) for block in blocks)
        pool = self.pool

        def to_do() -> Iterator[Block]:
            for begun in self.begun[:1]:
                begun.result()  # kernels that cannot be compiled are told here
            yield from blocks
            if self.afterwards:
                self.each(_import, self.afterwards)

        def submit(block: Block) -> Future[Any]:
            return pool.submit(_work, contents[block.scenario], block, per_draw)

        with _loss_told():
            return within(_loss_told(), streamed(submit, to_do(), lambda: AHEAD * self.count, Future.cancel))


def streamed(submit: Callable[[Block], Any], blocks: Iterable[Block], room: Callable[[], int],
             forget: Callable[[Any], object]) -> Iterator[Any]:
    """Results of blocks as they finish, so many under way at a time; the work begins at once.

    Parameters
    ----------
    submit : callable
        Begins a block; returns its future.
    blocks : iterable of Block
    room : callable
        How many may be under way, at least 1. Asked whenever one is done, and every so often while nothing comes;
        raises where nobody is there any more.
    forget : callable
        What becomes of a future whose result nobody wants.
    """
    done: SimpleQueue[Any] = SimpleQueue()
    under_way: set[Any] = set()
    to_come = iter(blocks)

    def begin() -> None:
        for block in islice(to_come, max(room() - len(under_way), 0)):
            future = submit(block)
            under_way.add(future)
            future.add_done_callback(done.put)

    def patiently(get: Callable[..., Any], seconds: float) -> Any:
        while True:
            try:
                return get(timeout=seconds)
            except (Empty, TimeoutError):
                room()

    def results() -> Iterator[Any]:
        try:
            while under_way:
                future = patiently(done.get, LOOK)
                result = patiently(future.result, FETCH)
                under_way.remove(future)
                del future  # and with it what it holds of the result
                begin()
                yield result
        finally:
            for future in under_way:
                forget(future)

    begin()
    return results()


@contextmanager
def _loss_told() -> Iterator[None]:
    try:
        yield
    except (BrokenProcessPool, ConnectionError, EOFError) as error:
        raise WorkersLost(WORKER_LOST) from error


def within(context: AbstractContextManager[None], results: Iterator[Any]) -> Iterator[Any]:
    """The same results; what happens while they are made, happens within a context."""
    with context:
        yield from results


def _in_order(pool: ProcessPoolExecutor, function: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
    with _loss_told():
        futures = [pool.submit(function, item) for item in items]
    return within(_loss_told(), (future.result() for future in futures))


@contextmanager
def workers_for(blocks: int, workers: int | Workers | None) -> Iterator[Workers]:
    """Workers as the caller has them, or new ones for so many blocks at most, which end afterwards."""
    if isinstance(workers, Workers):
        yield workers
        return
    with Workers(max(1, min(workers or os.cpu_count() or 1, blocks))) as own:
        yield own
