"""What every contender simulates, its closed form, and the engine's side of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import simpy
from numba import njit

from sim.core.candidates import block_of, open_block
from sim.core.companion import begin
from sim.core.described import describe
from sim.core.encounters import meet
from sim.core.ground import GroundTruth, OutOfRoom
from sim.core.random import STREAM_CANDIDATE, words
from sim.core.records import FIRST, N_LOG, N_TOUCHED, OVERFLOW, STEP, YEAR_DAYS, Ground, Room
from sim.programme import make_plan, run_programme
from sim.scenario import Scenario, load, replace
from sim.study.replicate import FIRST_ROOM
from sim.world import World, draw_parameters, make_frame

FILE = Path(__file__).parent / "plain.yaml"
YEARS = 20
DAYS = YEARS * YEAR_DAYS
SD_DAYS, SD_FAILS = 15.0, 0.05
AGEING = 0.05 / YEAR_DAYS  # rate at which items stop functioning [1/day]
_AS_ENGINE: dict[str, Any] = {"error_model": "numpy", "_nrt": False}  # how its kernels are compiled, but for the cache
_STRIP = 100 * 0.5 / 1e8 * 0.3 * 0.5  # hazard per metre of a trip, see plain.yaml [1/(m day)]


@dataclass(frozen=True)
class Case:
    """One size of the problem.

    Attributes
    ----------
    items : float
        Items laid; the engine draws their number from a Poisson distribution with this mean.
    per_1000 : float
        Potential encounters per 1,000 items in 20 years.
    areas : int
        Hazard areas over which the items are spread.
    sd_fails : float
        Probability that self-destruction fails; 1: persistent items.
    """

    items: float
    per_1000: float = 2.0
    areas: int = 1
    sd_fails: float = SD_FAILS

    @property
    def hazard(self) -> float:
        """Hazard of one active item [1/day]."""
        return self.per_1000 / 1000.0 / DAYS

    @property
    def encounters(self) -> float:
        """Potential encounters in 20 years."""
        return self.items * self.per_1000 / 1000.0

    @property
    def accidents(self) -> float:
        """Expected accidents: items x integral of hazard x P(active, not detonated)."""
        h, total = self.hazard, self.hazard + AGEING
        early, late = math.exp(-total * SD_DAYS), math.exp(-total * DAYS)
        return self.items * h / total * (1.0 - early + self.sd_fails * (early - late))

    def scenario(self) -> Scenario:
        """The scenario file with these sizes."""
        return replace(load(FILE), {
            "contamination.mines.items": float(self.items), "activities.walking.length_m": self.hazard / _STRIP,
            "programme.bundle_km2": 10.0 / self.areas, "families.bench.sd_failure": self.sd_fails})


@njit(**_AS_ENGINE)
def _sample_alone(g):  # type: ignore[no-untyped-def]
    """List the candidates of all cohorts and decide them, nothing else; returns how many were listed."""
    listed = 0
    for step in range(len(g.edges) - 1):
        g.counters[STEP] = step
        if step == 0 or block_of(g.edges, step) != block_of(g.edges, step - 1):
            open_block(g, step)
            listed += g.listed.sum()
        meet(g, FIRST, len(g.cohorts), g.edges[step + 1])
        if g.counters[OVERFLOW]:
            break
    return listed


@njit(error_model="numpy")
def draw_blocks(n, key):  # type: ignore[no-untyped-def]
    """As many blocks of four random words as a replicate draws, at addresses like its own; their sum."""
    total = np.uint64(0)
    for j in range(n):
        a, b, c, d = words(11, 0, STREAM_CANDIDATE, key, j >> 9, j & 511)
        total += a ^ b ^ c ^ d
    return total


class Engine:
    """The engine on one case.

    Parameters
    ----------
    case : Case
    """

    def __init__(self, case: Case) -> None:
        self.case, self.scenario = case, case.scenario()
        self.world = World(make_frame(self.scenario), draw_parameters(self.scenario, 0))
        self.room = Room(FIRST_ROOM)
        self.listed = 0
        while self._too_small():
            self.room = Room(2 * self.room.places)

    def _too_small(self) -> bool:
        try:
            self.play(self.prepare(0))
        except OutOfRoom:
            return True
        return self.case.encounters * 1.2 > self.room.places

    def prepare(self, inner: int) -> Ground:
        """Arrays of one replicate."""
        return self.world.replicate(inner, self.room)

    def play(self, ground: Ground) -> int:
        """Sampling with all that comes with it: expected values, tallies, stocks; returns accidents."""
        truth = GroundTruth(ground)
        truth.advance(float(ground.edges[-1]))
        return int(truth.arrays.counters[N_LOG])

    def prepare_alone(self, inner: int) -> Ground:
        """Arrays of one replicate whose expected values are not wanted."""
        ground = self.prepare(inner)
        begin(describe(ground))
        ground.cohorts["integrated"] = np.inf
        return ground

    def play_alone(self, ground: Ground) -> int:
        """The sampling kernel: candidates listed and decided; returns accidents."""
        self.listed = int(_sample_alone(ground))
        if ground.counters[OVERFLOW]:
            raise OutOfRoom
        return int(ground.counters[N_LOG])


def accidents_of(ground: Ground) -> np.ndarray:
    """What the engine wrote down, by date: date, cohort, item, casualties, reported on; (accident, 5) float64."""
    log = ground.log[: ground.counters[N_LOG]][:, [0, 2, 3, 4, 5]]
    by_date: np.ndarray = log[np.argsort(log[:, 0], kind="stable")]
    return by_date


def items_met(ground: Ground) -> int:
    """Items whose facts were settled."""
    return int(ground.counters[N_TOUCHED])


class Counts(NamedTuple):
    """What one replicate with its programme did: the same on every machine."""

    items: float  # expected number of items
    met: int  # items whose facts were settled
    events: int  # of SimPy


def counts(scenario: Scenario) -> Counts:
    """Play the first replicate of a scenario and count."""
    world = World(make_frame(scenario), draw_parameters(scenario, 0))
    truth = GroundTruth(world.replicate(0, Room(1 << 19)))
    with counted_events() as events:
        run_programme(world, make_plan(world), truth)
    return Counts(float(world.means.sum()), items_met(truth.arrays), events[0])


@contextmanager
def counted_events() -> Iterator[list[int]]:
    """Counts the events that SimPy processes meanwhile, in the one number of the list."""
    count, step = [0], simpy.Environment.step

    def counting(env: simpy.Environment) -> None:
        count[0] += 1
        step(env)

    with patch.object(simpy.Environment, "step", counting):
        yield count
