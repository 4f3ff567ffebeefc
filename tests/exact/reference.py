"""A plain reference for the engine: one loop over every item, ordinary random numbers, nothing skipped.

Written from MODEL sections 4 to 8. It takes as inputs what is decided before chance begins (tables of hazard,
presence, entry and sighting; lay dates; mean numbers of items) and draws the rest item by item: number, site, life,
detectability, when somebody steps on it, when it is reported, when a sweep reaches it and sees it. The programme is
`sim.programme.run_programme` itself, which talks to a `PlainGround` as it does to a `GroundTruth`: what people and
planners learn feeds back on both sides.

An item carries two unit exponentials, drawn when it is laid: how much hazard it takes until somebody sets it off, and
how much sighting until a spot task destroys it. Rates are constant between the dates at which something changes, so
every date below is exact: there is no time step in which two things could happen at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from sim.core.ground import SurveyOutcome
from sim.core.records import CANCELLED, CLEARED, LATER, MAX_SWEEPS, MISSED, MOST_BESIDE, REDUCED, YEAR_DAYS
from sim.scenario.schema import Family
from sim.world import World
from sim.world.frame import KINDS

IN_GROUND, DETONATED, SWEPT, SPOTTED, GONE = range(5)
QUARTER = YEAR_DAYS / 4.0
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


@dataclass(frozen=True, slots=True)
class Accident:
    """One detonation with people."""

    date: float
    area: int
    cohort: int
    people: int
    killed: int
    reported_on: float  # infinity: never


class PlainGround:
    """One replicate, item by item, behind the methods of `sim.core.ground.GroundTruth`.

    Parameters
    ----------
    world : World
        For tables that no chance of a replicate decides.
    rng : numpy Generator
    replicate : int
        Address at which the programme finds chance of its own, such as the durations of tasks.
    """

    def __init__(self, world: World, rng: np.random.Generator, replicate: int) -> None:
        self.world, self.rng, self.replicate = world, rng, replicate
        self.eod = np.zeros(len(world.frame.edges) - 1)
        frame = world.frame
        self.edges: list[float] = frame.edges.tolist()
        self.now, self.step = self.edges[0], -1
        self.arrays = SimpleNamespace(areas=world.area_template)  # districts of the areas, which are no secret
        self.accidents: list[Accident] = []
        self.reports = np.zeros((len(frame.areas), len(self.edges) - 1), np.int64)
        self.learnt = [1.0] * len(frame.access)
        self.attended = 1.0
        self.years = [Year() for _ in frame.years]
        self._spot_known = np.zeros(len(frame.areas), np.int64)
        self._lots = [self._lots_of(name, spec) for name, spec in frame.families]
        self.areas = self._lay_everything()
        self.laid = sum(len(a.items) for a in self.areas)
        self._open_quarter(0)

    # -- what lies where (sections 4 and 6) ---------------------------------------------------------------

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

    def _lay_everything(self) -> list[Area]:
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
        if spec.sd_hours is not None and rng.random() >= rng.choice(self._lots[family]):
            at = rng.uniform(spec.sd_hours[0], spec.sd_hours[-1]) / 24.0
            if at <= end:
                return at, at
        return end, NEVER

    # -- time passes ------------------------------------------------------------------------------------

    def advance(self, until: float) -> None:
        """Let time pass; what people learn changes from one quarter to the next."""
        while self.step < len(self.edges) - 1 and self.edges[self.step + 1] <= until:
            edge = self.edges[self.step + 1]
            for a in range(len(self.areas)):
                self._pass(a, edge)
            years = self.world.frame.step_year
            last = self.step + 1 == len(years)
            if last or years[self.step + 1] != years[self.step]:
                self._close_year(int(years[self.step]), edge)
            if last:
                self.step += 1
            else:
                self._open_quarter(self.step + 1)
        self.now = max(self.now, until)

    def _open_quarter(self, step: int) -> None:
        """What people have learnt from reports so far, and which share of reports spot tasks can attend."""
        self.step = step
        draw, frame = self.world.draw, self.world.frame
        memory = 0.5 ** (QUARTER / (frame.scenario.exposure.memory_years * YEAR_DAYS))
        for access, residents in enumerate(frame.residents):
            known = 0.0
            for a, area in enumerate(self.areas):
                if area.access == access:
                    known += sum(int(n) * memory ** (step - 1 - q) for q, n in enumerate(self.reports[a, :step]))
            floor = draw["exposure.learning_floor"]
            per_100_000 = known * 1e5 / max(residents, 1.0)
            self.learnt[access] = floor + (1.0 - floor) * math.exp(
                -draw["exposure.learning_per_accident"] * per_100_000)
        self.attended = self._attended(step)

    def _attended(self, step: int) -> float:
        """Spot tasks that teams and money reach, against the reports of what lies in the ground."""
        capacity = float(self.eod[step])
        if capacity <= 0.0:
            return 0.0
        reports = sum(
            self.world.sighting[area.access, item.family, step]
            for area in self.areas for item in area.items
            if item.state == IN_GROUND and item.laid < self.edges[step])
        return min(1.0, capacity / reports) if reports > 0.0 else 1.0

    def _entry(self, area: Area) -> float:
        """Entry to suspected land of an area in this quarter (section 5)."""
        entry = self.world.access.entry[area.access, self.step] * self.learnt[area.access]
        since = self.edges[self.step] - area.marked
        if since >= 0.0:
            half_life = self.world.frame.scenario.exposure.marking_half_life_years * YEAR_DAYS
            entry *= 1.0 - self.world.draw["exposure.marking_effect"] * 0.5 ** (since / half_life)
        return float(entry)

    def _branch(self, area: Area, item: Item) -> int:
        """Where an item ended up: its site's branch, what technical survey left outside, what was laid later."""
        branch = area.branch_of_site[item.site]
        if branch == CLEARED and item.outside:
            return REDUCED
        return LATER if branch == CLEARED and item.laid > area.first_sweep else branch

    def _pass(self, a: int, until: float) -> None:
        """Every item of an area lives on to a date within the quarter."""
        area = self.areas[a]
        since, area.clock = area.clock, until
        if until <= since:
            return
        world, step = self.world, self.step
        season, presence = world.frame.step_season[step], world.access.presence[area.access, step]
        entry = self._entry(area)
        for item in area.items:
            sighting = float(world.sighting[area.access, item.family, step] * self.attended)
            if item.state != IN_GROUND or item.laid >= until:
                continue
            pair = world.cohort_template["pair"][item.cohort]
            free = area.surveyed and area.released.get(self._branch(area, item), NEVER) <= since
            hazard = world.base[pair, season] * presence * (1.0 if free else entry)
            beside = min(world.bystander[pair, season] * presence * entry, MOST_BESIDE)
            self._live(a, item, max(since, item.laid), until, float(hazard), float(beside), sighting)

    def _live(self, a: int, item: Item, since: float, until: float, hazard: float, beside: float,
              sighting: float) -> None:
        """One item while nothing around it changes: what comes first, if anything comes at all."""
        spotted_on = since + item.sighting_left / sighting if sighting > 0.0 else NEVER
        stop, state = until, IN_GROUND
        for date, what in ((item.gone, GONE), (item.swept_on, SWEPT), (spotted_on, SPOTTED)):
            if date < stop:
                stop, state = date, what
        item.sighting_left -= sighting * (stop - since)
        weight = self.world.draw[f"families.{self.world.frame.families[item.family][0]}.inert_hazard_weight"]
        turns = min(max(item.inactive, since), stop)
        for begin, end, rate in ((since, turns, hazard), (turns, stop, weight * hazard)):
            if rate * (end - begin) >= item.hazard_left > 0.0 and rate > 0.0:
                self._accident(a, item, begin + item.hazard_left / rate)
                return
            item.hazard_left -= rate * (end - begin)
        item.state = state
        item.known = state != SWEPT
        if state == GONE and self.rng.random() < beside:
            self._accident(a, item, stop)

    def _accident(self, a: int, item: Item, date: float) -> None:
        """People are hurt; it is reported as a whole or not at all, after a delay (sections 5 and 8)."""
        item.state = DETONATED
        world, rng = self.world, self.rng
        name = f"families.{world.frame.families[item.family][0]}"
        people = 1 + int(rng.poisson(world.draw[f"{name}.casualties_per_accident"] - 1.0))
        reported_on = NEVER
        if rng.random() < world.access.reporting[self.areas[a].access, self.step]:
            reported_on = date + rng.exponential(world.draw["reporting.delay_days"])
            if reported_on < self.edges[-1]:
                self.reports[a, int(np.searchsorted(self.edges, reported_on, "right")) - 1] += 1
        killed = int(rng.binomial(people, world.draw[f"{name}.case_fatality"]))
        self.accidents.append(Accident(date, a, item.cohort, people, killed, reported_on))

    def _close_year(self, year: int, date: float) -> None:
        """What lies in the ground at a year's end; what a pass under way has taken is not known yet."""
        out = self.years[year]
        for a, area in enumerate(self.areas):
            self._spot_known[a] = sum(item.state == SPOTTED for item in area.items)
            for item in area.items:
                here = item.state == IN_GROUND or not item.known
                then = min(date, item.swept_on) if not item.known else date  # as it was when it was taken
                out.active += here and item.laid < date and then < item.inactive
                out.inert += here and item.laid < date and then >= item.inactive
                out.gone += item.state == GONE
                out.spot += item.state == SPOTTED
                out.found += item.state in (SWEPT, SPOTTED) and item.known

    # -- what the programme asks for (section 7) ----------------------------------------------------------

    def non_technical_survey(self, area: int, sensitivity: float, specificity: float, indirect: float) -> SurveyOutcome:
        """NTS looks at every site."""
        self._pass(area, self.now)
        rng, land = self.rng, self.areas[area]
        land.surveyed = True
        for site in range(land.contaminated):
            if rng.random() >= sensitivity:
                land.branch_of_site[site] = MISSED
            elif rng.random() < indirect:
                land.suspected.append(site)
            else:
                land.confirmed += 1
        for _ in range(land.sites - land.contaminated):
            if rng.random() >= specificity:
                if rng.random() < indirect:
                    land.empty_suspected += 1
                else:
                    land.empty_confirmed += 1
        suspected = len(land.suspected) + land.empty_suspected
        confirmed = land.confirmed + land.empty_confirmed
        return SurveyOutcome(land.sites - suspected - confirmed, suspected, confirmed)

    def start_on_record(self, area: int) -> int:
        """All sites are SHA."""
        self._pass(area, self.now)
        land = self.areas[area]
        land.surveyed = True
        land.suspected = list(range(land.contaminated))
        land.empty_suspected = land.sites - land.contaminated
        return land.sites

    def resurvey(self, area: int, sensitivity: float, specificity: float) -> SurveyOutcome:
        """Every suspected site is cancelled or confirmed."""
        self._pass(area, self.now)
        rng, land = self.rng, self.areas[area]
        sites = len(land.suspected) + land.empty_suspected
        confirmed = 0
        for site in land.suspected:
            if rng.random() < sensitivity:
                confirmed += 1
            else:
                land.branch_of_site[site] = CANCELLED
        false = sum(rng.random() >= specificity for _ in range(land.empty_suspected))
        land.confirmed += confirmed
        land.empty_confirmed += false
        land.suspected, land.empty_suspected = [], 0
        return SurveyOutcome(sites - confirmed - false, 0, confirmed + false)

    def technical_survey(self, area: int, sensitivity: float, specificity: float, kept: float) -> float:
        """Some items of confirmed sites lie outside the land that is kept."""
        self._pass(area, self.now)
        rng, land = self.rng, self.areas[area]
        for item in land.items:
            item.outside = rng.random() >= sensitivity
        false = sum(rng.random() >= specificity for _ in range(land.empty_confirmed))
        sites = land.confirmed + land.empty_confirmed
        return (land.confirmed * kept + false) / sites if sites else 0.0

    def use_methods(self, detection: np.ndarray, weights: np.ndarray) -> None:
        """P(detected by a pass) and shares of classes, (method, kind, class)."""
        self._detection, self._weights = detection, weights

    def use_eod(self, items_per_day: np.ndarray) -> None:
        """Spot tasks that can be attended in each quarter."""
        self.eod = items_per_day
        self.attended = self._attended(self.step)

    def begin_sweep(self, area: int, until: float, method: int) -> None:
        """A pass begins: it will reach every item at its place, and see it or not."""
        self._pass(area, self.now)
        land = self.areas[area]
        if land.classes is None:
            land.first_sweep, land.classes = self.now, np.cumsum(self._weights[method], axis=1)
        land.passes += 1
        for item in land.items:
            if item.state == IN_GROUND and item.laid <= land.first_sweep and (
                    self._branch(land, item) == CLEARED):
                shares = land.classes[item.kind]
                group = min(int(np.searchsorted(shares, item.detectability, "right")), len(shares) - 1)
                if self.rng.random() < self._detection[method, item.kind, group]:
                    item.swept_on = self.now + item.place * (until - self.now)

    def end_sweep(self, area: int) -> list[int]:
        """The pass ends: finds by kind."""
        self._pass(area, self.now)
        finds = [0] * len(KINDS)
        for item in self.areas[area].items:
            if item.state == IN_GROUND and item.swept_on <= self.now:
                item.state = SWEPT  # the very last one
                item.known = False
            if not item.known:
                item.known = True
                finds[item.kind] += 1
        return finds

    def sweeps_left(self, area: int) -> int:
        """Passes that can still be made."""
        return MAX_SWEEPS - self.areas[area].passes

    def release(self, area: int, branch: int) -> None:
        """People use this part of the area fully."""
        self._pass(area, self.now)
        self.areas[area].released[branch] = self.now
        if branch == CLEARED:
            self.areas[area].released[LATER] = self.now

    def mark(self, area: int) -> None:
        """Marking, which acts from the next quarter on."""
        self._pass(area, self.now)
        self.areas[area].marked = self.now

    def reported_accidents(self, step: int, quarters: int) -> list[int]:
        """Accidents by area whose report came in the last quarters before one that has begun."""
        recent: list[int] = self.reports[:, max(step - quarters, 0): step].sum(axis=1).tolist()
        return recent

    def spot_finds(self) -> np.ndarray:
        """Spot tasks so far, as known at the last year's end, (area,) int64."""
        return self._spot_known.copy()


@dataclass(slots=True)
class Year:
    """Items at a year's end."""

    active: int = 0
    inert: int = 0
    gone: int = 0
    spot: int = 0
    found: int = 0
