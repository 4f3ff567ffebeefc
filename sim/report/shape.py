"""What the report reads: the shape of finished results, and the short form in which it holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import wraps
from typing import Any, Protocol, TypeVar

import pandas as pd

T = TypeVar("T")
INERT = "items_inert"
DIRECT = "casualties_transferred_expected"
ITEMS = ("items_active", INERT)
INERT_TRANSFERRED = "items_inert_transferred"
ITEMS_TRANSFERRED = ("items_active_transferred", INERT_TRANSFERRED)


class Results(Protocol):
    """A finished study as the report sees it; every table is a pandas DataFrame in long form."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Study, question, baseline, headline, scenarios, seed, versions."""

    @property
    def summary(self) -> pd.DataFrame:
        """Levels: scenario, metric, unit, period, district, group, mean, p05, p50, p95, mc_error, n."""

    @property
    def differences(self) -> pd.DataFrame:
        """Scenario minus baseline: the columns of `summary`, baseline and estimator."""

    @property
    def parameters(self) -> pd.DataFrame:
        """Every input: path, distribution, central, low, high, source, grade, note, used_in."""

    @property
    def drivers(self) -> pd.DataFrame:
        """Shares of variance: scenario, metric, parameter, grade, share_of_variance, rank_correlation."""

    @property
    def spread(self) -> pd.DataFrame:
        """Whole-run results between runs: scenario, baseline, metric, unit, group, sd and its two parts."""

    @property
    def treaty(self) -> pd.DataFrame:
        """CCW AP II TA 3(a): family, title, share_not_sd_30d, share_functioning_120d, meets_3a."""

    @property
    def fit(self) -> pd.DataFrame | None:
        """Observed and reported casualties: year, observed, p10, p50, p90, used_in_fit."""

    @property
    def by_end(self) -> pd.DataFrame:
        """Results by end of hostilities: scenario, end_from, end_to, metric, mean, p05, p95, n_draws."""

    @property
    def per_10000(self) -> pd.DataFrame:
        """Differences per 10,000 devices: scenario, metric, mean, p05, p95."""

    @property
    def completion(self) -> pd.DataFrame | None:
        """Land done with by year, of studies with a deadline: see `sim.study.progress.completion`."""

    @property
    def pairs(self) -> pd.DataFrame | None:
        """Differences from the first variant of the group: the columns of `differences`."""

    @property
    def value(self) -> pd.DataFrame | None:
        """Casualties averted for the money: scenario, baseline, metric, unit, mean, p05, p95, n."""

    @property
    def failures(self) -> pd.DataFrame:
        """Runs that failed: scenario, block, replicate, draw, inner, seed, error, traceback."""

    @property
    def map(self) -> dict[str, Any] | None:
        """Schematic districts as GeoJSON, for drawing only."""


@dataclass(frozen=True)
class Condensed:
    """Results with only the rows a report shows, so that every look-up is over a short table."""

    manifest: Mapping[str, Any]
    summary: pd.DataFrame
    differences: pd.DataFrame
    parameters: pd.DataFrame
    drivers: pd.DataFrame
    spread: pd.DataFrame
    treaty: pd.DataFrame
    fit: pd.DataFrame | None
    by_end: pd.DataFrame
    per_10000: pd.DataFrame
    failures: pd.DataFrame
    completion: pd.DataFrame | None
    pairs: pd.DataFrame | None
    value: pd.DataFrame | None
    map: dict[str, Any] | None
    known: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


def once(find: Callable[..., T]) -> Callable[..., T]:
    """Find a thing in condensed results once: a page asks for the same many times. What is found is not changed."""

    @wraps(find)
    def ask(results: Results, *where: Any) -> T:
        if not isinstance(results, Condensed):
            return find(results, *where)
        key = (find.__module__, find.__name__, where)
        if key not in results.known:
            results.known[key] = find(results, *where)
        found: T = results.known[key]
        return found

    return ask


def condense(results: Results) -> Condensed:
    """Return the results without the years of single districts and groups, and of differences in flows."""
    if isinstance(results, Condensed):
        return results
    summary, differences = results.summary, results.differences
    of_all = (differences["district"] == "all") & (differences["group"] == "all")
    people = (differences["metric"] == "casualties_total") & (differences["period"].astype(str) == "all")
    differences = differences[of_all | people]
    total = (summary["district"] == "all") & (summary["group"] == "all")
    summary = summary[total | (summary["period"].astype(str) == "all")]
    whole_time = differences["period"].astype(str) == "all"
    # A metric without a row for the whole horizon is read at its last year's end, so its years stay.
    stocks = set(differences["metric"]) - set(differences[whole_time]["metric"]) | set(ITEMS)
    differences = differences[whole_time | differences["metric"].isin(stocks)]
    same = {own.name: getattr(results, own.name) for own in fields(Condensed) if own.init}
    return Condensed(**{**same, "summary": summary, "differences": differences})


def select(frame: pd.DataFrame, **where: object) -> pd.DataFrame:
    """Return the rows of `frame` whose columns equal the given values (or are among a given list)."""
    keep: Any = True  # one mask for all columns: taking the rows costs more than comparing them
    for column, value in where.items():
        if value is not None:
            own = frame[column]
            keep = keep & (own.isin(list(value)) if isinstance(value, (list, tuple, set)) else own == value)
    return frame if keep is True else frame[keep]
