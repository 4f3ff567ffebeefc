"""Candidate encounters: where and when people could meet an item (MODEL section 11).

Candidates are a Poisson random measure on time x hazard height x item, enumerated by height per cohort,
index block and calendar block. A candidate at height eta is an accident if and only if eta is below the
hazard that holds for that item at that moment: candidates are fixed, the hazard may react to anything.

People beside a self-destruction are a second measure, on height x item, at the item's own moment.
"""

from __future__ import annotations

import math

import numpy as np

from sim.core.compiled import inlined, inner_kernel, kernel
from sim.core.items import draw_facts, find, follow, number, places_of
from sim.core.random import AT_0, STREAM_BYSTANDER, STREAM_CANDIDATE, to_unit, words
from sim.core.records import (
    BLOCK_DAYS,
    BLOCK_QUARTERS,
    BLOCK_STEP,
    FIRST,
    FIRST_INDEX_BLOCK,
    IN_GROUND,
    MOST_BESIDE,
    OVERFLOW,
    STEP,
)
from sim.core.steps import step_of

SUSPECTED_BOUND, RELEASED_BOUND, OWN_BOUND, NO_BOUND = (np.int64(level) for level in (0, 1, -1, -2))
_BLOCK_OFFSET = 1 << 15  # calendar blocks before 2000 keep a positive address
_UNIT32 = 2.0**-32
_SURELY = 1.0 + 1e-12  # what is larger by this factor, is so whatever the rounding
_SHORT = 12  # lists up to this length are sorted by insertion alone


@kernel
def block_of(edges, step):
    """Calendar block of a step."""
    return int(math.floor(0.5 * (edges[step] + edges[step + 1]) / BLOCK_DAYS))


@kernel
def height_bound(open_hazard, entry, level):
    """Hazard that an item cannot exceed, on suspected or on released land [1/day]."""
    return open_hazard * (max(1.0, entry) if level == RELEASED_BOUND else entry)


@kernel
def item_of_block(w3, first, size):
    """Item of an index block, uniform, from a word of 32 bits."""
    return first + np.int64((w3 * np.uint64(size)) >> np.uint64(32))


@inlined
def _list(g, step, c, date, height, item):
    """Put a candidate into the list of its cohort and quarter; tells whether there was room."""
    column, room = step - g.counters[BLOCK_STEP], len(g.candidates) // BLOCK_QUARTERS
    if g.listed[column] >= room:
        g.counters[OVERFLOW] = 1
        return False
    i = column * room + g.listed[column]  # those of a quarter lie side by side, as they will be wanted
    g.listed[column] += 1
    new = g.candidates[i]
    new.date, new.height, new.id, new.next = date, height, item, g.heads[column, c]
    g.heads[column, c] = i
    return True


@inner_kernel
def open_block(g, step):
    """A calendar block begins with this step: list its candidates."""
    block = block_of(g.edges, step)
    g.counters[BLOCK_STEP] = step
    g.heads[:, :], g.listed[:] = -1, 0  # those of the block before have been decided
    list_candidates(g, FIRST, len(g.cohorts), block, NO_BOUND, OWN_BOUND, g.edges[step])
    _list_bystanders(g, block)


@inner_kernel
def raise_bound(g, a, t):
    """Part of an area is released: add the candidates between the old and the new bound after t."""
    first, last = np.int64(g.areas[a].cohorts_from), np.int64(g.areas[a].cohorts_to)
    step = g.counters[STEP]
    if first == last or g.cohorts[first].bound == RELEASED_BOUND:
        return
    if step >= 0:  # blocks that are not open yet will be listed with the new bound
        list_candidates(g, first, last, block_of(g.edges, step), SUSPECTED_BOUND, RELEASED_BOUND, t)
    for c in range(first, last):
        g.cohorts[c].bound = RELEASED_BOUND


@inner_kernel
def list_candidates(g, first_cohort, last_cohort, block, above, level, after):
    """Candidates of cohorts in a calendar block after a date, above one bound up to another."""
    start = block * BLOCK_DAYS
    low, high = max(start, after, g.edges[0]), min(start + BLOCK_DAYS, g.edges[-1])
    if low >= high:
        return
    step_low, step_high = step_of(g.edges, low), step_of(g.edges, np.nextafter(high, low))
    seed, replicate = g.address[0], g.address[1]
    for c in range(first_cohort, last_cohort):
        coh = g.cohorts[c]
        if coh.id_to <= coh.id_from or g.dates[coh.dates_from] >= high:
            continue  # nothing is there to be met before the block ends
        access = g.areas[coh.area].access
        upper = coh.bound if level == OWN_BOUND else level
        bound = 0.0
        for step in range(step_low, step_high + 1):
            hazard = g.base[coh.pair, g.step_season[step]] * g.presence[access, step]
            bound = max(bound, height_bound(hazard, g.entry[access, step], upper))
        if bound <= 0.0:
            continue
        first, size, m = 0, FIRST_INDEX_BLOCK, 0
        while first < coh.id_to:
            if first + size > coh.id_from:
                scale = 1.0 / (size * BLOCK_DAYS)
                sub = (m << 16) | (block + _BLOCK_OFFSET)
                eta, j = 0.0, AT_0
                while True:
                    w0, w1, w2, w3 = words(seed, replicate, STREAM_CANDIDATE, coh.key, sub, j)
                    u = to_unit(w0, w1)
                    if j == 0 and (1.0 - u) * scale > bound * _SURELY:  # often, and -ln(u) > 1 - u
                        break
                    j += 1
                    eta -= math.log(u) * scale
                    if eta >= bound:
                        break
                    t = start + (float(w2) + 0.5) * _UNIT32 * BLOCK_DAYS
                    item = item_of_block(w3, first, size)
                    if t < low or t >= high or item < coh.id_from or item >= coh.id_to:
                        continue
                    step = step_of(g.edges, t)
                    hazard = g.base[coh.pair, g.step_season[step]] * g.presence[access, step]
                    entry = g.entry[access, step]
                    if eta >= height_bound(hazard, entry, upper):
                        continue
                    if above != NO_BOUND and eta < height_bound(hazard, entry, above):
                        continue
                    if not _list(g, step, c, t, eta, item):
                        return
            first += size
            size = first
            m += 1


@inner_kernel
def _list_bystanders(g, block):
    """People beside a self-destruction in a calendar block (section 4).

    Height eta hurts somebody if eta < -ln(1 - p), p being the chance that anybody is within the radius
    then. Marked by a negative height in the list; whether the item is still there is decided when its
    moment comes. The few items that may hurt somebody are settled before the first of them can be found, so
    that no find changes their moment; which they are does not depend on the horizon.
    """
    start, end = max(block * BLOCK_DAYS, g.edges[0]), min((block + 1) * BLOCK_DAYS, g.edges[-1])
    for c in range(len(g.cohorts)):
        coh = g.cohorts[c]
        if coh.id_to <= coh.id_from or not g.life[coh.family].sd_from < np.inf:
            continue
        bound = -math.log1p(-min(g.beside_most[coh.pair], MOST_BESIDE))
        first, size, m = 0, FIRST_INDEX_BLOCK, AT_0
        while first < coh.id_to and bound > 0.0:
            eta, j = 0.0, AT_0
            while first + size > coh.id_from:
                w0, w1, w2, w3 = words(g.address[0], g.address[1], STREAM_BYSTANDER, coh.key, m, j)
                j += 1
                eta -= math.log(to_unit(w0, w1)) / size
                if eta >= bound:
                    break
                item = item_of_block(w3, first, size)
                if item < coh.id_from or item >= coh.id_to:
                    continue
                i = _settled(g, c, item)
                if i < 0:
                    return
                t = g.touched[i].gone
                if g.met[i].state == IN_GROUND and start <= t < end and not _list(
                        g, step_of(g.edges, t), c, t, -eta, item):
                    return
            first += size
            size = first
            m += 1


@inner_kernel
def _settled(g, c, item):
    """Number of an item whose facts are settled now if they were not before, when the run begins; -1: no room."""
    mark, shelf = places_of(g.marks, c, item)
    i = find(g.marks, g.shelves, g.met, mark, shelf, c, item)
    if i >= 0:
        return i
    i = number(g, c, mark, shelf, item)
    if i >= 0:
        coh = g.cohorts[c]
        draw_facts(g.address, g.dates, g.weights, g.lots, g.life[coh.family], coh, g.touched[i])
        follow(g, c, i, 0.0)
    return i


@inlined
def take_due(g, column, c, until):
    """Move a cohort's candidates up to a date from its list into the queue, by date; returns their number."""
    i, left, count = g.heads[column, c], -1, 0
    while i >= 0:
        candidate = g.candidates[i]
        following = candidate.next
        if candidate.date <= until:
            g.spare[count].date, g.spare[count].candidate = candidate.date, i
            count += 1
        else:
            candidate.next = left
            left = i
        i = following
    g.heads[column, c] = left
    if count == 1:  # most often
        g.queue[0].date, g.queue[0].candidate = g.spare[0].date, g.spare[0].candidate
    elif count > 1:
        step = column + g.counters[BLOCK_STEP]
        _sort(g.spare, g.queue, g.starts, count, g.candidates, g.edges[step], g.edges[step + 1])
    return count


@kernel
def _sort(found, queue, starts, count, candidates, low, high):
    """By date, on one date by id: dates are spread evenly, so shelves bring nearly all to their places.

    ``low``, ``high``: no date is earlier or later.
    """
    if count > _SHORT:
        shelves = (count - 1) / (high - low)
        for k in range(count + 1):
            starts[k] = 0
        for k in range(count):
            starts[int((found[k].date - low) * shelves) + 1] += 1
        for k in range(count):
            starts[k + 1] += starts[k]
        for k in range(count):
            shelf = int((found[k].date - low) * shelves)
            place = queue[starts[shelf]]
            place.date, place.candidate = found[k].date, found[k].candidate
            starts[shelf] += 1
    else:
        for k in range(count):
            queue[k].date, queue[k].candidate = found[k].date, found[k].candidate
    for k in range(1, count):
        date, i, at = queue[k].date, queue[k].candidate, k
        while at > 0 and (queue[at - 1].date > date or (
                queue[at - 1].date == date and candidates[queue[at - 1].candidate].id > candidates[i].id)):
            queue[at].date, queue[at].candidate = queue[at - 1].date, queue[at - 1].candidate
            at -= 1
        queue[at].date, queue[at].candidate = date, i
