"""The few ways the report looks things up in finished results.

The report never computes a result. It selects rows and decides, by the rules written here, which of several
estimates and which of many variants are shown first.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from sim.report.shape import Results, once, select

CASUALTIES = "casualties_total"
HAZARDOUS = "area_hazardous_added_m2"
COST = "cost_usd"
UNSPENT = "money_unspent_usd"
BUDGET = "budget_usd"
CLEARLY = 1.5
"""So much smaller has the Monte Carlo error of a count to be for the count to be shown and not the expected value.
That is where items are few and nearly all are met: then the number of accidents is nearly fixed, and its expected
value along each run is not. The errors are themselves estimates, from 20 runs good to a quarter: without room for
that, chance would decide which of two equally good numbers is shown."""
ASSUMED_GRADES = ("A", "U")
GRADES = {
    "H": "seen in an official or primary text",
    "M": "seen in a reputable secondary source",
    "L": "seen in a weak or partisan source, or one data point",
    "D": "derived by arithmetic from seen numbers",
    "A": "assumption: a range argued for, not measured",
    "U": "unsourced",
}


Verdict = Literal["more", "fewer", "unclear", "none", "same"]


@dataclass(frozen=True)
class Effect:
    """A difference between a scenario and the baseline, with everything needed to judge it.

    `mean`, `low` and `high` are in `unit`; `low`-`high` is the 90 % interval over parameter draws of the
    mean difference; `mc_error` is the Monte Carlo standard error of `mean`.
    """

    scenario: str
    metric: str
    unit: str
    mean: float
    low: float
    high: float
    mc_error: float
    n: int
    estimator: str
    same_inputs: bool
    counted: Effect | None = None

    @property
    def verdict(self) -> Verdict:
        """What may be said about the sign: only that which both interval and Monte Carlo error carry."""
        if self.same_inputs:
            return "same"
        if self.mean == self.low == self.high == 0:
            return "none"
        if self.low > 0 and self.mean > 2 * self.mc_error:
            return "more"
        if self.high < 0 and -self.mean > 2 * self.mc_error:
            return "fewer"
        return "unclear"

    @property
    def is_zero(self) -> bool:
        """Whether nothing changed in any run."""
        return self.mean == self.low == self.high == 0


def levels(
    results: Results,
    metric: str,
    scenario: str | Sequence[str] | None = None,
    period: str | None = None,
    district: str | None = "all",
    group: str | None = "all",
) -> pd.DataFrame:
    """Return summary rows of one metric; totals over districts and groups unless asked otherwise."""
    return select(
        results.summary, metric=metric, scenario=scenario, period=period, district=district, group=group
    )


def by_year(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of single years with an integer column `year`, in order of time."""
    text = rows["period"].astype(str)
    rows = rows[text.str.fullmatch(r"\d{4}")]
    return rows.assign(year=rows["period"].astype(str).astype(int)).sort_values("year", kind="stable")


def whole(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the whole horizon; for a stock without such a row, its last year's end."""
    total = rows[rows["period"].astype(str) == "all"]
    if len(total) or rows.empty:
        return total
    years = by_year(rows)
    last: pd.DataFrame = years[years["year"] == years["year"].max()]
    return last.drop(columns="year")


def whole_each(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the same of each metric by itself."""
    total = rows[rows["period"].astype(str) == "all"]
    others = rows[~rows["metric"].isin(set(total["metric"]))]
    return pd.concat([total, *(whole(own) for _, own in others.groupby("metric", sort=False))])


@once
def totals(results: Results, scenario: str) -> dict[str, dict[Hashable, Any]]:
    """Return the row of a scenario's whole horizon and country by metric."""
    rows = whole_each(select(results.summary, scenario=scenario, district="all", group="all"))
    return {str(row["metric"]): row for row in reversed(rows.to_dict("records"))}


def baseline(results: Results) -> str:
    """Return the name of the scenario that the others are compared with."""
    return str(results.manifest["baseline"])


def headline(results: Results) -> str | None:
    """Return the name of the variant whose difference answers the question, or None."""
    name = results.manifest.get("headline")
    known = {entry["name"] for entry in results.manifest["scenarios"]}
    return str(name) if name in known and name != baseline(results) else None


def scenario_names(results: Results) -> list[str]:
    """Return all scenario names, the baseline first, then in the study's order."""
    first = baseline(results)
    return [first, *(str(e["name"]) for e in results.manifest["scenarios"] if e["name"] != first)]


def plain(text: object) -> str:
    """Return text of a user on one line, without control characters (which XML cannot hold)."""
    words = str(text)
    if not words.isprintable():
        words = "".join(c if c.isprintable() else " " for c in words)
    words = " ".join(words.split())
    return re.sub(r"(?<=\d) %", "\u00a0%", words)  # a number and its per cent sign stay on one line


def title(results: Results, name: str) -> str:
    """Return a scenario's title, or its name in words."""
    for entry in results.manifest["scenarios"]:
        if entry["name"] == name and entry.get("title"):
            return plain(entry["title"])
    return plain(name).replace("_", " ")


def quoted(results: Results, name: str) -> str:
    """Return a scenario's title in quotation marks."""
    return f"“{title(results, name)}”"


def horizon(results: Results) -> str:
    """Return the length of the simulated time in words, such as "20 years"."""
    years = float(results.manifest["horizon_years"])
    return "1 year" if years == 1 else f"{years:g} years"


def effect(results: Results, scenario: str, metric: str) -> Effect | None:
    """Return the difference of a scenario from the baseline over the whole horizon.

    Where there are both a counted and an expected-value estimate, the latter is shown and the count stands
    beside it in `counted`; but the count alone where its Monte Carlo error is clearly smaller, see `CLEARLY`.
    """
    return effects(results, metric, scenario).get(scenario)


def effects(
    results: Results, metric: str, scenario: str | None = None, table: pd.DataFrame | None = None
) -> dict[str, Effect]:
    """Return `effect` of every scenario that has one (or of one scenario), in the study's order.

    Differences are those from the baseline unless another table of differences is given.
    """
    found = (_effects(results) if table is None else _effects_in(results, table)).get(metric, {})
    return {name: found[name] for name in scenario_names(results) if name in found and scenario in (None, name)}


@once
def _effects(results: Results) -> dict[str, dict[str, Effect]]:
    return _effects_in(results, results.differences)


def _effects_in(results: Results, table: pd.DataFrame) -> dict[str, dict[str, Effect]]:
    """Return the effect of every metric and scenario in a table of differences."""
    equal = same_inputs(results)
    found: dict[str, dict[str, dict[str, Effect]]] = {}
    for row in whole_each(select(table, district="all", group="all")).to_dict("records"):
        name, metric, estimator = str(row["scenario"]), str(row["metric"]), str(row["estimator"])
        found.setdefault(metric, {}).setdefault(name, {})[estimator] = Effect(
            scenario=name,
            metric=metric,
            unit=str(row["unit"]),
            mean=float(row["mean"]),
            low=float(row["p05"]),
            high=float(row["p95"]),
            mc_error=float(row["mc_error"]),
            n=int(row["n"]),
            estimator=estimator,
            same_inputs=name in equal,
        )
    return {metric: {name: _preferred(**both) for name, both in own.items()} for metric, own in found.items()}


def _preferred(counted: Effect | None = None, expected: Effect | None = None) -> Effect:
    # A count of zero has a Monte Carlo error of zero without being exact: it never outranks an expectation.
    if expected and (counted is None or counted.is_zero or expected.mc_error <= CLEARLY * counted.mc_error):
        return replace(expected, counted=counted)
    assert counted is not None
    return counted


def same_inputs(results: Results) -> set[str]:
    """Return the scenarios with the baseline's digest: equal in every input that matters."""
    digests = {str(entry["name"]): entry.get("digest") for entry in results.manifest["scenarios"]}
    base = digests.get(baseline(results))
    return {name for name, digest in digests.items() if digest is not None and digest == base}


def zero_bound(effect: Effect, casualties_per_accident: float = 1.0) -> float:
    """Return the 95 % upper limit of a mean of which nothing was counted in `n` runs.

    With no event in n runs a Poisson mean above -ln(0.05)/n per run is excluded at 95 %; one event may
    hurt several people.
    """
    if effect.high > 0:
        return effect.high
    return math.inf if effect.n <= 0 else -math.log(0.05) / effect.n * max(1.0, casualties_per_accident)


def casualties_per_accident(results: Results) -> float:
    """Return casualties per accident of the baseline (a ratio of means), 1 where it is not known."""
    name = baseline(results)
    people = whole(levels(results, CASUALTIES, name))["mean"].sum()
    accidents = whole(levels(results, "accidents", name))["mean"].sum()
    return float(people / accidents) if accidents > 0 else 1.0


def chosen(results: Results, metric: str = CASUALTIES, each_way: int = 2) -> list[str]:
    """Return the scenarios shown together: baseline, headline, the largest increases and decreases."""
    base, head = baseline(results), headline(results)
    names = [base] + ([head] if head else [])
    others = [e for n, e in effects(results, metric).items() if n not in names and not e.same_inputs]
    rising = sorted((e for e in others if e.mean > 0), key=lambda e: -e.mean)
    falling = sorted((e for e in others if e.mean < 0), key=lambda e: e.mean)
    return names + [e.scenario for e in rising[:each_way] + falling[:each_way]]


def last_year_is_short(results: Results, years: Sequence[int]) -> bool:
    """Whether the last calendar year is simulated for less than half its length."""
    start = results.manifest.get("start")
    if start is None or not len(years):
        return False
    end = end_date(results)
    return end.year == max(years) and end < dt.date(end.year, 7, 1)


def end_date(results: Results) -> dt.date:
    """Return the day on which the simulated time ends."""
    begin = dt.date.fromisoformat(str(results.manifest.get("start", "2000-01-01"))[:10])
    return begin + dt.timedelta(days=365.25 * float(results.manifest["horizon_years"]))


def end_text(results: Results) -> str:
    """Return the day on which the simulated time ends, such as "24 February 2042"."""
    end = end_date(results)
    return f"{end.day} {end:%B} {end.year}"


def mostly_chance(results: Results, effect: Effect) -> bool:
    """Whether the width of an effect's interval is mostly chance and not what is unknown.

    The mean of one draw carries the Monte Carlo error of the whole times the root of the number of draws; where
    1.645 of that fill seven tenths of the interval's half-width, the width says little about the inputs.
    """
    draws = float((results.manifest.get("replicates") or {}).get("draws") or 0)
    half = (effect.high - effect.low) / 2
    return half > 0 and 1.645 * effect.mc_error * math.sqrt(draws) >= 0.7 * half


def first_year_note(results: Results) -> str:
    """Return from when the first calendar year counts, where that is not 1 January."""
    begin = dt.date.fromisoformat(str(results.manifest.get("start", "2000-01-01"))[:10])
    return "" if (begin.month, begin.day) == (1, 1) else f"{begin.year} counts from {begin.day} {begin:%B}. "


def flows(results: Results, rows: pd.DataFrame) -> pd.DataFrame:
    """Return yearly rows of a flow, without a last year that is mostly outside the simulated time."""
    rows = by_year(rows)
    years = sorted(set(rows["year"]))
    return rows[rows["year"] < max(years)] if last_year_is_short(results, years) else rows
