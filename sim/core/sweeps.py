"""Where an item of an area comes to lie, and what sweeps leave of it: probabilities (MODEL section 7)."""

from __future__ import annotations

import math

import numpy as np

from sim.core.compiled import kernel
from sim.core.items import sighted_until
from sim.core.records import CANCELLED, CLEARED, LATER, MISSED, N_CLASSES, REDUCED
from sim.core.steps import edge_after


@kernel
def branch_share(area, branch):
    """Share of an area's new items that comes to lie in one branch, once survey has split the sites."""
    if branch == MISSED:
        return area.missed
    if branch == CANCELLED:
        return area.cancelled - area.missed
    if branch == REDUCED:
        return (1.0 - area.cancelled) * area.ts_missed
    open_branch = LATER if area.sweeps > 0 else CLEARED
    return (1.0 - area.cancelled) * (1.0 - area.ts_missed) if branch == open_branch else 0.0


@kernel
def missed_by_sweeps(area, kind, sweeps, until):
    """P(not found by the first `sweeps` sweeps up to a date) of an item in the cleared branch."""
    total = 0.0
    for k in range(N_CLASSES):
        term = area.class_weight[kind, k]
        for j in range(sweeps):
            if until >= area.sweep_to[j]:
                term *= 1.0 - area.detect[j, kind, k]
            elif until > area.sweep_from[j]:
                done = (until - area.sweep_from[j]) / (area.sweep_to[j] - area.sweep_from[j])
                term *= 1.0 - area.detect[j, kind, k] * done
        total += term
    return total


@kernel
def sweep_progress(area, kind, t):
    """P(not yet removed at t by the sweep under way | missed by those before)."""
    j = np.int64(area.sweeps_done)
    if j >= area.sweeps or t <= area.sweep_from[j]:
        return 1.0
    before = missed_by_sweeps(area, kind, j, t)
    return missed_by_sweeps(area, kind, j + 1, t) / before if before > 0.0 else 1.0


@kernel
def _not_known(area, kind, t, edges, open_step, sighted, sighting):
    """P(nobody knows at t that it was found) of an item that spot tasks would not have found by t, had the sweep
    under way not been; relative to that, and given that the sweeps before missed it.

    What the sweep has taken is not known, and can no longer be sighted: its chance of not having been sighted is
    that of the day on which it was taken. Days within a sweep are alike.
    """
    left = sweep_progress(area, kind, t)
    if left == 1.0:
        return 1.0
    start = area.sweep_from[area.sweeps_done]
    now = sighted_until(edges, open_step, sighted, sighting, t)
    total, since = 0.0, start
    while since < t:
        until = min(t, edge_after(edges, since))
        after = now - sighted_until(edges, open_step, sighted, sighting, until)
        meanwhile = now - sighted_until(edges, open_step, sighted, sighting, since) - after
        total += (until - since) * math.exp(after) * (math.expm1(meanwhile) / meanwhile if meanwhile > 0.0 else 1.0)
        since = until
    return left + (1.0 - left) * total / (t - start)


@kernel
def not_known_found(area, kind, t, edges, open_step, sighted, sighting):
    """The same of any item that lay there when the first sweep began, whatever branch it is in."""
    if area.diverged == 0 or area.sweeps == 0:
        return 1.0
    cleared = (1.0 - area.cancelled) * (1.0 - area.ts_missed)
    missed = missed_by_sweeps(area, kind, np.int64(area.sweeps_done), t)
    return 1.0 - cleared * (1.0 - missed * _not_known(area, kind, t, edges, open_step, sighted, sighting))


@kernel
def is_later(area, laid):
    """Whether what is laid on a date comes after the sweeps of an area have begun."""
    return area.sweeps > 0 and laid > area.sweep_from[0]
