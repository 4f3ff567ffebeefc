"""What survey and clearance do to the ground (MODEL sections 7 and 11): splits, sweeps, releases."""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.core import CACHE
from sim.core.companion import integrate, split_branch
from sim.core.encounters import raise_bound, reveal
from sim.core.records import CANCELLED, CLEARED, MISSED, N_LOG, REDUCED


@njit(cache=CACHE)
def _catch_up(g, a):
    """Integrate the area's cohorts up to now: its hazard is about to change."""
    integrate(g, g.areas[a].cohorts_from, g.areas[a].cohorts_to, g.clock[0])


@njit(cache=CACHE)
def split_sites(g, a, missed_share):
    """NTS ends: this share of the contaminated sites showed no evidence."""
    _catch_up(g, a)
    area = g.areas[a]
    area.missed, area.cancelled, area.diverged = missed_share, missed_share, 1
    split_branch(g, a, MISSED, CLEARED, 1.0 - missed_share)


@njit(cache=CACHE)
def cancel_sites(g, a, cancelled_share):
    """Re-survey ends: this share of the contaminated sites was cancelled all the same."""
    _catch_up(g, a)
    area = g.areas[a]
    rest = 1.0 - area.missed
    area.cancelled = area.missed + cancelled_share
    split_branch(g, a, CLEARED, CANCELLED, cancelled_share / rest if rest > 0.0 else 0.0)


@njit(cache=CACHE)
def leave_outside(g, a, ts_missed):
    """TS ends: this share of the items of confirmed sites lies in land that it reduced."""
    _catch_up(g, a)
    g.areas[a].ts_missed = ts_missed
    split_branch(g, a, CLEARED, REDUCED, ts_missed)


@njit(cache=CACHE)
def release(g, a, branch):
    """From now on people use this part of the area fully."""
    _catch_up(g, a)
    g.areas[a].released[branch] = g.clock[0]
    raise_bound(g, a, g.clock[0])


@njit(cache=CACHE)
def mark(g, a):
    """Confirmed land is marked."""
    _catch_up(g, a)
    g.areas[a].marked = g.clock[0]


@njit(cache=CACHE)
def begin_sweep(g, a, until, detect, class_weight):
    """A sweep over the land for clearance, from now until a date; detect: (kind, class)."""
    _catch_up(g, a)
    area = g.areas[a]
    j = area.sweeps
    area.sweep_from[j], area.sweep_to[j] = g.clock[0], until
    area.detect[j] = detect
    if j == 0:
        area.class_weight[:] = class_weight
    area.sweeps = j + 1


@njit(cache=CACHE)
def end_sweep(g, a):
    """The sweep ends: returns finds by kind, (kind,) int64."""
    _catch_up(g, a)
    area = g.areas[a]
    now = g.clock[0]
    reveal(g, area.cohorts_from, area.cohorts_to, now, 0)
    area.sweeps_done += 1
    return reveal(g, area.cohorts_from, area.cohorts_to, now, 1)


@njit(cache=CACHE)
def set_sighting(g, step, capacity):
    """EOD capacity from a step on: share of sightings attended, (access,); scales the rates of that step."""
    for a in range(g.sighting.shape[0]):
        for f in range(g.sighting.shape[1]):
            g.sighting[a, f, step] *= capacity[a]


@njit(cache=CACHE)
def reported_accidents(g, since, until, counts):
    """Reported accidents by area with a report in (since, until]; counts: (area,) float64, added to."""
    for i in range(g.counters[N_LOG]):
        if since < g.log[i, 5] <= until:
            counts[np.int64(g.log[i, 1])] += 1.0
