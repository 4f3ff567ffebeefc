"""Scenarios made for one purpose each: what must not be left to the lot."""

from __future__ import annotations

from typing import Any

from .scenarios import Changes, small

_CROWD = [{"since": "2022-03-01", "teams": 100}]
_STRATA = [
    {"district": "Plain", "zone": "open", "land_use": "field", "area_km2": 10, "residents": 1000, "to_survey_km2": 2},
    {"district": "Plain", "zone": "open", "land_use": "arable", "area_km2": 10, "residents": 3000,
     "to_survey_km2": 2}]
_THREE_PASSES: Changes = {
    "programme.methods.manual": {"stages": ["clearance"], "rate_m2_per_day": 20000, "detection": {"ap": 0.5},
                                 "shared_misses": 1.5, "cost_usd_per_team_day": 2000},
    "programme.methods.sample": {"stages": ["sampling"], "rate_m2_per_day": 20000, "detection": {"ap": 0.5},
                                 "shared_misses": 1.5},
    "programme.sampling_share": 1.0, "programme.max_passes": 2, "programme.methods.walk.rate_m2_per_day": 100000}

FIXED: dict[str, Changes] = {
    "met again and again": {
        "exposure.scale": 2.0, "exposure.entry_suspected": 0.8, "families.mine.ageing_half_life_years": 1.0,
        "families.mine.inert_hazard_weight": 0.3, "contamination.mines.until": "2022-09-01"},
    "several passes that miss the same items": _THREE_PASSES,
    "learning, and a queue that follows reports": {
        "strata": _STRATA, "activities.walking.land_uses": ["arable", "field"], "exposure.entry_suspected": 0.8,
        "exposure.learning_floor": 0.05, "exposure.learning_per_accident": 0.003, "exposure.memory_years": 1,
        "programme.priority": "people_at_risk", "programme.methods.walk.rate_m2_per_day": 10000,
        "reporting": {"government": 1.0, "delay_days": 15}},
    "teams that stand down": {
        **_THREE_PASSES, "programme.stand_down_days": 120, "exposure.entry_suspected": 0.3,
        "programme.methods.manual.deminer_casualties_per_1000_items": 200},
    "marking and risk education by teams, and a flood": {
        "exposure.entry_suspected": 0.9, "exposure.marking_effect": 0.9, "exposure.marking_half_life_years": 0.5,
        "exposure.eore_effect": 0.8, "programme.marking_renewed_years": 0.4,
        "programme.education": {"numbers": _CROWD, "people_per_team_day": 0.1, "cost_usd_per_person": 2,
                                "half_life_years": 1},
        "programme.floods.dam": {"date": "2023-05-01", "share": 0.7},
        "programme.methods.fence": {"stages": ["marking"], "rate_m2_per_day": 10000, "cost_usd_per_team_day": 100},
        "programme.teams.fencers": {"method": "fence", "numbers": _CROWD},
        "programme.methods.manual.rate_m2_per_day": 2000},
    "spot tasks beside survey and clearance": {
        "families.mine.sighted_per_year": 0.8, "programme.eod": {"teams": {"numbers": _CROWD}},
        "programme.methods.manual.rate_m2_per_day": 20000},
}


def fixed(name: str) -> dict[str, Any]:
    """Content of one of them."""
    return small(FIXED[name])
