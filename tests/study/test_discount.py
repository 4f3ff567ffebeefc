"""Costs and harm discounted alike, payments at year's end (MODEL section 9)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from running import DATA, TOY, edit, scenario_of

from sim import study
from sim.scenario import load, replace
from sim.study.metrics import DISCOUNT_RATES
from sim.study.summary import present_value

ANNUITY = {"3pct": 8.5302, "5pct": 7.7217, "10pct": 6.1446}
"""VALIDATION V9: ten payments of one, each at a year's end."""


@pytest.mark.parametrize("label", ANNUITY)
def test_an_annuity(label: str) -> None:
    """V9; payments at the beginning of each year are worth a year's interest more (control)."""
    rate = DISCOUNT_RATES[label]
    assert present_value(np.ones(10), rate) == pytest.approx(ANNUITY[label], abs=5e-5)
    assert (1 + rate) * ANNUITY[label] - ANNUITY[label] > 0.2
    assert present_value(np.ones((2, 3, 10)), rate).shape == (2, 3)
    assert present_value(np.arange(5.0), 0.0) == 10.0


def _whole(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    return table[(table["metric"] == metric) & (table["period"] == "all") & (table["district"] == "all")]


def test_a_budget_spent_every_year(tmp_path: Path) -> None:
    """Ten years of 10,000 USD, all of it spent on survey: the summary of the run has V9's present values."""
    budget = "  budget: {years: [{year: 2000, usd: 10000}], survey_share: 1, eod_share: 0}\n  teams:\n"
    dates = [("2022-01-02", "2000-01-02"), ("2021-12-31", "1999-12-31")]
    text = edit(
        DATA / "backlog.yaml",
        ("bundle_km2: 10", "bundle_km2: 2.5"), ("50000}", "50000, cost_usd_per_team_day: 100}"), ("  teams:\n", budget),
        ("horizon_years: 12", "horizon_years: 10"), *dates, ("2022-01-01", "2000-01-01"))
    summary = study.run(scenario_of(text, tmp_path), 1, 1, 1, tmp_path / "run").summary
    assert _whole(summary, "cost_usd")["mean"].item() == pytest.approx(100_000)
    for label, factor in ANNUITY.items():
        row = _whole(summary, f"cost_usd_discounted_{label}")
        assert row["mean"].item() == pytest.approx(10_000 * factor, abs=0.5)
        assert row["unit"].item() == "usd"


def test_costs_and_harm_of_a_difference(tmp_path: Path) -> None:
    """A difference of present values is the present value of the yearly differences; casualties have the estimate by
    expected values beside it."""
    base = load(TOY)
    more = replace(base, {"programme.teams.deminers.numbers.1.teams": 30, "programme.budget.years.1.usd": 2e7})
    results = study.compare({"base": base, "more": more}, "base", 4, 2, 1, tmp_path / "run")
    rows = results.differences[results.differences["district"] == "all"]
    for metric in ("cost_usd", "casualties_total"):
        of = rows[(rows["metric"] == metric) & (rows["estimator"] == "counted") & (rows["group"] == "all")]
        by_year = of[of["period"] != "all"]["mean"].to_numpy()
        assert np.abs(by_year).max() > 0.0
        for label, rate in DISCOUNT_RATES.items():
            found = rows[rows["metric"] == f"{metric}_discounted_{label}"].set_index("estimator")["mean"]
            assert found["counted"] == pytest.approx(float(present_value(by_year, rate)))
            assert ("expected" in found) == (metric == "casualties_total")
