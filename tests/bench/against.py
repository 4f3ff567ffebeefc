"""Sections that set the engine beside its peers and beside the same sampler in C; each hands out rows of the table."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from . import peers
from .compiled import Sampler, compiler
from .model import Case, Engine, accidents_of, draw_blocks
from .setting import NAN, REPLICATES, TARGET, Setting, row
from .timing import Row, best_of, fit_line, reach, seconds_of

MEASURED = {
    "numba loop, np.random": peers.numba_loop,
    "numba loop, Generator": peers.numba_generator,
    "numba loop, Generator, encounter first": peers.numba_encounter_first,
    "numba loop, addressed draws": peers.numba_addressed,
    "NumPy daily step, active items": peers.numpy_daily_active,
}
EXTRAPOLATED = {
    "NumPy daily step, all items": (peers.numpy_daily, (5_000, 10_000, 20_000), (20_000, 40_000, 80_000)),
    "Mesa, agent per item": (peers.mesa_agents, (500, 1_000, 2_000), (2_000, 4_000, 8_000)),
    "SimPy, process per item": (peers.simpy_processes, (40_000, 80_000, 120_000), (50_000, 100_000, 200_000)),
}
LEAST = {"numba loop, np.random": 100.0, "numba loop, Generator": 100.0,
         "numba loop, Generator, encounter first": 100.0, "numba loop, addressed draws": 100.0,
         "NumPy daily step, active items": 1e4, "NumPy daily step, all items": 1e4, "Mesa, agent per item": 1e4}


# ---- the engine, its kernel, and the same in C ----------------------------------------------------------------------

def whole(engine: Engine) -> float:
    """A replicate with its arrays: sampling, expected values, stocks; mean over some replicates [s]."""
    return seconds_of(lambda: [engine.play(engine.prepare(r)) for r in range(REPLICATES)]) / REPLICATES


def sampled(engine: Engine) -> float:
    """The same without making the arrays [s]."""
    return _mean(lambda r: partial(engine.play, engine.prepare(r)))


def kernel_alone(engine: Engine) -> float:
    """Candidates listed and decided, nothing else [s]."""
    return _mean(lambda r: partial(engine.play_alone, engine.prepare_alone(r)))


def in_c(sampler: Sampler, engine: Engine) -> float:
    """The kernel in C on the same replicates [s]."""
    def prepared(r: int) -> Callable[[], object]:
        sampler.prepare(engine.prepare(r))
        return sampler.play

    return _mean(prepared)


def _mean(prepare: Callable[[int], Callable[[], object]]) -> float:
    return sum(seconds_of(prepare(r)) for r in range(REPLICATES)) / REPLICATES


def draws_alone(sampler: Sampler, engine: Engine) -> float:
    """As many random numbers as the kernel draws, and nothing done with them [s]."""
    sampler.prepare(engine.prepare(0))
    sampler.play()
    return seconds_of(partial(draw_blocks, sampler.count("blocks"), 7))


def sampler_for(setting: Setting, engine: Engine) -> Sampler | None:
    """The C sampler, after it gave the engine's accidents one by one; None without a compiler."""
    if compiler() is None:
        return None
    sampler = Sampler(setting.folder, engine.room.places)
    for r in range(3):
        ground = engine.prepare(r)
        engine.play(ground)
        expected = accidents_of(ground)
        sampler.prepare(engine.prepare(r))
        sampler.play()
        if not np.array_equal(sampler.accidents(), expected):
            raise AssertionError("the sampler in C and the engine differ: their times cannot be compared")
    return sampler


def _turns(engine: Engine, sampler: Sampler | None) -> dict[str, Callable[[], float]]:
    turns: dict[str, Callable[[], float]] = {
        "engine": partial(whole, engine), "engine, sampling": partial(sampled, engine),
        "engine, kernel alone": partial(kernel_alone, engine)}
    if sampler is not None:
        turns["kernel in C"] = partial(in_c, sampler, engine)
        turns["random draws alone"] = partial(draws_alone, sampler, engine)
    return turns


def _engine_rows(section: str, case: Case, best: dict[str, float], targets: bool) -> list[Row]:
    """Rows of everything that `_turns` measured."""
    alone = best["engine, kernel alone"]
    rows = [row(section, "engine", case, 1e3 * best["engine"], "ms", note="a replicate with its arrays"),
            row(section, "engine, sampling", case, 1e3 * best["engine, sampling"], "ms"),
            row(section, "engine, kernel alone", case, 1e3 * alone, "ms",
                 note="candidates listed and decided; no expected values")]
    if "kernel in C" in best:
        ratio = best["kernel in C"] / alone
        rows += [row(section, "kernel in C", case, 1e3 * best["kernel in C"], "ms", ratio=ratio,
                      against="engine's kernel reaches of it", target=reach(ratio, 0.7) if targets else ""),
                 row(section, "random draws alone", case, 1e3 * best["random draws alone"], "ms",
                      ratio=best["random draws alone"] / alone, against="share of the kernel's time")]
    return rows


# ---- sections -------------------------------------------------------------------------------------------------------

def agree(setting: Setting) -> list[Row]:
    """Accidents of all contenders against the closed form; an error if any is off by z = 4.5."""
    hazard_case = Case(20_000, 1000.0)
    rows = []
    for name, (function, _, _) in EXTRAPOLATED.items():
        n = 4_000 if setting.quick else 20_000
        rows.append(_agreement(name, Case(n, 1000.0), [function(n, hazard_case.hazard, seed) for seed in (1, 2)]))
    many = 10 if setting.quick else 40
    for name, function in MEASURED.items():
        daily = function is peers.numpy_daily_active
        case, seeds = (Case(100_000, 1000.0), range(2)) if daily else (TARGET, range(many))
        rows.append(_agreement(name, case, [function(int(case.items), case.hazard, s) for s in seeds]))
    for case in (hazard_case, TARGET):
        engine = Engine(case)
        rows.append(_agreement("engine", case, [engine.play(engine.prepare(r)) for r in range(many)]))
    case = replace(hazard_case, sd_fails=1.0)
    engine, n = Engine(case), int(case.items)
    rows.append(_agreement("engine, persistent items", case, [engine.play(engine.prepare(r)) for r in range(many)]))
    rows.append(_agreement("NumPy daily step, active items, persistent", case, [
        peers.numpy_daily_active(n, case.hazard, seed, case.sd_fails) for seed in (1, 2)]))
    engine = Engine(TARGET)
    same = "no C compiler, not compared" if sampler_for(setting, engine) is None else "equal, one by one"
    rows.append(row("agree", "kernel in C", TARGET, NAN, "", note=f"accidents of three replicates: {same}"))
    return rows


def _agreement(name: str, case: Case, counts: list[int]) -> Row:
    expected = len(counts) * case.accidents
    z = (sum(counts) - expected) / math.sqrt(expected)
    if abs(z) > 4.5:
        raise AssertionError(f"{name}: {sum(counts)} accidents, expected {expected:.1f} (z = {z:.1f})")
    return row("agree", name, case, z, "z", ratio=sum(counts) / expected, against="of the closed form",
                note=f"{sum(counts):,} accidents in {len(counts)} runs, {expected:,.1f} expected")


def contenders(setting: Setting) -> list[Row]:
    """Everybody at 2 million items and 2 potential encounters per 1,000 of them."""
    engine, n = Engine(TARGET), int(TARGET.items)
    turns = _turns(engine, sampler_for(setting, engine))
    for name, function in MEASURED.items():
        turns[name] = partial(_peer_seconds, function, n)
    sizes = {name: quick if setting.quick else full for name, (_, quick, full) in EXTRAPOLATED.items()}
    for name, (function, _, _) in EXTRAPOLATED.items():
        for size in sizes[name]:
            turns[f"{name} {size}"] = partial(_peer_seconds, function, size)
    best = best_of(turns, setting.rounds // 2)
    for name in EXTRAPOLATED:
        setting.fits[name] = fit_line(sizes[name], [best[f"{name} {size}"] for size in sizes[name]])
    rows = _engine_rows("peers", TARGET, best, True)
    rows += [_peerrow(name, best[name], best) for name in MEASURED]
    rows += [_peerrow(name, fit.at(n), best, f"~ {fit}; ") for name, fit in setting.fits.items()]
    return rows


def persistent(setting: Setting) -> list[Row]:
    """Items that never self-destruct: a daily step over those that function leaves few of them out for years."""
    case, name = replace(TARGET, sd_fails=1.0), "NumPy daily step, active items"
    _, quick, full = EXTRAPOLATED["NumPy daily step, all items"]
    sizes = quick if setting.quick else full
    engine = Engine(case)
    turns: dict[str, Callable[[], float]] = {"engine": partial(whole, engine)}
    for size in sizes:
        turns[str(size)] = partial(seconds_of, partial(peers.numpy_daily_active, size, case.hazard, 3, case.sd_fails))
    best = best_of(turns, setting.rounds // 2)
    fit = fit_line(sizes, [best[str(size)] for size in sizes])
    ratio = fit.at(case.items) / best["engine"]
    return [row("persistent", "engine, persistent items", case, 1e3 * best["engine"], "ms"),
            row("persistent", f"{name}, persistent", case, 1e3 * fit.at(case.items), "ms", ratio=ratio,
                against="times the engine", target=reach(ratio, LEAST[name]), note=f"~ {fit}")]


def _peer_seconds(function: peers.Peer, n: int) -> float:
    return seconds_of(lambda: function(n, TARGET.hazard, 3))


def _peerrow(name: str, seconds: float, best: dict[str, float], note: str = "") -> Row:
    ratio = seconds / best["engine"]
    return row("peers", name, TARGET, 1e3 * seconds, "ms", ratio=ratio, against="times the engine",
                target=reach(ratio, LEAST[name]) if name in LEAST else "",
                note=f"{note}{seconds / best['engine, sampling']:,.0f} times its sampling")


def by_items(setting: Setting) -> list[Row]:
    """Cost against items: at constant encounters, and in proportion to items; the peers beside it."""
    sizes = setting.pick((1e4, 1e5, 1e6, 1e7), (1e4, 1e5, 1e6, 1e7, 1e8))
    flat = {n: Engine(Case(n, TARGET.encounters / n * 1000.0)) for n in sorted({*sizes, 2e6, 4e6})}
    growing = {n: Engine(Case(n)) for n in sizes}
    turns = {f"flat {n}": partial(whole, e) for n, e in flat.items()}
    turns |= {f"growing {n}": partial(whole, e) for n, e in growing.items()}
    loops = {f"loop {n}": partial(_peer_seconds, peers.numba_loop, int(n)) for n in sizes}
    turns |= {name: loops.pop(name) for name in list(loops) if name != f"loop {1e8}"}  # that one takes seconds
    best = best_of(turns, setting.rounds) | best_of(loops, 2)
    base = best[f"flat {2e6}"]
    rows = [row("items", "engine, 4,000 potential encounters", e.case, 1e3 * best[f"flat {n}"], "ms",
                 ratio=best[f"flat {n}"] / base, against="of that at 2 million items",
                 target=reach(best[f"flat {n}"] / base, 0.9, 1.1) if n == 4e6 else "") for n, e in flat.items()]
    for n, e in growing.items():
        own = best[f"growing {n}"]
        rows.append(row("items", "engine", e.case, 1e3 * own, "ms"))
        rows.append(row("items", "numba loop, np.random", e.case, 1e3 * best[f"loop {n}"], "ms",
                         ratio=best[f"loop {n}"] / own, against="times the engine"))
        rows += [row("items", name, e.case, 1e3 * fit.at(n), "ms", ratio=fit.at(n) / own, against="times the engine",
                      note="~") for name, fit in setting.fits.items()]
    return rows


def by_areas(setting: Setting) -> list[Row]:
    """Cost against hazard areas over which the same items are spread."""
    return [row for areas in (1, 10, 100, 1000) for row in _curve(setting, "areas", Case(2e6, 2.0, areas))]


def by_encounters(setting: Setting) -> list[Row]:
    """Cost against potential encounters, beside a loop over every item, whose cost does not depend on them."""
    rows = []
    for per_1000 in setting.pick((0.5, 2.0, 10.0, 50.0), (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)):
        rows += _curve(setting, "encounters", Case(2e6, per_1000), True)
    return rows


def _curve(setting: Setting, section: str, case: Case, with_loop: bool = False) -> list[Row]:
    engine = Engine(case)
    turns = _turns(engine, sampler_for(setting, engine))
    if with_loop:
        turns["numba loop"] = lambda: seconds_of(lambda: peers.numba_loop(int(case.items), case.hazard, 3))
    best = best_of(turns, 2 * setting.rounds)
    rows = _engine_rows(section, case, best, False)
    if with_loop:
        rows.append(row(section, "numba loop, np.random", case, 1e3 * best["numba loop"], "ms",
                         ratio=best["numba loop"] / best["engine"], against="times the engine"))
    return rows
