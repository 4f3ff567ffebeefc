"""Running scenarios side by side: chunks first, tables from chunks, everything in the run folder."""

from __future__ import annotations

import hashlib
import json
import platform
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim import __version__
from sim.programme import check_policy, written_policy
from sim.scenario import LoadedStudy, Scenario, catalogue_sources, to_yaml
from sim.scenario.schema import Deadline
from sim.study import explain, progress
from sim.study.executor import Process, Workers, workers_for
from sim.study.results import Results
from sim.study.seal import MANIFEST, sealed
from sim.study.spread import spread
from sim.study.store import Block, Chunk, RunFolder, blocks_of
from sim.study.summary import Sample, derived, differences, summarise
from sim.world import make_frame
from sim.world.frame import Frame

Progress = Callable[[int, int], None]
ESTIMATOR_NOTE = (
    "counted: accidents as they fell in the runs; expected: the same with the chance of each encounter "
    "averaged out (control variate with the compensator along each run's history)")
PER_DEVICE_METRICS = (
    "casualties_transferred_expected", "items_inert_transferred", "items_active_transferred",
    "area_hazardous_added_m2", "cost_usd")
BY_END_METRICS = ("casualties_total", "casualties_expected", "area_released_m2", "cost_usd")


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
            about: dict[str, Any] | None = None, fit: pd.DataFrame | None = None) -> Results:
    """Run scenarios on the same draws and compare each with a baseline.

    Parameters are those of `run`; ``about`` is added to the manifest (study, question, titles, sources).

    Raises
    ------
    ValueError
        Where the baseline is not among the scenarios, or scenarios do not share years, districts or seed.
    """
    if baseline not in scenarios:
        raise ValueError(f"baseline {baseline!r} is not among the scenarios: {', '.join(scenarios)}")
    for scenario in scenarios.values():
        check_policy(scenario.programme.priority)
    first = scenarios[baseline]
    draws = draws or first.replicates.draws
    per_draw = per_draw or first.replicates.per_draw
    frames = {name: make_frame(s) for name, s in scenarios.items()}
    _check_alike(frames, baseline)
    about = about or {}
    digests = {name: _digest(f) for name, f in frames.items()}
    where = Path(folder) if folder is not None else _default_folder(about.get("study", "run"), digests, draws, per_draw)
    store = RunFolder(where)
    store.create()
    started = time.perf_counter()
    blocks = blocks_of([baseline, *(name for name in scenarios if name != baseline)], draws)
    work = _work(blocks, store, digests)
    memory: dict[str, int] = {}
    with workers_for(len(work), workers) as pool:
        computed = pool.run(scenarios, list(work), per_draw)
        _write_scenarios(store, scenarios)  # here and in what follows the processes are at work
        finished = _fill(store, blocks, work, computed, frames[baseline].years, memory, progress)
        results = _tables(store, scenarios, frames, baseline, blocks, finished, fit, about)
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, *memory.values()
    manifest = {
        "study": about.get("study", first.title), "question": about.get("question", first.question),
        "baseline": baseline, "headline": about.get("headline"),
        "version": __version__, "seed": first.seed, "start": str(first.start),
        "horizon_years": first.horizon_years, "replicates": {"draws": draws, "per_draw": per_draw},
        "scenarios": [{
            "name": name, "title": about.get("titles", {}).get(name) or s.title, "digest": digests[name],
            "over": about.get("over", {}).get(name), "group": about.get("groups", {}).get(name, ""),
            "policy": s.programme.priority,
            "transferred_families": sorted({t.family for t in s.transfers.values() if t.devices.high > 0}),
        } for name, s in scenarios.items()],
        "deadline": about["deadline"].model_dump() if about.get("deadline") else None,
        "districts": list(frames[baseline].districts), "estimator_note": ESTIMATOR_NOTE,
        "sources": {**catalogue_sources(), **about.get("sources", {})},
        "versions": {"python": platform.python_version(), **{
            p: version(p) for p in ("numpy", "numba", "scipy", "simpy", "pandas", "pyarrow", "pydantic")}},
        "platform": platform.platform(), "processes": len(memory),
        "seconds": round(time.perf_counter() - started, 1), "peak_memory_mb": round(max(usage) / 1024),
    }
    store.write_tables({name: table for name, table in results.items() if table is not None})
    if first.map is not None and first.folder is not None:
        store.write_text("map.geojson", (first.folder / first.map).read_text(encoding="utf-8-sig"))
    store.write_json(MANIFEST, sealed(manifest, where))
    return Results.read(where)


def compare_study(study: LoadedStudy, quick: bool = False, draws: int | None = None, per_draw: int | None = None,
                  workers: int | Workers | None = None, folder: str | Path | None = None,
                  progress: Progress | None = None, only: Iterable[str] | None = None,
                  fit: pd.DataFrame | None = None) -> Results:
    """Run a study file: all variants of its base, on the same draws, against its baseline."""
    spec = study.study
    names = [n for n in study.scenarios if only is None or n in set(only) | {spec.baseline}]
    sizes = spec.quick if quick else study.scenarios[spec.baseline].replicates
    about = {
        "study": spec.study, "question": spec.question, "headline": spec.headline if spec.headline in names else None,
        "titles": {n: spec.variants[n].title for n in names}, "over": {n: spec.variants[n].over for n in names},
        "groups": {n: spec.variants[n].group for n in names}, "deadline": spec.deadline, "sources": study.sources}
    return compare({n: study.scenarios[n] for n in names}, spec.baseline, draws or sizes.draws,
                   per_draw or sizes.per_draw, workers, folder, progress, about, fit)


def _default_folder(name: str, digests: dict[str, str], draws: int, per_draw: int) -> Path:
    text = json.dumps([digests, draws, per_draw], sort_keys=True)
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)[:60]
    return Path("runs") / f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _digest(frame: Frame) -> str:
    """Digest of everything that can change a number: the scenario, and the text of a policy that a user wrote."""
    written = written_policy(frame.scenario.programme.priority)
    return frame.digest if written is None else hashlib.sha256((frame.digest + written.digest).encode()).hexdigest()


def _check_alike(frames: dict[str, Frame], baseline: str) -> None:
    base = frames[baseline]
    for name, frame in frames.items():
        for what in ("years", "districts"):
            if getattr(frame, what) != getattr(base, what):
                raise ValueError(f"{name} and {baseline} differ in {what}: differences would have no meaning")
        if frame.scenario.seed != base.scenario.seed:
            raise ValueError(f"{name} and {baseline} have different seeds: they would not share their draws")


def _write_scenarios(store: RunFolder, scenarios: dict[str, Scenario]) -> None:
    """Every scenario as it was run, and the policies that a user wrote."""
    for policy in {s.programme.priority for s in scenarios.values()}:
        own = written_policy(policy)
        if own is not None:
            store.write_text(f"policy-{policy}.py", own.text)
    written: dict[str, str] = {}
    for name, scenario in scenarios.items():
        file = f"scenario-{name}.yaml" if len(scenarios) > 1 else "scenario.yaml"
        store.write_text(file, to_yaml(scenario, written))


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
            named = [{**failure, "scenario": place.scenario} for failure in chunk.failures]
            store.write(place, replace(chunk, failures=named), years)
            to_come[place.scenario] -= 1
            done += 1
        memory[process.id] = process.memory
        if progress is not None:
            progress(done, len(blocks))
        while names and to_come[names[0]] == 0:
            yield names.pop(0)
    yield from names


def _sample(store: RunFolder, blocks: list[Block], name: str) -> tuple[Sample, list[dict[str, Any]]]:
    chunks: list[Chunk] = [store.read(b) for b in blocks if b.scenario == name]
    return Sample(
        name, np.concatenate([c.by_district for c in chunks]), np.concatenate([c.national for c in chunks]),
        np.concatenate([c.address[:, 0] for c in chunks]), np.concatenate([c.completed_years for c in chunks]),
    ), [f for c in chunks for f in c.failures]


@dataclass
class _Part:
    """What one scenario adds to the tables."""

    failures: list[dict[str, Any]]
    summary: list[pd.DataFrame] = field(default_factory=list)
    differences: list[pd.DataFrame] = field(default_factory=list)
    per_10000: list[pd.DataFrame] = field(default_factory=list)
    drivers: list[pd.DataFrame] = field(default_factory=list)
    spread: list[pd.DataFrame] = field(default_factory=list)
    completion: list[pd.DataFrame] = field(default_factory=list)
    pairs: list[pd.DataFrame] = field(default_factory=list)
    value: list[pd.DataFrame] = field(default_factory=list)
    totals: dict[str, np.ndarray] = field(default_factory=dict)


def _tables(store: RunFolder, scenarios: dict[str, Scenario], frames: dict[str, Frame], baseline: str,
            blocks: list[Block], finished: Iterable[str], fit: pd.DataFrame | None,
            about: dict[str, Any]) -> dict[str, Any]:
    """All tables: each scenario's part once it is finished, one in memory at a time beside the baseline."""
    parameters, treaty = explain.parameter_table(scenarios), explain.treaty_table(frames)
    years, districts = frames[baseline].years, frames[baseline].districts
    finished = iter(finished)
    base, failures = _sample(store, blocks, next(finished))  # the baseline is the first
    if len(base.draws) == 0:
        raise RuntimeError(f"no replicate of {baseline} finished; first error: {failures[0]['error']}")
    groups, deadline = about.get("groups", {}), about.get("deadline")
    parts = {baseline: _baseline_part(scenarios[baseline], base, failures, years, districts)}
    firsts: dict[str, Sample] = {}  # of the groups; the baseline may be one of them
    _compare_in_group(parts[baseline], base, base, firsts, groups.get(baseline, ""), deadline, years, districts)
    for name in finished:
        sample, failures = _sample(store, blocks, name)
        parts[name] = _Part(failures)
        if len(sample.draws):
            parts[name] = _variant_part(scenarios[name], sample, base, failures, years, districts,
                                        name == about.get("headline"))
            _compare_in_group(parts[name], sample, base, firsts, groups.get(name, ""), deadline, years, districts)
    from_baseline = [parts[baseline], *(parts[name] for name in scenarios if name != baseline)]
    in_order = [parts[name] for name in scenarios]
    empty = pd.DataFrame(columns=["scenario", "metric", "mean", "p05", "p95"])
    differences = [table for part in in_order for table in part.differences]
    return {
        "summary": pd.concat([table for part in in_order for table in part.summary], ignore_index=True),
        "differences": pd.concat(differences, ignore_index=True) if differences else _no_differences(),
        "parameters": parameters,
        "drivers": pd.concat([table for part in from_baseline for table in part.drivers], ignore_index=True),
        "spread": pd.concat([table for part in from_baseline for table in part.spread], ignore_index=True),
        "treaty": treaty,
        "by_end": explain.by_end({name: part.totals for name, part in zip(scenarios, in_order, strict=True)},
                                 explain.end_years(scenarios[baseline], np.unique(base.draws))),
        "per_10000": pd.concat([empty, *(table for part in in_order for table in part.per_10000)], ignore_index=True),
        "failures": pd.DataFrame([failure for part in from_baseline for failure in part.failures],
                                 columns=["scenario", "draw", "inner", "seed", "error", "traceback"]),
        "fit": fit,
        **{name: _stacked([table for part in in_order for table in getattr(part, name)])
           for name in ("completion", "pairs", "value")},
    }


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame | None:
    return pd.concat(tables, ignore_index=True) if tables else None


def _compare_in_group(part: _Part, sample: Sample, base: Sample, firsts: dict[str, Sample], group: str,
                      deadline: Deadline | None, years: tuple[int, ...], districts: tuple[str, ...]) -> None:
    """What a study with a deadline or groups adds for one scenario; the first of a group is kept for the others."""
    if deadline is not None:
        part.completion.append(progress.completion(sample, years, deadline))
    if group:
        first = firsts.setdefault(group, sample)
        if first is not sample:
            part.pairs.append(progress.pairs(sample, first, years, districts))
        if sample is not base:
            part.value.append(progress.value(sample, base))


def _baseline_part(scenario: Scenario, base: Sample, failures: list[dict[str, Any]], years: tuple[int, ...],
                   districts: tuple[str, ...]) -> _Part:
    part = _levels(base, failures, years, districts)
    total = explain.national_total(base, "casualties_expected")
    part.drivers.append(explain.drivers(scenario, base, total, "casualties_total"))
    part.spread.append(spread(scenario, base))
    return part


def _variant_part(scenario: Scenario, sample: Sample, base: Sample, failures: list[dict[str, Any]],
                  years: tuple[int, ...], districts: tuple[str, ...], is_headline: bool) -> _Part:
    part = _levels(sample, failures, years, districts)
    part.differences.append(differences(sample, base, years, districts))
    part.spread += [spread(scenario, sample), spread(scenario, sample, base)]
    if len(sample.draws) == len(base.draws):
        change = {
            m: explain.national_total(sample, m) - explain.national_total(base, m) for m in PER_DEVICE_METRICS}
        table = explain.per_10000(scenario, sample.name, change, np.unique(base.draws))
        part.per_10000 += [table] if len(table) else []
        if is_headline:
            part.drivers.append(_headline_drivers(scenario, sample, base))
    return part


def _levels(sample: Sample, failures: list[dict[str, Any]], years: tuple[int, ...],
            districts: tuple[str, ...]) -> _Part:
    """What baseline and variants have in common."""
    return _Part(failures, [summarise(sample, years, districts), derived(sample)],
                 totals={m: explain.national_total(sample, m) for m in BY_END_METRICS})


def _headline_drivers(scenario: Scenario, sample: Sample, base: Sample) -> pd.DataFrame:
    """What drives the headline: harm by the transferred devices themselves, where there are any.

    The difference of totals is mostly teams and people acting differently, and drowns in chance.
    """
    direct = explain.national_total(sample, "casualties_transferred_expected")
    if direct.any():
        return explain.drivers(scenario, sample, direct, "casualties_transferred_expected")
    more = explain.national_total(sample, "casualties_expected") - explain.national_total(base, "casualties_expected")
    return explain.drivers(scenario, sample, more, "casualties_total_difference")


def _no_differences() -> pd.DataFrame:
    from sim.study.summary import DIFFERENCE_COLUMNS

    return pd.DataFrame(columns=DIFFERENCE_COLUMNS)
