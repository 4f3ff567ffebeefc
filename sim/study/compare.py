"""Running scenarios side by side: chunks first, tables from chunks, everything in the run folder."""

from __future__ import annotations

import json
import platform
import resource
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim import __version__
from sim.scenario import LoadedStudy, Scenario, catalogue_sources, to_yaml
from sim.study import explain
from sim.study.executor import run_blocks
from sim.study.results import Results
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


def run(scenario: Scenario, draws: int | None = None, per_draw: int | None = None, workers: int | None = None,
        folder: str | Path | None = None, progress: Progress | None = None) -> Results:
    """Run one scenario.

    Parameters
    ----------
    scenario : Scenario
    draws, per_draw : int, optional
        Sizes of the outer and inner loop; the scenario's own where not given.
    workers : int, optional
        Processes; all cores where not given. The results do not depend on it.
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
            workers: int | None = None, folder: str | Path | None = None, progress: Progress | None = None,
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
    first = scenarios[baseline]
    draws = draws or first.replicates.draws
    per_draw = per_draw or first.replicates.per_draw
    frames = {name: make_frame(s) for name, s in scenarios.items()}
    _check_alike(frames, baseline)
    about = about or {}
    digests = {name: f.digest for name, f in frames.items()}
    where = Path(folder) if folder is not None else _default_folder(about.get("study", "run"), digests, draws, per_draw)
    store = RunFolder(where)
    store.create()
    started = time.perf_counter()
    blocks = blocks_of(list(scenarios), draws)
    processes = _fill(store, scenarios, blocks, per_draw, workers, frames[baseline], progress)
    results = _tables(store, scenarios, frames, baseline, blocks, draws, fit, about.get("headline"))
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    manifest = {
        "study": about.get("study", first.title), "question": about.get("question", first.question),
        "baseline": baseline, "headline": about.get("headline"),
        "version": __version__, "seed": first.seed, "start": str(first.start),
        "horizon_years": first.horizon_years, "replicates": {"draws": draws, "per_draw": per_draw},
        "scenarios": [{
            "name": name, "title": about.get("titles", {}).get(name) or s.title, "digest": digests[name],
            "over": about.get("over", {}).get(name),
            "transferred_families": sorted({t.family for t in s.transfers.values() if t.devices.high > 0}),
        } for name, s in scenarios.items()],
        "districts": list(frames[baseline].districts), "estimator_note": ESTIMATOR_NOTE,
        "sources": {**catalogue_sources(), **about.get("sources", {})},
        "versions": {"python": platform.python_version(), **{
            p: version(p) for p in ("numpy", "numba", "scipy", "simpy", "pandas", "pyarrow", "pydantic")}},
        "platform": platform.platform(), "processes": processes,
        "seconds": round(time.perf_counter() - started, 1), "peak_memory_mb": round(max(usage) / 1024),
    }
    written: dict[str, str] = {}
    for name, scenario in scenarios.items():
        file = f"scenario-{name}.yaml" if len(scenarios) > 1 else "scenario.yaml"
        store.write_text(file, to_yaml(scenario, written))
    for name, table in results.items():
        if table is not None:
            store.write_table(f"{name}.csv", table)
    if first.map is not None and first.folder is not None:
        store.write_text("map.geojson", (first.folder / first.map).read_text())
    store.write_json("manifest.json", manifest)
    return Results.read(where)


def compare_study(study: LoadedStudy, quick: bool = False, draws: int | None = None, per_draw: int | None = None,
                  workers: int | None = None, folder: str | Path | None = None, progress: Progress | None = None,
                  only: Iterable[str] | None = None, fit: pd.DataFrame | None = None) -> Results:
    """Run a study file: all variants of its base, on the same draws, against its baseline."""
    spec = study.study
    names = [n for n in study.scenarios if only is None or n in set(only) | {spec.baseline}]
    sizes = spec.quick if quick else study.scenarios[spec.baseline].replicates
    about = {
        "study": spec.study, "question": spec.question, "headline": spec.headline if spec.headline in names else None,
        "titles": {n: spec.variants[n].title for n in names}, "over": {n: spec.variants[n].over for n in names},
        "sources": study.sources}
    return compare({n: study.scenarios[n] for n in names}, spec.baseline, draws or sizes.draws,
                   per_draw or sizes.per_draw, workers, folder, progress, about, fit)


def _default_folder(name: str, digests: dict[str, str], draws: int, per_draw: int) -> Path:
    import hashlib

    text = json.dumps([digests, draws, per_draw], sort_keys=True)
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)[:60]
    return Path("runs") / f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _check_alike(frames: dict[str, Frame], baseline: str) -> None:
    base = frames[baseline]
    for name, frame in frames.items():
        for what in ("years", "districts"):
            if getattr(frame, what) != getattr(base, what):
                raise ValueError(f"{name} and {baseline} differ in {what}: differences would have no meaning")
        if frame.scenario.seed != base.scenario.seed:
            raise ValueError(f"{name} and {baseline} have different seeds: they would not share their draws")


def _fill(store: RunFolder, scenarios: dict[str, Scenario], blocks: list[Block], per_draw: int,
          workers: int | None, frame: Frame, progress: Progress | None) -> int:
    """Compute the chunks that are missing; returns the number of processes that did the work."""
    missing = [b for b in blocks if not store.has(b)]
    done = len(blocks) - len(missing)
    processes: set[int] = set()
    if progress is not None:
        progress(done, len(blocks))
    for block, chunk, process in run_blocks(scenarios, missing, per_draw, workers):
        store.write(block, chunk, frame.years)
        processes.add(process)
        done += 1
        if progress is not None:
            progress(done, len(blocks))
    return len(processes)


def _sample(store: RunFolder, blocks: list[Block], name: str) -> tuple[Sample, list[dict[str, Any]]]:
    chunks: list[Chunk] = [store.read(b) for b in blocks if b.scenario == name]
    return Sample(
        name, np.concatenate([c.by_district for c in chunks]), np.concatenate([c.national for c in chunks]),
        np.concatenate([c.address[:, 0] for c in chunks]), np.concatenate([c.completed_years for c in chunks]),
    ), [f for c in chunks for f in c.failures]


def _tables(store: RunFolder, scenarios: dict[str, Scenario], frames: dict[str, Frame], baseline: str,
            blocks: list[Block], draws: int, fit: pd.DataFrame | None, headline: str | None) -> dict[str, Any]:
    """All tables, one scenario in memory at a time beside the baseline."""
    base, failures = _sample(store, blocks, baseline)
    if len(base.draws) == 0:
        raise RuntimeError(f"no replicate of {baseline} finished; first error: {failures[0]['error']}")
    years, districts = frames[baseline].years, frames[baseline].districts
    used = np.unique(base.draws)
    summaries, diffs, per_devices, driving = [], [], [], []
    totals: dict[str, dict[str, np.ndarray]] = {}
    driving.append(explain.drivers(scenarios[baseline], base, explain.national_total(base, "casualties_expected"),
                                   "casualties_total"))
    for name, scenario in scenarios.items():
        sample, failed = (base, []) if name == baseline else _sample(store, blocks, name)
        failures += failed
        if len(sample.draws) == 0:
            continue
        summaries += [summarise(sample, years, districts), derived(sample)]
        totals[name] = {m: explain.national_total(sample, m) for m in BY_END_METRICS}
        if name == baseline:
            continue
        diffs.append(differences(sample, base, years, districts))
        if len(sample.draws) == len(base.draws):
            change = {
                m: explain.national_total(sample, m) - explain.national_total(base, m)
                for m in PER_DEVICE_METRICS}
            per_devices.append(explain.per_10000(scenario, name, change, used))
            if name == headline:
                driving.append(_headline_drivers(scenario, sample, base))
    ends = explain.end_years(scenarios[baseline], used)
    empty = pd.DataFrame(columns=["scenario", "metric", "mean", "p05", "p95"])
    return {
        "summary": pd.concat(summaries, ignore_index=True),
        "differences": pd.concat(diffs, ignore_index=True) if diffs else _no_differences(),
        "parameters": explain.parameter_table(scenarios), "drivers": pd.concat(driving, ignore_index=True),
        "treaty": explain.treaty_table(frames), "by_end": explain.by_end(scenarios, totals, ends),
        "per_10000": pd.concat([empty, *[p for p in per_devices if len(p)]], ignore_index=True),
        "failures": pd.DataFrame(failures, columns=["scenario", "draw", "inner", "seed", "error", "traceback"]),
        "fit": fit,
    }


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
