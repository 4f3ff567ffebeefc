"""Where an item of an area comes to lie, and what sweeps leave of it: probabilities (MODEL section 7)."""

from __future__ import annotations

from sim.core.compiled import kernel
from sim.core.records import CANCELLED, CLEARED, LATER, MISSED, N_CLASSES, REDUCED


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
def missed_by_sweeps(area, kind, sweeps):
    """P(not detected by the first `sweeps` sweeps) of an item in the cleared branch."""
    total = 0.0
    for k in range(N_CLASSES):
        term = area.class_weight[kind, k]
        for j in range(sweeps):
            term *= 1.0 - area.detect[j, kind, k]
        total += term
    return total


@kernel
def sweep_progress(area, kind, t):
    """P(not yet removed at t by the sweep under way | missed by those before)."""
    j = area.sweeps_done
    if j >= area.sweeps or t <= area.sweep_from[j]:
        return 1.0
    done = min(1.0, (t - area.sweep_from[j]) / (area.sweep_to[j] - area.sweep_from[j]))
    before = missed_by_sweeps(area, kind, j)
    if before <= 0.0:
        return 1.0
    after = missed_by_sweeps(area, kind, j + 1)
    return 1.0 - (1.0 - after / before) * done


@kernel
def is_later(area, laid):
    """Whether what is laid on a date comes after the sweeps of an area have begun."""
    return area.sweeps > 0 and laid > area.sweep_from[0]
