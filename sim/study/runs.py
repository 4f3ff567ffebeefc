"""Running scenarios side by side: chunks first, tables from chunks, everything in the run folder."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.programme import check_policies
from sim.scenario import LoadedStudy, Scenario
from sim.study.drawn import drawn
from sim.study.errors import Stopped
from sim.study.estimate import check_possible, estimate
from sim.study.executor import Process, Workers, workers_for
from sim.study.files import now
from sim.study.manifest import check_same, check_versions, read_manifest, write_manifest
from sim.study.order import Order, check_digests, folder_name, make_order, read_order, write_order
from sim.study.store import Block, Chunk, RunFolder, blocks_of
from sim.world.size import districts_of, years_of

if TYPE_CHECKING:
    from sim.study.results import Results  # what makes and reads tables is imported while the processes are at work

Progress = Callable[[int, int], None]


def run(scenario: Scenario, draws: int | None = None, per_draw: int | None = None, workers: int | Workers | None = None,
        folder: str | Path | None = None, progress: Progress | None = None) -> Results:
    """Run one scenario.

    Parameters
    ----------
    scenario : Scenario
    draws, per_draw : int, optional
        Sizes of the outer and inner loop; the scenario's own where not given.
    workers : int or Workers, optional
        Processes, or such as were started before; all cores where not given. The results do not depend on it.
    folder : path, optional
        Run folder; ``runs/<name>-<digest>`` where not given.
    progress : callable, optional
        Called with (blocks done, blocks in all).

    Returns
    -------
    Results
    """
    return compare({"scenario": scenario}, "scenario", draws, per_draw, workers, folder, progress)


def compare(scenarios: dict[str, Scenario], baseline: str, draws: int | None = None, per_draw: int | None = None,
            workers: int | Workers | None = None, folder: str | Path | None = None, progress: Progress | None = None,
            about: dict[str, Any] | None = None, fit: Path | None = None) -> Results:
    """Run scenarios on the same draws and compare each with a baseline.

    Parameters are those of `run`; ``about`` is added to the manifest (study, question, titles, sources); ``fit`` is a
    CSV table of fitted against observed casualties by year, which goes into the run folder and the report.

    Raises
    ------
    ValueError
        Where the baseline is not among the scenarios, scenarios do not share years, districts or seed, or the
        folder holds another run.
    RunError
        Where this machine has not what the run needs, another run is at work in the folder, it cannot be
        written, or the run in it was begun with other versions.
    """
    if baseline not in scenarios:
        raise ValueError(f"baseline {baseline!r} is not among the scenarios: {', '.join(scenarios)}")
    check_policies(scenarios.values())
    about, sizes = about or {}, scenarios[baseline].replicates
    draws, per_draw = draws or sizes.draws, per_draw or sizes.per_draw
    check_possible(estimate(scenarios, draws, per_draw), workers, Path(folder or "runs"))
    _check_alike(scenarios, baseline)
    order = make_order(scenarios, baseline, draws, per_draw, about, fit)
    if folder is None:
        folder = Path("runs") / folder_name(about.get("study", "run"), order.asked)
    return carry_out(order, RunFolder(Path(folder)), workers, progress)


def resume(folder: str | Path, workers: int | Workers | None = None, progress: Progress | None = None) -> Results:
    """Finish a run from its folder alone: what is there and sound is kept, the rest is computed.

    The folder is then, byte for byte, that of a run that was never interrupted.

    Raises
    ------
    FileNotFoundError
        Where the folder is not one of a run.
    ValueError
        Where a file in it is not as the run began with it, or a policy of the user's own was not handed in.
    RunError
        As in `compare`.
    """
    store = RunFolder(Path(folder))
    order = read_order(store)
    check_possible(estimate(order.scenarios, order.draws, order.per_draw), workers, store.path)
    check_digests(order, store.path)
    return carry_out(order, store, workers, progress)


def carry_out(order: Order, store: RunFolder, workers: int | Workers | None, progress: Progress | None) -> Results:
    """Compute what the folder does not hold yet, then all tables.

    The manifest is there from the beginning; what the run took is added to it when all else is written.
    """
    begun, started = now(), time.perf_counter()
    try:
        there = read_manifest(store.path)
        if there is not None:
            check_same(order.asked, there, store.path)
            check_versions(there, store.path)
        with store.at_work():
            blocks = blocks_of(
                [order.baseline, *(name for name in order.scenarios if name != order.baseline)],
                order.draws, order.per_draw)
            work = _work(blocks, store, {s["name"]: s["digest"] for s in order.asked["scenarios"]})
            memory: dict[str, int] = {}
            with workers_for(len(work), workers) as pool:
                # meanwhile the processes import what they need
                from sim.study.results import Results
                from sim.study.tables import make_tables

                write_order(store, order)
                values = pool.map(partial(drawn, draws=order.draws), order.scenarios.values())
                computed = pool.run(order.scenarios, list(work), order.per_draw)
                years = years_of(order.scenarios[order.baseline])
                finished = _fill(store, blocks, work, computed, years, memory, progress)
                tables = make_tables(store, order, blocks, finished, values)
            store.write_tables(tables)
            seconds = time.perf_counter() - started
            replicates = sum(block.last - block.first for block in work)
            usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, *memory.values()
            took = (begun, now(), len(memory), round(seconds, 1), replicates, round(replicates / seconds, 2),
                    round(max(usage) / 1024))
            write_manifest(store.path, order.asked, {*(f"{name}.csv" for name in tables), *order.handed_in}, took)
    except KeyboardInterrupt:
        raise Stopped(store.path) from None
    return Results.read(store.path)


def compare_study(study: LoadedStudy, quick: bool = False, draws: int | None = None, per_draw: int | None = None,
                  workers: int | Workers | None = None, folder: str | Path | None = None,
                  progress: Progress | None = None, only: Iterable[str] | None = None,
                  fit: Path | None = None) -> Results:
    """Run a study file: all variants of its base, on the same draws, against its baseline."""
    spec = study.study
    names = [n for n in study.scenarios if only is None or n in set(only) | {spec.baseline}]
    sizes = spec.quick if quick else study.scenarios[spec.baseline].replicates
    about = {
        "study": spec.study, "question": spec.question, "headline": spec.headline if spec.headline in names else None,
        "titles": {n: spec.variants[n].title for n in names}, "over": {n: spec.variants[n].over for n in names},
        "groups": {n: spec.variants[n].group for n in names}, "deadline": spec.deadline, "sources": study.sources,
        "inputs": study.inputs}
    return compare({n: study.scenarios[n] for n in names}, spec.baseline, draws or sizes.draws,
                   per_draw or sizes.per_draw, workers, folder, progress, about, fit)


def _check_alike(scenarios: dict[str, Scenario], baseline: str) -> None:
    base = scenarios[baseline]
    for name, scenario in scenarios.items():
        for what, of in (("years", years_of), ("districts", districts_of)):
            if of(scenario) != of(base):
                raise ValueError(f"{name} and {baseline} differ in {what}: differences would have no meaning")
        if scenario.seed != base.seed:
            raise ValueError(f"{name} and {baseline} have different seeds: they would not share their draws")


def _work(blocks: list[Block], store: RunFolder, digests: dict[str, str]) -> dict[Block, list[Block]]:
    """Blocks to compute, and where to store each: scenarios of the same content are computed once."""
    first_with = {digest: name for name, digest in reversed(digests.items())}
    work: dict[Block, list[Block]] = {}
    for block in blocks:
        if not store.has(block):
            computed = replace(block, scenario=first_with[digests[block.scenario]])
            work.setdefault(computed, []).append(block)
    return work


def _fill(store: RunFolder, blocks: list[Block], work: dict[Block, list[Block]],
          computed: Iterable[tuple[Block, Chunk, Process]], years: tuple[int, ...], memory: dict[str, int],
          progress: Progress | None) -> Iterator[str]:
    """Store the chunks that were missing; yields each scenario, in the order of the blocks, once it is whole.

    Adds to ``memory`` which processes did the work, and the most memory each has had.
    """
    names = list(dict.fromkeys(b.scenario for b in blocks))
    to_come = Counter(block.scenario for stored in work.values() for block in stored)
    done = len(blocks) - to_come.total()
    if progress is not None:
        progress(done, len(blocks))
    for block, chunk, process in computed:
        for place in work[block]:
            named = [{**failure, "scenario": place.scenario, "block": place.stem} for failure in chunk.failures]
            store.write(place, replace(chunk, failures=named), years)
            to_come[place.scenario] -= 1
            done += 1
        memory[process.id] = process.memory
        if progress is not None:
            progress(done, len(blocks))
        while names and to_come[names[0]] == 0:
            yield names.pop(0)
    yield from names
