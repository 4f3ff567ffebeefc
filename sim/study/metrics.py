"""Names, units and kinds of everything a run hands out: one list for all rooms that follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One output.

    Attributes
    ----------
    name, unit : str
    kind : "flow" or "stock"
        Flows are per period and add up; stocks are at a period's end.
    group : str
        "all", or the group of people it counts.
    """

    name: str
    unit: str
    kind: Literal["flow", "stock"]
    group: str = "all"

    @property
    def column(self) -> str:
        """Column of the stored chunks."""
        return self.name if self.group == "all" else f"{self.name}.{self.group}"


METRICS: tuple[Metric, ...] = (
    Metric("accidents", "accidents", "flow"),
    Metric("casualties_total", "persons", "flow"),
    Metric("casualties_killed", "persons", "flow"),
    Metric("casualties_injured", "persons", "flow"),
    Metric("casualties_reported", "persons", "flow"),
    *(Metric("casualties_total", "persons", "flow", g) for g in ("women", "men", "girls", "boys")),
    Metric("accidents_expected", "accidents", "flow"),
    Metric("casualties_expected", "persons", "flow"),
    Metric("casualties_killed_expected", "persons", "flow"),
    Metric("casualties_reported_expected", "persons", "flow"),
    Metric("deminer_casualties", "persons", "flow"),
    Metric("items_found", "items", "flow"),
    Metric("items_destroyed_eod", "items", "flow"),
    Metric("items_laid", "items", "stock"),
    Metric("items_active", "items", "stock"),
    Metric("items_inert", "items", "stock"),
    Metric("items_active_transferred", "items", "stock"),
    Metric("items_inert_transferred", "items", "stock"),
    Metric("items_self_destructed", "items", "stock"),
    Metric("items_residual", "items", "stock"),
    Metric("area_to_survey_m2", "m2", "stock"),
    Metric("area_suspected_m2", "m2", "stock"),
    Metric("area_confirmed_m2", "m2", "stock"),
    Metric("area_no_evidence_m2", "m2", "stock"),
    Metric("area_cancelled_m2", "m2", "stock"),
    Metric("area_reduced_m2", "m2", "stock"),
    Metric("area_cleared_m2", "m2", "stock"),
    Metric("area_released_m2", "m2", "stock"),
    Metric("area_accessible_m2", "m2", "stock"),
    Metric("area_hazardous_added_m2", "m2", "flow"),
    Metric("area_reopened_m2", "m2", "flow"),
    Metric("cost_usd", "usd", "flow"),
    Metric("cost_survey_usd", "usd", "flow"),
    Metric("cost_clearance_usd", "usd", "flow"),
    Metric("cost_eod_usd", "usd", "flow"),
    Metric("cost_marking_usd", "usd", "flow"),
    Metric("cost_education_usd", "usd", "flow"),
    Metric("people_taught", "persons", "flow"),
    Metric("person_years_at_risk", "person-years", "flow"),
    Metric("people_present", "persons", "stock"),
)
"""By year and district."""

DENSITY_CLASSES = {"open_land": 0.0, "rural": 300.0, "cluster": 1500.0, "centre": float("inf")}
"""Where an accident happens, by residents per km2 of the stratum before the hostilities: below this, or 0 for land
where nobody lives. Limits of the Degree of Urbanisation: rural, urban cluster, urban centre (MODEL section 6)."""

NATIONAL: tuple[Metric, ...] = (
    Metric("money_unspent_usd", "usd", "flow"),
    Metric("budget_usd", "usd", "flow"),
    Metric("money_owed_usd", "usd", "stock"),
    *(Metric(f"casualties_{k}", "persons", "flow") for k in ("ap", "av", "submunition", "erw", "transferred")),
    *(Metric(f"casualties_{k}_expected", "persons", "flow") for k in ("ap", "av", "submunition", "erw", "transferred")),
    *(Metric(f"casualties_{k}", "persons", "flow") for k in DENSITY_CLASSES),
)
"""By year only; `transferred` are casualties by the transferred devices themselves, also among those by kind."""

EXPECTED_OF = {
    "accidents": "accidents_expected",
    "casualties_total": "casualties_expected",
    "casualties_killed": "casualties_killed_expected",
    "casualties_reported": "casualties_reported_expected",
}
"""Counted metric -> its expected-value companion (MODEL section 11)."""

DISCOUNTED = ("cost_usd", "casualties_total")
DISCOUNT_RATES = {"3pct": 0.03, "5pct": 0.05, "10pct": 0.10}
"""Costs and harm are discounted alike, over the whole country and run, as `cost_usd_discounted_3pct` and so on."""
