"""Marking and risk education as work of teams: coverage, decay and cost against what can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from running import DATA, TOY, column, differing, edit, play, run_all, scenario_of
from scipy.integrate import solve_ivp

from sim.programme.education import coverage
from sim.scenario import ScenarioError, load, replace

BUSY = DATA / "busy.yaml"
BACKLOG = DATA / "backlog.yaml"
QUARTER = 365.25 / 4
EDUCATION = """  education:
    numbers: [{since: 2022-01-01, teams: 2}]
    people_per_team_day: 20
    working_days_per_year: 200
    cost_usd_per_person: 3
    half_life_years: 2
  methods:
"""
TAUGHT = ("  methods:\n", EDUCATION)
END = "hostilities: {end: 2022-01-02}"
AWARE = (END, f"{END}\nexposure: {{eore_effect: 0.6, eore_coverage: 0.1}}")

# -- risk education -------------------------------------------------------------------------------------------


def test_coverage_is_the_solution_of_its_equation() -> None:
    """dc/dt = r(1 - c) - λc with rates that change every quarter, integrated by somebody else; mean of each quarter."""
    rate = np.random.default_rng(2).uniform(0.0, 0.01, (1, 12))
    forgetting, before, days = np.log(2) / 700.0, 0.3, np.full(12, QUARTER)
    ours = coverage(rate, forgetting, before, days)[0]
    c, means = before, []
    for r in rate[0]:  # c, and its integral
        def slope(t: float, y: np.ndarray, r: float = r) -> list[float]:
            return [r * (1 - y[0]) - forgetting * y[0], y[0]]

        c, area = solve_ivp(slope, (0, QUARTER), [c, 0.0], rtol=1e-10, atol=1e-12).y[:, -1]
        means.append(area / QUARTER)
    assert ours == pytest.approx(np.array(means), rel=1e-8)
    steady = coverage(np.full((1, 400), 0.004), forgetting, 0.0, np.full(400, QUARTER))[0, -1]
    assert steady == pytest.approx(0.004 / (0.004 + forgetting), rel=1e-12)


def test_teams_reach_people_and_people_forget(tmp_path: Path) -> None:
    """9,100 people, 40 reached a working day by both teams: entry falls as coverage rises, from what it was before."""
    plain = play(load(BACKLOG))
    _, ground, ledger = play(scenario_of(edit(BACKLOG, AWARE, TAUGHT), tmp_path))
    entry = ground.arrays.entry[0] / plain[1].arrays.entry[0]
    rate = np.full((1, len(entry)), 40 * 200 / 365.25 / 9100)
    days = np.diff(plain[0].frame.edges)
    days[-1] = QUARTER  # what holds in a quarter does not depend on where the run ends
    known = coverage(rate, np.log(2) / 730.5, 0.1, days)[0]
    assert entry == pytest.approx(1 - 0.6 * known, rel=1e-12)
    assert known[0] > 0.1
    assert ledger.people_taught[1].sum() == pytest.approx(40 * 200, abs=4)
    assert (ledger.cost_usd[:, :, 4] == 3 * ledger.people_taught).all()


def test_money_is_a_limit_of_risk_education(tmp_path: Path) -> None:
    """6,000 dollars a year for it reach 2,000 people, not 8,000."""
    budget = "  budget: {years: [{year: 2022, usd: 60000}], education_share: 0.1}\n  teams:\n"
    ledger = play(scenario_of(edit(BACKLOG, AWARE, TAUGHT, ("  teams:\n", budget)), tmp_path))[2]
    assert ledger.people_taught[1:-1].sum(axis=1) == pytest.approx(2000, abs=4)
    assert ledger.paid_usd[:, 0, 4].sum() == pytest.approx(ledger.income_usd[:-1, 0, 4].sum(), abs=100)


def test_nobody_is_reached_where_nobody_may_go(tmp_path: Path) -> None:
    later = ("opens: 2022-01-01", "opens: 2024-01-01")
    ledger = play(scenario_of(edit(BACKLOG, AWARE, TAUGHT, later), tmp_path))[2]
    assert ledger.people_taught[:2].sum() == 0
    assert ledger.people_taught[2].sum() > 7000


def test_without_teams_people_forget(tmp_path: Path) -> None:
    """A section without teams is no longer the constant coverage of exposure: it halves in its half-life."""
    nobody = (TAUGHT[0], EDUCATION.replace("teams: 2", "teams: 0"))
    ground = play(scenario_of(edit(BACKLOG, AWARE, nobody), tmp_path))[1]
    known = (1 - ground.arrays.entry[0]) / 0.6
    assert known[8] / known[0] == pytest.approx(0.5, rel=1e-3)
    same = edit(TOY, (TAUGHT[0], EDUCATION.replace("teams: 2", "teams: 0").replace("person: 3", "person: 0")))
    assert "eore" not in same  # nobody knows anything before, and nobody is taught: nothing changes
    assert not differing(run_all(load(TOY), 2, 2), run_all(scenario_of(same, tmp_path), 2, 2))


# -- marking --------------------------------------------------------------------------------------------------

ON_RECORD = (
    ("walk: {stages: [nts], rate_m2_per_day: 50000}",
     "walk: {stages: [resurvey], rate_m2_per_day: 1.0e+12}\n    dig: {stages: [clearance], rate_m2_per_day: 5000}\n"
     "    fence: {stages: [marking], rate_m2_per_day: 100000, cost_usd_per_m2: 0.01}"),
    ("residents: 100, to_survey_km2: 100", "residents: 100, to_survey_km2: 0, suspected_km2: 10"),
    ("residents: 9000, to_survey_km2: 50", "residents: 9000, to_survey_km2: 0"),
    ("contaminated_share: 0.2", "contaminated_share: 1"),
    ("    walkers:", "    diggers: {method: dig, numbers: [{since: 2022-01-01, teams: 1}]}\n"
                     "    fencers: {method: fence, numbers: [{since: 2022-01-01, teams: 1}]}\n    walkers:"))
"""10 km2, cleared in 2,000 days; fencing them takes 100 days and 100,000 dollars."""


def test_teams_mark_land_beside_clearance(tmp_path: Path) -> None:
    """Marked when the fence is up, while clearance goes on; every year again, until people have the land back."""
    world, ground, ledger = play(scenario_of(edit(BACKLOG, *ON_RECORD), tmp_path), trace=True)
    start = world.frame.edges[0]
    assert ground.arrays.areas["marked"][0] - start == pytest.approx(100, abs=1e-4)
    assert ledger.completed_on - start == pytest.approx(2000, abs=1e-4)
    assert ledger.cost_usd.sum(axis=(0, 1)).tolist() == [0, 0, 0, 100_000, 0]
    again = ("  methods:\n", "  marking_renewed_years: 1\n  methods:\n")
    _, ground, ledger = play(scenario_of(edit(BACKLOG, *ON_RECORD, again), tmp_path), trace=True)
    times = [r.end - start for r in ledger.stages if r.stage == "marking"]
    assert times == pytest.approx([100 + n * (365.25 + 100) for n in range(5)], abs=1e-3)  # the sixth: after 2,000 days
    assert ledger.cost_usd[:, :, 3].sum() == 500_000
    assert ledger.completed_on - start == pytest.approx(2000, abs=1e-4)


def test_marking_of_land_that_is_free_again_is_left(tmp_path: Path) -> None:
    """Fencers who come when the land is cleared have nothing to do; the land was never marked."""
    late = ("method: fence, numbers: [{since: 2022-01-01", "method: fence, numbers: [{since: 2030-01-01")
    _, ground, ledger = play(scenario_of(edit(BACKLOG, *ON_RECORD, late), tmp_path))
    assert np.isinf(ground.arrays.areas["marked"][0])
    assert ledger.cost_usd.sum() == 0


def test_how_long_marking_lasts_may_be_uncertain(tmp_path: Path) -> None:
    """A law of the half-life is drawn once for each draw, and a number is what it was."""
    half_life = "  marking_half_life_years: {loguniform: {low: 0.2, high: 9}}"
    law = ("marking_effect: 0.5\n", f"marking_effect: 0.5\n{half_life}\n")
    edited = scenario_of(edit(BUSY, law), tmp_path)
    drawn = [play(edited, draw)[0].draw["exposure.marking_half_life_years"] for draw in range(3)]
    assert len(set(drawn)) == 3 and all(0.2 <= x <= 9 for x in drawn)
    for draw, years in enumerate(drawn):
        same, other = (replace(edited, {"exposure.marking_half_life_years": x}) for x in (years, years + 3))
        chunk = run_all(edited, first=draw)
        assert not differing(chunk, run_all(same, first=draw))
        assert "accidents_expected" in differing(chunk, run_all(other, first=draw))


def test_marking_by_teams_comes_later_and_helps_less(tmp_path: Path) -> None:
    """Without such teams land is marked the day it is confirmed, for nothing: fewer accidents are expected then."""
    slow = (("    walk: {stages", "    fence: {stages: [marking], rate_m2_per_day: 5000}\n    walk: {stages"),
            ("    walkers: ", "    fencers: {method: fence, numbers: [{since: 2022-03-01, teams: 1}]}\n    walkers: "))
    strong = ("marking_effect: 0.5", "marking_effect: 0.95")
    at_once = column(run_all(scenario_of(edit(BUSY, strong), tmp_path), 4, 4), "accidents_expected").sum()
    later = column(run_all(scenario_of(edit(BUSY, strong, *slow), tmp_path), 4, 4), "accidents_expected").sum()
    never = column(run_all(scenario_of(edit(BUSY, ("marking_effect: 0.5", "marking_effect: 0")), tmp_path), 4, 4),
                   "accidents_expected").sum()
    assert 1.005 * at_once < later < 0.995 * never


@pytest.mark.parametrize(("edits", "says"), [
    (ON_RECORD, "programme.budget: marking costs money and nobody pays for it"),
    ((TAUGHT,), "programme.budget: education costs money and nobody pays for it"),
])
def test_what_nobody_pays_for_is_a_fault(tmp_path: Path, edits: tuple[tuple[str, str], ...], says: str) -> None:
    budget = ("  teams:\n", "  budget: {years: [{year: 2022, usd: 60000}]}\n  teams:\n")
    with pytest.raises(ScenarioError, match=says):
        scenario_of(edit(BACKLOG, *edits, budget), tmp_path)
    paid = budget[0], budget[1].replace("60000}]", "60000}], marking_share: 0.1, education_share: 0.1")
    scenario_of(edit(BACKLOG, *edits, paid), tmp_path)
    nobody = edit(BACKLOG, *edits, budget)
    for teams in ("fence, numbers: [{since: 2022-01-01, teams: 1}]", "numbers: [{since: 2022-01-01, teams: 2}]"):
        nobody = nobody.replace(teams, teams[:-3] + "0}]")
    scenario_of(nobody, tmp_path)  # a kind without teams says that nobody marks, and costs nothing
