"""What comes later changes nothing before it: a longer horizon, more teams, the end of laying, a transfer.

Identities are to the bit.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import numpy as np
import pytest
from running import DATA, GIFT, TOY, column, differing, edit, play, run_all, scenario_of

from sim.scenario import Scenario, load, load_study
from sim.study.store import Chunk
from sim.world.calendar import to_days

BUSY = DATA / "busy.yaml"
UKRAINE = Path(__file__).parents[2] / "scenarios" / "ukraine_2024" / "study.yaml"
HORIZON = {TOY: "horizon_years: 10", BUSY: "horizon_years: 8"}
DRAWS, PER_DRAW = 6, 2


@pytest.fixture(scope="module")
def base() -> Chunk:
    return run_all(load(TOY), DRAWS, PER_DRAW)


def _run(text: str, folder: Path) -> Chunk:
    return run_all(scenario_of(text, folder), DRAWS, PER_DRAW)


def _days(date: str) -> float:
    return to_days(dt.date.fromisoformat(date))


def _without_budget(text: str) -> str:
    return re.sub(r"  budget:\n(    .*\n)+", "", text)


def _longer(file: Path, years: str, text: str | None = None) -> str:
    text = text if text is not None else file.read_text()
    assert HORIZON[file] in text
    return text.replace(HORIZON[file], f"horizon_years: {years}")


@pytest.mark.parametrize("file", [TOY, BUSY], ids=lambda p: p.stem)
def test_a_longer_horizon_repeats_the_shorter_run(tmp_path: Path, file: Path) -> None:
    """Accidents by date and item up to the shorter horizon, and the tables of all its whole years, to the bit."""
    text = _without_budget(_longer(file, "6"))
    longer = _without_budget(_longer(file, "9.3"))
    short, long = scenario_of(text, tmp_path), scenario_of(longer, tmp_path)
    met = 0
    for draw in range(3):
        world, ground, ledger = play(short, draw)
        _, further, later = play(long, draw)
        end = world.frame.edges[-1]
        assert np.array_equal(ground.accidents, further.accidents[further.accidents[:, 0] < end])
        assert ledger.releases == [r for r in later.releases if r[0] <= end]
        met += len(ground.accidents)
    assert met > 30
    a, b = run_all(short, DRAWS, PER_DRAW), run_all(long, DRAWS, PER_DRAW)
    whole = 6 if file == TOY else 5
    assert not differing(a, b, whole)


def test_a_longer_horizon_repeats_the_shorter_run_with_a_budget(tmp_path: Path) -> None:
    """A team-year of money in 2022 and none after: the task that would run into 2023 is begun in both or none."""
    years = "[{year: 2022, usd: 36525}, {year: 2023, usd: 0}]"
    budget = f"  budget: {{years: {years}, survey_share: 1, eod_share: 0}}\n  teams:\n"
    text = edit(
        DATA / "backlog.yaml", ("50000}", "50000, cost_usd_per_team_day: 100}"), ("  teams:\n", budget)
    )
    cost = []
    for years in ("0.99", "2"):
        chunk = run_all(scenario_of(text.replace("horizon_years: 12", f"horizon_years: {years}"), tmp_path))
        cost.append(column(chunk, "cost_usd")[0, 0, 0])
    assert cost[0] == cost[1]


def test_a_horizon_within_a_year_does_not_cut_spot_tasks(tmp_path: Path) -> None:
    """The share of sightings attended in the last, partial year is that of the whole year."""
    text = _without_budget(BUSY.read_text())
    shares = []
    for years in ("6.0", "7.0"):
        world, ground, _ = play(scenario_of(_longer(BUSY, years, text), tmp_path))
        step = int(np.searchsorted(world.frame.edges, _days("2028-01-15"))) - 1
        shares.append(ground.arrays.sighting[:, :, step])
    assert np.allclose(*shares)


def test_more_teams_later_change_nothing_before(tmp_path: Path, base: Chunk) -> None:
    other = _run(edit(TOY, ("{since: 2025-01-01, teams: 10}", "{since: 2025-01-01, teams: 30}")), tmp_path)
    assert not differing(base, other, 3)
    assert differing(base, other, 5)


def _before(a: Scenario, b: Scenario, date: str, draws: int = 6) -> tuple[bool, bool]:
    """Whether accidents, and releases, agree before a date."""
    accidents, releases = [], []
    for draw in range(draws):
        (_, one, first), (_, other, second) = play(a, draw), play(b, draw)
        cut = _days(date)
        accidents.append(np.array_equal(*(g.accidents[g.accidents[:, 0] < cut] for g in (one, other))))
        releases.append(
            [r for r in first.releases if r[0] < cut] == [r for r in second.releases if r[0] < cut]
        )
    return all(accidents), all(releases)


def test_laying_that_ends_later_changes_nothing_before(tmp_path: Path) -> None:
    """People's encounters before the date are the same ones; after it fewer items lie there (control)."""
    stop = scenario_of(TOY.read_text() + "\nlaying_ends: {date: 2023-06-01, kinds: [ap]}\n", tmp_path)
    assert _before(load(TOY), stop, "2023-06-01")[0]
    a, b = run_all(load(TOY), 6), run_all(stop, 6)
    assert column(b, "items_laid")[:, -1].sum() < 0.9 * column(a, "items_laid")[:, -1].sum()


def test_the_programme_does_not_foresee_the_end_of_laying(tmp_path: Path) -> None:
    stop = scenario_of(TOY.read_text() + "\nlaying_ends: {date: 2023-06-01, kinds: [ap]}\n", tmp_path)
    assert _before(load(TOY), stop, "2023-06-01")[1]


def test_a_later_transfer_changes_nothing_before(tmp_path: Path, base: Chunk) -> None:
    other = _run(edit(TOY, ("\nreporting:", GIFT), ("devices: 0", "devices: 3000")), tmp_path)
    assert not differing(base, other, 3)


def test_a_later_transfer_outside_suspected_land_changes_nothing_before(tmp_path: Path, base: Chunk) -> None:
    """But for `area_accessible_m2`, which counts the polygons to come."""
    other = _run(
        edit(
            TOY, ("\nreporting:", GIFT), ("devices: 0", "devices: 3000"), ("suspected: 0.6", "suspected: 0")
        ),
        tmp_path,
    )
    assert set(differing(base, other, 3)) <= {"area_accessible_m2"}
    assert len(differing(base, other, 4)) > 5


@pytest.mark.parametrize("variant", ["transfer_field", "ottawa"])
def test_variants_of_november_2024_agree_in_2022_and_2023(variant: str) -> None:
    scenarios = load_study(UKRAINE).scenarios
    one, other = run_all(scenarios["baseline"]), run_all(scenarios[variant])
    assert not differing(one, other, 2)
    assert "items_laid" in differing(one, other)
