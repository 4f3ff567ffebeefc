"""Dates as days since 1 January 2000, and the quarters of a run."""

from __future__ import annotations

import datetime as dt

import numpy as np

from sim.core.records import QUARTER_DAYS, YEAR_DAYS

EPOCH = dt.date(2000, 1, 1)


def to_days(date: dt.date) -> float:
    """Days since 1 January 2000."""
    return float((date - EPOCH).days)


def to_date(days: float) -> dt.date:
    """Date of so many days since 1 January 2000, to the day."""
    return EPOCH + dt.timedelta(days=int(np.floor(days)))


def year_of(days: float) -> int:
    """Year on the run's calendar: years of 365.25 days from 2000, less than a day off the civil one."""
    return 2000 + int(np.floor(days / YEAR_DAYS))


def quarter_edges(start: float, horizon_years: float) -> np.ndarray:
    """Edges of the steps, (step + 1,) float64 [days]: quarters anchored to 2000, cut at start and end.

    A longer horizon only adds edges, but for the last one, which is the horizon itself.
    """
    end = start + horizon_years * YEAR_DAYS
    first = int(np.floor(start / QUARTER_DAYS + 1e-9)) + 1
    last = int(np.ceil(end / QUARTER_DAYS - 1e-9)) - 1
    inner = np.arange(first, last + 1) * QUARTER_DAYS
    return np.concatenate([[start], inner, [end]])


def step_ends(edges: np.ndarray) -> np.ndarray:
    """Ends of the steps, (step,) float64 [days]; of the whole quarter where the horizon cuts the last one.

    What holds in a quarter does not depend on where somebody stops looking.
    """
    ends: np.ndarray = edges[1:].copy()
    ends[-1] = (np.floor(edges[-2] / QUARTER_DAYS + 1e-9) + 1.0) * QUARTER_DAYS
    return ends


def step_middles(edges: np.ndarray) -> np.ndarray:
    """Middles of the steps, (step,) float64 [days], see `step_ends`."""
    middles: np.ndarray = 0.5 * (edges[:-1] + step_ends(edges))
    return middles
