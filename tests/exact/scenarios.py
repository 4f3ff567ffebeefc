"""Small scenarios for comparing the engine with the plain simulator: a base and what is changed in it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.programme import Plan, make_plan
from sim.scenario import load
from sim.world import World, draw_parameters, make_frame

METRES_FOR_ONE_PER_YEAR = 1e7 / (1000.0 * 0.3 * 0.5 * 365.25)
"""Metres per day and person at which an item on open land is set off once a year: 1,000 people on 10 km2."""

BASE: dict[str, Any] = {
    "format": 1,
    "title": "Small",
    "seed": 1,
    "start": "2022-02-24",
    "horizon_years": 3,
    "replicates": {"draws": 1, "per_draw": 1},
    "strata": [
        {"district": "Plain", "zone": "open", "land_use": "field", "area_km2": 10, "residents": 1000,
         "to_survey_km2": 2}],
    "access": [
        {"district": "Plain", "zone": "open", "opens": "2022-01-01", "held": "government",
         "present_before_opening": 1, "present_after_opening": 1}],
    "hostilities": {"end": "2022-02-25"},
    "activities": {
        "walking": {"land_uses": ["field"], "mode": "foot", "participation": {"men": 1}, "trips_per_day": 1,
                    "length_m": METRES_FOR_ONE_PER_YEAR, "seasons": [0.4, 1.3, 1.5, 0.8]}},
    "exposure": {"scale": 1.0, "entry_suspected": 0.5},
    "families": {
        "mine": {"title": "Mine", "kind": "ap", "width_m": {"foot": 0.3}, "p_trigger": {"foot": 0.5},
                 "casualties_per_accident": 1.5}},
    "contamination": {
        "mines": {"items": 60, "families": {"mine": 1}, "since": "2021-06-01", "until": "2021-12-01"}},
    "reporting": {"government": 0.8, "delay_days": 30},
    "programme": {
        "starts": "2022-04-01",
        "bundle_km2": 1,
        "survey": {"site_km2": 0.1, "contaminated_share": 0.3, "nts_sensitivity": 0.8, "nts_specificity": 0.9,
                   "indirect_evidence": 0.4, "resurvey_sensitivity": 0.8, "resurvey_specificity": 0.7,
                   "ts_sensitivity": 0.8, "ts_specificity": 0.5, "ts_kept_share": 0.6},
        "methods": {
            "walk": {"stages": ["nts", "resurvey"], "rate_m2_per_day": 20000, "cost_usd_per_team_day": 1000},
            "probe": {"stages": ["ts"], "rate_m2_per_day": 10000, "cost_usd_per_team_day": 1000},
            "manual": {"stages": ["clearance"], "rate_m2_per_day": 1500, "cost_usd_per_team_day": 2000,
                       "duration_cv": 0.3, "detection": {"ap": 0.7}, "hours_per_item": 8,
                       "deminer_casualties_per_1000_items": 20},
            "sample": {"stages": ["sampling"], "rate_m2_per_day": 4000, "detection": {"ap": 0.7}}},
        "teams": {
            "walkers": {"method": "walk", "numbers": [{"since": "2022-03-01", "teams": 1}]},
            "probers": {"method": "probe", "numbers": [{"since": "2022-03-01", "teams": 1}]},
            "deminers": {"method": "manual", "numbers": [{"since": "2022-03-01", "teams": 1}]},
            "samplers": {"method": "sample", "numbers": [{"since": "2022-03-01", "teams": 1}]}},
        "stand_down_days": 20},
}


Changes = Mapping[str, Any]
"""Dotted path -> value; None takes the key out."""


def small(changes: Changes | None = None) -> dict[str, Any]:
    """The base with some values replaced."""
    out = copy.deepcopy(BASE)
    for path, value in (changes or {}).items():
        *folders, key = path.split(".")
        section = out
        for folder in folders:
            section = section.setdefault(folder, {})
        if value is None:
            section.pop(key, None)
        else:
            section[key] = copy.deepcopy(value)
    return out


def made(content: Mapping[str, Any], folder: Path) -> tuple[World, Plan]:
    """World and plan of a scenario, through the front door (JSON is YAML)."""
    path = folder / "scenario.yaml"
    path.write_text(json.dumps(content))
    scenario = load(path)
    world = World(make_frame(scenario), draw_parameters(scenario, 0))
    return world, make_plan(world)
