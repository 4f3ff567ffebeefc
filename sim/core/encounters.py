"""How people meet items: candidate encounters, settled only where somebody comes (MODEL section 11).

Candidates are a Poisson random measure on time x hazard height x item, enumerated by height per cohort,
index block and calendar block. A candidate at height eta is an accident if and only if eta is below the
hazard that holds for that item at that moment: candidates are fixed, the hazard may react to anything.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sim.core import CACHE
from sim.core.companion import entry_now, integrate, live_rows, missed_by_sweeps, sweep_progress
from sim.core.heap import meld, without_root
from sim.core.inverse import binomial_inverse, poisson_inverse
from sim.core.life import gone, settle_life
from sim.core.random import (
    STREAM_ASSIGN,
    STREAM_BYSTANDER,
    STREAM_CANDIDATE,
    STREAM_DETECT,
    STREAM_FACT,
    STREAM_FIND,
    STREAM_OUTCOME,
    to_unit,
    uniform,
    uniform2,
    words,
)
from sim.core.records import (
    ACCIDENTS,
    BLOCK_DAYS,
    CANCELLED,
    CASUALTIES,
    CLEARED,
    DETONATED,
    FIRST_BLOCK_BITS,
    FIRST_GROUP,
    FOUND,
    IN_GROUND,
    KILLED,
    MISSED,
    MOST_BESIDE,
    N_BRANCHES,
    N_CANDIDATES,
    N_CLASSES,
    N_DRAWN,
    N_GROUPS,
    N_KINDS,
    N_LOG,
    N_TOUCHED,
    OVERFLOW,
    QUARTER_DAYS,
    QUEUE_FROM,
    QUEUE_TO,
    REDUCED,
    REPORTED,
    STEP,
    STOCK_ACTIVE,
    STOCK_ACTIVE_TRANSFERRED,
    STOCK_FOUND,
    STOCK_GONE,
    STOCK_INERT,
    STOCK_INERT_TRANSFERRED,
    STOCK_LAID,
    STOCK_SPOT,
    TOUCHED,
    TRANSFERRED,
)

SUSPECTED_BOUND, RELEASED_BOUND = 0, 1
_BLOCK_OFFSET = 1 << 15  # calendar blocks before 2000 keep a positive address
_UNIT32 = 2.0**-32


@njit(cache=CACHE)
def step_of(edges, t):
    """Step that holds t."""
    if t < edges[1]:
        return 0
    return min(1 + int((t - edges[1]) / QUARTER_DAYS), len(edges) - 2)


@njit(cache=CACHE)
def height_bound(open_hazard, entry, level):
    """Hazard that an item cannot exceed, on suspected or on released land [1/day]."""
    return open_hazard * (max(1.0, entry) if level == RELEASED_BOUND else entry)


@njit(cache=CACHE)
def enumerate_block(g, first_cohort, last_cohort, block, above, level, after):
    """Candidates of cohorts in a calendar block, above one bound (-1: from the ground) up to another.

    They join the list of their step, or the queue if that step is open. ``level`` -1 stands for the cohort's own bound.
    """
    start = block * BLOCK_DAYS
    low, high = max(start, after, g.edges[0]), min(start + BLOCK_DAYS, g.edges[-1])
    if low >= high:
        return
    step_low, step_high = step_of(g.edges, low), step_of(g.edges, np.nextafter(high, low))
    seed, replicate = g.address[0], g.address[1]
    open_step, listed, drawn = g.counters[STEP], g.counters[N_CANDIDATES], 0
    for c in range(first_cohort, last_cohort):
        coh = g.cohorts[c]
        if coh.id_to <= coh.id_from:
            continue
        access = g.areas[coh.area].access
        upper = coh.bound if level < 0 else level
        bound = 0.0
        for step in range(step_low, step_high + 1):
            hazard = g.base[coh.pair, g.step_season[step]] * g.presence[access, step]
            bound = max(bound, height_bound(hazard, g.entry[access, step], upper))
        if bound <= 0.0:
            continue
        first, size, m = 0, 1 << FIRST_BLOCK_BITS, 0
        while first < coh.id_to:
            if first + size > coh.id_from:
                scale = 1.0 / (size * BLOCK_DAYS)
                sub = (m << 16) | (block + _BLOCK_OFFSET)
                eta, j = 0.0, 0
                while True:
                    w0, w1, w2, w3 = words(seed, replicate, STREAM_CANDIDATE, coh.key, sub, j)
                    j += 1
                    eta -= math.log(to_unit(w0, w1)) * scale
                    if eta >= bound:
                        break
                    t = start + (float(w2) + 0.5) * _UNIT32 * BLOCK_DAYS
                    item = first + np.int64((w3 * np.uint64(size)) >> np.uint64(32))
                    if t < low or t >= high or item < coh.id_from or item >= coh.id_to:
                        continue
                    step = step_of(g.edges, t)
                    hazard = g.base[coh.pair, g.step_season[step]] * g.presence[access, step]
                    entry = g.entry[access, step]
                    if eta >= height_bound(hazard, entry, upper):
                        continue
                    if above >= 0 and eta < height_bound(hazard, entry, above):
                        continue
                    i = listed
                    if i >= len(g.candidates):
                        g.counters[OVERFLOW] = 1
                        return
                    listed += 1
                    g.candidates[i, 0], g.candidates[i, 1] = t, eta
                    g.candidate_item[i, 0], g.candidate_item[i, 1] = c, item
                    if step != open_step:
                        g.candidate_item[i, 2] = g.heads[step]
                        g.heads[step] = i
                        continue
                    g.queue[g.counters[QUEUE_TO]] = i  # the caller sorts
                    g.counters[QUEUE_TO] += 1
                drawn += j
            first += size
            if m > 0:
                size *= 2
            m += 1
    g.counters[N_CANDIDATES] = listed
    g.counters[N_DRAWN] += drawn


@njit(cache=CACHE)
def _sort(q, candidates):
    """Heapsort of candidates (indices) by time, ties by order of enumeration."""
    size = len(q)
    for start in range(size // 2 - 1, -1, -1):
        _sift(q, candidates, start, size)
    for end in range(size - 1, 0, -1):
        q[0], q[end] = q[end], q[0]
        _sift(q, candidates, 0, end)


@njit(cache=CACHE)
def _sift(q, candidates, root, size):
    while 2 * root + 1 < size:
        child = 2 * root + 1
        if child + 1 < size and _later(q[child + 1], q[child], candidates):
            child += 1
        if not _later(q[child], q[root], candidates):
            return
        q[root], q[child] = q[child], q[root]
        root = child


@njit(cache=CACHE)
def _later(i, j, candidates):
    return candidates[i, 0] > candidates[j, 0] or (candidates[i, 0] == candidates[j, 0] and i > j)


@njit(cache=CACHE)
def _block_of(g, step):
    """Calendar block of a step."""
    return int(math.floor(0.5 * (g.edges[step] + g.edges[step + 1]) / BLOCK_DAYS))


@njit(cache=CACHE)
def raise_bound(g, a, t):
    """Part of an area is released: add the candidates between the old and the new bound after t."""
    first, last = g.areas[a].cohorts_from, g.areas[a].cohorts_to
    step = g.counters[STEP]
    if first == last or g.cohorts[first].bound == RELEASED_BOUND:
        return
    if step >= 0:  # blocks that are not open yet will be listed with the new bound
        queued = g.counters[QUEUE_TO]
        enumerate_block(g, first, last, _block_of(g, step), SUSPECTED_BOUND, RELEASED_BOUND, t)
        if g.counters[QUEUE_TO] > queued:
            _sort(g.queue[g.counters[QUEUE_FROM]:g.counters[QUEUE_TO]], g.candidates)
    for c in range(first, last):
        g.cohorts[c].bound = RELEASED_BOUND


@njit(cache=CACHE)
def branch_of(area, site, keep):
    """Branch of an item from its uniforms: which site it lies in, which part TS keeps."""
    if site < area.missed:
        return MISSED
    if site < area.cancelled:
        return CANCELLED
    return REDUCED if keep < area.ts_missed else CLEARED


@njit(cache=CACHE)
def sighted_until(edges, open_step, sighted, sighting, t):
    """Cumulated hazard of being sighted and destroyed by an EOD spot task, up to t.

    ``sighted``, ``sighting``: rows of one access zone and family, (step + 1,) and (step,).
    """
    if t <= edges[0]:
        return 0.0
    step = min(step_of(edges, t), open_step)
    return sighted[step] + sighting[step] * (min(t, edges[step + 1]) - edges[step])


@njit(cache=CACHE)
def spotted(edges, open_step, sighted, sighting, item, t):
    """Whether a settled item has been destroyed by an EOD spot task by t."""
    until = sighted_until(edges, open_step, sighted, sighting, min(t, item.gone))
    return until - sighted_until(edges, open_step, sighted, sighting, item.laid) > item.sight


@njit(cache=CACHE)
def swept(address, area, key, kind, item, t, sweeps):
    """Whether a settled item has been found by t in the first `sweeps` sweeps of its area."""
    if area.diverged == 0 or branch_of(area, item.site, item.keep) != CLEARED:
        return False
    for j in range(sweeps):
        at = area.sweep_from[j] + item.place * (area.sweep_to[j] - area.sweep_from[j])
        if at > t or item.laid > at or item.gone <= at:
            continue
        klass, cumulated = 0, area.class_weight[kind, 0]
        while klass < N_CLASSES - 1 and item.klass >= cumulated:
            klass += 1
            cumulated += area.class_weight[kind, klass]
        u = uniform(address[0], address[1], STREAM_DETECT, key, item.attempt << 3 | j, item.id)
        if u < area.detect[j, kind, klass]:
            return True
    return False


@njit(cache=CACHE)
def _draw_facts(address, dates, weights, lots, life, coh, item, attempt):
    """Facts of an item: functions of its address (and of the attempt, where a find rules some out)."""
    sub = attempt << 3
    item.attempt = attempt
    seed, rep = address[0], address[1]
    u_armed, u_sd = uniform2(seed, rep, STREAM_FACT, coh.key, sub, item.id)
    u_sda, u_age = uniform2(seed, rep, STREAM_FACT, coh.key, sub + 1, item.id)
    u_date, item.site = uniform2(seed, rep, STREAM_FACT, coh.key, sub + 2, item.id)
    item.keep, item.place = uniform2(seed, rep, STREAM_FACT, coh.key, sub + 3, item.id)
    item.klass, u_sight = uniform2(seed, rep, STREAM_FACT, coh.key, sub + 4, item.id)
    u_when, u_lot = 0.5, 0.5
    if life.sd_from < np.inf:
        u_when, u_lot = uniform2(seed, rep, STREAM_FACT, coh.key, sub + 5, item.id)
    item.sight = -math.log(u_sight)
    d, cumulated = coh.dates_from, weights[coh.dates_from]
    while d < coh.dates_to - 1 and u_date >= cumulated:
        d += 1
        cumulated += weights[d]
    item.laid = dates[d]
    fails = lots[coh.lot_from + min(int(u_lot * coh.lots), coh.lots - 1)]
    end, gone_at = settle_life(life, fails, u_armed, u_sd, u_when, u_sda, u_age)
    item.inactive, item.gone = item.laid + end, item.laid + gone_at


@njit(cache=CACHE)
def _slot(slots, touched, c, item_id):
    """Place of an item in the hash table: its own, or the free one where it belongs."""
    mask = len(slots) - 1
    key = np.uint64(c) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(item_id) * np.uint64(0xC2B2AE3D27D4EB4F)
    place = np.int64((key ^ (key >> np.uint64(29))) & np.uint64(mask))
    while slots[place] >= 0:
        other = touched[slots[place]]
        if other.cohort == c and other.id == item_id:
            break
        place = (place + 1) & mask
    return place


@njit(cache=CACHE)
def _accident(g, i, t):
    """People are hurt: who, how many, whether and when it is reported (sections 5 and 8)."""
    item = g.touched[i]
    c = item.cohort
    integrate(g, c, c + 1, t)
    coh = g.cohorts[c]
    area = g.areas[coh.area]
    item.state = DETONATED
    coh.accidents += 1
    step = g.counters[STEP]
    season = g.step_season[step]
    seed, rep = g.address[0], g.address[1]
    u_more, u_reported = uniform2(seed, rep, STREAM_OUTCOME, coh.key, 0, item.id)
    u_delay, _ = uniform2(seed, rep, STREAM_OUTCOME, coh.key, 1, item.id)
    people = 1 + poisson_inverse(u_more, g.outcome[coh.family, 0] - 1.0)
    tally = g.tallies[g.step_year[step], area.district]
    tally[ACCIDENTS] += 1
    tally[CASUALTIES] += people
    for p in range(people):
        u_killed, u_group = uniform2(seed, rep, STREAM_OUTCOME, coh.key, 2 + p, item.id)
        if u_killed < g.outcome[coh.family, 1]:
            tally[KILLED] += 1
        group = 0
        while group < N_GROUPS - 1 and u_group >= g.groups[coh.pair, season, group]:
            group += 1
        tally[FIRST_GROUP + group] += 1
    g.kinds[g.step_year[step], coh.kind, 0] += people
    if coh.transferred == 1:
        g.kinds[g.step_year[step], TRANSFERRED, 0] += people
    reported_on = np.inf
    if u_reported < g.reporting[area.access, step]:
        tally[REPORTED] += people
        reported_on = t - g.report_delay[0] * math.log(u_delay)
        if reported_on < g.edges[-1]:
            g.reports[area.access, step_of(g.edges, reported_on)] += 1.0
    n = g.counters[N_LOG]
    if n >= len(g.log):
        g.counters[OVERFLOW] = 1
        return
    g.counters[N_LOG] = n + 1
    g.log[n, 0], g.log[n, 1], g.log[n, 2] = t, coh.area, c
    g.log[n, 3], g.log[n, 4], g.log[n, 5] = item.id, people, reported_on


@njit(cache=CACHE)
def _meet_all(g, until):
    """Decide the candidates of the open step up to a date.

    One function for the hot path: handing the tuple of arrays on costs more than deciding.
    """
    step = g.counters[STEP]
    season = g.step_season[step]
    seed, replicate = g.address[0], g.address[1]
    while g.counters[QUEUE_FROM] < g.counters[QUEUE_TO]:
        candidate = g.queue[g.counters[QUEUE_FROM]]
        t, eta = g.candidates[candidate, 0], g.candidates[candidate, 1]
        if t > until:
            return
        g.counters[QUEUE_FROM] += 1
        c = g.candidate_item[candidate, 0]
        coh = g.cohorts[c]
        area = g.areas[coh.area]
        life = g.life[coh.family]
        open_hazard = g.base[coh.pair, season] * g.presence[area.access, step]
        suspected = open_hazard * entry_now(g.edges, g.entry, g.learning, g.marking, area, step)
        highest = suspected
        for b in range(N_BRANCHES):
            if area.released[b] <= t:
                highest = max(highest, open_hazard)
        if eta < 0.0:  # the moment of a self-destruction; people are there as on suspected land
            p = g.bystander[coh.pair, season] * g.presence[area.access, step] * entry_now(
                g.edges, g.entry, g.learning, g.marking, area, step)
            if -eta >= -math.log1p(-min(p, MOST_BESIDE)):
                continue
        elif eta >= highest:
            continue  # decided without looking at the item
        sighted, sighting = g.sighted[area.access, coh.family], g.sighting[area.access, coh.family]
        item_id = g.candidate_item[candidate, 1]
        place = _slot(g.slots, g.touched, c, item_id)
        i = g.slots[place]
        if i < 0:
            i = g.counters[N_TOUCHED]
            if i >= len(g.touched):
                g.counters[OVERFLOW] = 1
                return
            g.counters[N_TOUCHED] = i + 1
            g.slots[place] = i
            new = g.touched[i]
            new.cohort, new.id, new.state = c, item_id, IN_GROUND
            new.next = coh.first_touched
            coh.first_touched = i
            untouched = coh.id_to - coh.id_from - coh.touched
            coh.touched += 1
            # finds so far were counted among items nobody had met: this one may be among them
            if coh.unassigned > 0 and untouched * uniform(
                    seed, replicate, STREAM_ASSIGN, coh.key, 0, item_id) < coh.unassigned:
                coh.unassigned -= 1
                new.state = FOUND
                continue
            attempt = 0
            _draw_facts(g.address, g.dates, g.weights, g.lots, life, coh, new, attempt)
            # not among the finds: facts given that neither spot tasks nor the finished sweeps found it
            while spotted(g.edges, step, sighted, sighting, new, coh.revealed) or swept(
                    g.address, area, coh.key, coh.kind, new, coh.revealed, area.sweeps_done):
                attempt += 1
                _draw_facts(g.address, g.dates, g.weights, g.lots, life, coh, new, attempt)
            then = sighted_until(g.edges, step, sighted, sighting, min(new.laid, t))
            new.sighted_at, new.child, new.sibling = then + new.sight, -1, -1
            coh.next_spotted = meld(g.touched, coh.next_spotted, i)
        item = g.touched[i]
        if item.state != IN_GROUND or t < item.laid or t > item.gone or (t == item.gone and eta >= 0.0):
            continue
        if eta < 0.0 and t < item.gone:
            continue  # its facts were drawn anew after a find: this was not its moment
        hazard = suspected
        if area.diverged == 1 and area.released[branch_of(area, item.site, item.keep)] <= t:
            hazard = open_hazard
        if t >= item.inactive and eta >= 0.0:
            hazard *= life.inert_weight
        if eta >= hazard or spotted(g.edges, step, sighted, sighting, item, t):
            continue
        if not swept(g.address, area, coh.key, coh.kind, item, t, area.sweeps):
            _accident(g, i, t)
            if g.counters[OVERFLOW]:
                return


@njit(cache=CACHE)
def list_bystanders(g, block):
    """People beside a self-destruction: candidates on (height x item) at the item's own moment (section 4).

    Height eta hurts somebody if eta < -ln(1 - p), p being the chance that anybody is within the radius
    then. Marked by a negative height in the list; whether the item is still there is decided when its
    moment comes.
    """
    start, end = block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS
    facts = np.zeros(1, TOUCHED)[0]
    for c in range(len(g.cohorts)):
        coh = g.cohorts[c]
        life = g.life[coh.family]
        if coh.id_to <= coh.id_from or not life.sd_from < np.inf:
            continue
        access = g.areas[coh.area].access
        bound = 0.0
        for step in range(len(g.edges) - 1):
            p = g.bystander[coh.pair, g.step_season[step]] * g.presence[access, step] * g.entry[access, step]
            bound = max(bound, -math.log1p(-min(p, MOST_BESIDE)))
        first, size, m = 0, 1 << FIRST_BLOCK_BITS, 0
        while first < coh.id_to and bound > 0.0:
            eta, j = 0.0, 0
            while first + size > coh.id_from:
                w0, w1, w2, w3 = words(g.address[0], g.address[1], STREAM_BYSTANDER, coh.key, m, j)
                j += 1
                eta -= math.log(to_unit(w0, w1)) / size
                if eta >= bound:
                    break
                item = first + np.int64((w3 * np.uint64(size)) >> np.uint64(32))
                if item < coh.id_from or item >= coh.id_to:
                    continue
                facts.id = item
                _draw_facts(g.address, g.dates, g.weights, g.lots, life, coh, facts, 0)
                t = facts.gone
                if t < max(start, g.edges[0]) or t >= min(end, g.edges[-1]):
                    continue
                i = g.counters[N_CANDIDATES]
                if i >= len(g.candidates):
                    g.counters[OVERFLOW] = 1
                    return
                g.counters[N_CANDIDATES] = i + 1
                step = step_of(g.edges, t)
                g.candidates[i, 0], g.candidates[i, 1] = t, -eta
                g.candidate_item[i, 0], g.candidate_item[i, 1], g.candidate_item[i, 2] = c, item, g.heads[step]
                g.heads[step] = i
            first += size
            if m > 0:
                size *= 2
            m += 1


@njit(cache=CACHE)
def _open_step(g, step):
    """Begin a quarter: what people have learnt, the candidates of a new block, the queue."""
    for a in range(g.presence.shape[0]):
        known = 0.0
        for past in range(step):
            known = known * g.learn[a, 2] + g.reports[a, past]
        g.learning[a, step] = g.learn[a, 0] + (1.0 - g.learn[a, 0]) * math.exp(-g.learn[a, 1] * known)
        for f in range(g.sighting.shape[1]):
            if step > 0:
                g.sighted[a, f, step] = g.sighted[a, f, step - 1] + g.sighting[a, f, step - 1] * (
                    g.edges[step] - g.edges[step - 1])
    block = _block_of(g, step)
    before = _block_of(g, step - 1) if step > 0 else block - 1
    g.counters[STEP] = -1  # nothing is open while candidates are listed
    if block != before:
        g.counters[N_CANDIDATES] = 0  # those of the block before have all been decided
        enumerate_block(g, 0, len(g.cohorts), block, -1, -1, g.edges[step])
        list_bystanders(g, block)
    g.counters[STEP] = step
    count = 0
    i = g.heads[step]
    while i >= 0:
        g.queue[count] = i
        count += 1
        i = g.candidate_item[i, 2]
    g.counters[QUEUE_FROM], g.counters[QUEUE_TO] = 0, count
    _sort(g.queue[:count], g.candidates)


@njit(cache=CACHE)
def _not_found_with_sd(g, c, t, missed):
    """P(not found by t) of an item that nobody has met, of a family that self-destructs."""
    coh = g.cohorts[c]
    access = g.areas[coh.area].access
    life = g.life[coh.family]
    edges, open_step = g.edges, g.counters[STEP]
    sighted, sighting = g.sighted[access, coh.family], g.sighting[access, coh.family]
    now = sighted_until(edges, open_step, sighted, sighting, t)
    total = coh.waiting
    for d in range(coh.dates_from, coh.next_date):
        laid = g.dates[d]
        then = sighted_until(edges, open_step, sighted, sighting, laid)
        goes = 0.0
        if laid + life.sd_from <= t:
            goes = life.armed * gone(life, t - laid)
            at = min(t, laid + 0.5 * (life.sd_from + life.sd_to))
            total += g.weights[d] * goes * math.exp(then - sighted_until(edges, open_step, sighted, sighting, at))
        total += g.weights[d] * (1.0 - goes) * math.exp(then - now) * missed
    return total


@njit(cache=CACHE)
def reveal(g, first, last, t, by_sweep):
    """Count what has been found up to t in cohorts [first, last), which must be integrated up to t.

    Items that somebody met are looked up one by one; the others are exchangeable, and how many of
    them were found is binomial. ``by_sweep`` is 1 where a sweep has just ended, 0 for EOD spot tasks.

    Returns
    -------
    (kind,) int64
        New finds.
    """
    finds = np.zeros(N_KINDS, np.int64)
    step = step_of(g.edges, t)
    open_step = g.counters[STEP]
    within = 0 if t == g.edges[step] or t == g.edges[-1] else 1
    for c in range(first, last):
        coh = g.cohorts[c]
        n = coh.id_to - coh.id_from
        if n == 0:
            continue
        area = g.areas[coh.area]
        sweeps = area.sweeps_done
        missed, progress = 1.0, 1.0
        if area.diverged == 1 and area.sweeps > 0:
            cleared = (1.0 - area.cancelled) * (1.0 - area.ts_missed)
            missed = 1.0 - cleared * (1.0 - missed_by_sweeps(area, coh.kind, sweeps))
            progress = sweep_progress(area, coh.kind, t)
        if g.life[coh.family].sd_from == np.inf:
            new = coh.waiting + coh.unseen * missed
        else:
            new = _not_found_with_sd(g, c, t, missed)
        if new < coh.not_found:
            u = uniform(g.address[0], g.address[1], STREAM_FIND, coh.key, 4 * sweeps + 2 * by_sweep + within, step)
            count = binomial_inverse(u, n - coh.touched - coh.unassigned, 1.0 - new / coh.not_found)
            coh.unassigned += count
            sighted, sighting = g.sighted[area.access, coh.family], g.sighting[area.access, coh.family]
            now = sighted_until(g.edges, open_step, sighted, sighting, t)
            while coh.next_spotted >= 0 and g.touched[coh.next_spotted].sighted_at < now:
                i = coh.next_spotted
                item = g.touched[i]
                coh.next_spotted = without_root(g.touched, i)
                if item.state != IN_GROUND:
                    continue
                if spotted(g.edges, open_step, sighted, sighting, item, t):
                    item.state = FOUND
                    count += 1
                elif item.gone > t:  # was listed before it was laid
                    then = sighted_until(g.edges, open_step, sighted, sighting, min(item.laid, t))
                    item.sighted_at = max(then + item.sight, now)
                    coh.next_spotted = meld(g.touched, coh.next_spotted, i)
            i = coh.first_touched if by_sweep == 1 else -1
            while i >= 0:
                item = g.touched[i]
                if item.state == IN_GROUND and swept(g.address, area, coh.key, coh.kind, item, t, sweeps):
                    item.state = FOUND
                    count += 1
                i = item.next
            coh.not_found = new
            coh.found += count
            finds[coh.kind] += count
            if by_sweep == 0:
                coh.found_spot += count
        coh.revealed = t
        # neither detonated nor known to be found: what a sweep under way has removed is not known yet
        mass = coh.waiting + coh.gone
        for row in range(coh.node, coh.node + live_rows(g.life[coh.family], coh)):
            for b in range(N_BRANCHES):
                part = g.active[row, b] + g.inert[row, b]
                mass += part / progress if b == CLEARED and progress > 0.0 else part
        coh.mass = mass
    return finds


@njit(cache=CACHE)
def _close_year(g, t):
    """Year's end: spot finds become known, stocks are written down (conditional expectations)."""
    year = g.step_year[g.counters[STEP]]
    reveal(g, 0, len(g.cohorts), t, 0)
    for c in range(len(g.cohorts)):
        coh = g.cohorts[c]
        n = coh.id_to - coh.id_from
        if n == 0:
            continue
        area = g.areas[coh.area]
        # what a sweep under way has removed is not known yet: it counts as in the ground
        progress = sweep_progress(area, coh.kind, t) if area.diverged == 1 else 1.0
        x, y = 0.0, 0.0
        for row in range(coh.node, coh.node + live_rows(g.life[coh.family], coh)):
            for b in range(N_BRANCHES):
                back = progress if b == CLEARED and progress > 0.0 else 1.0
                x += g.active[row, b] / back
                y += g.inert[row, b] / back
        left = (n - coh.accidents - coh.found) / coh.mass if coh.mass > 0.0 else 0.0
        stock = g.stocks[year, g.areas[coh.area].district]
        stock[STOCK_ACTIVE] += left * x
        stock[STOCK_INERT] += left * y
        if coh.transferred == 1:
            stock[STOCK_ACTIVE_TRANSFERRED] += left * x
            stock[STOCK_INERT_TRANSFERRED] += left * y
        stock[STOCK_GONE] += left * coh.gone
        stock[STOCK_LAID] += n - left * coh.waiting
        stock[STOCK_FOUND] += coh.found
        stock[STOCK_SPOT] += coh.found_spot


@njit(cache=CACHE)
def advance(g, until):
    """Let time pass up to `until`: quarters open and close, people meet items."""
    while g.clock[0] < until:
        step = g.counters[STEP]
        if step < 0 or g.clock[0] >= g.edges[step + 1]:
            step += 1
            _open_step(g, step)
        end = min(until, g.edges[step + 1])
        _meet_all(g, end)
        if g.counters[OVERFLOW]:
            return
        g.clock[0] = end
        if end == g.edges[step + 1]:
            integrate(g, 0, len(g.cohorts), end)
            if step == len(g.edges) - 2 or g.step_year[step + 1] != g.step_year[step]:
                _close_year(g, end)
