"""A plain reference for the engine: one loop over every item, ordinary random numbers, nothing skipped.

Written from MODEL sections 4 to 8. It takes as inputs what is decided before chance begins (tables of hazard, presence,
entry and sighting; lay dates; mean numbers of items), which `test_tables.py` holds against MODEL, and draws the rest
item by item: number, site, life, detectability, when somebody steps on it, when it is reported, when a sweep reaches it
and sees it. The programme is `sim.programme.run_programme` itself, which talks to a `PlainGround` as it does to a
`GroundTruth`: what people and planners learn feeds back on both sides.

An item carries two unit exponentials, drawn when it is laid: how much hazard it takes until somebody sets it off, and
how much sighting until a spot task destroys it. Rates are constant between the dates at which something changes, so
every date below is exact: there is no time step in which two things could happen at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from sim.core.ground import SurveyOutcome
from sim.core.records import CANCELLED, CLEARED, LATER, MAX_SWEEPS, MISSED, MOST_BESIDE, REDUCED, YEAR_DAYS
from sim.scenario.detection import KINDS
from sim.world import World

from .forecast import Forecast
from .laying import DETONATED, GONE, IN_GROUND, NEVER, SPOTTED, SWEPT, Area, Item, Laying

QUARTER = YEAR_DAYS / 4.0


@dataclass(frozen=True, slots=True)
class Accident:
    """One detonation with people."""

    date: float
    area: int
    cohort: int
    people: int
    by_group: tuple[int, ...]  # women, men, girls, boys
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
        self.taught = np.ones_like(world.access.entry)
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
        laying = Laying(world, rng, self.now)
        self.areas, self._lots = laying.areas(), laying.lots
        self.forecast: Forecast | None = None
        self.laid = sum(len(a.items) for a in self.areas)
        self._open_quarter(0)

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
        """Spot tasks that teams and money reach, against the reports that are forecast (section 7)."""
        capacity = float(self.eod[step])
        if capacity <= 0.0:
            return 0.0
        reports = self._reports(step) if self.forecast else 0.0
        return min(1.0, capacity / reports) if reports > 0.0 else 1.0

    def _reports(self, step: int) -> float:
        """Reports a day to be expected in a quarter."""
        assert self.forecast is not None
        return self.forecast.reports(self.world.sighting[:, :, step], self.edges[step])

    def _entry(self, area: Area) -> float:
        """Entry to suspected land of an area in this quarter (section 5)."""
        entry = self.world.access.entry[area.access, self.step] * self.learnt[area.access]
        entry *= self.taught[area.access, self.step]
        since = self.edges[self.step] - area.marked
        if since >= 0.0:
            half_life = self.world.draw["exposure.marking_half_life_years"] * YEAR_DAYS
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
        entry = self._entry(area)
        rates = {c: self._rates(area, c, entry) for c in area.cohorts}
        if self.forecast:
            self.forecast.live(a, since, until, entry, rates)
        for item in area.items:
            if item.state != IN_GROUND or item.laid >= until:
                continue
            hazard, beside, sighting = rates[item.cohort]
            hazard *= 1.0 if area.is_free(self._branch(area, item), since) else entry
            self._live(a, item, max(since, item.laid), until, hazard, beside, sighting)

    def _rates(self, area: Area, cohort: int, entry: float) -> tuple[float, float, float]:
        """Of a cohort in this quarter: hazard on open land, P(somebody beside a self-destruction), spot tasks."""
        world, step, row = self.world, self.step, self.world.cohort_template[cohort]
        season, presence = world.frame.step_season[step], world.access.presence[area.access, step]
        beside = min(world.bystander[row["pair"], season] * presence * entry, MOST_BESIDE)
        sighting = world.sighting[area.access, row["family"], step] * self.attended
        return float(world.base[row["pair"], season] * presence), float(beside), float(sighting)

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
        pair = world.cohort_template["pair"][item.cohort]
        shares = np.diff(world.groups[pair, world.frame.step_season[self.step]], prepend=0.0)
        by_group = tuple(rng.multinomial(people, shares / shares.sum()).tolist())
        self.accidents.append(Accident(date, a, item.cohort, people, by_group, killed, reported_on))

    def _close_year(self, year: int, date: float) -> None:
        """What lies in the ground at a year's end; what a pass under way has taken is not known yet."""
        out = self.years[year]
        for a, area in enumerate(self.areas):
            if self.forecast:
                self.forecast.count_finds(a, pass_ends=False)
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
        self._split(area, CLEARED, MISSED, land.branch_of_site.count(MISSED), land.contaminated)
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
        confirmed, looked_at = 0, land.branch_of_site.count(CLEARED)
        for site in land.suspected:
            if rng.random() < sensitivity:
                confirmed += 1
            else:
                land.branch_of_site[site] = CANCELLED
        self._split(area, CLEARED, CANCELLED, len(land.suspected) - confirmed, looked_at)
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
        self._split(area, CLEARED, REDUCED, 1.0 - sensitivity, 1.0)
        false = sum(rng.random() >= specificity for _ in range(land.empty_confirmed))
        sites = land.confirmed + land.empty_confirmed
        return (land.confirmed * kept + false) / sites if sites else 0.0

    def _split(self, area: int, source: int, target: int, part: float, whole: float) -> None:
        """The forecast knows which part of the sites, or of what lies in them, is where."""
        if self.forecast and whole > 0.0:
            self.forecast.split(area, source, target, part / whole)

    def use_methods(self, detection: np.ndarray, weights: np.ndarray) -> None:
        """P(detected by a pass) and shares of classes, (method, kind, class)."""
        self._detection, self._weights = detection, weights

    def use_eod(self, items_per_day: np.ndarray) -> None:
        """Spot tasks that can be attended in each quarter."""
        self.eod = items_per_day
        most = self.laid * float(self.world.sighting.max())
        if np.any((items_per_day > 0.0) & (items_per_day < most)):  # otherwise all reports are attended, or none
            self.forecast = Forecast(self.world, self.areas, self._lots, self.now)
        self.attended = self._attended(self.step)

    def use_education(self, entry: np.ndarray) -> None:
        """Factor on entry to suspected land by risk education."""
        self.taught = entry

    def begin_sweep(self, area: int, until: float, method: int) -> None:
        """A pass begins: it will reach every item at its place, and see it or not."""
        self._pass(area, self.now)
        land = self.areas[area]
        if land.classes is None:
            land.first_sweep, land.classes = self.now, np.cumsum(self._weights[method], axis=1)
        land.passes += 1
        land.pass_dates = self.now, until
        if self.forecast:
            self.forecast.begin_pass(area, self._detection[method], self._weights[method])
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
        self.areas[area].pass_dates = NEVER, NEVER
        if self.forecast:
            self.forecast.count_finds(area, pass_ends=True)
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

    def take_back(self, area: int, branch: int) -> None:
        """Suspected again."""
        self._pass(area, self.now)
        for part in (branch, LATER) if branch == CLEARED else (branch,):
            del self.areas[area].released[part]

    def unmark(self, area: int) -> None:
        """Marking is gone from the next quarter on."""
        self._pass(area, self.now)
        self.areas[area].marked = NEVER

    def mark(self, area: int) -> None:
        """Marking, which acts from the next quarter on."""
        self._pass(area, self.now)
        self.areas[area].marked = self.now

    def reported_accidents(self, step: int, quarters: int) -> np.ndarray:
        """Accidents whose report came in the last quarters before one that has begun, (area,) int64."""
        recent: np.ndarray = self.reports[:, max(step - quarters, 0): step].sum(axis=1)
        return recent

    def spot_finds(self) -> np.ndarray:
        """Spot tasks so far, as known at the last year's end, (area,) int64."""
        return self._spot_known.copy()

    # -- what is compared -----------------------------------------------------------------------------------

    def left_in_cleared_land(self) -> int:
        """Items in land that was cleared and handed over."""
        return sum(
            item.state == IN_GROUND and item.laid < self.now and self._branch(area, item) == CLEARED
            for area in self.areas if CLEARED in area.released for item in area.items)


@dataclass(slots=True)
class Year:
    """Items at a year's end."""

    active: int = 0
    inert: int = 0
    gone: int = 0
    spot: int = 0
    found: int = 0
