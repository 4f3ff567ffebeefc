"""What chance never touches, written down once more from MODEL sections 3 to 8: people. Loops and dictionaries.

From the scenario and the values of one parameter draw alone: nothing that builds the engine's tables, or the plain
simulator's, is used. Every table is a dictionary by names, so that two of them can be compared whatever their order.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sim.scenario import catalogue_families
from sim.scenario.schema import Activity, Family, Scenario, Stratum

GROUPS = "women", "men", "girls", "boys"
SEASONS = range(4)
YEAR = 365.25  # days
QUARTER = YEAR / 4
WALKED_IN_A_DAY = 72_000.0  # m, at 3 km/h (section 4)

Zone = tuple[str, str]  # district, zone
Place = tuple[str, str, str]  # district, zone, land use
Table = dict[tuple[object, ...], float]
NOBODY = math.nan
"""Share of those hurt where nobody can be."""


class Quarter(NamedTuple):
    """A step of the run [days]; ``whole_end`` is the quarter's end even where the run ends before."""

    begin: float
    end: float
    whole_end: float

    @property
    def middle(self) -> float:
        """Date at which its values hold."""
        return (self.begin + self.whole_end) / 2


def days(date: dt.date) -> float:
    """Since 1 January 2000."""
    return float((date - dt.date(2000, 1, 1)).days)


def place(s: Stratum) -> Place:
    """Names of a stratum."""
    return s.district, s.zone, s.land_use


class Given:
    """One scenario in one parameter draw.

    Parameters
    ----------
    scenario : Scenario
    values : mapping of str to float
        Dotted path of a parameter -> its value.
    delays : mapping of (district, zone) to float
        ``hostilities.access_delay_months``, which is drawn for each zone on its own.
    """

    def __init__(self, scenario: Scenario, values: Mapping[str, float], delays: Mapping[Zone, float]) -> None:
        self.scenario, self.values, self.delays = scenario, values, delays
        self.classes = [(c.share, c.relative) for c in scenario.exposure.classes] or [(1.0, 1.0)]
        names = {t.family for t in scenario.transfers.values()}
        for entry in scenario.contamination.values():
            names |= set(entry.families)
        known = {**catalogue_families(), **scenario.families}
        self.families: dict[str, Family] = {name: known[name] for name in sorted(names)}
        self.zones = {(a.district, a.zone): a for a in scenario.access}
        self.hostilities_end = days(scenario.hostilities.end) + values["hostilities.end_delay_years"] * YEAR


class People(Given):
    """Who is where, and how people meet items."""

    def tables(self) -> dict[str, Table]:
        """All of them, by name."""
        return {
            "quarters": self.quarter_table(), "residents": self.residents(), "opening": self.openings(),
            "presence": self.by_zone(self.present), "entry": self.by_zone(self.entry),
            "reporting": self.by_zone(self.reporting), "sighting": self.sightings(), **self.encounters()}

    # -- time (section 3) -----------------------------------------------------------------------------------

    def quarters(self) -> list[Quarter]:
        """Quarters are counted from 1 January 2000 and cut where the run begins and ends."""
        begin = days(self.scenario.start)
        end = begin + self.scenario.horizon_years * YEAR
        out = []
        while begin < end:
            whole_end = (math.floor(begin / QUARTER) + 1) * QUARTER
            out.append(Quarter(begin, min(whole_end, end), whole_end))
            begin = whole_end
        return out

    def quarter_table(self) -> Table:
        """Dates, season and calendar year of every quarter."""
        out: Table = {}
        for q, quarter in enumerate(self.quarters()):
            out[q, "begin"], out[q, "end"] = quarter.begin, quarter.end
            out[q, "season"] = math.floor(quarter.middle / QUARTER) % 4
            out[q, "year"] = 2000 + math.floor(quarter.middle / YEAR)
        return out

    # -- people (sections 5 and 8) ----------------------------------------------------------------------------

    def residents(self) -> Table:
        """Of a district's zone, before the hostilities."""
        out: Table = dict.fromkeys(self.zones, 0.0)
        for s in self.scenario.strata:
            out[s.district, s.zone] += s.residents
        return out

    def openings(self) -> Table:
        """Date on which each zone opens [days]."""
        return {zone: self.opens(zone) for zone in self.zones}

    def opens(self, zone: Zone) -> float:
        """At a date, or at the end of hostilities plus the zone's delay [days]."""
        date = self.zones[zone].opens
        if isinstance(date, dt.date):
            return days(date)
        return self.hostilities_end + self.delays[zone] / 12 * YEAR

    def by_zone(self, what: Callable[[Zone, float], float]) -> Table:
        """A function of zone and date, in the middle of every quarter."""
        return {(*zone, q): what(zone, quarter.middle)
                for zone in self.zones for q, quarter in enumerate(self.quarters())}

    def present(self, zone: Zone, date: float) -> float:
        """Share of the residents who are there."""
        row, value, opens = self.zones[zone], self.values, self.opens(zone)
        share = row.present_before_opening
        if date > opens:
            came = 1 - halved(date - opens, value["return.settling_years"])
            share += (row.present_after_opening - row.present_before_opening) * came
        begins = max(opens, self.hostilities_end + value["return.delay_years"] * YEAR)
        if date > begins:
            came = 1 - halved(date - begins, value["return.half_time_years"])
            share += (1 - share) * value["return.final_share"] * came
        return share

    def entry(self, zone: Zone, date: float) -> float:
        """Entry to suspected land before what people learn and before marking."""
        value = self.values
        entry = value["exposure.entry_suspected"]
        if self.scenario.programme.education is None:
            entry *= 1 - value["exposure.eore_effect"] * value["exposure.eore_coverage"]
        now, a_year_ago = self.present(zone, date), self.present(zone, date - YEAR)
        newly_back = max(now - a_year_ago, 0) / now if now > 0 else 0
        return entry * (1 + (value["return.first_year_entry"] - 1) * newly_back)

    def reporting(self, zone: Zone, date: float) -> float:
        """P(an accident is reported)."""
        held = self.zones[zone].held if date < self.opens(zone) else "government"
        return self.values[f"reporting.{held}"]

    def sightings(self) -> Table:
        """Rate at which one item is sighted and reported, by zone, family and quarter [1/day]."""
        out: Table = {}
        for zone in self.zones:
            for q, quarter in enumerate(self.quarters()):
                reachable = max(quarter.whole_end - max(quarter.begin, self.opens(zone)), 0)
                there = self.present(zone, quarter.middle) * reachable / (quarter.whole_end - quarter.begin)
                for family in self.families:
                    rate = self.values[f"families.{family}.sighted_per_year"] / YEAR
                    out[(*zone, family, q)] = rate * there
        return out

    # -- people meet items (section 5) --------------------------------------------------------------------------

    def encounters(self) -> dict[str, Table]:
        """By place, family, exposure class and season: hazard [1/day], who is hurt, P(beside a self-destruction)."""
        hazard: Table = {}
        hurt: Table = {}
        beside: Table = {}
        for s in self.scenario.strata:
            for season in SEASONS:
                treads = [(a.mode, self.tread(name, a, s, season)) for name, a in self.scenario.activities.items()
                          if s.land_use in a.land_uses]
                for family in self.families:
                    terms = self.terms(family, treads)
                    walkers = self.values["exposure.scale"] * sum(
                        sum(by_group.values()) for mode, by_group in treads if mode == "foot") / WALKED_IN_A_DAY
                    circle = math.pi * self.values[f"families.{family}.bystander_radius_m"] ** 2
                    for k, (_, relative) in enumerate(self.classes):
                        key = (*place(s), family, k, season)
                        hazard[key] = relative * sum(terms.values())
                        beside[key] = min(relative * walkers * circle, 1)
                        for g, group in enumerate(GROUPS):
                            up_to = sum(terms[each] for each in GROUPS[:g + 1])
                            hurt[(*key, group)] = up_to / sum(terms.values()) if hazard[key] > 0 else NOBODY
        return {"hazard": hazard, "who is hurt": hurt, "beside": beside}

    def terms(self, family: str, treads: Sequence[tuple[str, dict[str, float]]]) -> dict[str, float]:
        """Terms of the hazard of one active item, everybody being present, by who treads [1/day]."""
        out = dict.fromkeys(GROUPS, 0.0)
        for mode, by_group in treads:
            if mode in self.families[family].width_m:
                width = self.values[f"families.{family}.width_m.{mode}"]
                trigger = self.values[f"families.{family}.p_trigger.{mode}"]
                for group, tread in by_group.items():
                    out[group] += self.values["exposure.scale"] * tread * width * trigger
        return out

    def tread(self, name: str, activity: Activity, s: Stratum, season: int) -> dict[str, float]:
        """How much of a stratum's land is trodden in an activity, by group [1/(m day)]."""
        people, land_m2 = s.residents, s.area_km2 * 1e6
        if s.residents == 0:
            same = [t for t in self.scenario.strata if (t.district, t.zone) == (s.district, s.zone)]
            people = sum(t.residents for t in same)
            land_m2 = sum(t.area_km2 for t in same if t.residents == 0 and t.land_use in activity.land_uses) * 1e6
        path = f"activities.{name}"
        metres = self.values[f"{path}.trips_per_day"] * self.values[f"{path}.length_m"]
        season_weight = activity.seasons[season] / (sum(activity.seasons) / 4)
        return {
            group: people * self.values[f"{path}.participation.{group}"] / activity.party_size
            * metres * season_weight / land_m2 for group in activity.participation}


def halved(passed: float, half_time_years: float) -> float:
    """Share still away some days later; with a half-time of zero nobody."""
    return 0.5 ** (passed / YEAR / half_time_years) if half_time_years > 0 else 0.0
