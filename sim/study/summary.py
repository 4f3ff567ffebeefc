"""Tidy tables from replicates: summaries, differences with intervals, ratios (MODEL sections 9 and 10).

Two kinds of uncertainty are kept apart. Over parameter draws: the interval p05-p95 of differences is
over draws of the mean difference. Over chance: ``mc_error`` is the standard error of the mean that is
left because a draw has few replicates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.study.metrics import DISCOUNT_RATES, DISCOUNTED, EXPECTED_OF, METRICS, NATIONAL, Metric

SUMMARY_COLUMNS = [
    "scenario", "metric", "unit", "period", "district", "group", "mean", "p05", "p50", "p95", "mc_error", "n"]
DIFFERENCE_COLUMNS = ["scenario", "baseline", *SUMMARY_COLUMNS[1:6], "estimator", *SUMMARY_COLUMNS[6:]]


@dataclass(frozen=True)
class Sample:
    """All replicates of one scenario, in the order of (draw, inner).

    Attributes
    ----------
    by_district : (replicate, metric, year, district) float64
    national : (replicate, metric, year) float64
    draws : (replicate,) int64
    completed_years : (replicate,) float64
    """

    name: str
    by_district: np.ndarray
    national: np.ndarray
    draws: np.ndarray
    completed_years: np.ndarray

    def values(self, metric: Metric) -> np.ndarray:
        """Values with totals appended, (replicate, year + 1, district + 1); national ones (.., 1)."""
        if metric in METRICS:
            v = self.by_district[:, METRICS.index(metric)]
            v = np.concatenate([v, v.sum(axis=2, keepdims=True)], axis=2)
        else:
            v = self.national[:, NATIONAL.index(metric)][:, :, None]
        last = v.sum(axis=1, keepdims=True) if metric.kind == "flow" else v[:, -1:]
        return np.concatenate([v, last], axis=1)

    def present_value(self, name: str, rate: float) -> np.ndarray:
        """A flow of the whole country over the run, discounted, (replicate, 1, 1) float64."""
        metric = next(m for m in METRICS if m.column == name)
        return present_value(self.values(metric)[:, :-1, -1], rate)[:, None, None]


def by_draw(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Means over the replicates of each parameter draw, (draw, ...) float64."""
    _, start = np.unique(draws, return_index=True)
    counts = np.diff([*start, len(draws)])
    return np.add.reduceat(values, start, axis=0) / counts.reshape(-1, *([1] * (values.ndim - 1)))


def chance_error(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Standard error of the overall mean that comes from chance within draws.

    Var(mean) from chance = mean variance within draws / number of replicates. With one replicate a draw
    the two sources cannot be told apart and the whole variance counts.
    """
    n = len(draws)
    if n < 2:
        return np.full(values.shape[1:], np.nan)
    means = by_draw(values, draws)
    index = np.searchsorted(np.unique(draws), draws)
    within = ((values - means[index]) ** 2).sum(axis=0)
    freedom = n - len(means)
    variance = within / freedom if freedom > 0 else values.var(axis=0, ddof=1)
    return np.sqrt(variance / n)


def present_value(by_year: np.ndarray, rate: float) -> np.ndarray:
    """Value at the start of what each year brings, at the year's end (MODEL section 9, VALIDATION V9).

    Parameters
    ----------
    by_year : (..., year) float64
    rate : float
        Per year.

    Returns
    -------
    (...) float64
    """
    value: np.ndarray = by_year @ (1.0 + rate) ** -np.arange(1.0, by_year.shape[-1] + 1.0)
    return value


def _discounted(name: str) -> Iterator[tuple[Metric, float]]:
    """Metrics and rates under which a flow appears once it is discounted."""
    unit = next(m.unit for m in METRICS if m.column == name)
    for label, rate in DISCOUNT_RATES.items():
        yield Metric(f"{name}_discounted_{label}", unit, "flow"), rate


def summarise(sample: Sample, years: tuple[int, ...], districts: tuple[str, ...]) -> pd.DataFrame:
    """Mean and quantiles over replicates of every metric, period and district."""
    parts = [
        _columns(sample.values(m), sample.draws, m, years, districts, over_draws=False)
        for m in (*METRICS, *NATIONAL)]
    for name in DISCOUNTED:
        parts += [_columns(sample.present_value(name, rate), sample.draws, m, (), (), over_draws=False)
                  for m, rate in _discounted(name)]
    table = _table(parts)
    table["scenario"] = sample.name
    return table[SUMMARY_COLUMNS]


def differences(sample: Sample, base: Sample, years: tuple[int, ...], districts: tuple[str, ...]) -> pd.DataFrame:
    """Paired differences against the baseline; counted, and expected where there is a companion."""
    parts = []
    keep = matched(sample, base)
    draws = sample.draws[keep[0]]
    for metric in (*METRICS, *NATIONAL):
        d = sample.values(metric)[keep[0]] - base.values(metric)[keep[1]]
        parts.append({**_columns(d, draws, metric, years, districts, over_draws=True), "estimator": "counted"})
        companion = EXPECTED_OF.get(metric.column)
        if companion is not None:
            other = next(m for m in METRICS if m.name == companion)
            gap = d - (sample.values(other)[keep[0]] - base.values(other)[keep[1]])
            better = _columns(control_variate(d, gap), draws, metric, years, districts, over_draws=True)
            parts.append({**better, "estimator": "expected"})
    for name in DISCOUNTED:
        companion = EXPECTED_OF.get(name)
        for metric, rate in _discounted(name):
            d = sample.present_value(name, rate)[keep[0]] - base.present_value(name, rate)[keep[1]]
            parts.append({**_columns(d, draws, metric, (), (), over_draws=True), "estimator": "counted"})
            if companion is not None:
                expected = sample.present_value(companion, rate)[keep[0]] - base.present_value(companion, rate)[keep[1]]
                better = _columns(control_variate(d, d - expected), draws, metric, (), (), over_draws=True)
                parts.append({**better, "estimator": "expected"})
    result = _table(parts)
    result["scenario"], result["baseline"] = sample.name, base.name
    return result[DIFFERENCE_COLUMNS]


def matched(sample: Sample, base: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Replicates of two scenarios that both have: (replicate,) bool of each."""
    return np.isin(_address(sample), _address(base)), np.isin(_address(base), _address(sample))


def _address(sample: Sample) -> np.ndarray:
    """One number per replicate: draw and position within the draw."""
    first = np.searchsorted(sample.draws, sample.draws)
    return sample.draws * 4096 + np.arange(len(sample.draws)) - first


def control_variate(values: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Values minus beta times (counted - expected), beta fitted across replicates (MODEL section 11).

    The gap has mean zero under any feedback; beta = 1 is plain expected values.
    """
    centred = gap - gap.mean(axis=0)
    variance = (centred**2).sum(axis=0)
    covariance = (centred * (values - values.mean(axis=0))).sum(axis=0)
    beta = np.divide(covariance, variance, out=np.ones_like(variance), where=variance > 0)
    return values - beta * gap


def _columns(values: np.ndarray, draws: np.ndarray, metric: Metric, years: tuple[int, ...],
             districts: tuple[str, ...], over_draws: bool) -> dict[str, Any]:
    """Columns of the rows of one metric: arrays of one length, or one value for all rows."""
    n, periods, places = values.shape
    sample = by_draw(values, draws) if over_draws else values
    low, mid, high = np.quantile(sample, [0.05, 0.5, 0.95], axis=0)
    names = [*districts, "all"] if places > 1 else ["all"]
    return {
        "metric": metric.name, "unit": metric.unit,
        "period": np.repeat(np.array([*map(str, years), "all"], dtype=object), places),
        "district": np.tile(np.array(names, dtype=object), periods), "group": metric.group,
        "mean": values.mean(axis=0).ravel(), "p05": low.ravel(), "p50": mid.ravel(), "p95": high.ravel(),
        "mc_error": chance_error(values, draws).ravel(), "n": n,
    }


def _table(parts: list[dict[str, Any]]) -> pd.DataFrame:
    """One table of the columns of several metrics: one table for each would take longer than the numbers."""
    length = [len(part["mean"]) for part in parts]

    def column(name: str) -> np.ndarray:
        first = parts[0][name]
        if isinstance(first, np.ndarray):
            return np.concatenate([part[name] for part in parts])
        return np.repeat(np.array([part[name] for part in parts], object if isinstance(first, str) else None), length)

    return pd.DataFrame({name: column(name) for name in parts[0]})


def ratio_of_means(top: np.ndarray, bottom: np.ndarray, resamples: int = 400) -> tuple[float, float, float]:
    """Ratio of the means over draws with a bootstrap interval of its own (5-95 %).

    Never quantiles of ratios of single replicates. The resampling is the same for every ratio.
    """
    if len(top) == 0 or bottom.mean() == 0:
        return np.nan, np.nan, np.nan
    pick = np.random.default_rng(0).integers(0, len(top), (resamples, len(top)))
    bottoms = bottom[pick].mean(axis=1)
    ratios = np.divide(top[pick].mean(axis=1), bottoms, out=np.full(resamples, np.nan), where=bottoms != 0)
    low, high = np.nanquantile(ratios, [0.05, 0.95])
    return float(top.mean() / bottom.mean()), float(low), float(high)


def first_stays_below(values: np.ndarray, limit: float) -> np.ndarray:
    """Index of the first year from which values stay below a limit, per row; inf where they never do."""
    above = values >= limit
    last = np.where(above.any(axis=1), values.shape[1] - np.argmax(above[:, ::-1], axis=1), 0)
    return np.where(last >= values.shape[1], np.inf, last.astype(float))


def derived(sample: Sample) -> pd.DataFrame:
    """Ratios, individual risk and times of one scenario, for the whole country and the whole run."""
    def total(name: str) -> np.ndarray:
        metric = next(m for m in METRICS if m.column == name)
        return by_draw(sample.values(metric)[:, :, -1], sample.draws)

    n = len(sample.draws)
    rows = []
    cost, released = total("cost_usd")[:, -1], total("area_released_m2")[:, -1]
    rows.append(("cost_usd_per_m2_released", "usd/m2", *ratio_of_means(cost, released)))
    killed, lived = total("casualties_killed_expected"), total("person_years_at_risk")
    rows.append(("individual_risk_per_year", "1/(person-year)", *ratio_of_means(killed[:, -1], lived[:, -1])))
    risk = np.divide(killed[:, :-1], lived[:, :-1], out=np.zeros_like(killed[:, :-1]), where=lived[:, :-1] > 0)
    for limit, label in ((1e-5, "1e-5"), (1e-6, "1e-6")):
        years = first_stays_below(risk, limit)
        rows.append((f"years_to_tolerable_risk_{label}", "years", *_censored(years)))
    rows.append(("years_to_completion", "years", *_censored(sample.completed_years)))
    table = pd.DataFrame(rows, columns=["metric", "unit", "mean", "p05", "p95"])
    table["p50"] = table["mean"]
    table["scenario"], table["period"], table["district"], table["group"] = sample.name, "all", "all", "all"
    table["mc_error"], table["n"] = np.nan, n
    return table[SUMMARY_COLUMNS]


def _censored(years: np.ndarray) -> tuple[float, float, float]:
    """Median and 5-95 % of times some of which are beyond the horizon (infinite)."""
    low, mid, high = np.quantile(years, [0.05, 0.5, 0.95], method="inverted_cdf")
    return float(mid), float(low), float(high)
