"""What a programme achieves: completion, deadlines, paired and money's worth, by hand and through a study file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from running import TOY, column, run_all

import sim
from sim.cli import main
from sim.report import figures, programme
from sim.report.page import words
from sim.report.reading import Effect
from sim.report.shape import condense
from sim.scenario import ScenarioError, load, load_study
from sim.scenario.schema import Deadline
from sim.study.metrics import DENSITY_CLASSES, METRICS, NATIONAL
from sim.study.progress import completion, value, wilson
from sim.study.sample import Sample
from sim.study.store import Block, Chunk, RunFolder
from sim.study.trace import STAGE_COLUMNS

YEARS = (2022, 2023, 2024)


@pytest.fixture
def sample_of(tmp_path: Path) -> Callable[..., Sample]:
    """Replicates with some metrics given as (replicate, year) of one district, two replicates a draw."""
    def make(name: str, **columns: np.ndarray) -> Sample:
        n = len(next(iter(columns.values())))
        by_district = np.zeros((n, len(METRICS), len(YEARS), 1))
        for i, metric in enumerate(METRICS):
            if metric.column in columns:
                by_district[:, i, :, 0] = columns[metric.column]
        store, block = RunFolder(tmp_path), Block(name, 0, n)
        with store.at_work():
            address = np.stack(np.divmod(np.arange(n), 2), axis=1)
            store.write(block, Chunk(by_district, np.zeros((n, len(NATIONAL), len(YEARS))), address,
                                     np.full(n, np.inf), []), YEARS)
        return Sample(store, name, [block])
    return make


def test_completion_counts_runs_that_have_got_there_by_each_year(sample_of: Callable[..., Sample]) -> None:
    """Four runs of 100 m2: 90 % by the end of 2023 is reached by one, 2024 by three, never by the fourth."""
    done = np.array([[50.0, 90.0, 95.0], [10, 40, 90], [0, 80, 91], [0, 10, 20]])
    sample = sample_of("a", area_released_m2=0.4 * done, area_no_evidence_m2=0.6 * done,
                     area_to_survey_m2=0.5 * (100 - done), area_confirmed_m2=0.5 * (100 - done))
    table = completion(sample, YEARS, Deadline(year=2023, share=0.9)).set_index("year")
    assert table["met"].tolist() == pytest.approx([0.0, 0.25, 0.75])
    assert table["mean"].tolist() == pytest.approx(done.mean(axis=0) / 100)
    assert table["p50"].tolist() == pytest.approx(np.median(done, axis=0) / 100)
    # draws (run 1, run 2) and (run 3, run 4): means 0.5 and 0 in 2023, 1 and 0.5 in 2024; sd 0.354 over root 2
    assert table["mc_error"].tolist() == pytest.approx([0.0, 0.25, 0.25])
    low, high = wilson(np.array([0.25]), 2)
    assert table.loc[2023, ["met_low", "met_high"]].tolist() == pytest.approx([low[0], high[0]])


def test_wilson_interval() -> None:
    """Nothing in 10 trials excludes z2 / (10 + z2) = 0.2129 at z = 1.645; more trials, narrower."""
    low, high = wilson(np.array([0.0, 0.5, 1.0]), 10)
    assert low[0] == 0.0
    assert high[2] == pytest.approx(1.0)
    assert high[0] == pytest.approx(1.644854**2 / (10 + 1.644854**2), rel=1e-6)
    assert low[1] + high[1] == pytest.approx(1.0)
    assert np.ptp(wilson(np.array([0.5]), 40)) < np.ptp(wilson(np.array([0.5]), 10))


def test_casualties_averted_per_million_is_a_ratio_of_means(sample_of: Callable[..., Sample]) -> None:
    """30 and 10 averted for 1 and 3 million USD: 40 / 4 = 10, not the mean of 30 and 3.3."""
    people, usd = np.zeros((4, 3)), np.zeros((4, 3))
    people[:, 0], usd[:, 0] = (70, 70, 90, 90), (1e6, 1e6, 3e6, 3e6)
    sample = sample_of("a", casualties_total=people, casualties_expected=people, cost_usd=usd)
    level = np.full((4, 3), 100 / 3)
    base = sample_of("none", casualties_total=level, casualties_expected=level, cost_usd=np.zeros((4, 3)))
    table = value(sample, base).set_index("metric")
    assert table.loc["casualties_averted_per_million_usd", "mean"] == pytest.approx(10.0)
    assert table.loc["cost_usd_per_casualty_averted", "mean"] == pytest.approx(1e5)
    assert value(base, base).empty  # nothing spent: no ratio
    more = sample_of("b", casualties_total=-people, casualties_expected=-people, cost_usd=usd)
    assert "cost_usd_per_casualty_averted" not in set(value(base, more)["metric"])


def test_casualties_by_density_add_up_to_all() -> None:
    """Every accident lies in one class; villages of 1,500 residents per km2 and more are centres, fields open land."""
    chunk = run_all(load(TOY), 4, 2)
    total = column(chunk, "casualties_total").sum(axis=2)
    parts = {name: column(chunk, f"casualties_{name}") for name in DENSITY_CLASSES}
    assert total.sum() > 20
    assert (sum(parts.values()) == total).all()
    # every stratum of the toy country has residents: 38-50 per km2 in the fields, 1,500 and 1,667 in the villages
    assert parts["open_land"].max() == parts["cluster"].max() == 0
    assert parts["rural"].sum() > 0


STUDY = """\
study: order of tasks
question: Which first?
base: toy.yaml
baseline: nothing
headline: people_little
deadline: {year: 2028, share: 0.7}
variants:
  nothing: {set: {programme.teams: {}, programme.budget: null}}
  first_little: {group: Little money, set: {programme.priority: first_come}}
  people_little: {group: Little money, over: first_little, set: {programme.priority: people_at_risk}}
  first_much: {group: Much money, over: first_little, set: {programme.budget.years.1.usd: 9.0e+6}}
  people_much: {group: Much money, over: first_much, set: {programme.priority: people_at_risk}}
"""


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> sim.jupyter.Results:
    folder = tmp_path_factory.mktemp("order")
    (folder / "toy.yaml").write_text(TOY.read_text())
    (folder / "study.yaml").write_text(STUDY)
    return sim.compare_study(load_study(folder / "study.yaml"), draws=6, per_draw=2, workers=1, folder=folder / "run")


def test_a_study_with_groups_pairs_each_variant_with_the_first_of_its_group(order: sim.jupyter.Results) -> None:
    pairs = order.pairs
    assert dict(zip(pairs["scenario"], pairs["baseline"], strict=True)) == {
        "people_little": "first_little", "people_much": "first_much"}
    assert set(pairs["period"]) == {"all"}
    # the same as the difference of the differences from the common baseline
    here = {"metric": "casualties_total", "period": "all", "district": "all", "group": "all", "estimator": "counted"}
    where = " and ".join(f"{column} == {value!r}" for column, value in here.items())
    apart, paired = (table.query(where).set_index("scenario")["mean"] for table in (order.differences, pairs))
    assert paired["people_much"] == pytest.approx(apart["people_much"] - apart["first_much"])


def test_a_study_with_a_deadline_says_how_likely_it_is(order: sim.jupyter.Results) -> None:
    table = order.completion
    assert list(dict.fromkeys(table["scenario"])) == order.scenarios
    for _, own in table.groupby("scenario"):
        assert own["met"].between(0, 1).all()
        assert (own["met_low"] <= own["met"]).all() and (own["met"] <= own["met_high"]).all()
    assert table[table["scenario"] == "nothing"]["mean"].max() == 0.0
    assert table[table["scenario"] == "people_much"]["mean"].iloc[-1] > 0.3
    assert set(order.value["scenario"]) == set(order.scenarios) - {"nothing"}


def test_the_page_shows_what_such_a_study_has(order: sim.jupyter.Results) -> None:
    short = condense(order)
    for key in ("completion", "deadline", "pairs"):
        plot = figures.FIGURES[key]
        table = plot.table(short)
        assert len(table), key
        assert len(plot.alt(table)) > 40
        assert plot.draw(short).axes
    deadline = figures.deadline_table(short)
    assert (deadline["not_reached"] == 1 - deadline["met_at_end"]).all()
    assert (deadline["met_at_end"] >= deadline["met"]).all()
    text = words(short)
    (part,) = [s for s in text["sections"] if s.key == "programme"]
    assert [len(t.rows) for t in part.tables] == [4, 4, 4]
    assert any("Little money" in sentence for sentence in text["first"].answer)
    assert any("70\u00a0% of the land by the end of 2028" in sentence for sentence in text["first"].answer)
    firsts = [row for row in programme.value_table(short).rows if row[-1] == "–"]
    assert [row[0].text for row in firsts] == ["First come", "First come"]


@pytest.mark.parametrize(("mean", "fewest"), [
    (-2.0, "fewest are expected with “People at risk”, −2 "),
    (2.0, "fewest are expected with it, then with “People at risk”, +2 "),
])
def test_where_fewest_are_expected_is_said_right(order: sim.jupyter.Results, mean: float, fewest: str) -> None:
    """Also where it is the first of the group, which all others are compared with."""
    pairs = order.pairs.assign(mean=mean, p05=mean - 5.0, p95=mean + 5.0, mc_error=0.5)
    said = programme.sentences(dataclasses.replace(condense(order), pairs=pairs))
    assert fewest in said[0]


def test_one_that_is_shown_though_another_is_expected_lower_is_named(order: sim.jupyter.Results) -> None:
    """The lowest mean need not be the one whose interval is clear of zero."""
    def effect(scenario: str, mean: float, high: float) -> Effect:
        return Effect(scenario, "casualties_total", "persons", mean, -30.0, high, 0.5, 10, "counted", False)

    both = [effect("people_much", -9.0, 4.0), effect("people_little", -5.0, -1.0)]
    said = programme._worth(condense(order), "Much money", both, "first_much")
    assert "are shown to be hurt than with “First come” only with “People at risk”; fewest are expected with" in said
    assert "−9" in said
    none = programme._worth(condense(order), "Much money", both[:1], "first_much")
    assert "none is shown to hurt fewer" in none


def test_other_studies_have_none_of_it(tmp_path: Path) -> None:
    results = sim.compare({"a": load(TOY), "b": sim.replace(load(TOY), {"exposure.scale": 0.1})}, "a", draws=2,
                          per_draw=1, workers=1, folder=tmp_path / "run")
    assert results.completion is results.pairs is results.value is None
    assert not [name for name in ("completion", "pairs", "value") if (tmp_path / "run" / f"{name}.csv").exists()]
    short = condense(results)
    for key in ("completion", "deadline", "pairs"):
        assert isinstance(figures.FIGURES[key].table(short), pd.DataFrame)
        assert figures.FIGURES[key].table(short).empty
    (part,) = [s for s in words(short)["sections"] if s.key == "programme"]
    assert not part.tables


def test_a_deadline_after_the_simulated_time_is_a_fault_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(TOY.read_text())
    (tmp_path / "study.yaml").write_text(STUDY.replace("year: 2028", "year: 2033"))
    with pytest.raises(ScenarioError, match=r"study\.yaml:6:18: deadline\.year: 2033 is not simulated.*2031"):
        load_study(tmp_path / "study.yaml")


# -- one replicate in full ------------------------------------------------------------------------------------


def test_a_trace_is_the_replicate_that_a_run_has(tmp_path: Path) -> None:
    """Stages as the ledger has them, never more teams than there are, and land that adds up and goes down."""
    done = CliRunner().invoke(main, ["trace", str(TOY), "--draw", "1", "--replicate", "1", "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["burn_down.svg", "land.csv", "stages.csv", "teams.svg"]
    stages = pd.read_csv(tmp_path / "stages.csv", parse_dates=["start", "end"])
    assert list(stages.columns) == STAGE_COLUMNS  # and no position
    traced = sim.trace(load(TOY), 1, 1)
    assert len(stages) == len(traced.stages) > 20
    assert (stages["end"] >= stages["start"]).all()
    for kind, own in stages.groupby("team_kind"):
        staff = traced.staff[traced.staff["team_kind"] == kind]
        for date in own["start"]:
            at_work = own[(own["start"] <= date) & (own["end"] > date)]["teams"].sum()
            there = staff[pd.to_datetime(staff["since"]) <= date]["teams"].iloc[-1]
            assert at_work <= there, (kind, date)
    land = pd.read_csv(tmp_path / "land.csv").drop(columns="date")
    assert land.sum(axis=1).max() == pytest.approx(land.sum(axis=1).min())
    chunk = run_all(load(TOY), 2, 2)
    same = chunk.address.tolist().index([1, 1])
    for state in ("to_survey", "confirmed", "cancelled", "cleared"):
        m2 = column(chunk, f"area_{state}_m2")[same, -1].sum()
        assert land[f"{state}_km2"].iloc[-1] * 1e6 == pytest.approx(m2, rel=1e-12)


def test_teams_in_the_chart_are_as_many_as_at_work() -> None:
    from sim.report.figures.trace import teams_table

    traced = sim.trace(load(TOY))
    bars = teams_table(traced)
    what = ["team_kind", "task", "stage", "start"]
    drawn = (bars["last_team"] - bars["first_team"] + 1).groupby([bars[c] for c in what]).sum()
    assert drawn.equals(traced.stages.groupby(what)["teams"].sum())
    deminers = bars[bars["team_kind"] == "deminers"]
    for row in deminers.itertuples():  # no team is at two places
        other = deminers[(deminers["first_team"] <= row.last_team) & (deminers["last_team"] >= row.first_team)
                         & (deminers["start"] < row.end) & (deminers["end"] > row.start)]
        assert len(other) <= 1 or row.start == row.end


def test_a_trace_of_a_variant_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(TOY.read_text())
    (tmp_path / "study.yaml").write_text(STUDY)
    done = CliRunner().invoke(main, ["trace", str(tmp_path / "study.yaml"), "--variant", "first_litle"])
    assert done.exit_code == 2
    assert "no variant 'first_litle'; known: nothing, first_little" in done.output
