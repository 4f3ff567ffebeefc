"""money.csv: every dollar by payer and line, as a user reads it in the run folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from running import DATA, TOY, column, edit, run_all, scenario_of

from sim.cli import main
from sim.study.results import Results

DONORS = ("    eod_share: 0.1\n", """    eod_share: 0.1
    unspent: kept
    donors:
      friends: {years: [{year: 2023, usd: 2.0e+6}], survey_share: 0.5, eod_share: 0.1}
      farmers: {years: [{year: 2022, usd: 1.0e+6}], survey_share: 0, eod_share: 0, unspent: kept}
""")
LINES = ["survey", "clearance", "eod", "marking", "education"]


def _run(folder: Path, *options: str) -> Results:
    (folder / "scenario.yaml").write_text(edit(DATA / "busy.yaml", DONORS))
    run = folder / "run"
    done = CliRunner().invoke(
        main, ["run", str(folder / "scenario.yaml"), "--workers", "1", "--folder", str(run), *options])
    assert done.exit_code == 0, done.output
    return Results.read(run)


def test_every_dollar_by_payer_and_line(tmp_path: Path) -> None:
    """One replicate, so that means are what happened: in every year, payer and line, what was left at its beginning and
    came in is what was paid, lost, or left at its end; sums over payers are the costs of the summary, by line."""
    results = _run(tmp_path, "--draws", "1", "--per-draw", "1")
    money = pd.read_csv(results.folder / "money.csv", dtype={"period": str})
    assert set(money["payer"]) == {"own", "friends", "farmers", "all"}
    assert set(money["line"]) == {*LINES, "all"}
    by_year = money[money["period"] != "all"].pivot(index=["payer", "line", "period"], columns="flow", values="mean")
    paid_by = by_year.dropna(subset=["came_in"])
    before = paid_by.groupby(level=["payer", "line"])["left"].shift(fill_value=0)
    gap = before + paid_by["came_in"] - paid_by["paid"] - paid_by["lost"] - paid_by["left"]
    assert (gap == 0).all()
    assert (paid_by.drop(columns="owed").drop("all", level="payer") >= 0).all(axis=None)
    for flow in ("came_in", "paid", "lost", "left"):  # each happens
        assert paid_by[flow].sum() > 0, flow
    summary = results.summary[results.summary["district"] == "all"].set_index(["metric", "period"])["mean"]
    for line in [*LINES, "all"]:
        cost = summary["cost_usd" if line == "all" else f"cost_{line}_usd"]
        assert by_year.loc["all", line]["paid"].to_dict() == cost.drop("all").to_dict()
    owed = by_year.loc["all", "all"]["owed"]
    assert owed.to_dict() == summary["money_owed_usd"].drop("all").to_dict()
    whole = money[money["period"] == "all"].set_index(["payer", "line", "flow"])["mean"]
    assert whole["all", "all", "came_in"] == summary["budget_usd", "all"]
    assert whole["all", "all", "lost"] + whole["all", "all", "left"] == summary["money_unspent_usd", "all"]
    assert whole["own", "eod", "left"] == by_year.loc["own", "eod"]["left"].iloc[-1]


def test_the_table_is_over_replicates(tmp_path: Path) -> None:
    """Means and quantiles over four replicates are those of the replicates, read back from the run folder."""
    results = _run(tmp_path, "--draws", "2", "--per-draw", "2")
    chunk = run_all(scenario_of(edit(DATA / "busy.yaml", DONORS), tmp_path), 2, 2)
    of_friends = chunk.money["money.friends.survey.paid"].sum(axis=1)
    assert results.money is not None
    row = results.money.set_index(["payer", "line", "flow", "period"]).loc["friends", "survey", "paid", "all"]
    assert (row["mean"], row["p50"], row["n"]) == (
        pytest.approx(of_friends.mean()), pytest.approx(pd.Series(of_friends).median()), 4)
    assert len(set(of_friends.tolist())) > 1
    assert column(chunk, "cost_survey_usd").sum() == sum(
        chunk.money[f"money.{payer}.survey.paid"].sum() for payer in ("own", "friends", "farmers"))


def test_where_money_is_no_limit_nobody_pays(tmp_path: Path) -> None:
    text = TOY.read_text()
    unlimited = text[: text.index("  budget:")] + "  priority: people_at_risk\n"
    assert run_all(scenario_of(unlimited, tmp_path)).money == {}
