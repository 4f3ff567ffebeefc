"""Programmes drawn at random: land, access, teams, methods, money and survey errors in all mixtures."""

from __future__ import annotations

from typing import Any

from exact.scenarios import small
from hypothesis import strategies as st

POLICIES = ("first_come", "random", "people_at_risk", "accidents_per_dollar", "farmland_first", "roads_first")
WORK = (
    ["nts", "resurvey"], ["ts"], ["clearance", "sampling"], ["nts"],
    ["nts", "resurvey", "ts", "clearance", "sampling"], ["preparation", "clearance", "follow_up", "sampling"],
    ["nts", "marking"])
DATES = ("2021-01-01", "2022-01-01", "2022-03-01", "2022-07-15", "2023-02-01", "2024-01-01", "2030-01-01")
PLACES = (
    ("Plain", "open", "field"), ("Plain", "front", "field"), ("Hills", "open", "town"), ("Hills", "open", "field"))
SHARE = st.sampled_from([0.0, 0.07, 0.5, 0.93, 1.0])
GIFT = {
    "family": "mine", "devices": 300, "since": "2022-05-02", "until": "2022-10-03", "zones": ["open"],
    "districts": {"Plain": 1, "Hills": 2}, "land_uses": {"field": 1}, "compliance": 0.6,
    "mined_density_per_km2": 900, "polygon_factor": 2.3, "inside_suspected": 0.6}


@st.composite
def programmes(draw: st.DrawFn) -> dict[str, Any]:
    """A scenario, as data; some of its teams never come, some stages nobody does, some land never opens."""
    places = PLACES[: draw(st.integers(1, len(PLACES)))]
    zones = sorted({place[:2] for place in places})
    strata = [_stratum(draw, *place) for place in places]
    land = sum(s["to_survey_km2"] + s["suspected_km2"] for s in strata)
    changes: dict[str, Any] = {
        "seed": draw(st.integers(0, 9999)),
        "horizon_years": draw(st.sampled_from([0.4, 2.0, 4.7])),
        "strata": strata,
        "access": [
            {"district": district, "zone": zone, "opens": draw(st.sampled_from((*DATES, "hostilities_end"))),
             "held": "government", "present_before_opening": 0.5, "present_after_opening": 1}
            for district, zone in zones],
        "hostilities": {"end": "2022-09-01", "access_delay_months": draw(st.sampled_from([0, 4]))},
        "activities.walking.land_uses": sorted({place[2] for place in places}),
        "contamination.mines.items": draw(st.sampled_from([0, 40])),
        "programme": _programme(draw)}
    if land == 0:
        changes["contamination"] = {}
    if places == PLACES and draw(st.booleans()):
        changes["transfers.gift"] = GIFT
    return small(changes)


def _stratum(draw: st.DrawFn, district: str, zone: str, land_use: str) -> dict[str, Any]:
    square_metres = st.sampled_from([0, 1, 7, 1_000_003, 2_345_678])
    to_survey, suspected = draw(square_metres), draw(square_metres)
    return {
        "district": district, "zone": zone, "land_use": land_use, "area_km2": 5,
        "residents": 3000 if land_use == "town" else 300,
        "to_survey_km2": to_survey / 1e6, "suspected_km2": suspected / 1e6}


def _programme(draw: st.DrawFn) -> dict[str, Any]:
    methods, teams = {}, {}
    for number in range(draw(st.integers(1, 5))):
        methods[f"method{number}"] = {
            "stages": draw(st.sampled_from(WORK)), "rate_m2_per_day": draw(st.sampled_from([2000, 20_000, 1e9])),
            "duration_cv": draw(st.sampled_from([0, 1.5])),
            "duration_law": draw(st.sampled_from(["lognormal", "exponential"])),
            "working_days_per_year": draw(st.sampled_from([150, 365.25])),
            "season": draw(st.sampled_from([[1] * 12, [0, 0, 1, 2, 3, 0, 0, 0, 1, 1, 1, 0]])),
            "cost_usd_per_team_day": draw(st.sampled_from([0, 700.5])), "detection": {"ap": draw(SHARE)},
            "hours_per_item": draw(st.sampled_from([0, 30])), "max_teams_per_task": draw(st.sampled_from([1, 3])),
            "months_per_task": 1, "deminer_casualties_per_1000_items": draw(st.sampled_from([0, 300])),
            "breakdowns": draw(st.sampled_from([None, {"per_100_days": 5, "repair_days": 9}])),
            "false_alarms": draw(st.sampled_from([None, {"per_m2": 0.1, "minutes": 2}]))}
        numbers = draw(st.lists(st.tuples(st.sampled_from(DATES), st.sampled_from([0, 1, 4])), min_size=1, max_size=3,
                                unique_by=lambda n: n[0]))
        teams[f"teams{number}"] = {
            "method": f"method{number}", "numbers": [{"since": d, "teams": n} for d, n in sorted(numbers)],
            "training_days": draw(st.sampled_from([0, 45])), "attrition_per_year": draw(st.sampled_from([None, 0.3])),
            "moves": draw(st.sampled_from([None, {"days": 12, "usd": 300}, {"home": "Plain", "days": 3}]))}
    programme: dict[str, Any] = {
        "starts": draw(st.sampled_from(DATES[:4])), "bundle_km2": draw(st.sampled_from([0.3, 1.1, 9])),
        "survey": {
            "site_km2": draw(st.sampled_from([0.01, 0.1, 5])), "contaminated_share": draw(SHARE),
            "nts_sensitivity": draw(SHARE), "nts_specificity": draw(SHARE), "indirect_evidence": draw(SHARE),
            "resurvey_sensitivity": draw(SHARE), "resurvey_specificity": draw(SHARE), "ts_sensitivity": draw(SHARE),
            "ts_specificity": draw(SHARE), "ts_kept_share": draw(SHARE), "sd_credit": draw(SHARE)},
        "methods": methods, "teams": teams, "priority": draw(st.sampled_from(POLICIES)),
        "sampling_share": draw(SHARE), "max_passes": draw(st.integers(1, 3)),
        "stand_down_days": draw(st.sampled_from([0, 20]))}
    if draw(st.booleans()):
        programme["budget"] = {
            "years": [{"year": 2022, "usd": 100_000}], "survey_share": 0.4,
            "unspent": draw(st.sampled_from(["kept", "lost"])),
            "donors": {"friends": {
                "years": [{"year": 2022, "usd": 70_001}], "delay_months": draw(st.sampled_from([0, 5])),
                "marking_share": 0.1, "cuts": [{"since": "2023-01-01", "share": 0.35}]}}}
    if draw(st.booleans()):
        programme["floods"] = {
            name: {"date": date, "share": draw(st.sampled_from([0.5, 1.0]))}
            for name, date in (("first", "2022-11-11"), ("second", "2023-06-06"))}
    if draw(st.booleans()):
        programme["workable"] = {"field": [1, 1, 0, 0.5, 0.5, 0, 1, 1, 1, 0, 1, 1]}
    programme["handover_days"] = draw(st.sampled_from([None, 60]))
    programme["marking_renewed_years"] = draw(st.sampled_from([None, 0.5]))
    if draw(st.booleans()):
        programme["eod"] = {"teams": {"numbers": [{"since": "2022-03-01", "teams": 1}]}, "items_per_team_day": 5}
    return programme
