"""The made-up variants behind `synthetic`: what each is called and how far it moves the totals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

YEARS = tuple(range(2022, 2042))
DISTRICTS = (
    "Kharkiv",
    "Kherson",
    "Donetsk",
    "Luhansk",
    "Zaporizhzhia",
    "Mykolaiv",
    "Sumy",
    "Chernihiv",
    "Kyiv Oblast",
    "Dnipropetrovsk",
)
DISTRICT_WEIGHTS = np.array([0.22, 0.16, 0.17, 0.10, 0.11, 0.08, 0.05, 0.03, 0.05, 0.03])
GROUPS = {"women": 0.09, "men": 0.80, "girls": 0.03, "boys": 0.08}
DRAWS, PER_DRAW = 100, 2


class Made(NamedTuple):
    """One made-up variant: what it is and how far it moves the totals from the baseline's."""

    title: str
    casualties: tuple[float, float, float]  # difference over the horizon: mean, p05, p95
    inert: float = 0.0
    area_km2: float = 0.0
    cost_musd: float = 0.0
    failure: float | None = None  # assumed share that does not self-destruct
    devices: bool = False
    over: str | None = "baseline"


NATIONAL: dict[str, Made] = {
    "baseline": Made("No transfer", (0, 0, 0), over=None),
    "transfer_claimed": Made(
        "Transfer, reliability as claimed", (0.0007, 0.00004, 0.004), 3.1, 19, 2.1, 1e-4, True
    ),
    "transfer_field": Made(
        "Transfer, failures as in the field", (0.006, 0.0004, 0.035), 512, 19, 3.4, 0.017, True
    ),
    "transfer_treaty_limit": Made(
        "Transfer, at the treaty's limits", (0.011, 0.0008, 0.06), 2970, 19, 6.4, 0.1, True
    ),
    "transfer_no_backup": Made(
        "Transfer, self-destruct without battery back-up", (22, 1.2, 120), 12, 19, 3.3, 0.017, True
    ),
    "transfer_persistent": Made(
        "Transfer of as many persistent mines", (310, 24, 1650), 4900, 19, 41, None, True
    ),
    "timer_4h": Made(
        "Field failures, timer 4 hours", (0.0024, 0.0002, 0.013), 512, 19, 3.4, 0.017, True, "transfer_field"
    ),
    "timer_48h": Made(
        "Field failures, timer 48 hours", (0.0031, 0.0002, 0.016), 512, 19, 3.4, 0.017, True, "transfer_field"
    ),
    "timer_15d": Made(
        "Field failures, timer 15 days", (0.006, 0.0004, 0.035), 512, 19, 3.4, 0.017, True, "transfer_field"
    ),
    "pledge_broken_10": Made(
        "Field failures, pledge broken for 10 %",
        (0.12, 0.007, 0.7),
        512,
        19,
        3.5,
        0.017,
        True,
        "transfer_field",
    ),
    "pledge_broken_50": Made(
        "Field failures, pledge broken for 50 %",
        (0.6, 0.04, 3.4),
        512,
        19,
        3.8,
        0.017,
        True,
        "transfer_field",
    ),
    "persistent_broken_10": Made(
        "Persistent mines, pledge broken for 10 %",
        (420, 31, 2300),
        4900,
        19,
        44,
        None,
        True,
        "transfer_persistent",
    ),
    "persistent_broken_50": Made(
        "Persistent mines, pledge broken for 50 %",
        (910, 66, 5100),
        4900,
        19,
        58,
        None,
        True,
        "transfer_persistent",
    ),
    "ottawa": Made(
        "No anti-personnel mines by anyone from 20 November 2024", (-420, -1100, -60), -9000, 0, -30
    ),
    "policy_2022": Made("US policy of 2022 in force", (0, 0, 0)),
    "return_early": Made("Displaced people return sooner", (240, -60, 610)),
    "return_late": Made("Displaced people return later", (-310, -700, -35)),
    "more_survey": Made("More survey for a fifth more money", (-190, -420, -8), cost_musd=1030),
    "more_clearance": Made("More clearance for a fifth more money", (-38, -130, 41), cost_musd=1030),
}
SIX = ("baseline", "transfer_field", "transfer_persistent", "ottawa", "policy_2022", "return_early")

# What a year holds under the baseline: total over the horizon (flow) or value at the end (stock), unit, kind
LEVELS: dict[str, tuple[float, str, str]] = {
    "casualties_total": (5200, "persons", "falling"),
    "casualties_killed": (1490, "persons", "falling"),
    "casualties_injured": (3710, "persons", "falling"),
    "casualties_reported": (3300, "persons", "falling"),
    "casualties_expected": (5190, "persons", "falling"),
    "deminer_casualties": (61, "persons", "rising"),
    "accidents": (3600, "accidents", "falling"),
    "accidents_expected": (3590, "accidents", "falling"),
    "items_laid": (2.4e6, "items", "falling"),
    "items_active": (610e3, "items", "shrinking"),
    "items_inert": (540e3, "items", "shrinking"),
    "items_found": (690e3, "items", "rising"),
    "items_destroyed_eod": (560e3, "items", "rising"),
    "items_residual": (9e3, "items", "growing"),
    "area_to_survey_m2": (31e9, "m2", "shrinking"),
    "area_no_evidence_m2": (98e9, "m2", "growing"),
    "area_suspected_m2": (0.5e9, "m2", "shrinking"),
    "area_confirmed_m2": (0.9e9, "m2", "shrinking"),
    "area_accessible_m2": (120e9, "m2", "growing"),
    "area_cancelled_m2": (1.9e9, "m2", "growing"),
    "area_reduced_m2": (1.1e9, "m2", "growing"),
    "area_cleared_m2": (0.42e9, "m2", "growing"),
    "area_released_m2": (3.4e9, "m2", "growing"),
    "cost_usd": (5.3e9, "usd", "rising"),
    "money_unspent_usd": (0.7e9, "usd", "falling"),
    "person_years_at_risk": (88e6, "person-years", "rising"),
    "people_present": (19e6, "persons", "growing"),
    "cost_usd_per_m2_released": (1.6, "usd/m2", "ratio"),
    "individual_risk_per_year": (2.1e-5, "1/(person-year)", "ratio"),
}


def change_of(metric: str, made: Made) -> float:
    """Return the difference of a variant from the baseline over the horizon, in the metric's unit."""
    people = made.casualties[0]
    return {
        "casualties_total": people,
        "casualties_expected": people,
        "casualties_killed": 0.29 * people,
        "casualties_injured": 0.71 * people,
        "accidents": 0.7 * people,
        "items_inert": made.inert,
        "items_active": 12 * people,
        "area_hazardous_added_m2": made.area_km2 * 1e6,
        "cost_usd": made.cost_musd * 1e6,
        "items_laid": 30_000.0 if made.devices else 0.0,
    }.get(metric, 0.0)
