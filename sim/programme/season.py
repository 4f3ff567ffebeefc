"""Working days: how much of a year a method can work, and when work that needs so many days ends."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from sim.core.records import YEAR_DAYS

MONTH_DAYS = YEAR_DAYS / 12.0


class Season:
    """Working days of a method over the year.

    Parameters
    ----------
    days_per_year : float
        Working days in a year.
    weights : sequence of 12 floats
        Relative work per month, January first.
    """

    def __init__(self, days_per_year: float, weights: list[float]) -> None:
        share = np.asarray(weights, float) / float(np.sum(weights))
        self.days_per_year = days_per_year
        self._cumulated = [0.0, *(np.cumsum(share) * days_per_year).tolist()]

    def until(self, t: float) -> float:
        """Working days from 1 January 2000 to t."""
        year, rest = divmod(t, YEAR_DAYS)
        months = rest / MONTH_DAYS
        month = min(int(months), 11)
        low, high = self._cumulated[month], self._cumulated[month + 1]
        return year * self.days_per_year + low + (high - low) * (months - month)

    def finish(self, start: float, days: float) -> float:
        """Date on which work that needs `days` working days ends, begun at `start`."""
        target = self.until(start) + days
        year, rest = divmod(target, self.days_per_year)
        if days > 0.0 and rest < 1e-9 * self.days_per_year:
            year, rest = year - 1.0, self.days_per_year  # ends with the last working day of the year before
        month = bisect_left(self._cumulated, rest * (1.0 - 1e-12), 1, 12) - 1
        low, high = self._cumulated[month], self._cumulated[month + 1]
        part = (rest - low) / (high - low) if high > low else 0.0
        return max(start, year * YEAR_DAYS + (month + part) * MONTH_DAYS)
