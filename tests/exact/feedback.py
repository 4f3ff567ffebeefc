"""The expected-value integral along somebody else's history: what a companion without feedback would be (MODEL 11).

Two replicates of a scenario exchange their programmes: what was done in one is done in the other, on the same dates.
The programme is then independent of what lies in the ground and of who was hurt, and the integral is the mean of a
country in which nothing reacts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from sim.core.ground import GroundTruth
from sim.core.records import ACCIDENTS, EXPECTED_ACCIDENTS, Room
from sim.programme import Plan, run_programme
from sim.world import World

from .scenarios import Changes

ROOM = 1 << 14
PAIRS = 500
"""With which the integral without feedback is rejected with power 0.9 at least."""
DONE = frozenset({
    "non_technical_survey", "start_on_record", "resurvey", "technical_survey", "use_methods", "use_eod",
    "use_education", "begin_sweep", "end_sweep", "release", "take_back", "mark", "unmark"})
"""What a programme does to the ground."""

_ALL_CONFIRMED: Changes = {
    "horizon_years": 4,
    "programme.survey": {"site_km2": 0.1, "contaminated_share": 1.0, "nts_sensitivity": 1.0, "nts_specificity": 1.0,
                         "indirect_evidence": 0.0},
    "programme.teams.probers": None, "programme.teams.samplers": None, "programme.stand_down_days": 0}


def _fields(km2: int) -> list[dict[str, Any]]:
    """A hazard area for each km2."""
    return [{"district": "Plain", "zone": "open", "land_use": "field", "area_km2": 10, "residents": 1000,
             "to_survey_km2": km2}]


def _methods(detection: float, **more: float) -> dict[str, Any]:
    return {"walk": {"stages": ["nts"], "rate_m2_per_day": 2e7},
            "manual": {"stages": ["clearance"], "detection": {"ap": detection}, **more}}


REACTING: dict[str, Changes] = {
    "teams go where accidents were reported": {
        **_ALL_CONFIRMED, "strata": _fields(8), "contamination.mines.items": 12, "contamination.mines.clustering": 8,
        "programme.priority": "people_at_risk", "reporting": {"government": 1.0, "delay_days": 5},
        "programme.methods": _methods(0.9, rate_m2_per_day=8000)},
    "teams stand down after an accident of theirs": {
        **_ALL_CONFIRMED, "strata": _fields(4), "contamination.mines.items": 20, "contamination.mines.clustering": 4,
        "exposure.entry_suspected": 0.1, "programme.stand_down_days": 1500,
        "programme.teams.deminers.numbers": [{"since": "2022-03-01", "teams": 8}],
        "programme.methods": _methods(0.5, rate_m2_per_day=20000, deminer_casualties_per_1000_items=300)}}
"""Few areas, most items in one of them, and a programme that finds out which."""

NOT_REACTING: dict[str, Changes] = {
    "teams go where accidents were reported": {"programme.priority": "random"},
    "teams stand down after an accident of theirs": {"programme.stand_down_days": 0}}
"""What takes the feedback out."""


class Pair(NamedTuple):
    """Two replicates together: accidents and their companion, and the same with the programmes exchanged."""

    accidents: float
    expected: float
    exchanged_accidents: float
    exchanged_expected: float


Notes = list[tuple[float, str, tuple[Any, ...]]]
"""Date, what is done, with what."""


class _Noting:
    """A ground that notes what is done to it."""

    def __init__(self, ground: GroundTruth) -> None:
        self._ground = ground
        self.notes: Notes = []

    def __getattr__(self, name: str) -> Any:
        known = getattr(self._ground, name)
        return self._noted(name, known) if name in DONE else known

    def _noted(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: Any) -> Any:
            self.notes.append((self._ground.now, name, given))
            return act(*given)

        return noted


def exchanged(world: World, plan: Plan, pairs: int) -> list[Pair]:
    """Pairs of replicates: 0 and 1, 2 and 3, ..."""
    out, room = [], Room(ROOM)
    for first in range(0, 2 * pairs, 2):
        (notes, one), (other_notes, other) = (noted(world, plan, inner, room) for inner in (first, first + 1))
        swapped = repeated(world, first, other_notes, room), repeated(world, first + 1, notes, room)
        out.append(Pair(one[0] + other[0], one[1] + other[1], *(a + b for a, b in zip(*swapped, strict=True))))
    return out


def noted(world: World, plan: Plan, inner: int, room: Room) -> tuple[Notes, tuple[float, float]]:
    """What the programme of a replicate does; its accidents, and their companion."""
    ground = _Noting(GroundTruth(world.replicate(inner, room)))
    run_programme(world, plan, ground)  # type: ignore[arg-type]
    return ground.notes, _counts(ground)


def repeated(world: World, inner: int, notes: Notes, room: Room) -> tuple[float, float]:
    """Accidents and companion of a replicate in which the programme does what was noted."""
    ground = GroundTruth(world.replicate(inner, room))
    for date, name, given in notes:
        ground.advance(date)
        getattr(ground, name)(*given)
    ground.advance(float(world.frame.edges[-1]))
    return _counts(ground)


def _counts(ground: Any) -> tuple[float, float]:
    tallies = ground.arrays.tallies.sum(axis=(0, 1))
    return float(tallies[ACCIDENTS]), float(tallies[EXPECTED_ACCIDENTS])


def martingale_z(pairs: list[Pair]) -> float:
    """z of accidents minus their companion (VALIDATION V14)."""
    expected = math.fsum(p.expected for p in pairs)
    return (math.fsum(p.accidents for p in pairs) - expected) / math.sqrt(expected)


def integral_z(pairs: list[Pair]) -> float:
    """z of accidents minus the integral along the other's history; pairs are independent."""
    gaps = np.array([p.accidents - p.exchanged_expected for p in pairs])
    return float(gaps.mean() / gaps.std(ddof=1) * math.sqrt(len(gaps)))
