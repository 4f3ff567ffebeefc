"""Sections about the engine alone: replicates, shares of time, estimators, workers, memory, starts."""

from __future__ import annotations

import os
from functools import partial

from sim.scenario import Scenario, load, load_study
from sim.study.executor import run_block
from sim.study.metrics import METRICS, NATIONAL
from sim.study.store import Block
from sim.study.summary import control_variate

from . import apart, shares
from .model import counts
from .setting import LARGE, NAN, TARGET, UKRAINE, Setting, row
from .timing import Row, best_of, reach, seconds_of


def by_replicates(setting: Setting) -> list[Row]:
    """Cost of a whole replicate, world and results included, against the number of replicates."""
    scenario = TARGET.scenario()
    counts = setting.pick((1, 10, 100), (1, 10, 100, 1000))
    turns = {str(k): partial(lambda k: seconds_of(lambda: run_block(scenario, Block("bench", 0, int(k)), int(k))), k)
             for k in counts}
    best = best_of(turns, setting.rounds // 2)
    return [row("replicates", f"{k:,.0f} replicates of a draw", TARGET, 1e3 * best[str(k)] / k, "ms each")
            for k in counts]


def by_shares(setting: Setting) -> list[Row]:
    """Shares of sampling, programme and bookkeeping in a replicate; the Ukraine base's own point; a large programme."""
    rows = []
    for name, scenario, draws, per_draw in (
            ("plain", TARGET.scenario(), 2, 100),
            ("Ukraine base", load(UKRAINE / "base.yaml"), *((3, 2) if setting.quick else (10, 2))),
            ("5,000 tasks, 300 teams", load(LARGE), 1, 4)):
        seen = [shares.shares(scenario, draws, per_draw) for _ in range(3)]
        part = min(seen, key=lambda s: sum(s.values()))  # the least disturbed of three
        total, case = sum(part.values()), TARGET if name == "plain" else None
        rows.append(row("shares", f"{name}: whole replicate", case, 1e3 * total, "ms",
                        target=reach(total, most=1.0) if name.startswith("5,000") else ""))
        rows += [row("shares", f"{name}: {what}", case, 1e3 * s, "ms", ratio=s / total, against="of the replicate")
                 for what, s in part.items()]
        kept = sum(s for what, s in part.items() if what.startswith("bookkeeping")) / total
        rows.append(row("shares", f"{name}: bookkeeping, all", case, 1e3 * kept * total, "ms", ratio=kept,
                         against="of the replicate", target=reach(kept, most=0.2)))
        done = counts(scenario)
        bare = done.events * shares.bare_event_seconds()
        rows.append(row("shares", f"{name}: SimPy events", case, done.events, "per replicate", ratio=bare / total,
                         against="of the replicate at SimPy's own cost of an event", note="part of the programme"))
        rows.append(row("shares", f"{name}: items met", case, done.met, "per replicate",
                         ratio=1000.0 * done.met / done.items, against=f"per 1,000 of {done.items:,.0f} items"))
    return rows


def by_workers(setting: Setting) -> list[Row]:
    """What a second worker process brings, once both are ready."""
    # a draw costs twice another: in many small blocks, so that no process waits for the other's last
    cases = [("Ukraine base", load(UKRAINE / "base.yaml"), 24, 1, 2 if setting.quick else 4)]
    if not setting.quick:
        cases.append(("plain", TARGET.scenario(), 8, 5, 100))
    return [row for case in cases for row in _two_workers(*case, rounds=2 if setting.quick else 3)]


def _two_workers(name: str, scenario: Scenario, blocks: int, draws: int, per_draw: int, rounds: int) -> list[Row]:
    with shares.workers_ready(1, scenario) as one, shares.workers_ready(2, scenario) as two:
        before = [shares.processor_seconds(w) for w in (one, two)]
        best = best_of({"one": partial(shares.study_seconds, one, scenario, blocks, draws, per_draw),
                        "two": partial(shares.study_seconds, two, scenario, blocks, draws, per_draw)}, rounds)
        spent = [shares.processor_seconds(w) - b for w, b in zip((one, two), before, strict=True)]
    gain, work = best["one"] / best["two"], f"{name}: {blocks * draws * per_draw} replicates"
    return [
        row("workers", f"{work}, one worker", None, best["one"], "s"),
        row("workers", f"{work}, two workers", None, best["two"], "s", ratio=gain, against="times faster",
             target=reach(gain, 1.8), note=f"load on the {os.cpu_count()} cores: {os.getloadavg()[0]:.1f}"),
        row("workers", f"{work}, processor time of two", None, spent[1] / rounds, "s", ratio=2.0 * spent[0] / spent[1],
             against="times faster at most, on cores that nobody else uses")]


def by_memory(setting: Setting) -> list[Row]:
    """Memory beyond that of ten items, each in a process of its own."""
    if not apart.STATUS.exists():
        return [row("memory", "not measured", None, NAN, "", note=f"there is no {apart.STATUS}")]
    big = 1_000_000 if setting.quick else 10_000_000
    sizes = {"engine": big, "numba_loop": big, "numpy_daily_active": 1_000_000, "mesa_agents": 10_000,
             "simpy_processes": 50_000}
    rows = []
    for what, items in sizes.items():
        mb = apart.memory_mb(what, items)
        rows.append(row("memory", what.replace("_", " "), apart.memory_case(what, items), mb, "MB",
                         ratio=1e6 * mb / items, against="bytes per item"))
    return rows


def by_starts(setting: Setting) -> list[Row]:
    """From the start of a process to the end of a small scenario with report and files."""
    most = {"import sim": 0.3, "small scenario, cold": 20.0, "small scenario, warm": 3.0}
    return [row("starts", name, None, passed, "s", target=reach(passed, most=most[name]),
                 note=f"{processor:.1f} s of processor time; load {os.getloadavg()[0]:.1f}")
            for name, (passed, processor) in apart.start_seconds(cold=not setting.quick).items()]


def by_estimators(setting: Setting) -> list[Row]:
    """Variance by chance of counted casualties, over that of the estimate which differences use (MODEL section 11)."""
    field = load_study(UKRAINE / "study.yaml").scenarios["transfer_persistent"]
    rows = []
    for name, scenario, replicates in (
            ("plain", TARGET.scenario(), 400), ("Ukraine, persistent mines", field, 20 if setting.quick else 100)):
        done = run_block(scenario, Block("bench", 0, replicates), replicates)  # one draw: what varies is chance
        for what, table, metrics in (("casualties", done.by_district.sum(axis=3), METRICS),
                                     ("casualties by transferred devices", done.national, NATIONAL)):
            column = "casualties_total" if metrics is METRICS else "casualties_transferred"
            at = [m.column for m in metrics]
            expected = "casualties_expected" if metrics is METRICS else "casualties_transferred_expected"
            counted = table[:, at.index(column)].sum(axis=1)
            if not counted.any():
                continue
            gap = counted - table[:, at.index(expected)].sum(axis=1)
            better = control_variate(counted, gap)
            z = gap.mean() / gap.std(ddof=1) * len(gap) ** 0.5
            less = counted.var(ddof=1) / better.var(ddof=1)
            rows.append(row("estimators", f"{name}: {what}", None, less, "times less",
                            note=f"{len(gap)} replicates of one draw; counted less expected: z = {z:.1f}"))
    return rows
