"""Money: what a stage costs is owed when it begins, and paid from what has come in (MODEL section 7)."""

from __future__ import annotations

from sim.programme.budget import Account
from sim.programme.ledger import LINES, Ledger


class Purse:
    """Money by line and payer. It comes quarter by quarter; what a year leaves is lost or kept, as its payer has it.

    A stage may begin while its line has money left. What it costs beyond that is owed, and paid from the
    quarters that follow before anything new begins: no decision needs to know the money of later years.

    Parameters
    ----------
    accounts : tuple of Account
        They are paid from in this order. None: no limit, and no budget in the ledger.
    ledger : Ledger
        Keeps what came in, what was paid, what was lost and what is left.
    """

    def __init__(self, accounts: tuple[Account, ...], ledger: Ledger) -> None:
        self._limited = bool(accounts)
        self._income: list[list[list[int]]] = [a.income_usd.tolist() for a in accounts]
        self._kept = [a.kept for a in accounts]
        self._ledger = ledger
        self._cost = ledger.cost_usd.data  # the same memory; number by number it is twice as fast
        self._left, self._paid, self._came = (self._nothing() for _ in range(3))  # the latter two this year
        self._owed: list[list[tuple[int, int]]] = [[] for _ in LINES]  # district, usd; oldest first
        self._year = 0

    def open_quarter(self, quarter: int, year: int) -> None:
        """Money of a quarter comes in and debts are paid."""
        if year != self._year:
            self._close_year()
            self._year = year
        for payer, income in enumerate(self._income):
            for line, usd in enumerate(income[quarter]):
                if usd:
                    self._came[line][payer] += usd
                    self._left[line][payer] += usd
        for line, owed in enumerate(self._owed):
            if owed:
                self._owed[line] = []
                for district, debt in owed:
                    self.charge(line, district, debt)

    def has_money(self, line: int) -> bool:
        """Whether something new may begin on a line."""
        return not self._limited or any(self._left[line])

    def charge(self, line: int, district: int, usd: int) -> None:
        """Pay as far as there is money; the rest is owed."""
        if usd == 0:
            return
        rest = usd if self._limited else 0
        left, paid = self._left[line], self._paid[line]
        for payer, money in enumerate(left):
            part = rest if rest < money else money
            left[payer] = money - part
            paid[payer] += part
            rest -= part
        self._cost[self._year, district, line] += usd - rest
        if rest > 0:
            self._owed[line].append((district, rest))

    def owed(self) -> list[int]:
        """Debts by line [usd]."""
        return [sum(usd for _, usd in debts) for debts in self._owed]

    def close(self) -> None:
        """The horizon: nothing more comes in; what is kept is left."""
        self._close_year()
        for line, left in enumerate(self._left):
            self._ledger.left_usd[:, line] = left

    def _close_year(self) -> None:
        """What came in and what was paid is written down; what is not kept is lost."""
        self._ledger.income_usd[self._year].T[:] = self._came
        self._ledger.paid_usd[self._year].T[:] = self._paid
        self._came, self._paid = self._nothing(), self._nothing()
        for payer, kept in enumerate(self._kept):
            if not kept:
                self._ledger.lost_usd[self._year, payer] += [left[payer] for left in self._left]
                for left in self._left:
                    left[payer] = 0

    def _nothing(self) -> list[list[int]]:
        """No money, by line and payer."""
        return [[0] * len(self._kept) for _ in LINES]
