"""Small scenarios drawn by hypothesis: lives, people's ways, survey, sweeps, spot tasks and policies in all mixtures.

Spot tasks are as many as are reported, or a few a year.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .scenarios import small

POLICIES = ("first_come", "people_at_risk", "accidents_per_dollar", "farmland_first", "random")
LIVES: tuple[dict[str, Any], ...] = (
    {},
    {"ageing_half_life_years": 1.5},
    {"ageing_half_life_years": 2.0, "ageing_shape": 2.5, "ageing_floor": 0.2},
    {"sd_hours": [360], "sd_failure": 0.3},
    {"sd_hours": [24, 960], "sd_failure": 0.4, "sda_days": 120, "sda_failure": 0.5, "ageing_half_life_years": 4},
    {"sd_hours": [100, 700], "sd_failure": 0.3, "lots": 5, "lot_correlation": 0.2, "bystander_radius_m": 5},
    {"sd_hours": [2000, 9000], "sd_failure": 0.2, "ageing_half_life_years": 3, "bystander_radius_m": 20},
)
GIFT = {
    "family": "short", "devices": 25, "since": "2022-05-02", "until": "2022-10-03", "zones": ["open"],
    "districts": {"Plain": 1}, "land_uses": {"field": 1}, "compliance": 1.0,
    "mined_density_per_km2": 100, "polygon_factor": 2, "inside_suspected": 0.5}
SHORT = {
    "title": "Short-lived", "kind": "ap", "sd_hours": [240], "sd_failure": 0.5, "width_m": {"foot": 0.3},
    "p_trigger": {"foot": 0.5}}
TOWN = {"district": "Plain", "zone": "open", "land_use": "town", "area_km2": 2, "residents": 4000, "to_survey_km2": 0}
_ALWAYS = [{"since": "2022-03-01", "teams": 1}]


class _Choice:
    """Chooses among values as hypothesis likes."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def of(self, *values: Any) -> Any:
        """One of some values."""
        return self._draw(st.sampled_from(values))


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """A scenario of some tens of items, met from now and then up to several times each."""
    choose = _Choice(draw)
    strata, access = _places(choose)
    families = {"mine": _family(choose, "ap")}
    if choose.of(True, False):
        families["bomblet"] = _family(choose, "submunition")
    changes: dict[str, Any] = {
        **_programme(choose), **_people(choose, strata), "strata": strata, "access": access, "families": families,
        "contamination.mines": {
            "items": choose.of(20, 60), "families": {name: i + 1 for i, name in enumerate(families)},
            "since": choose.of("2018-06-01", "2021-11-01"),
            "until": choose.of("2021-12-01", "2022-06-01", "2023-02-01"), "clustering": choose.of(0.0, 0.5)}}
    if choose.of(True, False, False):
        strata.append(TOWN)
        families["short"] = SHORT
        changes["transfers.gift"] = {**GIFT, "compliance": choose.of(0.0, 0.5, 1.0)}
    return small(changes)


def drawn(count: int) -> list[dict[str, Any]]:
    """So many scenarios, no two alike, the same ones every time; each with a seed of its own."""
    found: list[dict[str, Any]] = []

    @settings(max_examples=count, derandomize=True, database=None, phases=[Phase.generate], deadline=None,
              suppress_health_check=list(HealthCheck))
    @given(contents())
    def collect(content: dict[str, Any]) -> None:
        found.append({**content, "seed": len(found)})

    collect()
    return found


def _family(choose: _Choice, kind: str) -> dict[str, Any]:
    return {
        **choose.of(*LIVES),
        "title": kind, "kind": kind, "width_m": {"foot": 0.3}, "p_trigger": {"foot": 0.5},
        "never_armed": choose.of(0.0, 0.2), "inert_hazard_weight": choose.of(0.0, 0.05, 0.3),
        "sighted_per_year": choose.of(0.0, 0.3, 1.0), "casualties_per_accident": choose.of(1.0, 1.7)}


def _places(choose: _Choice) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Two to four hazard areas in one or two zones, the second of which opens later."""
    strata = [{"district": "Plain", "zone": "open", "land_use": "field", "area_km2": 10, "residents": 1000,
               "to_survey_km2": choose.of(1, 2), "suspected_km2": choose.of(0, 0.4)}]
    access = [{"district": "Plain", "zone": "open", "opens": "2022-01-01", "held": "government",
               "present_before_opening": 1, "present_after_opening": 1}]
    if choose.of(True, False):
        strata.append({"district": "Hills", "zone": "front", "land_use": "arable", "area_km2": 6, "residents": 500,
                       "to_survey_km2": 1})
        access.append({"district": "Hills", "zone": "front", "opens": choose.of("hostilities_end", "2022-08-10"),
                       "held": "occupied", "present_before_opening": 0.5, "present_after_opening": 0.8})
    return strata, access


def _people(choose: _Choice, strata: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "hostilities": {"end": "2022-09-01", "access_delay_months": choose.of(0, 4)},
        "return": {"settling_years": 0.5, "final_share": 0.9, "half_time_years": 0.5,
                   "first_year_entry": choose.of(1.0, 1.6)},
        "activities.walking.land_uses": sorted({str(s["land_use"]) for s in strata}),
        "activities.walking.participation": choose.of({"men": 1}, {"men": 1, "women": 0.5, "girls": 0.2, "boys": 0.6}),
        "exposure": {
            "scale": choose.of(0.3, 1.0, 3.0), "entry_suspected": choose.of(0.3, 0.6),
            "learning_floor": choose.of(0.1, 1.0), "learning_per_accident": 0.003,
            "classes": choose.of([], [{"share": 0.75, "relative": 0.4}, {"share": 0.25, "relative": 2.8}]),
            "memory_years": choose.of(0.5, 3.0), "marking_effect": choose.of(0.0, 0.7)},
        "reporting": {"government": choose.of(0.5, 1.0), "occupied": 0.3, "delay_days": choose.of(5, 60)}}


def _programme(choose: _Choice) -> dict[str, Any]:
    detection = {"detection": {"ap": choose.of(0.5, 0.8, 1.0), "submunition": 0.6},
                 "shared_misses": choose.of(0.0, 3.0)}
    sampled = choose.of(True, False)
    changes: dict[str, Any] = {
        "programme.priority": choose.of(*POLICIES),
        "programme.stand_down_days": choose.of(0, 40),
        "programme.sampling_share": 0.5 if sampled else 0.0,
        "programme.methods.manual": {
            "stages": ["clearance"], "rate_m2_per_day": choose.of(20000, 8000, 1000), "cost_usd_per_team_day": 2000,
            "duration_cv": choose.of(0.0, 0.5), "hours_per_item": choose.of(0, 6),
            "deminer_casualties_per_1000_items": 40, **detection},
        "programme.methods.sample": {"stages": ["sampling"], "rate_m2_per_day": 20000, **detection},
        "programme.survey.nts_sensitivity": choose.of(0.6, 0.9, 1.0),
        "programme.survey.indirect_evidence": choose.of(0.0, 0.5),
        "programme.budget": choose.of(None, {"years": [{"year": 2022, "usd": 250000}]})}
    if not sampled:
        changes["programme.teams.samplers"] = None
    if choose.of(True, False):
        changes["programme.teams.probers"] = None
    if choose.of(True, False):
        changes["programme.eod"] = {"teams": {"numbers": _ALWAYS}, "items_per_team_day": choose.of(50, 0.01, 0.03)}
    return changes
