"""Tidy tables from replicates: summaries, differences with intervals, ratios (MODEL sections 9 and 10).

Two kinds of uncertainty are kept apart. Over parameter draws: the interval p05-p95 of differences is
over draws of the mean difference. Over chance: ``mc_error`` is the standard error of the mean that is
left because a draw has few replicates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from sim.study.metrics import DISCOUNT_RATES, DISCOUNTED, EXPECTED_OF, METRICS, NATIONAL, Metric
from sim.study.sample import Sample

SUMMARY_COLUMNS = [
    "scenario", "metric", "unit", "period", "district", "group", "mean", "p05", "p50", "p95", "mc_error", "n"]
RESAMPLED_TOGETHER = 1 << 20
"""Numbers drawn at a time in a bootstrap: its memory does not grow with the draws."""
Statistics = dict[str, np.ndarray]
"""Column of a table -> its values, (period, place) float64."""
DIFFERENCE_COLUMNS = ["scenario", "baseline", *SUMMARY_COLUMNS[1:6], "estimator", *SUMMARY_COLUMNS[6:]]


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


def _present_value(sample: Sample, name: str, rate: float) -> np.ndarray:
    """A flow of the whole country over the run, discounted, (replicate, 1, 1) float64."""
    metric = next(m for m in METRICS if m.column == name)
    return present_value(sample.total(metric)[:, :-1, 0], rate)[:, None, None]


def summarise(sample: Sample, years: tuple[int, ...], districts: tuple[str, ...]) -> pd.DataFrame:
    """Mean and quantiles over replicates of every metric, period and district."""
    parts = [
        _columns(_joined(_statistics(slab, sample.draws, slab) for slab in sample.slabs(metric)),
                 len(sample.draws), metric, years, districts)
        for metric in (*METRICS, *NATIONAL)]
    for name in DISCOUNTED:
        for metric, rate in _discounted(name):
            values = _present_value(sample, name, rate)
            parts.append(_columns(_statistics(values, sample.draws, values), len(sample.draws), metric, (), ()))
    table = _table(parts)
    table["scenario"] = sample.name
    return table[SUMMARY_COLUMNS]


def differences(sample: Sample, base: Sample, years: tuple[int, ...], districts: tuple[str, ...]) -> pd.DataFrame:
    """Paired differences against the baseline; counted, and expected where there is a companion."""
    ours, theirs = matched(sample, base)
    draws = sample.draws[ours]

    def change(metric: Metric) -> Iterator[np.ndarray]:
        for slab, base_slab in zip(sample.slabs(metric), base.slabs(metric), strict=True):
            yield slab[ours] - base_slab[theirs]

    def over_draws(values: np.ndarray) -> Statistics:
        return _statistics(values, draws, by_draw(values, draws))

    parts = []
    for metric in (*METRICS, *NATIONAL):
        found = {"counted": (over_draws(d) for d in change(metric))}
        companion = EXPECTED_OF.get(metric.column)
        if companion is not None:
            other = next(m for m in METRICS if m.name == companion)
            pairs = zip(change(metric), change(other), strict=True)
            found["expected"] = (over_draws(control_variate(d, d - e)) for d, e in pairs)
        for estimator, slabs in found.items():
            columns = _columns(_joined(slabs), len(draws), metric, years, districts)
            parts.append({**columns, "estimator": estimator})
    for name in DISCOUNTED:
        companion = EXPECTED_OF.get(name)
        for metric, rate in _discounted(name):
            d = _present_value(sample, name, rate)[ours] - _present_value(base, name, rate)[theirs]
            values = {"counted": d}
            if companion is not None:
                e = _present_value(sample, companion, rate)[ours] - _present_value(base, companion, rate)[theirs]
                values["expected"] = control_variate(d, d - e)
            parts += [{**_columns(over_draws(v), len(draws), metric, (), ()), "estimator": estimator}
                      for estimator, v in values.items()]
    result = _table(parts)
    result["scenario"], result["baseline"] = sample.name, base.name
    return result[DIFFERENCE_COLUMNS]


def matched(sample: Sample, base: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Replicates of two scenarios that both have: (replicate,) bool of each."""
    return np.isin(_address(sample), _address(base)), np.isin(_address(base), _address(sample))


def _address(sample: Sample) -> np.ndarray:
    """One number per replicate: draw and number within the draw."""
    return sample.draws * 4096 + sample.inner


def control_variate(values: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Values minus beta times (counted - expected), beta fitted across replicates (MODEL section 11).

    The gap has mean zero under any feedback; beta = 1 is plain expected values.
    """
    centred = gap - gap.mean(axis=0)
    variance = (centred**2).sum(axis=0)
    covariance = (centred * (values - values.mean(axis=0))).sum(axis=0)
    beta = np.divide(covariance, variance, out=np.ones_like(variance), where=variance > 0)
    return values - beta * gap


def _statistics(values: np.ndarray, draws: np.ndarray, spread: np.ndarray) -> Statistics:
    """Mean and its error from chance over replicates, quantiles over whatever ``spread`` holds a row for."""
    low, mid, high = np.quantile(spread, [0.05, 0.5, 0.95], axis=0)
    return {"mean": values.mean(axis=0), "p05": low, "p50": mid, "p95": high, "mc_error": chance_error(values, draws)}


def _joined(slabs: Iterable[Statistics]) -> Statistics:
    """Statistics of all places from those of some places each."""
    parts = list(slabs)
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]}


def _columns(found: Statistics, n: int, metric: Metric, years: tuple[int, ...],
             districts: tuple[str, ...]) -> dict[str, Any]:
    """Columns of the rows of one metric: arrays of one length, or one value for all rows."""
    periods, places = found["mean"].shape
    names = [*districts, "all"] if places > 1 else ["all"]
    return {
        "metric": metric.name, "unit": metric.unit,
        "period": np.repeat(np.array([*map(str, years), "all"], dtype=object), places),
        "district": np.tile(np.array(names, dtype=object), periods), "group": metric.group,
        **{name: values.ravel() for name, values in found.items()}, "n": n,
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
    generator = np.random.default_rng(0)
    ratios = np.full(resamples, np.nan)
    rows = max(1, RESAMPLED_TOGETHER // len(top))
    for first in range(0, resamples, rows):
        pick = generator.integers(0, len(top), (min(rows, resamples - first), len(top)))
        bottoms = bottom[pick].mean(axis=1)
        np.divide(top[pick].mean(axis=1), bottoms, out=ratios[first: first + rows], where=bottoms != 0)
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
        return by_draw(sample.total(metric)[:, :, 0], sample.draws)

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
