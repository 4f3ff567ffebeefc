"""How much of the spread between runs is what we do not know, and how much is chance (MODEL section 10)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.scenario import is_uncertain
from sim.scenario.schema import Scenario
from sim.study.metrics import METRICS, NATIONAL
from sim.study.sample import Sample
from sim.study.summary import matched


def split_variance(values: np.ndarray, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variance of one run by chance, and by what is not known; nested draws (MODEL section 10).

    Var(parameters) = Var(means of the draws) - within / inner. That estimate can fall below zero by accident; it is
    then zero. All runs of one draw: exactly zero.

    Parameters
    ----------
    values : (..., replicate) float64
    draws : (replicate,) int64
        In their order.

    Returns
    -------
    (...) float64, (...) float64
        NaN where a draw has one run only: the two cannot be told apart.
    """
    _, start, counts = np.unique(draws, return_index=True, return_counts=True)
    freedom = values.shape[-1] - len(start)
    if freedom <= 0:
        unknown = np.full(values.shape[:-1], np.nan)
        return unknown, unknown
    means = np.add.reduceat(values, start, axis=-1) / counts
    within = ((values - np.repeat(means, counts, axis=-1)) ** 2).sum(axis=-1) / freedom
    if len(start) == 1:
        return within, np.zeros_like(within)
    return within, np.maximum(0.0, means.var(axis=-1, ddof=1) - within / counts.mean())


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
    draws = sample.draws[mine] if is_uncertain(scenario) else np.zeros(int(mine.sum()), np.int64)
    metrics = (*METRICS, *NATIONAL)
    values = np.array([sample.total(metric)[mine, -1, 0] for metric in metrics])
    if base is not None and other is not None:
        values -= np.array([base.total(metric)[other, -1, 0] for metric in metrics])
    chance, unknown = split_variance(values, draws)
    both = chance + unknown
    share = np.divide(unknown, both, out=np.where(chance == 0.0, 0.0, np.nan), where=both > 0.0)
    return pd.DataFrame({
        "scenario": sample.name, "baseline": base.name if base is not None else "",
        "metric": [m.name for m in metrics], "unit": [m.unit for m in metrics], "group": [m.group for m in metrics],
        "sd": np.sqrt(both), "sd_chance": np.sqrt(chance), "sd_unknown": np.sqrt(unknown), "share_unknown": share})
