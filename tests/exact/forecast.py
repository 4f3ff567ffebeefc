"""How many items are forecast to lie in the ground when spot tasks are shared out (MODEL section 7, *Spot tasks*).

For the plain simulator, and as plain: a cohort is a crowd of imagined items, one for each mixture of lay date and life
that section 4 allows, each with its probability. They live through the history of their area beside the real ones and
lose probability to people, spot tasks and passes. Nothing of the engine is called.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sim.core.records import CLEARED, LATER, N_BRANCHES, YEAR_DAYS
from sim.scenario.schema import Family
from sim.world import World

from .laying import DETONATED, NEVER, SPOTTED, SWEPT, Area, Item

PIECE_DAYS = 20.0  # while a pass takes its share

Rates = dict[int, tuple[float, float, float]]


class Forecast:
    """Of what lies in the ground, by what is known: numbers laid, accidents, and finds once they are counted.

    Parameters
    ----------
    world : World
    areas : list of Area
        As laid. Of their items only what has become known is looked at.
    lots : list of (lot,) float64
        Failure probability of the timers of each lot, by family.
    start : float
        Start of the run [days].
    """

    def __init__(self, world: World, areas: list[Area], lots: list[np.ndarray], start: float) -> None:
        self._areas = areas
        self._items: dict[int, list[Item]] = {}
        for area in areas:
            for item in area.items:
                self._items.setdefault(item.cohort, []).append(item)
        cohorts = world.frame.cohorts
        self._area_of = {c: cohorts[c].area for c in self._items}
        self._family_of = {c: cohorts[c].family for c in self._items}
        self._crowds = {c: Crowd(world, c, float(lots[cohorts[c].family].mean()), start) for c in self._items}
        self._found = dict.fromkeys(self._items, 0)

    def reports(self, sighting: np.ndarray, now: float) -> float:
        """Reports a day to be expected; ``sighting``: (access, family), before it is known how many are attended."""
        total = 0.0
        for c, items in self._items.items():
            left = len(items) - self._found[c] - sum(item.state == DETONATED for item in items)
            if left > 0:
                rate = sighting[self._areas[self._area_of[c]].access, self._family_of[c]]
                total += left * self._crowds[c].share_in_ground(now) * rate
        return total

    def count_finds(self, a: int, pass_ends: bool) -> None:
        """What was found in an area becomes known: at a year's end, and at the end of a pass."""
        for c, crowd in self._of(a):
            crowd.become_known(pass_ends)
            self._found[c] = sum(item.state in (SPOTTED, SWEPT) and item.known for item in self._items[c])

    def live(self, a: int, since: float, until: float, entry: float, rates: Rates) -> None:
        """Time passes in an area; ``rates`` of a cohort: hazard on open land, P(beside), spot tasks."""
        area = self._areas[a]
        for c, crowd in self._of(a):
            open_hazard, beside, sighting = rates[c]
            crowd.live(since, until, [
                open_hazard * (1.0 if area.is_free(branch, since) else entry) for branch in range(N_BRANCHES)],
                beside, sighting, area.pass_dates)

    def split(self, a: int, source: int, target: int, share: float) -> None:
        """Survey moves a share of one branch to another."""
        for _, crowd in self._of(a):
            crowd.split(source, target, share)

    def begin_pass(self, a: int, detection: np.ndarray, shares: np.ndarray) -> None:
        """P(detected), (kind, class); the first pass says which share of the items is in which class."""
        area = self._areas[a]
        for c, crowd in self._of(a):
            kind = self._items[c][0].kind
            crowd.detected = detection[kind].tolist()
            if area.passes == 1:
                crowd.sort_by_detectability(shares[kind].tolist(), area.first_sweep)

    def _of(self, a: int) -> list[tuple[int, Crowd]]:
        return [(c, crowd) for c, crowd in self._crowds.items() if self._area_of[c] == a]


class Crowd:
    """Imagined items of one cohort.

    Parameters
    ----------
    world : World
        For lay dates and parameters.
    cohort : int
    fails : float
        Share of timers that fail: mean of the lots.
    start : float
        Start of the run [days].
    points : int
        Ages that stand for each continuous law: ageing, moment of the timer.
    """

    def __init__(self, world: World, cohort: int, fails: float, start: float, points: int = 24) -> None:
        named = world.frame.cohorts[cohort]
        name, spec = world.frame.families[named.family]
        low, high = world.date_slices[named.source, spec.kind]
        lives = np.array(list(_lives(world, name, spec, fails, points)))  # (life, 3)
        self.laid = np.repeat(world.dates[low:high], len(lives))
        chance, inactive, gone = np.tile(lives, (high - low, 1)).T
        self.inactive, self.gone = self.laid + inactive, self.laid + gone
        self.parts: list[tuple[int, int]] = [(CLEARED, 0)]  # branch and class of detectability of each column
        chance = np.repeat(world.weights[low:high], len(lives)) * chance
        self.chance = np.where(self.gone < start, 0.0, chance)[:, None]
        self.weight = float(world.draw[f"families.{name}.inert_hazard_weight"])
        self.self_destructed = float(chance[self.gone < start].sum())
        self.detected: Sequence[float] = ()  # by the pass under way, by class of detectability
        self.spotted = self.taken = 0.0  # found by spot tasks and by the pass under way: not yet known

    def share_in_ground(self, now: float) -> float:
        """P(laid and in the ground | neither detonated nor known to be found)."""
        there = float(self.chance[self.laid < now].sum())
        return there / (float(self.chance.sum()) + self.self_destructed + self.spotted + self.taken)

    def live(self, since: float, until: float, hazard: list[float], beside: float, sighting: float,
             pass_dates: tuple[float, float]) -> None:
        """Time passes around them.

        Parameters
        ----------
        since, until : float
            Dates [days].
        hazard : list of float
            By branch [1/day].
        beside, sighting : float
            P(somebody stands beside a self-destruction); spot tasks [1/day].
        pass_dates : (float, float)
            Begin and end of the pass under way; infinity: none.
        """
        pieces = 1 if pass_dates[0] == NEVER else math.ceil((until - since) / PIECE_DAYS)
        for begin, end in zip(*_ends(since, until, pieces), strict=True):
            stop = np.clip(self.gone, begin, end)
            lies = np.maximum(stop - np.maximum(self.laid, begin), 0.0)
            works = np.minimum(np.maximum(np.minimum(self.inactive, stop) - np.maximum(self.laid, begin), 0.0), lies)
            stays = (self.gone <= begin) | (self.gone > end)
            fates = {rate: self._fate(rate, sighting, works, lies - works) for rate in {*hazard}}
            for column, (branch, group) in enumerate(self.parts):
                left_before, left_after = self._left(branch, group, begin, end, *pass_dates)
                untouched, sighted = fates[hazard[branch]]
                there = self.chance[:, column]
                lives_on = left_before * there * untouched
                after = lives_on * stays
                self.taken += float((1.0 - left_before) * there.sum() + (1.0 - left_after) * after.sum())
                self.spotted += float(left_before * (there @ sighted))
                self.self_destructed += (1.0 - beside) * float(lives_on.sum() - after.sum())
                self.chance[:, column] = left_after * after

    def _fate(self, hazard: float, sighting: float, works: np.ndarray, rests: np.ndarray) -> tuple[
            np.ndarray, np.ndarray]:
        """P(neither set off nor sighted), P(sighted) while it functions for some days and then lies inert for some."""
        neither, sighted = _one_of_two(hazard, sighting, works)
        then, later = _one_of_two(self.weight * hazard, sighting, rests)
        return neither * then, sighted + neither * later

    def _left(self, branch: int, group: int, begin: float, end: float, first: float, last: float) -> tuple[
            float, float]:
        """What a pass leaves of those in its way in the first and in the second half of a time."""
        if branch != CLEARED or first == NEVER:
            return 1.0, 1.0
        before, after = (1.0 - self.detected[group] * (date - first) / (last - first) for date in (begin, end))
        half = (before + after) / 2.0
        return (half / before, after / half) if half > 0.0 else (1.0, 1.0)

    def become_known(self, pass_ends: bool) -> None:
        """What spot tasks have found is counted, and what a pass has, if it ends."""
        self.spotted = 0.0
        if pass_ends:
            self.taken = 0.0

    def split(self, source: int, target: int, share: float) -> None:
        """Survey moves a share of one branch to another."""
        for column in [k for k, (branch, _) in enumerate(self.parts) if branch == source]:
            moved = self.chance[:, column] * share
            self.chance[:, column] -= moved
            self._put(target, 0, moved)

    def sort_by_detectability(self, shares: Sequence[float], now: float) -> None:
        """The first pass begins: classes differ from here on, and what is laid later is not looked for."""
        looked_for = np.where(self.laid <= now, self.chance[:, 0], 0.0)
        self._put(LATER, 0, self.chance[:, 0] - looked_for)
        self.chance[:, 0] = looked_for * shares[0]
        for group in range(1, len(shares)):
            self._put(CLEARED, group, looked_for * shares[group])

    def _put(self, branch: int, group: int, chance: np.ndarray) -> None:
        if (branch, group) not in self.parts:
            self.parts.append((branch, group))
            self.chance = np.column_stack([self.chance, np.zeros(len(self.laid))])
        self.chance[:, self.parts.index((branch, group))] += chance


def _ends(since: float, until: float, pieces: int) -> tuple[list[float], list[float]]:
    marks = np.linspace(since, until, pieces + 1).tolist()
    return marks[:-1], marks[1:]


def _one_of_two(rate: float, other: float, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """P(neither of two things happens), P(the second comes first) within some days."""
    neither = np.exp(-(rate + other) * days)
    return neither, (1.0 - neither) * (other / (rate + other) if other > 0.0 else 0.0)


def _lives(world: World, name: str, spec: Family, fails: float, points: int) -> list[tuple[float, float, float]]:
    """Probability, age at which it stops functioning, age at which it is gone (section 4)."""
    draw, path = world.draw, f"families.{name}"
    evenly = (np.arange(points) + 0.5) / points
    across = (np.arange(points) * (math.sqrt(5.0) - 1.0) / 2.0 + 0.5) % 1.0  # pairs with `evenly` fill the square
    unarmed = draw[f"{path}.never_armed"]
    ages: list[tuple[float, np.ndarray]] = [(1.0, np.array([NEVER]))]
    if spec.ageing_half_life_years is not None:
        scale = draw[f"{path}.ageing_half_life_years"] * YEAR_DAYS / math.log(2.0) ** (1.0 / spec.ageing_shape)
        floor = draw[f"{path}.ageing_floor"]
        ages = [(floor, np.array([NEVER])), (1.0 - floor, scale * (-np.log(across)) ** (1.0 / spec.ageing_shape))]
    timers: list[tuple[float, np.ndarray]] = [(1.0, np.array([NEVER]))]
    if spec.sd_hours is not None:
        low, high = spec.sd_hours[0] / 24.0, spec.sd_hours[-1] / 24.0
        timers = [(fails, np.array([NEVER])), (1.0 - fails, low + (high - low) * evenly)]
    batteries = [(1.0, NEVER)]
    if spec.sda_days is not None:
        works = 1.0 - draw[f"{path}.sda_failure"]
        batteries = [(1.0 - works, NEVER), (works, spec.sda_days)]
    out = [(unarmed, 0.0, NEVER)]
    for p_age, aged in ages:
        for p_timer, timer in timers:
            for p_battery, battery in batteries:
                each = (1.0 - unarmed) * p_age * p_timer * p_battery / max(len(aged), len(timer))
                for end, at in np.broadcast(np.minimum(aged, battery), timer):
                    out.append((each, min(end, at), at if at <= end and at < NEVER else NEVER))
    return [life for life in out if life[0] > 0.0]
