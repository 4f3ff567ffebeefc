"""Steps of a run: quarters of the calendar, cut where the run starts and ends."""

from __future__ import annotations

from sim.core.compiled import kernel
from sim.core.records import QUARTER_DAYS


@kernel
def step_of(edges, t):
    """Step that holds t."""
    if t < edges[1]:
        return 0
    return min(1 + int((t - edges[1]) / QUARTER_DAYS), len(edges) - 2)


@kernel
def edge_after(edges, t):
    """First edge later than t, of which there must be one."""
    if t < edges[0]:
        return edges[0]
    step = step_of(edges, t)
    return edges[step + 1] if edges[step + 1] > t else edges[step + 2]
