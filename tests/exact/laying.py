"""What lies where before time passes, item by item (MODEL sections 4 and 6): for the plain reference simulator."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from sim.core.records import CLEARED, YEAR_DAYS
from sim.scenario.detection import KINDS
from sim.scenario.schema import Family
from sim.world import World

IN_GROUND, DETONATED, SWEPT, SPOTTED, GONE = range(5)
NEVER = math.inf


@dataclass(slots=True)
class Item:
    """One piece of ordnance: its facts, and what has become of it."""

    cohort: int
    family: int
    kind: int
    site: int  # number of the contaminated site it lies in
    laid: float
    inactive: float  # date from which it no longer functions
    gone: float  # date of self-destruction
    hazard_left: float  # until somebody sets it off
    sighting_left: float  # until a spot task destroys it
    place: float  # where in a sweep
    detectability: float  # uniform, decides its class
    outside: bool = False  # of what technical survey keeps
    swept_on: float = NEVER  # date on which the pass under way reaches and sees it
    state: int = IN_GROUND
    known: bool = True  # False: taken by a pass that has not ended


@dataclass(slots=True)
class Area:
    """A hazard area: its items, the sites that hold some, and what survey and clearance did to them."""

    items: list[Item]
    sites: int
    contaminated: int
    access: int
    clock: float
    surveyed: bool = False
    branch_of_site: list[int] = field(default_factory=list)
    suspected: list[int] = field(default_factory=list)  # sites with items that are SHA
    confirmed: int = 0  # sites with items that are CHA
    empty_suspected: int = 0
    empty_confirmed: int = 0
    released: dict[int, float] = field(default_factory=dict)
    marked: float = NEVER
    first_sweep: float = NEVER
    classes: np.ndarray | None = None  # cumulated shares of detectability classes, (kind, class)
    passes: int = 0
    pass_dates: tuple[float, float] = (NEVER, NEVER)  # of the pass under way
    cohorts: set[int] = field(default_factory=set)  # of its items

    def is_free(self, branch: int, now: float) -> bool:
        """Whether people use a part of it as open land."""
        return self.surveyed and self.released.get(branch, NEVER) <= now


class Laying:
    """Draws every item of a replicate.

    Parameters
    ----------
    world : World
    rng : numpy Generator
    now : float
        Start of the run [days]; what has self-destructed by then is gone.
    """

    def __init__(self, world: World, rng: np.random.Generator, now: float) -> None:
        self.world, self.rng, self.now = world, rng, now
        self.lots = [self._lots_of(name, spec) for name, spec in world.frame.families]

    def _lots_of(self, name: str, spec: Family) -> np.ndarray:
        """Failure probability of the timers of each lot."""
        if spec.sd_hours is None:
            return np.ones(1)
        mean = self.world.draw[f"families.{name}.sd_failure"]
        if spec.lot_correlation == 0.0 or not 0.0 < mean < 1.0:
            return np.full(spec.lots, mean)
        k = 1.0 / spec.lot_correlation - 1.0
        return np.asarray(self.rng.beta(mean * k, (1.0 - mean) * k, spec.lots))

    def _numbers(self) -> np.ndarray:
        """Items by cohort: Poisson around a Gamma mean; a broken pledge moves transferred devices."""
        world, rng = self.world, self.rng
        factor = [rng.gamma(1.0 / v, v) if v > 0.0 else 1.0 for v in world.frame.clustering]
        number = np.zeros(len(world.means), np.int64)
        rows: dict[tuple[str, ...], list[int]] = {}
        for c, cohort in enumerate(world.frame.cohorts):
            rows.setdefault(cohort.items, []).append(c)
        for cohorts in rows.values():
            first = cohorts[0]
            number[first] = rng.poisson(world.means[first] * factor[world.frame.cluster_of[first]])
            for town in (c for c in cohorts if world.frame.cohorts[c].moved):
                field_of_town = next(c for c in cohorts if not world.frame.cohorts[c].moved)
                everything = number[first]
                compliance = world.draw[f"transfers.{world.frame.cohorts[town].source}.compliance"]
                number[town] = rng.binomial(everything, 1.0 - compliance)
                number[field_of_town] = everything - number[town]
        return number

    def areas(self) -> list[Area]:
        """All areas with what lies in them."""
        world, rng, frame = self.world, self.rng, self.world.frame
        share = world.draw["programme.survey.contaminated_share"]
        areas = []
        for a, row in enumerate(world.area_template):
            sites = int(row["sites"])
            holds = sites if frame.is_polygon[a] else int(rng.binomial(sites, share))
            areas.append(Area([], sites, holds, int(row["access"]), self.now))
        numbers = self._numbers()
        for c, cohort in enumerate(frame.cohorts):
            area = areas[cohort.area]
            if numbers[c] > 0 and area.sites > 0:
                area.contaminated = max(area.contaminated, 1)
        for c, cohort in enumerate(frame.cohorts):
            for _ in range(numbers[c]):
                areas[cohort.area].items.append(self._item(c, areas[cohort.area]))
                areas[cohort.area].cohorts.add(c)
        for area in areas:
            area.branch_of_site = [CLEARED] * area.contaminated
        return areas

    def _item(self, c: int, area: Area) -> Item:
        rng, frame = self.rng, self.world.frame
        cohort = frame.cohorts[c]
        name, spec = frame.families[cohort.family]
        low, high = self.world.date_slices[cohort.source, spec.kind]
        laid = float(rng.choice(self.world.dates[low:high], p=self.world.weights[low:high]))
        end, gone = self._life(cohort.family, name, spec)
        item = Item(
            c, cohort.family, KINDS.index(spec.kind), int(rng.integers(max(area.contaminated, 1))), laid, laid + end,
            laid + gone, rng.exponential(), rng.exponential(), rng.random(), rng.random())
        if item.gone < self.now:
            item.state = GONE
        return item

    def _life(self, family: int, name: str, spec: Family) -> tuple[float, float]:
        """Ages at which an item stops functioning and at which it is gone (section 4)."""
        rng, draw, path = self.rng, self.world.draw, f"families.{name}"
        if rng.random() < draw[f"{path}.never_armed"]:
            return 0.0, NEVER
        end = NEVER
        if spec.ageing_half_life_years is not None and rng.random() >= draw[f"{path}.ageing_floor"]:
            scale = draw[f"{path}.ageing_half_life_years"] * YEAR_DAYS / math.log(2.0) ** (1.0 / spec.ageing_shape)
            end = scale * rng.weibull(spec.ageing_shape)
        if spec.sda_days is not None and rng.random() >= draw[f"{path}.sda_failure"]:
            end = min(end, spec.sda_days)
        if spec.sd_hours is not None and rng.random() >= rng.choice(self.lots[family]):
            at = rng.uniform(spec.sd_hours[0], spec.sd_hours[-1]) / 24.0
            if at <= end:
                return at, at
        return end, NEVER
