"""Teams, their numbers, ways, calendars and machines, against what can be worked out by hand, through the YAML door."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from running import DATA, TOY, column, differing, edit, play, run_all, scenario_of

from sim.programme.crews import at_work_by_date
from sim.scenario import ScenarioError, load
from sim.scenario.programme import TeamCount
from sim.study.store import Chunk

BACKLOG = DATA / "backlog.yaml"
CLEAN = ("contaminated_share: 0.2", "contaminated_share: 0")
LONG = ("horizon_years: 12", "horizon_years: 40")
WORK = 150e6 / 50_000  # team-days
NUMBERS = "numbers: [{since: 2022-01-01, teams: 1}]"


def _chunk(folder: Path, *edits: tuple[str, str], per_draw: int = 1) -> Chunk:
    return run_all(scenario_of(edit(BACKLOG, CLEAN, LONG, *edits), folder), 1, per_draw)


def _days(folder: Path, *edits: tuple[str, str]) -> float:
    """Days until all land is surveyed."""
    return float(_chunk(folder, *edits).completed_years[0] * 365.25)


# -- speed ----------------------------------------------------------------------------------------------------


def test_dense_vegetation_takes_its_factor(tmp_path: Path) -> None:
    """100 km2 at the method's rate, 50 km2 of scrub at two fifths of it."""
    grown = ("land_use: gardens, ", "land_use: gardens, vegetation: scrub, ")
    slow = ("rate_m2_per_day: 50000", "rate_m2_per_day: 50000, rate_by_vegetation: {scrub: 0.4}")
    assert _days(tmp_path, grown, slow) == pytest.approx(100e6 / 50_000 + 50e6 / 20_000, rel=1e-12)
    assert _days(tmp_path, grown) == pytest.approx(WORK, rel=1e-12)  # control: named, but the method does not mind


UNCERTAIN = ("rate_m2_per_day: {lognormal: {median: 50000, p05: 25000, p95: 100000}}, duration_cv: 0.5, "
             "rate_by_land_use: {gardens: {uniform: {low: 0.3, high: 0.7}, grade: A, note: fences}}, "
             "rate_by_vegetation: {scrub: {uniform: {low: 0.2, high: 0.6}, grade: A, note: to be cut first}}")


def test_speed_is_a_distribution_by_method_land_use_and_vegetation(tmp_path: Path) -> None:
    """Each draw has a speed of the method, a factor of land use and one of vegetation; within a draw each task has one
    of its own. Days spent on grown steppe and on gardens, over those at the draw's own speeds, are 1 on average
    (|z| < 4, at a standard error of 0.5/√(tasks)) and spread as the lognormal is. Control: factors at their central
    values are off by more than 4 standard errors in at least six of the twelve cases."""
    grown = ("land_use: steppe, ", "land_use: steppe, vegetation: scrub, ")
    edits = (("rate_m2_per_day: 50000", UNCERTAIN), ("bundle_km2: 10", "bundle_km2: 0.1"))
    scenario = scenario_of(edit(BACKLOG, CLEAN, LONG, grown, *edits), tmp_path)
    method, far = "programme.methods.walk", 0
    factors: dict[str, list[float]] = {"rate_by_vegetation.scrub": [], "rate_by_land_use.gardens": []}
    for draw in range(6):
        world, _, ledger = play(scenario, draw, trace=True)
        use = np.array([world.frame.strata[world.frame.areas[r.area].stratum].land_use for r in ledger.stages])
        days = np.array([r.end - r.start for r in ledger.stages])
        for place, path, central in (
                ("steppe", "rate_by_vegetation.scrub", 0.4), ("gardens", "rate_by_land_use.gardens", 0.5)):
            speed = world.draw[f"{method}.rate_m2_per_day"] * world.draw[f"{method}.{path}"]
            relative = days[use == place] * speed / 100_000
            error = 0.5 / np.sqrt(len(relative))
            assert len(relative) >= 450
            assert abs(relative.mean() - 1) < 4 * error
            spread = np.sqrt(np.log(1 + 0.5**2))
            assert np.log(relative).std() == pytest.approx(spread, abs=4 * spread / np.sqrt(2 * len(relative)))
            far += abs(relative.mean() * central / world.draw[f"{method}.{path}"] - 1) > 4 * error
            factors[path].append(world.draw[f"{method}.{path}"])
    assert far >= 6
    assert all(len(set(values)) == 6 for values in factors.values())


def test_false_alarms_take_their_time(tmp_path: Path) -> None:
    """0.002 signals a m2 (three times that in gardens), 6 minutes each, 8 hours, two searchers at a time."""
    alarms = "false_alarms: {per_m2: 0.002, minutes: 6, searchers: 2, by_land_use: {gardens: 3}}"
    days = _days(tmp_path, ("50000}", f"50000, hours_per_day: 8, {alarms}}}"))
    signals = 0.002 * 100e6 + 0.006 * 50e6
    assert days == pytest.approx(WORK + signals * 6 / 60 / 8 / 2, rel=1e-12)


# -- calendar -------------------------------------------------------------------------------------------------


def test_crops_keep_teams_off_the_land(tmp_path: Path) -> None:
    """A third of every month is lost on both kinds of land: half as much time again."""
    workable = "  workable: {steppe: [%s], gardens: [%s]}\n  teams:\n" % ((", ".join(["0.6666666666666666"] * 12),) * 2)
    assert _days(tmp_path, ("  teams:\n", workable)) == pytest.approx(1.5 * WORK, rel=1e-9)


def test_teams_work_elsewhere_while_land_is_closed(tmp_path: Path) -> None:
    """Steppe is open from January to June, gardens from July to December. Tasks of two days: nobody begins one that
    would wait half a year for its end, so the team turns to the other land at once, and works on every day but one
    in each half-year as long as there is land of both kinds."""
    first, second = ", ".join(["1"] * 6 + ["0"] * 6), ", ".join(["0"] * 6 + ["1"] * 6)
    edits = (("bundle_km2: 10", "bundle_km2: 0.1"), ("50000}", "50000, months_per_task: 1}"),
             ("  teams:\n", f"  workable: {{steppe: [{first}], gardens: [{second}]}}\n  teams:\n"))
    world, _, ledger = play(scenario_of(edit(BACKLOG, CLEAN, LONG, *edits), tmp_path), trace=True)
    use = [world.frame.strata[world.frame.areas[r.area].stratum].land_use for r in ledger.stages]
    starts = np.array([r.start for r in ledger.stages])
    half = np.floor(starts / (365.25 / 2)).astype(int) % 2
    assert all((u == "gardens") == bool(h) for u, h in zip(use, half, strict=True))
    assert len(set(use)) == 2
    assert starts[use.index("gardens")] - starts[0] == pytest.approx(365.25 / 2 - 0.5, abs=1e-6)  # as soon as open
    both = starts < starts[0] + 5 * 365.25  # gardens are 1,000 days of work, steppe 2,000
    assert both.sum() == pytest.approx(5 * 365.25 / 2, abs=11)
    least = 10 * 365.25 + 2000 - 10 * 365.25 / 2  # 2,000 days of steppe in half-years
    assert least <= ledger.completed_on - starts[0] + 0.5 <= least + 11 * 2


def test_a_calendar_without_a_working_day_is_a_fault(tmp_path: Path) -> None:
    summer = "50000, season: [0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]}"
    winter = "  workable: {gardens: [1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1]}\n  teams:\n"
    with pytest.raises(ScenarioError, match=r"scenario.yaml:\d+:\d+: programme.workable.gardens: method 'walk' has no "
                                            r"working day on gardens land"):
        scenario_of(edit(BACKLOG, ("50000}", summer), ("  teams:\n", winter)), tmp_path)
    scenario_of(edit(BACKLOG, ("50000}", summer), ("  teams:\n", winter.replace("0, 0,", "0, 0.5,"))), tmp_path)
    with pytest.raises(ScenarioError, match="1.5 is no share of a month's working days"):
        scenario_of(edit(BACKLOG, ("  teams:\n", winter.replace("0, 0,", "1.5, 0,"))), tmp_path)


# -- numbers --------------------------------------------------------------------------------------------------


def test_training_comes_before_work(tmp_path: Path) -> None:
    assert _days(tmp_path, (NUMBERS, f"training_days: 90, {NUMBERS}")) == pytest.approx(WORK + 90, rel=1e-12)


def test_teams_that_are_lost_leave_one_by_one() -> None:
    """Ten teams of which half is lost every year: n(t) = 10·2^-t in whole numbers, 9 from the day n is below 9.5."""
    numbers = [TeamCount.model_validate({"since": "2022-01-01", "teams": 10}),
               TeamCount.model_validate({"since": "2024-01-01", "teams": 10})]
    since, teams = at_work_by_date(numbers, 20.0, 0.5, 8036.0 + 4 * 365.25)
    start = 8036.0  # 1 January 2022
    assert since[0] == start + 20.0
    t = np.arange(start + 40.0, start + 729.0)
    at_work = teams[np.searchsorted(since, t, "right") - 1]
    assert np.array_equal(at_work, np.floor(10 * 0.5 ** ((t - start) / 365.25) + 0.5))
    recruited = start + 730.0 + 24.0  # after two years 2.5 are left, in whole numbers 3 (it is not yet below 2.5)
    assert teams[np.searchsorted(since, recruited, "right") - 1] == 10
    assert teams[np.searchsorted(since, recruited - 10.0, "right") - 1] == 3
    assert at_work_by_date(numbers[:1], 0.0, 0.0, 2e4)[1].tolist() == [10]  # control: nobody leaves


def test_attrition_stretches_the_backlog(tmp_path: Path) -> None:
    """Twelve teams, a fifth lost a year: the integral of teams over time is the work, within the longest task."""
    twelve = "numbers: [{since: 2022-01-01, teams: 12}]"
    small = ("bundle_km2: 10", "bundle_km2: 0.5")
    slow = ("rate_m2_per_day: 50000", "rate_m2_per_day: 12500")
    days = _days(tmp_path, small, slow, (NUMBERS, f"attrition_per_year: 0.2, {twelve}"))
    t = np.linspace(0.0, days, 20_001)[:-1]
    worked = np.floor(12 * 0.8 ** (t / 365.25) + 0.5).sum() * (t[1] - t[0])
    assert pytest.approx(worked, abs=12 * 40) == 4 * WORK  # a task is 40 days of one of at most twelve teams
    assert _days(tmp_path, small, slow, (NUMBERS, twelve)) == pytest.approx(WORK / 3, abs=41)  # control


# -- ways -----------------------------------------------------------------------------------------------------

ELSEWHERE = (("district: Plain, zone: open, land_use: gardens", "district: Hills, zone: open, land_use: gardens"),
             ("hostilities:", "  - {district: Hills, zone: open, opens: 2022-01-01, held: government, "
                              "present_before_opening: 1, present_after_opening: 1}\n\nhostilities:"),
             ("50000}", "50000, cost_usd_per_team_day: 10}"))


@pytest.mark.parametrize(("home", "moves"), [("", 1), ("home: Hills, ", 1), ("home: Plain, ", 2)])
def test_ways_take_days_and_money(tmp_path: Path, home: str, moves: int) -> None:
    """People at risk send the one team to Hills first and then to Plain: a move more if it begins in Plain."""
    chunk = _chunk(tmp_path, *ELSEWHERE, (NUMBERS, f"moves: {{{home}days: 20, usd: 5000}}, {NUMBERS}"))
    assert chunk.completed_years[0] * 365.25 == pytest.approx(WORK + 20 * moves, rel=1e-12)
    assert column(chunk, "cost_usd").sum() == 10 * (WORK + 20 * moves) + 5000 * moves
    free = _chunk(tmp_path, *ELSEWHERE, (NUMBERS, f"moves: {{{home}days: 0}}, {NUMBERS}"))
    assert not differing(free, _chunk(tmp_path, *ELSEWHERE))  # moves at once, for nothing, are none


def test_an_unknown_home_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="there is no district 'Plane'.*did you mean 'Plain'"):
        scenario_of(edit(BACKLOG, (NUMBERS, f"moves: {{home: Plane, days: 1}}, {NUMBERS}")), tmp_path)


# -- machines -------------------------------------------------------------------------------------------------


def test_breakdowns_have_the_law_of_gaver(tmp_path: Path) -> None:
    """Completion times of work W with breakdowns at rate a and exponential repairs of mean r (Gaver 1962): the mean is
    W(1 + a·r), the variance W·a·2·r². 600 replicates of 60 breakdowns: |z| < 4 for both. Controls: repairs of fixed
    length would have half the variance, one breakdown in ten less a mean 0.94 of that; power above 0.99 for each."""
    a, r = 0.02, 9.0
    broken = ("50000}", "50000, breakdowns: {per_100_days: 2, repair_days: 9}}")
    days = _chunk(tmp_path, broken, per_draw=600).completed_years * 365.25
    mean, variance = WORK * (1 + a * r), WORK * a * 2 * r**2
    z_mean = (days.mean() - mean) / np.sqrt(variance / len(days))
    z_variance = (days.var() / variance - 1) / np.sqrt(2 / len(days))
    assert abs(z_mean) < 4
    assert abs(z_variance) < 4
    assert abs(days.mean() - WORK * (1 + 0.9 * a * r)) / np.sqrt(variance / len(days)) > 4
    assert (days.var() / (variance / 2) - 1) / np.sqrt(2 / len(days)) > 4


# -- nobody else's business -----------------------------------------------------------------------------------


def test_a_team_that_never_works_changes_nothing(tmp_path: Path) -> None:
    """Idle teams with all that can happen to teams: no draw, no money, no other number."""
    idle = re.sub(r"(\n  teams:\n)", r"""\1    idle:
      method: idle
      training_days: 30
      attrition_per_year: 0.3
      moves: {days: 4, usd: 100}
      numbers: [{since: 2022-01-01, teams: 0}, {since: 2099-01-01, teams: 7}]
""", TOY.read_text())
    idle = re.sub(r"(\n  methods:\n)", r"""\1    idle:
      stages: [clearance]
      rate_m2_per_day: 1000
      breakdowns: {per_100_days: 9, repair_days: 3}
""", idle)
    assert not differing(run_all(load(TOY), 3, 2), run_all(scenario_of(idle, tmp_path), 3, 2))
