"""P(an item has not been set off by a date) by adaptive quadrature, where nobody surveys, clears, learns or reports.

Straight from MODEL section 4: an item ages at a random age, its timer and its battery work or fail, and while it lies
there the hazard of its quarter acts, in full while it functions and by the inert weight afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.integrate import quad

from sim.scenario.schema import Family
from sim.world import World


class Survival:
    """m(t) of the items of a world with one cohort.

    Parameters
    ----------
    world : World
    """

    def __init__(self, world: World) -> None:
        frame = world.frame
        name, self._family = frame.families[0]
        self._draw = {key: world.draw[f"families.{name}.{key}"] for key in (
            "never_armed", "sd_failure", "sda_failure", "ageing_floor", "inert_hazard_weight")}
        self._scale = math.inf
        if self._family.ageing_half_life_years is not None:
            half_life = world.draw[f"families.{name}.ageing_half_life_years"] * 365.25
            self._scale = half_life / math.log(2.0) ** (1.0 / self._family.ageing_shape)
        low, high = world.date_slices[frame.cohorts[0].source, self._family.kind]
        self._laid = list(zip(world.dates[low:high], world.weights[low:high], strict=True))
        self._edges = frame.edges
        access = frame.stratum_access[frame.areas[frame.cohorts[0].area].stratum]
        pair = world.cohort_template["pair"][0]
        rates = world.base[pair, frame.step_season] * world.access.presence[access] * world.access.entry[access]
        self._met = np.concatenate([[0.0], np.cumsum(rates * np.diff(frame.edges))])

    def __call__(self, t: float) -> float:
        """P(not set off by t) of an item of the cohort, whenever it was laid."""
        return math.fsum(weight * self._of_one_date(float(laid), t) for laid, weight in self._laid)

    def _of_one_date(self, laid: float, t: float) -> float:
        if laid >= t:
            return 1.0
        unarmed = self._draw["never_armed"]
        return unarmed * self._lies(laid, t, 0.0) + (1.0 - unarmed) * self._armed(self._family, laid, t)

    def _armed(self, family: Family, laid: float, t: float) -> float:
        """Over whether timer and battery work, and over the moment of the timer."""
        batteries = [(1.0, math.inf)]
        if family.sda_days is not None:
            batteries = [(self._draw["sda_failure"], math.inf), (1.0 - self._draw["sda_failure"], family.sda_days)]
        total = 0.0
        for share, battery in batteries:
            if family.sd_hours is None:
                total += share * self._timed(laid, t, math.inf, battery)
                continue
            fails = self._draw["sd_failure"]
            low, high = family.sd_hours[0] / 24.0, family.sd_hours[-1] / 24.0
            total += share * fails * self._timed(laid, t, math.inf, battery)
            works = self._timed(laid, t, low, battery) if low == high else self._integral(
                lambda at, b=battery: self._timed(laid, t, at, b), low, high, laid, (battery, t - laid)) / (high - low)
            total += share * (1.0 - fails) * works
        return total

    def _timed(self, laid: float, t: float, timer: float, battery: float) -> float:
        """Over the age at which it stops functioning by ageing, timer and battery being given."""
        x = t - laid
        stop = min(timer, battery, x)
        floor, shape, scale = self._draw["ageing_floor"], self._family.ageing_shape, self._scale
        aged = 0.0
        if scale < math.inf:
            def density(age: float) -> float:
                rise = (age / scale) ** shape
                return (1.0 - floor) * shape * rise / age * math.exp(-rise) * self._lies(laid, t, age)

            aged = self._integral(density, 0.0, stop, laid, (), max(1.0, 1.0 / shape))
        functions = 1.0 if scale == math.inf else floor + (1.0 - floor) * math.exp(-((stop / scale) ** shape))
        if stop == x:
            return aged + functions * math.exp(-self._hazard(laid, laid + x))
        if timer <= battery:
            return aged + functions * math.exp(-self._hazard(laid, laid + timer))
        return aged + functions * self._lies(laid, t, battery)

    def _lies(self, laid: float, t: float, inert_at: float) -> float:
        """P(not set off by t), having stopped functioning at an age."""
        end = min(laid + inert_at, t)
        return math.exp(-self._hazard(laid, end) - self._draw["inert_hazard_weight"] * self._hazard(end, t))

    def _hazard(self, begin: float, end: float) -> float:
        """What a functioning item meets between two dates."""
        low, high = np.interp([begin, end], self._edges, self._met)
        return float(high - low)

    def _integral(self, f: Callable[[float], float], low: float, high: float, laid: float,
                  kinks: tuple[float, ...], power: float = 1.0) -> float:
        """Quadrature between the kinks: edges of quarters and those given, as ages. With age = y^power: a density with
        a pole at age 0 has none in y."""
        inner = sorted({float(a) for a in (*(self._edges - laid), *kinks) if low < a < high})
        marks = [age ** (1.0 / power) for age in (low, *inner, high)]
        return math.fsum(
            quad(lambda y: f(y**power) * power * y ** (power - 1.0), a, b, epsabs=1e-14, epsrel=1e-12)[0]
            for a, b in zip(marks[:-1], marks[1:], strict=True))
