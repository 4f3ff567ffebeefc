"""What sweeps and EOD spot tasks find, and what is left: revealed when somebody learns of it (section 11, 5)."""

from __future__ import annotations

import numpy as np

from sim.core.companion import live_rows, unseen_parts
from sim.core.compiled import inlined, inner_kernel
from sim.core.inverse import binomial_inverse
from sim.core.items import sighted_until, spotted, swept, taken_on, watch
from sim.core.random import STREAM_FIND, uniform
from sim.core.records import (
    FIRST,
    FOUND,
    IN_GROUND,
    N_BRANCHES,
    STEP,
    STOCK_ACTIVE,
    STOCK_ACTIVE_TRANSFERRED,
    STOCK_FOUND,
    STOCK_GONE,
    STOCK_INERT,
    STOCK_INERT_TRANSFERRED,
    STOCK_LAID,
    STOCK_SPOT,
)
from sim.core.steps import step_of
from sim.core.sweeps import is_later, not_known_found


@inner_kernel
def _not_found_with_sd(g, c, t, missed):
    """P(not found by t) of an item that nobody has met, of a family that self-destructs."""
    coh = g.cohorts[c]
    area = g.areas[coh.area]
    sighted, sighting = g.sighted[area.access, coh.family], g.sighting[area.access, coh.family]
    total = coh.waiting + coh.unseen_gone + coh.unseen_later + coh.unseen * missed
    for d in range(coh.settled, coh.next_date):
        before, after = unseen_parts(
            g.life[coh.family], area, coh.kind, g.dates[d], t, g.edges, g.counters[STEP], sighted, sighting)
        total += g.weights[d] * (before + (after if is_later(area, g.dates[d]) else after * missed))
    return total


@inlined
def _found_by_sweep(g, coh, area, i, t):
    return swept(g.address, area, coh.key, coh.kind, g.touched[i], t, area.sweeps_done)


@inlined
def _found_by_eod(g, coh, area, i, t, now):
    """Most items are far from being sighted, which one comparison tells; those taken by a sweep are beyond it."""
    return g.met[i].sighted_at < now and spotted(
        g.edges, g.counters[STEP], g.sighted[area.access, coh.family], g.sighting[area.access, coh.family],
        g.touched[i], min(t, taken_on(g.address, area, coh.key, coh.kind, g.touched[i])))


BY_EOD, BY_SWEEP = np.bool_(False), np.bool_(True)  # a plain one would be compiled as a constant, as in FIRST


@inner_kernel
def reveal(g, first, last, t, by_sweep):
    """Count what has been found up to t in cohorts [first, last), which must be integrated up to t.

    Items that somebody met are looked up one by one, those that spot tasks cannot have found by then left out; the
    others are exchangeable, and how many of them were found is binomial. ``by_sweep``: a sweep has just ended;
    otherwise EOD spot tasks. New finds by kind are added to ``Ground.finds``.
    """
    open_step = g.counters[STEP]
    step = len(g.edges) - 1 if t == g.edges[-1] else step_of(g.edges, t)  # the horizon has a number of its own
    within = 0 if t == g.edges[step] else 1
    year = g.step_year[open_step]
    year_after = g.step_year[step] if step < len(g.step_year) else year + 1  # the next one where t is a year's end
    for c in range(first, last):
        coh = g.cohorts[c]
        n = coh.id_to - coh.id_from
        if n == 0:
            continue
        area = g.areas[coh.area]
        sweeps = area.sweeps_done
        sighted, sighting = g.sighted[area.access, coh.family], g.sighting[area.access, coh.family]
        missed = not_known_found(area, coh.kind, t, g.edges, open_step, sighted, sighting)
        if g.life[coh.family].sd_from == np.inf:
            new = coh.waiting + coh.unseen_later + coh.unseen * missed
        else:
            new = _not_found_with_sd(g, c, t, missed)
        if new < coh.not_found:
            occasion = (coh.moved << 16) + 4 * sweeps + 2 * np.int64(by_sweep) + within
            u = uniform(g.address[0], g.address[1], STREAM_FIND, coh.key, occasion, step)
            count = binomial_inverse(u, n - coh.touched - coh.unassigned, 1.0 - new / coh.not_found)
            coh.unassigned += count
            now = sighted_until(g.edges, open_step, sighted, sighting, t)
            for at in range(coh.looked_up, len(g.watched) if by_sweep else year + 1):
                i = np.int64(g.watched[at, c])
                g.watched[at, c] = -1
                while i >= 0:
                    following = np.int64(g.met[i].following)
                    if g.met[i].state == IN_GROUND:
                        if _found_by_sweep(g, coh, area, i, t) if by_sweep else _found_by_eod(g, coh, area, i, t, now):
                            g.met[i].state = FOUND
                            count += 1
                        else:
                            watch(g, c, i, max(at, year_after))
                    i = following
            coh.looked_up = year
            coh.not_found = new
            coh.found += count
            g.finds[coh.kind] += count
            if not by_sweep:
                coh.found_spot += count
        coh.revealed = t
        if by_sweep:
            coh.taken_active, coh.taken_inert = 0.0, 0.0
        # neither detonated nor known to be found
        coh.mass = coh.waiting + coh.gone + coh.taken_active + coh.taken_inert
        for row in range(coh.node, coh.node + live_rows(coh)):
            for b in range(N_BRANCHES):
                coh.mass += g.active[row, b] + g.inert[row, b]


@inner_kernel
def close_year(g, t):
    """Year's end: spot finds become known, stocks are written down (conditional expectations)."""
    step = g.counters[STEP]
    year = g.step_year[step]
    for access in range(g.sighted.shape[0]):
        for family in range(g.sighted.shape[1]):
            g.less_sighted[access, family] = g.most_sighted[access, family, year] - sighted_until(
                g.edges, step, g.sighted[access, family], g.sighting[access, family], t)
    reveal(g, FIRST, len(g.cohorts), t, BY_EOD)
    for c in range(len(g.cohorts)):
        coh = g.cohorts[c]
        n = coh.id_to - coh.id_from
        if n == 0:
            continue
        x, y = coh.taken_active, coh.taken_inert  # until the sweep ends they count as in the ground
        for row in range(coh.node, coh.node + live_rows(coh)):
            for b in range(N_BRANCHES):
                x += g.active[row, b]
                y += g.inert[row, b]
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
