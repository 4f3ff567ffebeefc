"""The same model in other ways, each written as its own users would.

Every function takes the number of items, the hazard of an active item [1/day] and a seed, and returns accidents.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
from numba import njit

from sim.core.random import STREAM_CANDIDATE, STREAM_FACT, uniform, uniforms12

from .model import AGEING, DAYS, SD_DAYS, SD_FAILS

Peer = Callable[[int, float, int], int]


@njit(error_model="numpy")
def _loop(n, hazard, seed):  # type: ignore[no-untyped-def]
    np.random.seed(seed)  # noqa: NPY002
    accidents = 0
    for _ in range(n):
        end = min(np.random.exponential(1.0 / AGEING), DAYS)  # noqa: NPY002
        if np.random.random() >= SD_FAILS:  # noqa: NPY002
            end = min(end, SD_DAYS)
        if np.random.exponential(1.0 / hazard) < end:  # noqa: NPY002
            accidents += 1
    return accidents


@njit(error_model="numpy")
def _generator_loop(n, hazard, rng):  # type: ignore[no-untyped-def]
    accidents = 0
    for _ in range(n):
        end = min(rng.exponential(1.0 / AGEING), DAYS)
        if rng.random() >= SD_FAILS:
            end = min(end, SD_DAYS)
        if rng.exponential(1.0 / hazard) < end:
            accidents += 1
    return accidents


@njit(error_model="numpy")
def _encounter_first(n, hazard, rng):  # type: ignore[no-untyped-def]
    accidents = 0
    for _ in range(n):
        met = rng.exponential(1.0 / hazard)
        if met < DAYS and met < rng.exponential(1.0 / AGEING) and (met < SD_DAYS or rng.random() < SD_FAILS):
            accidents += 1
    return accidents


@njit(error_model="numpy")
def _addressed_loop(n, hazard, seed):  # type: ignore[no-untyped-def]
    accidents = 0
    for i in range(n):
        u_age, u_sd = uniforms12(seed, 0, STREAM_FACT, 1, 0, i)[7:9]
        end = min(-math.log(u_age) / AGEING, DAYS)
        if u_sd >= SD_FAILS:
            end = min(end, SD_DAYS)
        if -math.log(uniform(seed, 0, STREAM_CANDIDATE, 1, 0, i)) / hazard < end:
            accidents += 1
    return accidents


def numba_loop(n: int, hazard: float, seed: int) -> int:
    """Every item in turn, compiled; random numbers from ``np.random``, as most write it."""
    return int(_loop(n, hazard, seed))


def numba_generator(n: int, hazard: float, seed: int) -> int:
    """The same with a ``np.random.Generator``, whose exponential variates need no logarithm."""
    return int(_generator_loop(n, hazard, np.random.default_rng(seed)))


def numba_encounter_first(n: int, hazard: float, seed: int) -> int:
    """The same, drawing the life of an item only if it meets somebody at all: one number for nearly all items."""
    return int(_encounter_first(n, hazard, np.random.default_rng(seed)))


def numba_addressed(n: int, hazard: float, seed: int) -> int:
    """Every item in turn with random numbers at addresses, as scenarios need that share their draws."""
    return int(_addressed_loop(n, hazard, seed))


def _ends(n: int, rng: np.random.Generator, sd_fails: float) -> np.ndarray:
    """Ages at which items stop functioning or are gone, (n,) float64 [days]."""
    end = np.minimum(rng.exponential(1.0 / AGEING, n), DAYS)
    works = rng.random(n) >= sd_fails
    end[works] = np.minimum(end[works], SD_DAYS)
    return end


def numpy_daily(n: int, hazard: float, seed: int) -> int:
    """NumPy with a daily step over arrays of all items."""
    rng, p, accidents = np.random.default_rng(seed), -math.expm1(-hazard), 0
    end = _ends(n, rng, SD_FAILS)
    for day in range(math.ceil(DAYS)):
        u = rng.random(n)
        hit = np.flatnonzero(u < p)
        hit = hit[day + u[hit] / p < end[hit]]
        accidents += len(hit)
        end[hit] = 0.0
    return accidents


def numpy_daily_active(n: int, hazard: float, seed: int, sd_fails: float = SD_FAILS) -> int:
    """NumPy with a daily step over the items that still function; the others leave the arrays."""
    rng, p, accidents = np.random.default_rng(seed), -math.expm1(-hazard), 0
    end = _ends(n, rng, sd_fails)
    for day in range(math.ceil(DAYS)):
        u = rng.random(len(end))
        hit = np.flatnonzero(u < p)
        accidents += int((day + u[hit] / p < end[hit]).sum())
        end[hit] = 0.0
        end = end[end > day + 1]
    return accidents


def mesa_agents(n: int, hazard: float, seed: int) -> int:
    """An agent per item in Mesa, a step per day; agents that ended are removed."""
    import mesa  # type: ignore[import-untyped]

    class Item(mesa.Agent):  # type: ignore[misc]
        def __init__(self, model: Field) -> None:
            super().__init__(model)
            self.end = min(model.random.expovariate(AGEING), DAYS)
            if model.random.random() >= SD_FAILS:
                self.end = min(self.end, SD_DAYS)

        def step(self) -> None:
            model = self.model
            u = model.random.random()
            if u < model.p:
                model.accidents += model.day + u / model.p < self.end
                self.remove()
            elif self.end <= model.day + 1:
                self.remove()

    class Field(mesa.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(seed=seed)
            self.accidents, self.day, self.p = 0, 0, -math.expm1(-hazard)
            Item.create_agents(self, n)

        def step(self) -> None:
            self.agents.do("step")
            self.day += 1

    field = Field()
    for _ in range(math.ceil(DAYS)):
        field.step()
    return int(field.accidents)


def simpy_processes(n: int, hazard: float, seed: int) -> int:
    """A SimPy process per item: it waits for its end or for somebody, whichever comes first."""
    import simpy

    rng, env, accidents = random.Random(seed), simpy.Environment(), [0]

    def item() -> Generator[Any, Any, None]:
        end = rng.expovariate(AGEING)
        if rng.random() >= SD_FAILS:
            end = min(end, SD_DAYS)
        met = rng.expovariate(hazard)
        yield env.timeout(min(met, end))
        accidents[0] += met < end

    for _ in range(n):
        env.process(item())
    env.run(until=DAYS)
    return accidents[0]
