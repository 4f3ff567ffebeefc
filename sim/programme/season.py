"""Working days: how much of a year a method can work, and when work that needs so many days ends."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

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
    workable : sequence of 12 floats, optional
        Share of each month's working days on which the land can be worked on; the others are lost.
    """

    def __init__(self, days_per_year: float, weights: Sequence[float],
                 workable: Sequence[float] | None = None) -> None:
        share = np.asarray(weights, float) / float(np.sum(weights))
        self.days_per_year = days_per_year
        if workable is not None:
            share = share * np.asarray(workable, float)
            self.days_per_year = days_per_year * float(np.sum(share))
        self._cumulated = [0.0, *(np.cumsum(share) * days_per_year).tolist()]
        # working days before each month and in it; a moment rounded up to the end of December has a month of its own
        self._months = [*((low, high - low) for low, high in pairwise(self._cumulated)), (self._cumulated[-1], 0.0)]
        self._closed = [share == 0.0 for share in workable] if workable is not None else []

    def until(self, t: float) -> float:
        """Working days from 1 January 2000 to t."""
        year, rest = divmod(t, YEAR_DAYS)
        months = rest / MONTH_DAYS
        month = int(months)
        low, more = self._months[month]
        return year * self.days_per_year + low + more * (months - month)

    def finish(self, start: float, days: float) -> float:
        """Date on which work that needs `days` working days ends, begun at `start`."""
        target = self.until(start) + days
        year, rest = divmod(target, self.days_per_year)
        if days > 0.0 and rest < 1e-9 * self.days_per_year:
            year, rest = year - 1.0, self.days_per_year  # ends with the last working day of the year before
        month = bisect_left(self._cumulated, rest * (1.0 - 1e-12), 1, 12) - 1
        low, more = self._months[month]
        part = (rest - low) / more if more > 0.0 else 0.0
        end = year * YEAR_DAYS + (month + part) * MONTH_DAYS
        return end if end > start else start

    def fits(self, start: float, days: float) -> bool:
        """Whether work begun at `start` ends before the land closes, or never could.

        Nobody begins what would wait half-done for the harvest if it can be done in one go afterwards.
        """
        if not any(self._closed):
            return True
        month = int(start / MONTH_DAYS)
        closes = next(m for m in range(month, month + 13) if self._closed[m % 12])
        opens = next((m for m in range(closes, closes + 12) if not self._closed[m % 12]), closes)
        closes_again = next(m for m in range(opens, opens + 13) if self._closed[m % 12])
        begins = max(opens * MONTH_DAYS, start)
        return (self.finish(start, days) <= closes * MONTH_DAYS
                or self.finish(begins, days) > closes_again * MONTH_DAYS)
