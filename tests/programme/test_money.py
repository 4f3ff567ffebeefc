"""Money to the dollar: donors, cuts, delays, what a year leaves, debts. By hand, through the YAML front door."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from running import DATA, column, edit, play, run_all, scenario_of

from sim.programme import Ledger
from sim.scenario import ScenarioError

BACKLOG, BUSY = DATA / "backlog.yaml", DATA / "busy.yaml"
QUARTER = 365.25 / 4
PAID = (("contaminated_share: 0.2", "contaminated_share: 0"), ("50000}", "50000, cost_usd_per_team_day: 100}"),
        ("horizon_years: 12", "horizon_years: 14"))
WORK = 150e6 / 50_000  # team-days, 300,000 USD


def _ledger(folder: Path, budget: str, *edits: tuple[str, str]) -> Ledger:
    """One replicate with a budget that is all for survey unless it says otherwise."""
    text = edit(BACKLOG, *PAID, *edits, ("  teams:\n", f"  budget: {{{budget}}}\n  teams:\n"))
    return play(scenario_of(text, folder))[2]


def _shares(survey: float) -> str:
    return f"survey_share: {survey}, eod_share: 0"


def _survey_by_payer(of: np.ndarray) -> list[int]:
    """Survey money over all years, by payer."""
    return [int(v) for v in of.sum(axis=0)[:, 0]]


def test_late_money_is_late_work(tmp_path: Path) -> None:
    """Money that is four months late comes two quarters later; so does everything it pays."""
    budget = f"years: [{{year: 2022, usd: 4.0e+6}}], {_shares(1)}"
    for delay, quarters in (("", 0), (", delay_months: 3", 1), (", delay_months: 4", 2)):
        ledger = _ledger(tmp_path, budget + delay)
        waited = quarters * QUARTER - 0.5 * (quarters > 0)  # the file starts half a day after the year
        assert ledger.completed_on - 8036.0 == pytest.approx(WORK + waited, abs=1e-6)
        short = round(1e6 * 0.5 / QUARTER)  # of that half-day; the 57th quarter, cut by the horizon, counts whole
        assert ledger.income_usd.sum() == 1_000_000 * (57 - quarters) - short


def test_a_cut_takes_its_share_of_its_quarters(tmp_path: Path) -> None:
    """Half of the money of 2023 and 2024 does not come."""
    cut = "cuts: [{since: 2022-12-31, until: 2024-12-31, share: 0.5}]"
    years = f"years: [{{year: 2022, usd: 4.0e+4}}], {_shares(1)}"
    income = _ledger(tmp_path, f"{years}, {cut}").income_usd[:, 0, 0]
    whole = _ledger(tmp_path, years).income_usd[:, 0, 0]
    assert income[1:3].tolist() == [20_000, 20_000]
    assert whole[1:3].tolist() == [40_000, 40_000]
    assert np.array_equal(np.delete(income, (1, 2)), np.delete(whole, (1, 2)))


@pytest.mark.parametrize(("unspent", "done"), [("kept", True), ("lost", False)])
def test_what_a_year_leaves_is_kept_or_lost(tmp_path: Path, unspent: str, done: bool) -> None:
    """Money for all the work comes in 2022; the team comes in 2025. Kept, it pays for everything; lost, for nothing."""
    later = ("since: 2022-01-01, teams: 1", "since: 2025-01-01, teams: 1")
    years = "years: [{year: 2022, usd: 400000}, {year: 2023, usd: 0}]"
    ledger = _ledger(tmp_path, f"{years}, {_shares(1)}, unspent: {unspent}", later)
    assert np.isfinite(ledger.completed_on) == done
    income = int(ledger.income_usd.sum())
    assert ledger.cost_usd.sum() == (300_000 if done else 0)
    assert ledger.left_usd.sum() == (income - 300_000 if done else 0)
    assert ledger.lost_usd.sum() == (0 if done else income)
    assert ledger.unspent_usd.sum() == income - ledger.cost_usd.sum()


def test_debts_at_the_horizon_are_shown(tmp_path: Path) -> None:
    """One task of 20,000 dollars is begun with 1,000 a year: what is not paid by the end is owed, to the dollar."""
    text = edit(BACKLOG, *PAID, ("horizon_years: 14", "horizon_years: 6"),
                ("  teams:\n", f"  budget: {{years: [{{year: 2022, usd: 1000}}], {_shares(1)}}}\n  teams:\n"))
    chunk = run_all(scenario_of(text, tmp_path))
    owed, cost = column(chunk, "money_owed_usd")[0], column(chunk, "cost_usd")[0, :, 0]
    assert (owed == 20_000 - np.cumsum(cost)).all()
    assert owed[-1] == 20_000 - column(chunk, "budget_usd")[0].sum() > 0
    plenty = edit(BACKLOG, *PAID)
    assert column(run_all(scenario_of(plenty, tmp_path)), "money_owed_usd").max() == 0  # control: no limit, no debt


def test_donors_pay_for_what_they_give_to(tmp_path: Path) -> None:
    """Own money first, then a donor for survey; one for clearance alone pays nothing here, and keeps what it gave."""
    donors = ("donors: {nord: {years: [{year: 2022, usd: 60000}], survey_share: 0.5, eod_share: 0}, "
              "sued: {years: [{year: 2022, usd: 90000}], survey_share: 0, eod_share: 0, unspent: kept}}")
    ledger = _ledger(tmp_path, f"years: [{{year: 2022, usd: 4000}}], {_shares(1)}, {donors}")
    assert ledger.payers == ("own", "nord", "sued")
    own, nord, sued = _survey_by_payer(ledger.paid_usd)
    assert own + nord + sued == ledger.cost_usd.sum() == 300_000
    assert sued == 0
    assert own == ledger.income_usd[:9, 0, 0].sum()  # all it had until the work was done
    assert (ledger.paid_usd[1:8, 1].sum(axis=1) > 25_000).all()  # 34,000 of work a year need the donor every year
    assert ledger.left_usd[2].sum() == ledger.income_usd[:, 2].sum() > 1_000_000


def test_every_dollar_is_somewhere(tmp_path: Path) -> None:
    """Came in = paid + lost + left, by payer and line; costs = paid. With all that can happen to money, in 8 draws."""
    text = edit(BUSY, ("    eod_share: 0.1\n", """    eod_share: 0.1
    unspent: kept
    cuts: [{since: 2023-06-01, until: 2024-02-01, share: {uniform: {low: 0.2, high: 0.9}, grade: A}}]
    delay_months: {uniform: {low: 0, high: 9}, grade: A}
    donors:
      farmers: {years: [{year: 2023, usd: 1.0e+6}], survey_share: 0, eod_share: 0}
      friends: {years: [{year: 2022, usd: {uniform: {low: 1.0e+5, high: 1.0e+6}, grade: A}}], unspent: kept}
"""))
    scenario = scenario_of(text, tmp_path)
    kinds = []
    for draw in range(8):
        ledger = play(scenario, draw)[2]  # the run checks its ledger; here is the same from outside
        assert np.array_equal(ledger.income_usd.sum(axis=0),
                              ledger.paid_usd.sum(axis=0) + ledger.lost_usd.sum(axis=0) + ledger.left_usd)
        assert np.array_equal(ledger.paid_usd.sum(axis=1), ledger.cost_usd.sum(axis=1))
        assert (np.cumsum(ledger.paid_usd, axis=0) <= np.cumsum(ledger.income_usd, axis=0)).all()
        kinds.append((bool(ledger.lost_usd.any()), bool(ledger.left_usd.any())))
        ledger.paid_usd[0, 0, 0] += 1  # control: a dollar too many is seen
        with pytest.raises(RuntimeError, match="money that came in"):
            ledger.check()
    assert kinds == [(True, True)] * 8


@pytest.mark.parametrize(("wrong", "says"), [
    ("usd: 5 million EUR", "'5 million EUR' has a unit in it; expected the number alone"),
    ("usd: 40000 UAH", "'40000 UAH' has a unit in it"),
    ("usd: EUR 40000", "'EUR 40000' has a unit in it"),
    ("eur: 40000", "unknown key 'eur' in programme.budget.years.0"),
    ("usd: plenty", "'plenty' is not a quantity"),
])
def test_money_of_no_currency_is_a_fault(tmp_path: Path, wrong: str, says: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        _ledger(tmp_path, f"years: [{{year: 2022, {wrong}}}]")
    fault = str(caught.value)
    assert says in fault
    assert "scenario.yaml:" in fault


def test_a_cut_that_ends_before_it_begins_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"donors.nord.cuts.0.until: 2023-01-01 is not after 2024-01-01"):
        _ledger(tmp_path, "years: [{year: 2022, usd: 1}], donors: {nord: {years: [{year: 2022, usd: 1}], "
                          "cuts: [{since: 2024-01-01, until: 2023-01-01, share: 0.1}]}}")
