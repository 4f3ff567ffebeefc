"""Money: what a stage costs is owed when it begins, and paid from what has come in (MODEL section 7)."""

from __future__ import annotations

import numpy as np

from sim.programme.ledger import LINES, Ledger


class Purse:
    """Money by line. It comes quarter by quarter; what a year leaves is lost.

    A stage may begin while its line has money left. What it costs beyond that is owed, and paid from the
    quarters that follow before anything new begins: no decision needs to know the money of later years.

    Parameters
    ----------
    income_usd : (quarter, line) int64 or None
        None: no limit, and no budget in the ledger.
    ledger : Ledger
        Keeps what came in and what was paid.
    """

    def __init__(self, income_usd: np.ndarray | None, ledger: Ledger) -> None:
        self._income: list[list[int]] | None = None if income_usd is None else income_usd.tolist()
        self._ledger = ledger
        self._cost = ledger.cost_usd.data  # the same memory; number by number it is twice as fast
        self._left = [0] * len(LINES)
        self._owed: list[list[tuple[int, int]]] = [[] for _ in self._left]  # district, usd; oldest first
        self._year = -1

    def open_quarter(self, quarter: int, year: int) -> None:
        """Money of a quarter comes in and debts are paid."""
        if year != self._year:
            self._left = [0] * len(self._left)
            self._year = year
        if self._income is None:
            return
        for line, usd in enumerate(self._income[quarter]):
            self._ledger.budget_usd[year, line] += usd
            self._left[line] += usd
            owed, self._owed[line] = self._owed[line], []
            for district, debt in owed:
                self.charge(line, district, debt)

    def has_money(self, line: int) -> bool:
        """Whether something new may begin on a line."""
        return self._income is None or self._left[line] > 0

    def charge(self, line: int, district: int, usd: int) -> None:
        """Pay as far as there is money; the rest is owed."""
        paid = usd if self._income is None else min(usd, self._left[line])
        self._left[line] -= paid
        self._cost[self._year, district, line] += paid
        if usd > paid:
            self._owed[line].append((district, usd - paid))
