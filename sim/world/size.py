"""How large a scenario is, counted without building it: one that is too large must be told, not tried."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.scenario.schema import Contamination, Scenario, Stratum
from sim.world.calendar import quarter_edges, step_middles, to_days, year_of

STEPS_PER_YEAR = 4


@dataclass(frozen=True)
class Size:
    """Numbers of things in one replicate of a scenario; of hazard areas and cohorts an upper bound.

    Attributes
    ----------
    districts, areas, cohorts : int
    years, steps : int
        Calendar years and quarters that the horizon touches.
    """

    districts: int
    areas: int
    cohorts: int
    years: int
    steps: int


def districts_of(scenario: Scenario) -> tuple[str, ...]:
    """Names of the districts, in the order of the strata."""
    return tuple(dict.fromkeys(s.district for s in scenario.strata))


def years_of(scenario: Scenario) -> tuple[int, ...]:
    """Years of the run's calendar that the horizon touches."""
    middles = step_middles(quarter_edges(to_days(scenario.start), scenario.horizon_years))
    return tuple(range(year_of(middles[0]), year_of(middles[-1]) + 1))


def bundles_of(scenario: Scenario, stratum: Stratum) -> int:
    """Tasks into which the land to be surveyed of a stratum is bundled."""
    return max(1, math.ceil(stratum.to_survey_km2 / scenario.programme.bundle_km2))


def size_of(scenario: Scenario) -> Size:
    """Count what a replicate holds."""
    areas = cohorts = 0
    for stratum in scenario.strata:
        kinds = sum(len(entry.families) for entry in scenario.contamination.values() if _lies_in(entry, stratum))
        gifts = sum(stratum.district in t.districts and stratum.zone in t.zones for t in scenario.transfers.values())
        on_land = bundles_of(scenario, stratum) * (stratum.to_survey_km2 > 0) + (stratum.suspected_km2 > 0)
        areas += on_land + gifts
        cohorts += on_land * kinds + 2 * gifts
    return Size(len({s.district for s in scenario.strata}), areas, cohorts, math.ceil(scenario.horizon_years) + 1,
                math.ceil(STEPS_PER_YEAR * scenario.horizon_years) + 1)


def _lies_in(entry: Contamination, stratum: Stratum) -> bool:
    return ((entry.only_zones is None or stratum.zone in entry.only_zones)
            and (entry.only_districts is None or stratum.district in entry.only_districts))
