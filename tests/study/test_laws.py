"""Laws that hold in every run (VALIDATION): land, items and money are conserved; no items, no accidents."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from running import DATA, TOY, column, edit, play, run_all, scenario_of

from sim.core.ground import GroundTruth
from sim.core.records import ACCIDENTS, LATER, STOCK_ACTIVE, STOCK_FOUND, STOCK_GONE, STOCK_INERT, STOCK_LAID
from sim.programme.ledger import CONFIRMED, LAND_STATES, Ledger, LedgerError
from sim.scenario import Scenario, load, quantities, replace
from sim.study.store import Chunk
from sim.world import World, draw_parameters, make_frame

BUSY = DATA / "busy.yaml"
FIELD = DATA / "constant_hazard.yaml"
FILES = pytest.mark.parametrize("file", [TOY, BUSY], ids=lambda p: p.stem)

CLEARANCE = """
programme:
  starts: 2022-01-01
  survey: {site_km2: 0.1, contaminated_share: 0.1}
  methods:
    look: {stages: [resurvey], rate_m2_per_day: 1.0e+9}
    search: {stages: [clearance], rate_m2_per_day: 1.0e+9, detection: {ap: 0.9}}
  teams:
    lookers: {method: look, numbers: [{since: 2022-01-01, teams: 1}]}
    searchers: {method: search, numbers: [{since: 2022-01-01, teams: 1}]}
"""


@pytest.fixture(scope="module")
def runs() -> dict[Path, Chunk]:
    return {file: run_all(load(file), 8, 2) for file in (TOY, BUSY)}


# -- items ----------------------------------------------------------------------------------------------------


def _unsighted(scenario: Scenario) -> Scenario:
    """Nobody reports an item."""
    paths = [path for path in quantities(scenario) if path.endswith(".sighted_per_year")]
    return replace(scenario, dict.fromkeys(paths, 0))


@FILES
def test_every_item_is_somewhere(file: Path) -> None:
    """Laid = active + inert + self-destructed + found + detonated at each year's end (V5)."""
    for draw in range(3):
        _, ground, _ = play(load(file), draw)
        assert _missing(ground) < 1e-6


def test_every_item_is_somewhere_when_some_self_destruct_and_the_rest_harms_nobody(tmp_path: Path) -> None:
    """Inert items that no hazard touches are still there: laid over a year, gone after 15 days or inert."""
    family = "{title: Brief, kind: ap, sd_hours: [360], sd_failure: 0, sda_days: 120, never_armed: 0.1, "
    family += "sda_failure: 0, inert_hazard_weight: 0, width_m: {foot: 0.3}, p_trigger: {foot: 0.5}}"
    text = edit(TOY, ("contamination:", f"families:\n  brief: {family}\ncontamination:"), ("ap_blast", "brief"))
    _, ground, _ = play(_unsighted(scenario_of(text, tmp_path)))
    stocks = ground.arrays.stocks.sum(axis=1)
    assert _missing(ground) < 1e-6
    assert stocks[-1, STOCK_GONE] == pytest.approx(0.9 * stocks[-1, STOCK_LAID], rel=0.05)


def _missing(ground: GroundTruth) -> float:
    """Largest number of items that the year's stocks leave out."""
    g = ground.arrays
    stocks, detonated = g.stocks.sum(axis=1), g.tallies[:, :, ACCIDENTS].sum(axis=1).cumsum()
    kinds = (STOCK_ACTIVE, STOCK_INERT, STOCK_GONE, STOCK_FOUND)
    return float(np.abs(stocks[:, STOCK_LAID] - stocks[:, kinds].sum(axis=1) - detonated).max())


@FILES
def test_what_nobody_reports_no_spot_task_finds(file: Path) -> None:
    """Items laid where a sweep went before are not found by it: no find without a sweep or a report."""
    chunk = run_all(_unsighted(load(file)), 6)
    assert column(chunk, "items_destroyed_eod").max() == 0.0
    assert column(chunk, "items_found").sum() > 0


def test_without_spot_teams_no_spot_task() -> None:
    """The toy country has none, though people report items."""
    assert column(run_all(load(TOY), 4), "items_destroyed_eod").max() == 0.0


def test_what_is_never_laid_is_never_found(tmp_path: Path) -> None:
    """Laying of a kind ends before it begins: nothing to find, nothing to meet, and the same twice."""
    scenario = scenario_of(TOY.read_text() + "\nlaying_ends: {date: 2021-06-01, kinds: [ap]}\n", tmp_path)
    chunk = run_all(scenario, 3)
    for name in ("accidents", "items_laid", "items_found", "items_destroyed_eod", "items_active"):
        assert column(chunk, name).max() == 0.0, name
    stop = scenario_of(TOY.read_text() + "\nlaying_ends: {date: 2023-06-01, kinds: [ap]}\n", tmp_path)
    first, again = run_all(stop, 4), run_all(stop, 4)
    assert np.array_equal(first.by_district, again.by_district)


@FILES
def test_no_items_no_accidents(file: Path) -> None:
    """Nothing lies there, and everything else goes on as before; with items there are accidents (control)."""
    nothing = {path: 0 for path in quantities(load(file)) if path.endswith((".items", ".devices"))}
    chunk = run_all(replace(load(file), nothing), 3, 2)
    for name in (
        "accidents",
        "accidents_expected",
        "casualties_total",
        "casualties_expected",
        "items_laid",
        "items_residual",
        "items_found",
        "items_destroyed_eod",
        "deminer_casualties",
    ):
        assert column(chunk, name).max() == 0.0, name
    assert column(chunk, "area_released_m2").max() > 0.0
    assert column(run_all(load(file), 1), "accidents").sum() > 0


def test_no_contamination_at_all(tmp_path: Path) -> None:
    text = re.sub(r"contamination:\n.*\n", "", (DATA / "backlog.yaml").read_text())
    scenario = scenario_of(text, tmp_path)
    world = World(make_frame(scenario), draw_parameters(scenario, 0))
    assert world.outcome.shape == (0, 2)  # before numba meets it: it compiles for a while and then complains
    assert column(run_all(scenario), "accidents").sum() == 0.0


def _unaccounted(chunk: Chunk) -> np.ndarray:
    """Items laid - (accidents + finds + self-destructed + residual), (replicate, year, district)."""
    flows = sum(column(chunk, name) for name in ("accidents", "items_found", "items_destroyed_eod")).cumsum(
        axis=1
    )
    stocks = column(chunk, "items_self_destructed") + column(chunk, "items_residual")
    return column(chunk, "items_laid") - flows - stocks


@FILES
def test_items_are_accounted_for(file: Path, runs: dict[Path, Chunk]) -> None:
    """At every year's end in every district, to 1e-6 of the items laid; what a sweep under way has removed counts as
    in the ground until the sweep ends. Control: without the accidents the account is open."""
    chunk = runs[file]
    laid = np.maximum(column(chunk, "items_laid"), 1.0)
    assert np.abs(_unaccounted(chunk) / laid).max() < 1e-6
    assert np.abs((_unaccounted(chunk) + column(chunk, "accidents").cumsum(axis=1)) / laid).max() > 1e-3
    assert column(chunk, "items_found").sum() > 100
    if file == BUSY:
        assert min(column(chunk, n).sum() for n in ("items_destroyed_eod", "items_self_destructed")) > 100


def _cleared_field(folder: Path, detection: float) -> Scenario:
    """20,000 items on record, all swept once in the first days."""
    text = FIELD.read_text()
    text = text[: text.index("\nprogramme:")] + CLEARANCE.replace("0.9", str(detection))
    text = text.replace("to_survey_km2: 10", "to_survey_km2: 0, suspected_km2: 10").replace(
        "items: 1000,", "items: 20000,"
    )
    return scenario_of(text, folder)


def test_everything_found_at_the_start_nothing_after(tmp_path: Path) -> None:
    _, ground, ledger = play(_cleared_field(tmp_path, 1.0))
    done = max(date for date, _, _ in ledger.releases)
    assert done < 8036.0 + 2.0
    assert (ground.accidents[:, 0] <= done).all()
    assert ledger.items_found.sum() + len(ground.accidents) == ground.arrays.cohorts["id_to"].sum()
    assert ground.arrays.tallies[1:, :, 9].max() == 0.0


def test_what_clearance_misses_is_binomial(tmp_path: Path) -> None:
    """V4: of N items a pass that finds 0.9 leaves Binomial(N, 0.1): |z| < 4 over 10 x 20,000 items, power above 0.999
    against 0.11 (15 standard errors; control). What is left meets people as in V1: 1 - exp(-0.1) of it in ten years."""
    scenario = _cleared_field(tmp_path, 0.9)
    world = World(make_frame(scenario), draw_parameters(scenario, 0))
    assert world.base.max() * 365.25 == pytest.approx(0.01)
    found, laid, hurt = 0, 0, 0
    for inner in range(10):
        _, ground, ledger = play(scenario, 0, inner)
        found += int(ledger.items_found.sum())
        laid += int(ground.arrays.cohorts["id_to"].sum())
        hurt += len(ground.accidents)

    def z(count: int, n: int, p: float) -> float:
        return float((count - n * p) / np.sqrt(n * p * (1 - p)))

    assert abs(z(laid - found, laid, 0.1)) < 4.0
    assert abs(z(laid - found, laid, 0.11)) > 4.0
    assert abs(z(hurt, laid - found, -np.expm1(-0.1))) < 4.0


# -- land -----------------------------------------------------------------------------------------------------


@FILES
def test_land_is_conserved_to_the_square_metre(file: Path) -> None:
    """V8: initial + newly laid = all states, in every year and district, in int64; the ledger's own check agrees."""
    scenario = load(file)
    for draw in range(6):
        world, _, ledger = play(scenario, draw)
        ledger.check()
        frame = world.frame
        initial = np.zeros(len(frame.districts), np.int64)
        for s in frame.strata:
            initial[frame.districts.index(s.district)] += round((s.to_survey_km2 + s.suspected_km2) * 1e6)
        states = ledger.land_by_year_m2
        assert states.dtype == np.int64
        assert (states >= 0).all()
        assert np.array_equal(states.sum(axis=2), initial + ledger.newly_laid_m2.cumsum(axis=0))
        assert (ledger.newly_laid_m2 <= ledger.hazardous_added_m2).all()
        assert (ledger.newly_laid_m2.sum() > 0) == (file == BUSY)


@FILES
def test_released_is_cleared_reduced_and_cancelled(file: Path, runs: dict[Path, Chunk]) -> None:
    """In every period, district and replicate, and never less than before; the states sum to the initial land and what
    became hazardous outside of it. The world's figures of 2022 keep the same identity."""
    chunk = runs[file]
    released = column(chunk, "area_released_m2")
    assert np.array_equal(
        released, sum(column(chunk, f"area_{s}_m2") for s in ("cleared", "reduced", "cancelled"))
    )
    assert (np.diff(released, axis=1) >= 0).all()
    total = sum(column(chunk, f"area_{s}_m2") for s in LAND_STATES)
    new = np.diff(total, axis=1)
    assert (new >= 0).all()
    assert (new <= column(chunk, "area_hazardous_added_m2")[:, 1:]).all()
    assert np.array_equal(released, np.round(released))
    assert released.max() > 0
    assert pytest.approx(497.34) == 219.31 + 121.11 + 156.92


def test_the_ledger_refuses_what_does_not_add_up() -> None:
    """Negative control: land from nowhere, land that is not there."""
    initial = np.zeros((1, len(LAND_STATES)), np.int64)
    initial[0, 0] = 100
    ledger = Ledger(1, 1, initial)
    ledger.move(0, 0, CONFIRMED, 60)
    ledger.check()
    with pytest.raises(LedgerError, match="to_survey"):
        ledger.move(0, 0, CONFIRMED, 41)
    with pytest.raises(LedgerError):
        ledger.move(0, CONFIRMED, 0, -1)
    ledger.land_m2[0, CONFIRMED] += 1
    with pytest.raises(LedgerError, match="add up"):
        ledger.check()


def test_releases_come_from_the_ledger_only() -> None:
    """Every part of an area that people may use again stands in the ledger with the same date."""
    for file in (TOY, BUSY):
        _, ground, ledger = play(load(file), 1)
        dates = ground.arrays.areas["released"][:, :LATER]  # what came later is released with the cleared site
        assert {(a, b): dates[a, b] for a, b in zip(*np.nonzero(np.isfinite(dates)), strict=True)} == {
            (a, b): date for date, a, b in ledger.releases
        }
        assert len(ledger.releases) > 5


# -- money ----------------------------------------------------------------------------------------------------


@FILES
def test_money_is_conserved(file: Path, runs: dict[Path, Chunk]) -> None:
    """Cost by line sums to cost; cost and what is unspent to the budget, in every year."""
    chunk = runs[file]
    lines = sum(column(chunk, f"cost_{line}_usd") for line in ("survey", "clearance", "eod"))
    assert np.array_equal(lines, column(chunk, "cost_usd"))
    spent = column(chunk, "cost_usd").sum(axis=2)
    assert spent.max() > 0
    assert np.array_equal(spent + column(chunk, "money_unspent_usd"), column(chunk, "budget_usd"))


def test_a_year_in_part_has_money_in_part(runs: dict[Path, Chunk]) -> None:
    """Money comes by quarters: ten years from 1 January 2022 end half a day into 2032, with a quarter of 5 million."""
    budget = column(runs[TOY], "budget_usd")
    assert (budget[:, -1] == 1.25e6).all()
    assert budget[:, 0] == pytest.approx(3e6, rel=2e-3)  # the start cuts half a day off the first quarter
    assert (budget[:, 1] == 3e6).all()
    assert (budget[:, 2:-1] == 5e6).all()


@FILES
def test_survey_and_clearance_keep_to_their_earmarks(file: Path) -> None:
    for draw in range(4):
        _, _, ledger = play(load(file), draw)
        spent = ledger.cost_usd.sum(axis=1)
        assert (spent[:, :2] <= ledger.income_usd.sum(axis=1)[:, :2]).all()


def test_spot_tasks_keep_to_their_earmark(tmp_path: Path) -> None:
    scenario = scenario_of(
        edit(BUSY, ("eod_share: 0.1", "eod_share: 0.005"), ("team_day: 1\n", "team_day: 10\n")), tmp_path
    )
    for draw in range(4):
        _, _, ledger = play(scenario, draw)
        # chance decides how many of the expected items are found: three standard deviations of a count are allowed
        items = ledger.income_usd.sum(axis=1)[:, 2] / 300.0
        assert (ledger.cost_usd.sum(axis=1)[:, 2] / 300.0 <= items + 3.0 * np.sqrt(items)).all()


def test_spot_tasks_go_on_after_a_pause(tmp_path: Path) -> None:
    pause = "{since: 2022-03-01, teams: 1}, {since: 2024-01-01, teams: 0}, {since: 2025-01-01, teams: 4}]}\n    items"
    scenario = scenario_of(edit(BUSY, ("{since: 2022-03-01, teams: 1}]}\n    items", pause)), tmp_path)
    found = column(run_all(scenario, 3, 2), "items_destroyed_eod").sum(axis=(0, 2))
    assert found[0] > 0
    assert found[2] == 0
    assert found[4:6].min() > 0
