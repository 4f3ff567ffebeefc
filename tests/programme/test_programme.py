"""The land-release programme against what can be worked out by hand, through the YAML front door."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from running import DATA, ROOM, TOY, column, edit, play, run_all, scenario_of

from sim.cli import main
from sim.core.ground import GroundTruth
from sim.core.records import Room
from sim.programme import PRIORITIES
from sim.programme.season import Season
from sim.scenario import load
from sim.world import World, draw_parameters, make_frame

BACKLOG = DATA / "backlog.yaml"
CLEAN = ("contaminated_share: 0.2", "contaminated_share: 0")
CLEARANCE = (
    "    walk: {stages: [nts], rate_m2_per_day: 50000}",
    "    walk: {stages: [resurvey], rate_m2_per_day: 1.0e+12}\n    dig: {stages: [clearance], rate_m2_per_day: 5000}",
)


def _days(text: str, folder: Path) -> float:
    """Days from the start until no reachable land is left to work on."""
    world, _, ledger = play(scenario_of(text, folder))
    return float(ledger.completed_on - world.frame.edges[0])


# -- durations ------------------------------------------------------------------------------------------------


def test_twice_the_rate_is_half_the_backlog_of_survey(tmp_path: Path) -> None:
    """V7: without randomness T = area / (teams x rate): 150 km2 at 50,000 m2 a day are 3,000 days."""
    days = _days(edit(BACKLOG, CLEAN), tmp_path)
    assert days == pytest.approx(150e6 / 50_000, rel=1e-12)
    assert _days(edit(BACKLOG, CLEAN, ("50000", "100000")), tmp_path) == pytest.approx(days / 2, rel=1e-12)
    other = _days(edit(BACKLOG, CLEAN, ("50000", "90000")), tmp_path)  # control: it is the rate that does it
    assert other == pytest.approx(days / 1.8, rel=1e-12)


def test_twice_the_rate_is_half_the_backlog_of_clearance(tmp_path: Path) -> None:
    """Land on record, confirmed at once and cleared by one team."""
    text = edit(
        BACKLOG,
        CLEARANCE,
        ("residents: 100, to_survey_km2: 100", "residents: 100, to_survey_km2: 0, suspected_km2: 10"),
        ("residents: 9000, to_survey_km2: 50", "residents: 9000, to_survey_km2: 0, suspected_km2: 5"),
        ("contaminated_share: 0.2", "contaminated_share: 1"),
        (
            "    walkers:",
            "    diggers: {method: dig, numbers: [{since: 2022-01-01, teams: 1}]}\n    walkers:",
        ),
    )
    days = _days(text, tmp_path)
    assert days == pytest.approx(15e6 / 5_000, rel=1e-6)
    assert _days(text.replace("m2_per_day: 5000}", "m2_per_day: 10000}"), tmp_path) == pytest.approx(
        days / 2, rel=1e-6
    )


def test_more_teams_leave_at_most_the_longest_task_over(tmp_path: Path) -> None:
    """V7: whole tasks take at most area / (teams x rate) and the longest task."""
    for teams in (2, 3, 4, 7):
        days = _days(edit(BACKLOG, CLEAN, ("teams: 1}", f"teams: {teams}}}")), tmp_path)
        least = 150e6 / 50_000 / teams
        assert least - 1e-6 <= days <= least + 10e6 / 50_000 + 1e-6


def _summer_only(folder: Path, km2: float) -> float:
    """Days until so much land is surveyed by 100 working days a year, all of them in May to August."""
    season = "50000, working_days_per_year: 100, season: [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]}"
    return _days(
        edit(
            BACKLOG,
            CLEAN,
            ("to_survey_km2: 100", f"to_survey_km2: {km2}"),
            ("to_survey_km2: 50", "to_survey_km2: 0"),
            ("50000}", season),
        ),
        folder,
    )


def test_working_days_stretch_the_backlog(tmp_path: Path) -> None:
    """14 km2 are 280 days of work: two seasons and 0.8 of the third, which is 3.2 of its four months."""
    days = _summer_only(tmp_path, 14)
    assert days == pytest.approx(
        (2 + 7.2 / 12) * 365.25 - 0.5, abs=1e-6
    )  # the file starts half a day after the year


def test_work_can_end_with_a_season(tmp_path: Path) -> None:
    """15 km2 are 300 days: done at the end of August, not four months later."""
    assert _summer_only(tmp_path, 15) == pytest.approx((2 + 8 / 12) * 365.25 - 0.5, abs=1e-6)


def test_little_money_stretches_the_backlog(tmp_path: Path) -> None:
    """Money for 100 team-days a year: as many are worked and paid, in whole tasks, and no more."""
    budget = "  budget: {years: [{year: 2022, usd: 10000}], survey_share: 1, eod_share: 0}\n  teams:\n"
    text = edit(
        BACKLOG,
        CLEAN,
        ("bundle_km2: 10", "bundle_km2: 2.5"),
        ("50000}", "50000, cost_usd_per_team_day: 100}"),
        ("  teams:\n", budget),
    )
    chunk = run_all(scenario_of(text, tmp_path))
    surveyed = -np.diff(column(chunk, "area_to_survey_m2")[0, :, 0], prepend=150e6)
    cost = column(chunk, "cost_usd")[0, :, 0]
    assert cost.max() <= 10_000
    assert cost[1:-1].min() == 10_000  # what a task costs beyond the year's money is owed and paid first in the next
    assert surveyed.sum() == pytest.approx(cost.sum() / 100 * 50_000, abs=2 * 2.5e6)  # tasks under way


# -- survey ---------------------------------------------------------------------------------------------------


def _without_teams(text: str, name: str) -> str:
    return re.sub(rf"    {name}:(?: .+\n|\n(?:      .+\n)+)", "", text)


def test_without_survey_teams_nothing_is_confirmed(tmp_path: Path) -> None:
    """Land to be surveyed and land on record stay what they are; with teams confirmed land appears (control)."""
    chunk = run_all(scenario_of(_without_teams(TOY.read_text(), "survey_teams"), tmp_path), 4, 2)
    confirmed = column(chunk, "area_confirmed_m2")
    assert confirmed.max() == confirmed.min() == 0.0
    for name, km2 in (("area_to_survey_m2", (71, 44.5)), ("area_suspected_m2", (5, 0))):
        assert (column(chunk, name) == np.array(km2) * 1e6).all()
    assert column(chunk, "area_released_m2").max() == 0.0
    assert column(chunk, "items_found").max() == 0.0
    assert column(run_all(load(TOY), 4, 2), "area_confirmed_m2").max() > 1e6


def test_without_clearance_teams_confirmed_land_only_grows(tmp_path: Path) -> None:
    chunk = run_all(scenario_of(_without_teams(TOY.read_text(), "deminers"), tmp_path), 4, 2)
    assert (np.diff(column(chunk, "area_confirmed_m2"), axis=1) >= 0).all()
    assert column(chunk, "area_cleared_m2").max() == 0.0


@pytest.mark.parametrize(("sensitivity", "posterior"), [(0.8, 0.0476), (0.95, 0.0123)])
def test_clean_survey_update(tmp_path: Path, sensitivity: float, posterior: float) -> None:
    """V6: of the sites that survey dismissed, prior 0.2, so many hold items all the same: pi(1-s)/(1-pi s).

    Sites are independent, so the count among D dismissed ones is Binomial(D, posterior): |z| < 4. With D of about
    100,000 a posterior that is off by a tenth of itself is found with power above 0.99 at 0.0476 (7 standard errors)
    and 0.12 at 0.0123; the controls, the prior itself and the other row, with power above 0.999.
    """
    text = edit(
        BACKLOG,
        (
            "{site_km2: 0.1, contaminated_share: 0.2}",
            f"{{site_km2: 0.01, contaminated_share: 0.2, nts_sensitivity: {sensitivity}}}",
        ),
    )
    scenario = scenario_of(text, tmp_path)
    held, dismissed = 0, 0
    for inner in range(8):
        world = World(make_frame(scenario), draw_parameters(scenario, 0))
        ground = GroundTruth(world.replicate(inner, Room(ROOM)))
        ground.advance(ground.now + 1.0)
        for area in range(len(ground.arrays.areas)):
            out = ground.non_technical_survey(area, sensitivity, 1.0, 0.0)
            assert out.suspected == 0
            assert out.dismissed + out.confirmed == int(ground.arrays.areas["sites"][area])
            held += int(ground.arrays.areas["contaminated"][area]) - out.confirmed
            dismissed += out.dismissed
            assert ground.arrays.areas["missed"][area] == pytest.approx(
                1 - out.confirmed / ground.arrays.areas["contaminated"][area]
            )

    def z(p: float) -> float:
        return float((held - dismissed * p) / np.sqrt(dismissed * p * (1 - p)))

    exact = 0.2 * (1 - sensitivity) / (1 - 0.2 * sensitivity)
    assert exact == pytest.approx(posterior, abs=5e-5)
    assert abs(z(exact)) < 4.0
    other = 0.0476 if posterior == 0.0123 else 0.0123
    assert min(abs(z(0.2)), abs(z(other))) > 4.0


def test_a_polygon_on_record_is_not_in_doubt(tmp_path: Path) -> None:
    """Inert items still cost clearance: without the survey's credit for self-destruction nothing is cancelled."""
    busy = (DATA / "busy.yaml").read_text()
    cancelled = []
    for credit in ("", "\n    sd_credit: 0.8"):
        text = busy.replace("ts_kept_share: 0.4", f"ts_kept_share: 0.4{credit}")
        world, ground, ledger = play(scenario_of(text, tmp_path))
        polygons = [i for i, a in enumerate(world.frame.areas) if a.origin == "gift"]
        done = [r for r in ledger.releases if r[1] in polygons and r[2] == 1]
        assert done
        shares = [float(ground.arrays.areas["cancelled"][a]) for _, a, _ in done]
        cancelled.append(np.mean(shares))
    assert cancelled[0] == 0.0
    assert cancelled[1] > 0.5


# -- which task next ------------------------------------------------------------------------------------------


def _first_places(text: str, folder: Path, count: int) -> list[str]:
    world, _, ledger = play(scenario_of(text, folder), trace=True)
    stages = sorted(ledger.stages, key=lambda r: r.start)
    return [world.frame.strata[world.frame.areas[r.area].stratum].land_use for r in stages[:count]]


def test_policies_rank_the_waiting_tasks(tmp_path: Path) -> None:
    """Gardens have 90 people per km2, the steppe none to speak of; farmland and roads there are none."""
    people = edit(BACKLOG, CLEAN)
    assert _first_places(people, tmp_path, 5) == ["gardens"] * 5
    arable = people.replace("steppe", "arable").replace(
        "bundle_km2: 10\n", "bundle_km2: 10\n  priority: farmland_first\n"
    )
    assert _first_places(arable, tmp_path, 5) == ["arable"] * 5


def test_policies_rank_tasks_that_become_reachable_together(tmp_path: Path) -> None:
    assert (
        _first_places(edit(BACKLOG, CLEAN, ("opens: 2022-01-01", "opens: 2022-02-01")), tmp_path, 5)
        == ["gardens"] * 5
    )


def test_an_unknown_policy_is_a_fault_of_the_input(edited) -> None:
    path = edited(("priority: people_at_risk", "priority: people_at_risc"))
    done = CliRunner().invoke(main, ["check", str(path)])
    assert done.exit_code == 2
    assert "people_at_risc" in done.output
    assert "did you mean 'people_at_risk'?" in done.output
    for name in PRIORITIES:
        assert name in done.output
    assert CliRunner().invoke(main, ["check", str(edited())]).exit_code == 0


# -- the calendar of work -------------------------------------------------------------------------------------

SEASONS = {
    "all year": (365.25, [1.0] * 12),
    "winter off": (200.0, [0, 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0]),
    "two seasons": (90.0, [0, 0, 3, 2, 0, 0, 0, 0, 1, 4, 0, 0]),
    "one month": (10.0, [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
}


@pytest.mark.parametrize("name", SEASONS)
def test_work_ends_when_its_days_are_worked(name: str) -> None:
    """`finish` is the first date by which `until` has risen by the days of work."""
    season = Season(*SEASONS[name])
    rng = np.random.default_rng(4)
    for start, days in zip(rng.uniform(8000, 12000, 300), 10.0 ** rng.uniform(-3, 3, 300), strict=True):
        end = season.finish(start, days)
        assert end >= start
        assert season.until(end) - season.until(start) == pytest.approx(days, rel=1e-9, abs=1e-7)
        assert season.until(end - 1e-3) < season.until(start) + days


@pytest.mark.parametrize("name", SEASONS)
def test_a_year_has_its_working_days(name: str) -> None:
    per_year, weights = SEASONS[name]
    season = Season(per_year, weights)
    t = np.linspace(8000.0, 8000.0 + 365.25, 500)
    worked = np.array([season.until(v) for v in t])
    assert (np.diff(worked) >= 0).all()
    assert worked[-1] - worked[0] == pytest.approx(per_year)
    month = 365.25 / 12
    for m, weight in enumerate(weights):
        start = 22 * 365.25 + m * month
        assert season.until(start + month) - season.until(start) == pytest.approx(
            per_year * weight / sum(weights), abs=1e-7
        )


def test_a_calendar_without_seasons_is_told_apart() -> None:
    """Negative control: with work spread over the year, tasks begun in winter end too early."""
    real, flat = Season(*SEASONS["winter off"]), Season(200.0, [1.0] * 12)
    december = 22 * 365.25 + 340.0
    assert real.finish(december, 10.0) - flat.finish(december, 10.0) > 10.0
