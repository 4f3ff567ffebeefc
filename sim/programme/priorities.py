"""Which task next: policies as plain functions registered by name (MODEL section 7).

A policy sees a ``Belief``: what surveys said and what was reported, never what is in the ground. The
task with the largest value goes first; ties go to the one that came first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Belief(NamedTuple):
    """What the programme believes about a task.

    Attributes
    ----------
    entered : float
        Date on which the land became reachable [days since 2000].
    land_use : str
    area_m2 : int
        Land that the next stage works on.
    users : float
        People whose activities use the land now.
    land_km2 : float
        Land over which they are spread.
    reported_accidents : int
        Accidents reported in this hazard area in the last two years.
    cost_usd : float
        What the next stage is expected to cost.
    chance : float
        A uniform at the area's address, for random order.
    """

    entered: float
    land_use: str
    area_m2: int
    users: float
    land_km2: float
    reported_accidents: int
    cost_usd: float
    chance: float


Policy = Callable[[Belief], float]
PRIORITIES: dict[str, Policy] = {}


def priority(function: Policy) -> Policy:
    """Register a policy under its function's name."""
    PRIORITIES[function.__name__] = function
    return function


@priority
def first_come(belief: Belief) -> float:
    """The land that became reachable first."""
    return -belief.entered


@priority
def random(belief: Belief) -> float:
    """Any order, the same for all scenarios."""
    return belief.chance


@priority
def people_at_risk(belief: Belief) -> float:
    """Reported accidents first, then the land with most people per km2."""
    return 1e6 * belief.reported_accidents + belief.users / belief.land_km2


@priority
def accidents_per_dollar(belief: Belief) -> float:
    """Reported accidents and people, per dollar of the next stage."""
    return (belief.reported_accidents + 1e-6 * belief.users) / max(belief.cost_usd, 1.0)


@priority
def farmland_first(belief: Belief) -> float:
    """Arable land first, larger pieces before smaller."""
    return (1e12 if belief.land_use == "arable" else 0.0) + belief.area_m2


@priority
def roads_first(belief: Belief) -> float:
    """Roads and infrastructure first, then by people."""
    return (1e9 if belief.land_use == "roads" else 0.0) + belief.users / belief.land_km2
