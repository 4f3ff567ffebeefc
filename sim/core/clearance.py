"""What survey and clearance do to the ground (MODEL sections 7 and 11): splits, sweeps, releases.

What happens in one hazard area does not touch another within a quarter: people learn of accidents
from one quarter to the next. So time passes in an area when something is done to it, or when the
quarter ends.
"""

from __future__ import annotations

import math

import numpy as np

from sim.core.candidates import block_of, open_block, raise_bound
from sim.core.companion import integrate, marking_now, split_branch
from sim.core.compiled import inlined, inner_kernel, kernel
from sim.core.described import within
from sim.core.encounters import meet
from sim.core.finds import BY_EOD, BY_SWEEP, close_year, reveal
from sim.core.records import (
    BEGIN_SWEEP,
    CANCEL,
    CANCELLED,
    CLEARED,
    END_SWEEP,
    FIRST,
    LATER,
    LEAVE_OUTSIDE,
    MARK,
    MISSED,
    N_CLASSES,
    N_KINDS,
    OVERFLOW,
    REDUCED,
    RELEASE,
    SPLIT,
    STEP,
)


@kernel
def carry_out(description, orders, count, until):
    """Let time pass up to a date, and do what was ordered on the way.

    Parameters
    ----------
    description : (word,) int64
        Of the arrays, see `sim.core.described`.
    orders : (order,) ORDER
        By date.
    count : int
        How many of them there are.
    until : float
        Date [days].
    """
    g = within(description)
    for i in range(count + 1):
        _advance(g, orders[i].date if i < count else until)
        if i < count and not g.counters[OVERFLOW]:
            _act(g, orders[i])
        if g.counters[OVERFLOW]:
            return


@inlined
def _advance(g, until):
    """Quarters open and close up to a date; in the open one nothing is decided yet."""
    while g.clock[0] < until:
        step = g.counters[STEP]
        if step < 0 or g.clock[0] >= g.edges[step + 1]:
            step += 1
            _open_step(g, step)
        end = g.edges[step + 1]
        if until < end:
            g.clock[0] = until
            return
        meet(g, FIRST, len(g.cohorts), end)
        if g.counters[OVERFLOW]:
            return
        integrate(g, FIRST, len(g.cohorts), end)
        g.clock[0] = end
        if step == len(g.edges) - 2 or g.step_year[step + 1] != g.step_year[step]:
            close_year(g, end)


@inner_kernel
def _attended(g, step):
    """Share of the items seen and reported that EOD teams can attend in a quarter, by what lies there now."""
    if g.eod[step] <= 0.0:
        return 0.0
    reports = 0.0
    for c in range(len(g.cohorts)):
        coh = g.cohorts[c]
        if coh.mass > 0.0:
            left = (coh.id_to - coh.id_from - coh.accidents - coh.found) / coh.mass
            reports += left * coh.present * g.sighting[g.areas[coh.area].access, coh.family, step]
    return min(1.0, g.eod[step] / reports) if reports > 0.0 else 1.0


@inner_kernel
def _open_step(g, step):
    """Begin a quarter: what people have learnt, which spot tasks are attended, the candidates of a new block."""
    attended = _attended(g, step)
    for a in range(g.presence.shape[0]):
        known = 0.0
        for past in range(step):
            known = known * g.learn[a, 2] + g.reports[a, past]
        g.learning[a, step] = g.learn[a, 0] + (1.0 - g.learn[a, 0]) * math.exp(-g.learn[a, 1] * known)
        for f in range(g.sighting.shape[1]):
            g.sighting[a, f, step] *= attended
            if step > 0:
                g.sighted[a, f, step] = g.sighted[a, f, step - 1] + g.sighting[a, f, step - 1] * (
                    g.edges[step] - g.edges[step - 1])
    for a in range(len(g.areas)):
        g.areas[a].marking = marking_now(g.edges, g.marking, g.areas[a].marked, step)
    new_block = step == 0 or block_of(g.edges, step) != block_of(g.edges, step - 1)
    g.counters[STEP] = step
    if new_block:
        open_block(g, step)


@inlined
def _act(g, order):
    """One order, at the date that the clock shows; the area's history is decided up to then first."""
    a, now, value = order.area, g.clock[0], order.value
    area = g.areas[a]
    first, last = np.int64(area.cohorts_from), np.int64(area.cohorts_to)
    if g.counters[STEP] >= 0:
        meet(g, first, last, now)
        if g.counters[OVERFLOW]:
            return
        integrate(g, first, last, now)
    if order.what == SPLIT:  # NTS ends: this share of the contaminated sites showed no evidence
        area.missed, area.cancelled, area.diverged = value, value, 1
        split_branch(g, a, MISSED, CLEARED, 1.0 - value)
    elif order.what == CANCEL:  # re-survey ends: this share of the contaminated sites was cancelled all the same
        rest = 1.0 - area.missed
        area.cancelled = area.missed + value
        split_branch(g, a, CLEARED, CANCELLED, value / rest if rest > 0.0 else 0.0)
    elif order.what == LEAVE_OUTSIDE:  # TS ends: this share of the items of confirmed sites lies in reduced land
        area.ts_missed = value
        split_branch(g, a, CLEARED, REDUCED, value)
    elif order.what == RELEASE:  # people use this part of the area fully from this date on; never, after a flood
        area.released[order.number] = value
        if order.number == CLEARED:
            area.released[LATER] = value
        raise_bound(g, a, now)
    elif order.what == MARK:
        area.marked = value  # acts from the next quarter on
    elif order.what == BEGIN_SWEEP:
        _begin_sweep(g, area, now, value, order.number)
    elif order.what == END_SWEEP:
        reveal(g, first, last, now, BY_EOD)
        area.sweeps_done += 1
        g.finds[:] = 0
        reveal(g, first, last, now, BY_SWEEP)


@inner_kernel
def _begin_sweep(g, area, now, until, method):
    """A pass over the land for clearance; the first decides how detectable the items are."""
    j = area.sweeps
    area.sweep_from[j], area.sweep_to[j] = now, until
    for kind in range(N_KINDS):
        for k in range(N_CLASSES):
            area.detect[j, kind, k] = g.methods[method, kind, k]
            if j == 0:
                area.class_weight[kind, k] = g.method_weights[method, kind, k]
    area.sweeps = j + 1
