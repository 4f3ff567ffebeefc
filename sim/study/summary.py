"""Tidy tables from replicates: summaries, differences with intervals, ratios (MODEL sections 9 and 10).

Two kinds of uncertainty are kept apart. Over parameter draws: the interval p05-p95 of differences is
over draws of the mean difference. Over chance: ``mc_error`` is the standard error of the mean that is
left because a draw has few replicates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from sim.study.metrics import DISCOUNT_RATES, DISCOUNTED, EXPECTED_OF, METRICS, NATIONAL, Metric
from sim.study.sample import Sample

SUMMARY_COLUMNS = [
    "scenario", "metric", "unit", "period", "district", "group", "mean", "p05", "p50", "p95", "mc_error", "n"]
RESAMPLED_TOGETHER = 1 << 20
"""Numbers drawn at a time in a bootstrap: its memory does not grow with the draws."""
BATCH_BYTES = 1 << 20
"""Of metrics whose numbers are summed up together: where there are few replicates, the calls would take longer."""
Values = tuple[Metric, str, np.ndarray]
"""Metric, estimator, and values by (replicate, period, place)."""
Statistics = dict[str, np.ndarray]
"""Column of a table -> its values, (period, place) float64."""
DIFFERENCE_COLUMNS = ["scenario", "baseline", *SUMMARY_COLUMNS[1:6], "estimator", *SUMMARY_COLUMNS[6:]]


def by_draw(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Means over the replicates of each parameter draw, (draw, ...) float64; draws in their order."""
    start = _first_of(draws)
    counts = np.diff([*start, len(draws)])
    return np.add.reduceat(values, start, axis=0) / counts.reshape(-1, *([1] * (values.ndim - 1)))


def _first_of(draws: np.ndarray) -> np.ndarray:
    """First replicate of each draw, (draw,) int64."""
    return np.flatnonzero(np.diff(draws, prepend=-1))


def chance_error(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Standard error of the overall mean that comes from chance within draws.

    Var(mean) from chance = mean variance within draws / number of replicates. With one replicate a draw
    the two sources cannot be told apart and the whole variance counts.
    """
    n = len(draws)
    if n < 2:
        return np.full(values.shape[1:], np.nan)
    means = by_draw(values, draws)
    index = np.repeat(np.arange(len(means)), np.diff([*_first_of(draws), n]))
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
    def values() -> Iterator[Values]:
        for metric in (*METRICS, *NATIONAL):
            yield from ((metric, "", slab) for slab in sample.slabs(metric))
        for name in DISCOUNTED:
            yield from ((metric, "", _present_value(sample, name, rate)) for metric, rate in _discounted(name))

    table = _table(_columns(values(), sample.draws, lambda v: v, years, districts))
    table["scenario"] = sample.name
    return table[SUMMARY_COLUMNS]


def differences(sample: Sample, base: Sample, years: tuple[int, ...], districts: tuple[str, ...]) -> pd.DataFrame:
    """Paired differences against the baseline; counted, and expected where there is a companion."""
    ours, theirs = matched(sample, base)
    draws = sample.draws[ours]

    def change(metric: Metric) -> Iterator[np.ndarray]:
        for slab, base_slab in zip(sample.slabs(metric), base.slabs(metric), strict=True):
            yield slab[ours] - base_slab[theirs]

    def change_of_value(name: str, rate: float) -> np.ndarray:
        return _present_value(sample, name, rate)[ours] - _present_value(base, name, rate)[theirs]

    def values() -> Iterator[Values]:
        for metric in (*METRICS, *NATIONAL):
            yield from ((metric, "counted", d) for d in change(metric))
            companion = EXPECTED_OF.get(metric.column)
            if companion is not None:
                other = next(m for m in METRICS if m.name == companion)
                pairs = zip(change(metric), change(other), strict=True)
                yield from ((metric, "expected", control_variate(d, d - e)) for d, e in pairs)
        for name in DISCOUNTED:
            companion = EXPECTED_OF.get(name)
            for metric, rate in _discounted(name):
                d = change_of_value(name, rate)
                yield metric, "counted", d
                if companion is not None:
                    yield metric, "expected", control_variate(d, d - change_of_value(companion, rate))

    result = _table(_columns(values(), draws, lambda v: by_draw(v, draws), years, districts))
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


def _columns(values: Iterable[Values], draws: np.ndarray, spread: Callable[[np.ndarray], np.ndarray],
             years: tuple[int, ...], districts: tuple[str, ...]) -> list[dict[str, Any]]:
    """Columns of the rows of each metric and estimator: arrays of one length, or one value for all rows.

    Mean and its error from chance are over replicates, quantiles over whatever ``spread`` has a row for.
    """
    found = (pair for batch in _batches(values) for pair in _statistics(batch, draws, spread))
    parts = []
    for (metric, estimator), slabs in groupby(found, itemgetter(0)):
        joined = _joined(statistics for _, statistics in slabs)
        periods, places = joined["mean"].shape
        parts.append({
            "metric": metric.name, "unit": metric.unit,
            "period": np.repeat(np.array([*map(str, years), "all"][-periods:], dtype=object), places),
            "district": np.tile(np.array([*districts, "all"][-places:], dtype=object), periods),
            "group": metric.group, **{name: v.ravel() for name, v in joined.items()}, "n": len(draws),
            "estimator": estimator})
    return parts


def _batches(values: Iterable[Values]) -> Iterator[list[Values]]:
    """Values of one shape that follow each other, so many bytes together at most.

    One number for each replicate stays alone: in company its replicates would be added up in another order.
    """
    batch: list[Values] = []
    for item in values:
        shape, size = item[2].shape, item[2].nbytes
        if batch and (shape != batch[0][2].shape or shape[1:] == (1, 1) or (len(batch) + 1) * size > BATCH_BYTES):
            yield batch
            batch = []
        batch.append(item)
    yield batch


def _statistics(batch: list[Values], draws: np.ndarray,
                spread: Callable[[np.ndarray], np.ndarray]) -> Iterator[tuple[tuple[Metric, str], Statistics]]:
    values = np.stack([v for _, _, v in batch], axis=1)  # (replicate, item, period, place)
    low, mid, high = np.quantile(spread(values), [0.05, 0.5, 0.95], axis=0)
    found = {"mean": values.mean(axis=0), "p05": low, "p50": mid, "p95": high, "mc_error": chance_error(values, draws)}
    for i, (metric, estimator, _) in enumerate(batch):
        yield (metric, estimator), {name: v[i] for name, v in found.items()}


def _joined(slabs: Iterable[Statistics]) -> Statistics:
    """Statistics of all places from those of some places each."""
    parts = list(slabs)
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]}


def _table(parts: list[dict[str, Any]]) -> pd.DataFrame:
    """One table of the columns of several metrics: one table for each would take longer than the numbers.

    Names stay Python's strings: to turn them into those of pandas would take longer still.
    """
    length = [len(part["mean"]) for part in parts]

    def column(name: str) -> pd.Series[Any]:
        first, values = parts[0][name], [part[name] for part in parts]
        if isinstance(first, np.ndarray):
            joined = np.concatenate(values)
        else:
            joined = np.repeat(np.array(values, object if isinstance(first, str) else None), length)
        return pd.Series(joined, dtype=joined.dtype)

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
