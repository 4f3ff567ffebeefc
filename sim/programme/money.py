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
        self._left = [[0] * len(accounts) for _ in LINES]
        self._paid = [[0] * len(accounts) for _ in LINES]  # this year, as what came in
        self._came = [[0] * len(accounts) for _ in LINES]
        self._owed: list[list[tuple[int, int]]] = [[] for _ in LINES]  # district, usd; oldest first
        self._year = 0

    def open_quarter(self, quarter: int, year: int) -> None:
        """Money of a quarter comes in and debts are paid."""
        if year != self._year:
            self._close_year()
            self._year = year
        for payer, income in enumerate(self._income):
            for line, usd in enumerate(income[quarter]):
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
        rest = usd
        for payer, left in enumerate(self._left[line]):
            part = rest if rest < left else left
            self._left[line][payer] = left - part
            self._paid[line][payer] += part
            rest -= part
        if not self._limited:
            rest = 0
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
        for line, (came, paid) in enumerate(zip(self._came, self._paid, strict=True)):
            self._ledger.income_usd[self._year, :, line] = came
            self._ledger.paid_usd[self._year, :, line] = paid
            came[:] = paid[:] = [0] * len(paid)
        for line, left in enumerate(self._left):
            for payer, usd in enumerate(left):
                if not self._kept[payer]:
                    self._ledger.lost_usd[self._year, payer, line] += usd
                    left[payer] = 0
