"""Facts of the items that somebody meets: settled once, at their address (MODEL section 11, 2)."""

from __future__ import annotations

import math

import numpy as np

from sim.core.compiled import inlined, kernel
from sim.core.life import settle_life
from sim.core.random import STREAM_DETECT, STREAM_FACT, uniform, uniforms12
from sim.core.records import (
    CANCELLED,
    CLEARED,
    FIRST,
    GONE,
    IN_GROUND,
    LATER,
    MISSED,
    N_CLASSES,
    N_TOUCHED,
    OVERFLOW,
    REDUCED,
    STEP,
)
from sim.core.steps import step_of

_ROUNDING = 1e-9  # of cumulated hazards: far more than their sums are off by
# Shifts and masks of a mark: its word holds 64 bits, its shelf the items of four.
WORD, _IN_WORD, _ONE, _MARKS_OF_SHELF = np.uint64(6), np.uint64(63), np.uint64(1), np.uint64(2)


@inlined
def draw_facts(address, dates, weights, lots, life, coh, item):
    """Facts of an item: functions of its address."""
    u = _draw(address, coh, item, 0)
    _lay(dates, weights, coh, item, u)
    _live(lots, life, coh, item, u)


@inlined
def _draw(address, coh, item, attempt):
    """Uniforms of an item, and of the attempt where a find rules some out."""
    item.attempt = attempt
    return uniforms12(address[0], address[1], STREAM_FACT, coh.key, attempt << 3, item.id)


@inlined
def _lay(dates, weights, coh, item, u):
    """When it was laid, and in which site."""
    u_date, item.site, item.keep = u[:3]
    at, cumulated = coh.dates_from, 0.0
    for d in range(coh.dates_from, coh.dates_to - 1):  # to the end, which is quicker than a guess where to stop
        cumulated += weights[d]
        at += u_date >= cumulated
    item.laid = dates[at]


@inlined
def _live(lots, life, coh, item, u):
    """How detectable it is, how much sighting it takes, when it stops functioning and when it is gone."""
    u_sight, item.place, item.klass, u_armed, u_age, u_sd, u_sda, u_when, u_lot = u[3:]
    item.sight = -math.log(u_sight) if coh.seen == 1 else np.inf
    fails = lots[coh.lot_from + min(int(u_lot * coh.lots), coh.lots - 1)]
    end, gone_at = settle_life(life, fails, u_armed, u_sd, u_when, u_sda, u_age)
    item.inactive, item.gone = item.laid + end, item.laid + gone_at


@inlined
def draw_facts_unfound(address, dates, weights, lots, life, area, coh, item, edges, step, sighted, sighting):
    """Facts of an item given that neither spot tasks nor the finished sweeps have found it: by rejection.

    Nine of ten attempts fail where nearly everything has been found, so what decides is looked at first, if it does:
    what a sweep under way had taken before it was sighted, spot tasks did not find.
    """
    item.gone = np.inf
    seen, cleared = coh.seen == 1, area.diverged == 1 and area.sweeps_done > 0
    under_way = area.sweeps > area.sweeps_done and area.sweep_from[area.sweeps_done] < coh.revealed
    sight_decides = life.sd_from == np.inf and not under_way
    until = sighted_until(edges, step, sighted, sighting, coh.revealed) if seen else 0.0
    attempt = 0
    while True:
        u = _draw(address, coh, item, attempt)
        attempt += 1
        _lay(dates, weights, coh, item, u)
        if seen and sight_decides and _is_sighted(
                until - sighted_until(edges, step, sighted, sighting, min(item.laid, coh.revealed)), u[3]):
            continue
        _live(lots, life, coh, item, u)
        if seen and not sight_decides and spotted(edges, step, sighted, sighting, item, min(
                coh.revealed, taken_on(address, area, coh.key, coh.kind, item))):
            continue
        if not (cleared and swept(address, area, coh.key, coh.kind, item, coh.revealed, area.sweeps_done)):
            return


@kernel
def _name_of(c, item_id):
    """An item in one word: its cohort and its id, which has 32 bits at every address."""
    return np.uint64(c) << np.uint64(32) | np.uint64(item_id)


@kernel
def places_of(marks, c, item_id):
    """Where an item is looked for: the bit of `marks` that it sets once somebody has met it, and its shelf."""
    key = np.uint64(c) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(item_id) * np.uint64(0xC2B2AE3D27D4EB4F)
    mark = (key ^ (key >> np.uint64(29))) & np.uint64((len(marks) << 6) - 1)
    return mark, mark >> _MARKS_OF_SHELF


@kernel
def find(marks, shelves, met, mark, shelf, c, item_id):
    """Number of an item that somebody met before; -1: nobody did.

    Most are met for the first time, which one bit tells: all bits together stay near the processor.
    """
    if not marks[mark >> WORD] >> (mark & _IN_WORD) & _ONE:
        return np.int64(-1)
    i, name = np.int64(shelves[shelf]), _name_of(c, item_id)
    while i >= 0 and met[i].name != name:
        i = np.int64(met[i].beside)
    return i


@inlined
def number(g, c, mark, shelf, item_id):
    """Number of an item that somebody meets for the first time, put on its shelf; -1: no room."""
    i = g.counters[N_TOUCHED]
    if i >= len(g.met):
        g.counters[OVERFLOW] = 1
        return np.int64(-1)
    g.counters[N_TOUCHED] = i + 1
    g.marks[mark >> WORD] |= _ONE << (mark & _IN_WORD)
    new = g.met[i]
    new.name, new.state, new.beside = _name_of(c, item_id), IN_GROUND, g.shelves[shelf]
    g.shelves[shelf] = i
    g.touched[i].id = item_id
    g.cohorts[c].touched += 1
    return i


@inlined
def follow(g, c, i, sighted):
    """From now on an item whose facts are settled is looked up one by one; ``sighted``: see TOUCHED.sight."""
    coh = g.cohorts[c]
    if g.touched[i].gone <= coh.revealed:
        g.met[i].state = GONE  # nobody will ever find it: no need to look at its facts again
    else:
        g.met[i].sighted_at = sighted + g.touched[i].sight
        watch(g, c, i, g.step_year[g.counters[STEP]])


@inlined
def watch(g, c, i, year):
    """Put an item that is in the ground where it is looked up again: no spot task can find it before that year."""
    coh = g.cohorts[c]
    access, family = g.areas[coh.area].access, coh.family
    later = g.met[i].sighted_at + g.less_sighted[access, family] - _ROUNDING
    while year < g.most_sighted.shape[2] and g.most_sighted[access, family, year] < later:
        year += 1
    g.met[i].following = g.watched[year, c]
    g.watched[year, c] = i


@kernel
def branch_of(area, item):
    """Branch of an item: which site it lies in, which part TS keeps, whether it came after the sweeps began."""
    if item.site < area.missed:
        return MISSED
    if item.site < area.cancelled:
        return CANCELLED
    if item.keep < area.ts_missed:
        return REDUCED
    return LATER if area.sweeps > 0 and item.laid > area.sweep_from[0] else CLEARED


@kernel
def sighted_until(edges, open_step, sighted, sighting, t):
    """Cumulated hazard of being sighted and destroyed by an EOD spot task, up to t.

    ``sighted``, ``sighting``: rows of one access zone and family, (step + 1,) and (step,).
    """
    if t <= edges[0]:
        return 0.0
    t = min(t, edges[open_step + 1])
    step = min(step_of(edges, t), open_step)
    return sighted[step] + sighting[step] * (t - edges[step])


@kernel
def _is_sighted(hazard, u):
    """Whether hazard > -ln(u), mostly without the logarithm: 1 - u <= -ln(u) <= (1 - u) / u."""
    return hazard > 1.0 - u and (hazard * u > 1.0 - u or hazard > -math.log(u))


@kernel
def spotted(edges, open_step, sighted, sighting, item, t):
    """Whether a settled item has been destroyed by an EOD spot task by t."""
    if item.laid >= t:
        return False
    until = sighted_until(edges, open_step, sighted, sighting, min(t, item.gone))
    return until - sighted_until(edges, open_step, sighted, sighting, item.laid) > item.sight


@kernel
def swept(address, area, key, kind, item, t, sweeps):
    """Whether a settled item has been found by t in the first `sweeps` sweeps of its area.

    Sweeps look for what lies there when the first begins, and find what is still there when they come to it.
    """
    found = False
    if area.diverged == 1 and sweeps > 0 and branch_of(area, item) == CLEARED:
        until, j = min(t, item.gone), FIRST
        while j < sweeps and not found:
            found = _reached_on(area, item, j) <= until and _detected(address, area, key, kind, item, j)
            j += 1
    return found


@kernel
def taken_on(address, area, key, kind, item):
    """Date on which the sweep under way takes a settled item that those before missed; inf: it does not."""
    j = np.int64(area.sweeps_done)
    if area.diverged == 0 or j >= area.sweeps or branch_of(area, item) != CLEARED:
        return np.inf
    at = _reached_on(area, item, j)
    return at if at <= item.gone and _detected(address, area, key, kind, item, j) else np.inf


@kernel
def _reached_on(area, item, j):
    """Date on which a sweep comes to where an item lies."""
    return area.sweep_from[j] + item.place * (area.sweep_to[j] - area.sweep_from[j])


@kernel
def _detected(address, area, key, kind, item, j):
    """Whether a sweep sees an item when it gets there."""
    klass, cumulated = 0, area.class_weight[kind, 0]
    while klass < N_CLASSES - 1 and item.klass >= cumulated:
        klass += 1
        cumulated += area.class_weight[kind, klass]
    u = uniform(address[0], address[1], STREAM_DETECT, key, item.attempt << 3 | j, item.id)
    return u < area.detect[j, kind, klass]
