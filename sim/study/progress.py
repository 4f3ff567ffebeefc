"""What a programme achieves: land done with by year, deadlines met, casualties averted for the money.

For studies that name a deadline or put variants into groups (MODEL sections 7 and 9).
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from sim.scenario.schema import Deadline
from sim.study.metrics import METRICS
from sim.study.sample import Sample
from sim.study.summary import by_draw, control_variate, differences, matched, ratio_of_means

OPEN_LAND = ("area_to_survey_m2", "area_suspected_m2", "area_confirmed_m2")
DONE_LAND = ("area_no_evidence_m2", "area_released_m2")
COMPLETION_COLUMNS = ["scenario", "year", "unit", "mean", "p05", "p25", "p50", "p75", "p95",
                      "met", "met_low", "met_high", "mc_error", "n"]
VALUE_COLUMNS = ["scenario", "baseline", "metric", "unit", "mean", "p05", "p95", "n"]
Z = NormalDist().inv_cdf(0.95)


def completion(sample: Sample, years: tuple[int, ...], deadline: Deadline) -> pd.DataFrame:
    """Share of land done with at each year's end, and of runs that have reached the deadline's share by then.

    Quantiles are over replicates. ``met`` is the probability, over what is not known and chance together; its
    interval is Wilson's with as many trials as parameter draws, for replicates of one draw are alike; ``mc_error`` is
    the standard error of the mean over draws. A run that has not got there by a year counts as not done: nobody knows
    when it would be, and no mean date is given.
    """
    def whole(name: str) -> np.ndarray:
        metric = next(m for m in METRICS if m.column == name)
        return sample.total(metric)[:, :-1, 0]

    left, done = sum(whole(m) for m in OPEN_LAND), sum(whole(m) for m in DONE_LAND)
    share = np.divide(done, left + done, out=np.ones_like(done), where=left + done > 0)
    low, first, mid, third, high = np.quantile(share, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
    met = by_draw((share >= deadline.share).astype(float), sample.draws)
    spread = met.std(axis=0, ddof=1) / np.sqrt(len(met)) if len(met) > 1 else np.full(len(years), np.nan)
    met_low, met_high = wilson(met.mean(axis=0), len(met))
    table = pd.DataFrame({
        "year": years, "unit": "share", "mean": share.mean(axis=0), "p05": low, "p25": first, "p50": mid, "p75": third,
        "p95": high, "met": met.mean(axis=0), "met_low": met_low, "met_high": met_high, "mc_error": spread,
        "n": len(share)})
    table.insert(0, "scenario", sample.name)
    return table[COMPLETION_COLUMNS]


def wilson(share: np.ndarray, trials: int) -> tuple[np.ndarray, np.ndarray]:
    """90 % interval of a probability by Wilson (1927); never empty, also at 0 and 1."""
    middle = (share + Z**2 / (2 * trials)) / (1 + Z**2 / trials)
    half = Z / (1 + Z**2 / trials) * np.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    return np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)


def pairs(sample: Sample, first: Sample, years: tuple[int, ...], districts: tuple[str, ...]) -> pd.DataFrame:
    """Differences from the first variant of the group over the whole run: the columns of `differences`."""
    table = differences(sample, first, years, districts)
    return table[table["period"] == "all"].reset_index(drop=True)


def value(sample: Sample, base: Sample) -> pd.DataFrame:
    """Casualties averted against the baseline for the money spent more, as ratios of means with their intervals.

    Casualties are counted ones with the chance of each encounter averaged out (MODEL section 11). Without money
    spent more there is no row, and no cost per casualty averted where the interval of those averted holds zero.
    """
    keep = matched(sample, base)
    draws = sample.draws[keep[0]]
    more = {m: _whole_run(sample, m)[keep[0]] - _whole_run(base, m)[keep[1]]
            for m in ("casualties_total", "casualties_expected", "cost_usd")}
    fewer = -by_draw(control_variate(more["casualties_total"], more["casualties_total"] - more["casualties_expected"]),
                     draws)
    usd = by_draw(more["cost_usd"], draws)
    rows = []
    if len(usd) and usd.mean() > 0:
        rows.append(("casualties_averted_per_million_usd", "persons/million usd", *ratio_of_means(fewer, usd / 1e6)))
        if ratio_of_means(fewer, np.ones_like(fewer))[1] > 0:
            rows.append(("cost_usd_per_casualty_averted", "usd/person", *ratio_of_means(usd, fewer)))
    table = pd.DataFrame(rows, columns=VALUE_COLUMNS[2:7])
    table.insert(0, "baseline", base.name)
    table.insert(0, "scenario", sample.name)
    table["n"] = len(draws)
    return table[VALUE_COLUMNS]


def _whole_run(sample: Sample, column: str) -> np.ndarray:
    """National total of a metric over the whole run, (replicate,) float64."""
    metric = next(m for m in METRICS if m.column == column)
    return sample.total(metric)[:, -1, 0]
