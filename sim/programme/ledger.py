"""The ledger: every square metre in one state, every dollar on one line, every release with its date."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

# States of land. Cleared, reduced and cancelled land is released; land without evidence never was on record.
TO_SURVEY, SUSPECTED, CONFIRMED, NO_EVIDENCE, CANCELLED, REDUCED, CLEARED = range(7)
LAND_STATES = ("to_survey", "suspected", "confirmed", "no_evidence", "cancelled", "reduced", "cleared")
LINES = ("survey", "clearance", "eod", "marking", "education")  # of the budget
SURVEY, CLEARANCE, EOD, MARKING, EDUCATION = range(len(LINES))


@dataclass(frozen=True)
class StageRecord:
    """One finished stage of a task, for the trace."""

    area: int
    stage: str
    teams: str
    count: int
    start: float
    end: float


class LedgerError(RuntimeError):
    """Land or money would not add up."""


@dataclass
class Ledger:
    """What the programme did.

    Attributes
    ----------
    land_m2 : (district, state) int64
        Land by state now.
    land_by_year_m2 : (year, district, state) int64
        The same at each year's end.
    newly_laid_m2 : (year, district) int64
        Land that became hazardous during the run and was neither suspected nor to be surveyed before.
    hazardous_added_m2 : (year, district) int64
        Recorded polygons of transferred devices, wherever they lie.
    reopened_m2 : (year, district) int64
        Land that was done with and is suspected again.
    cost_usd : (year, district, line) int64
        What was paid.
    payers : tuple of str
        Whose money is limited; none: nobody's.
    income_usd, paid_usd, lost_usd : (year, payer, line) int64
        Money that came in, was paid, and was left at a year's end and lost.
    left_usd : (payer, line) int64
        Money that is kept at the horizon.
    owed_usd : (year, line) int64
        Debts at each year's end.
    deminer_casualties, items_found : (year, district) int64
        Deminers hurt; items found by clearance.
    people_taught : (year, district) int64
        Reached by risk education, each time counted.
    releases : list of (date, area, branch)
        The only source of release dates.
    stages, land_log : list
        Of a traced run: finished stages; land by state when each quarter begins and at the end, (date, m2 by state).
    """

    districts: int
    years: int
    initial_m2: np.ndarray
    payers: tuple[str, ...] = ()
    land_m2: np.ndarray = field(init=False)
    land_by_year_m2: np.ndarray = field(init=False)
    newly_laid_m2: np.ndarray = field(init=False)
    hazardous_added_m2: np.ndarray = field(init=False)
    reopened_m2: np.ndarray = field(init=False)
    cost_usd: np.ndarray = field(init=False)
    income_usd: np.ndarray = field(init=False)
    paid_usd: np.ndarray = field(init=False)
    lost_usd: np.ndarray = field(init=False)
    left_usd: np.ndarray = field(init=False)
    owed_usd: np.ndarray = field(init=False)
    deminer_casualties: np.ndarray = field(init=False)
    items_found: np.ndarray = field(init=False)
    people_taught: np.ndarray = field(init=False)
    accessible_m2: np.ndarray = field(init=False)
    releases: list[tuple[float, int, int]] = field(default_factory=list)
    stages: list[StageRecord] = field(default_factory=list)
    land_log: list[tuple[float, list[int]]] = field(default_factory=list)
    completed_on: float = np.inf
    events: int = 0

    def __post_init__(self) -> None:
        self.land_m2 = self.initial_m2.copy()
        self.land_by_year_m2 = np.zeros((self.years, self.districts, len(LAND_STATES)), np.int64)
        self.newly_laid_m2 = np.zeros((self.years, self.districts), np.int64)
        self.reopened_m2 = np.zeros((self.years, self.districts), np.int64)
        self.hazardous_added_m2 = np.zeros((self.years, self.districts), np.int64)
        self.cost_usd = np.zeros((self.years, self.districts, len(LINES)), np.int64)
        by_payer = self.years, len(self.payers), len(LINES)
        self.income_usd, self.paid_usd, self.lost_usd = (np.zeros(by_payer, np.int64) for _ in range(3))
        self.left_usd = np.zeros(by_payer[1:], np.int64)
        self.owed_usd = np.zeros((self.years, len(LINES)), np.int64)
        self.deminer_casualties = np.zeros((self.years, self.districts), np.int64)
        self.people_taught = np.zeros((self.years, self.districts), np.int64)
        self.items_found = np.zeros((self.years, self.districts), np.int64)
        self.accessible_m2 = np.zeros((self.years, self.districts), np.int64)
        self._land = self.land_m2.data  # the same memory; number by number it is twice as fast

    def move(self, district: int, source: int, target: int, m2: int) -> None:
        """Move land from one state to another."""
        land = self._land
        if m2 < 0 or land[district, source] < m2:
            raise LedgerError(f"{m2} m2 cannot leave state {LAND_STATES[source]} of district {district}")
        land[district, source] -= m2
        land[district, target] += m2

    def reopen(self, year: int, district: int, source: int, m2: int) -> None:
        """Land that was done with is suspected again."""
        self.move(district, source, SUSPECTED, m2)
        self.reopened_m2[year, district] += m2

    def lay(self, year: int, district: int, m2: int, inside_m2: int) -> None:
        """A polygon is recorded; the part inside land to be surveyed changes state, the rest is new."""
        self.move(district, TO_SURVEY, SUSPECTED, inside_m2)
        self.land_m2[district, SUSPECTED] += m2 - inside_m2
        self.newly_laid_m2[year, district] += m2 - inside_m2
        self.hazardous_added_m2[year, district] += m2

    @property
    def unspent_usd(self) -> np.ndarray:
        """Money lost at each year's end, and at the horizon what is left, (year,) int64."""
        unspent: np.ndarray = self.lost_usd.sum(axis=(1, 2))
        unspent[-1] += self.left_usd.sum()
        return unspent

    def log_land(self, date: float) -> None:
        """Keep the land by state of the whole country, for the trace."""
        self.land_log.append((date, self.land_m2.sum(axis=0).tolist()))

    def check(self) -> None:
        """Every square metre and every dollar: land at the start and newly laid is all in some state (VALIDATION V8);
        money that came in was paid, lost, or is left."""
        if not np.array_equal(self.initial_m2.sum(axis=1) + self.newly_laid_m2.sum(axis=0), self.land_m2.sum(axis=1)):
            raise LedgerError("land does not add up")
        gone = self.paid_usd.sum(axis=0) + self.lost_usd.sum(axis=0) + self.left_usd
        if not np.array_equal(self.income_usd.sum(axis=0), gone):
            raise LedgerError("money that came in is not what was paid, lost and left")
        if self.payers and not np.array_equal(self.cost_usd.sum(axis=1), self.paid_usd.sum(axis=1)):
            raise LedgerError("costs are not what was paid")
