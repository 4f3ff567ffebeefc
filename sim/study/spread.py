"""How much of the spread between runs is what we do not know, and how much is chance (MODEL section 10)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.scenario.schema import Scenario
from sim.study.metrics import METRICS, NATIONAL
from sim.study.sample import Sample
from sim.study.summary import matched
from sim.world import draw_parameters

COLUMNS = ["scenario", "baseline", "metric", "unit", "group", "sd", "sd_chance", "sd_unknown", "share_unknown"]


def split_variance(values: np.ndarray, draws: np.ndarray) -> tuple[float, float]:
    """Variance of one run by chance, and by what is not known; nested draws (MODEL section 10).

    Var(parameters) = Var(means of the draws) - within / inner. That estimate can fall below zero by accident; it is
    then zero. All runs of one draw: exactly zero.

    Parameters
    ----------
    values, draws : (replicate,)
        In the order of the draws.

    Returns
    -------
    (float, float)
        NaN where a draw has one run only: the two cannot be told apart.
    """
    _, start, counts = np.unique(draws, return_index=True, return_counts=True)
    freedom = len(values) - len(start)
    if freedom <= 0:
        return np.nan, np.nan
    means = np.add.reduceat(values, start) / counts
    within = float(((values - np.repeat(means, counts)) ** 2).sum()) / freedom
    if len(start) == 1:
        return within, 0.0
    return within, max(0.0, float(means.var(ddof=1)) - within / float(counts.mean()))


def spread(scenario: Scenario, sample: Sample, base: Sample | None = None) -> pd.DataFrame:
    """Standard deviation of whole-run national results between runs, and its two parts.

    Parameters
    ----------
    scenario : Scenario
        Where all its numbers are certain, every run counts as one of the same draw.
    sample : Sample
    base : Sample, optional
        Of the baseline: the spread is that of the paired difference.
    """
    mine, other = (np.ones(len(sample.draws), bool), None) if base is None else matched(sample, base)
    uncertain = bool(draw_parameters(scenario, 0).scores)
    draws = sample.draws[mine] if uncertain else np.zeros(int(mine.sum()), np.int64)
    rows = []
    for metric in (*METRICS, *NATIONAL):
        values = sample.total(metric)[mine, -1, 0]
        if base is not None and other is not None:
            values = values - base.total(metric)[other, -1, 0]
        chance, unknown = split_variance(values, draws)
        share = unknown / (chance + unknown) if chance + unknown > 0.0 else 0.0 if chance == 0.0 else np.nan
        rows.append((sample.name, base.name if base is not None else "", metric.name, metric.unit, metric.group,
                     np.sqrt(chance + unknown), np.sqrt(chance), np.sqrt(unknown), share))
    return pd.DataFrame(rows, columns=COLUMNS)
