"""VALIDATION V7 through the YAML front door: the programme against the laws of waiting lines.

Statistical tests state z: |z| < 4 over regenerative cycles (`lines.estimate`). The power given with each is that of
rejecting the named wrong law, whose distance from the true one is so many standard errors.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lines import (
    DAYS,
    QUEUES,
    TANDEM,
    Estimates,
    estimate,
    fixed_times,
    lines_of,
    markov,
    number_within,
    runs,
    served_in_turn,
    time_within,
    visits,
)
from running import DATA, edit, play, scenario_of

from sim.core.records import MISSED
from sim.programme import Ledger, Plan
from sim.scenario import Scenario, load, replace
from sim.world import World

Runs = list[tuple[World, Plan, Ledger]]
Law = tuple[float, float, float]

PIECES = {"roads": round(0.5 * DAYS), "fields": round(2.0 * DAYS), "gardens": round(0.5 * DAYS)}
SERVERS = {"roads": 1, "fields": 3, "gardens": 1}
LAWS = {"roads": markov(1, 0.5, 1.0), "fields": markov(3, 2.0, 1.0), "gardens": fixed_times(0.5, 1.0)}
WRONG = {
    "roads": (markov(2, 0.5, 1.0), fixed_times(0.5, 1.0)),
    "fields": (markov(4, 2.0, 1.0),),
    "gardens": (markov(1, 0.5, 1.0),),
}
ROW = {  # stage of the lines in a row: the one before, servers, law, law of one server more
    "nts": (None, 2, markov(2, 1.0, 1.0), markov(3, 1.0, 1.0)),
    "ts": ("nts", 3, markov(3, 1.0, 0.5), markov(4, 1.0, 0.5)),
    "clearance": ("ts", 1, markov(1, 1.0, 2.0), markov(2, 1.0, 2.0)),
}


@pytest.fixture(scope="module")
def queues(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return lines_of(QUEUES, tmp_path_factory.mktemp("queues"), PIECES)


@pytest.fixture(scope="module")
def beside(queues: Scenario) -> Runs:
    return runs(queues, 5)


@pytest.fixture(scope="module")
def in_a_row(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return runs(lines_of(TANDEM, tmp_path_factory.mktemp("tandem"), {"fields": round(DAYS)}), 3)


def _z(found: Estimates, law: Law) -> float:
    return float(np.abs(found.z(law)).max())


# -- laws -------------------------------------------------------------------------------------------------------


def test_the_laws_are_the_published_numbers() -> None:
    """V7: P(wait), Wq, Lq of (1; 0.5, 1) and (3; 2, 1); M/D/1 has half of M/M/1's line."""
    assert markov(1, 0.5, 1.0) == pytest.approx((0.5, 1.0, 0.5))
    assert markov(3, 2.0, 1.0) == pytest.approx((0.44444, 0.44444, 0.88889), abs=5e-6)
    assert fixed_times(0.5, 1.0) == pytest.approx((0.5, 0.5, 0.25))


@pytest.mark.parametrize("land_use", PIECES)
def test_three_lines_in_one_programme(beside: Runs, land_use: str) -> None:
    """Waiting share, wait and line, with four districts and four kinds of team at work beside each other.

    Rejected (control) are one server more, and fixed for exponential times or the other way round. The least power is
    that against M/D/1 on the roads: among 4,565 pieces the mean wait of M/M/1 has a standard error of 0.08 days, half a
    day is 6.3 of them, power 0.99. The others are 10 and more off, power above 0.999.
    """
    found = estimate(visits(plan, ledger, land_use) for _, plan, ledger in beside)
    assert _z(found, LAWS[land_use]) < 4.0
    for wrong in WRONG[land_use]:
        assert _z(found, wrong) > 4.0


@pytest.mark.parametrize("stage", ROW)
def test_lines_in_a_row(in_a_row: Runs, stage: str) -> None:
    """What leaves a line comes to the next as a Poisson process: survey, technical survey and clearance are M/M/c each.

    One server more is rejected (control): 13 standard errors off or more in the share that waits, power above 0.999.
    """
    before, _, law, wrong = ROW[stage]
    found = estimate(visits(plan, ledger, "fields", stage, before) for _, plan, ledger in in_a_row)
    assert _z(found, law) < 4.0
    assert _z(found, wrong) > 4.0


@pytest.mark.parametrize("land_use", PIECES)
def test_every_piece_begins_when_it_has_to(beside: Runs, land_use: str) -> None:
    """With the same arrivals and durations, teams that take pieces as they come begin each one at the same moment, to
    the bit: also where two kinds of team share a line. With a server more, pieces begin days earlier (control)."""
    for _, plan, ledger in beside:
        seen = visits(plan, ledger, land_use)
        assert len(seen.came) > 0.98 * PIECES[land_use]
        assert np.array_equal(seen.began, served_in_turn(seen, SERVERS[land_use]))
        assert (seen.began - served_in_turn(seen, SERVERS[land_use] + 1)).max() > 1.0


def test_the_order_does_not_change_when_one_team_is_busy(queues: Scenario, beside: Runs) -> None:
    """One team that is never idle while land waits ends its busy periods at the same moments in any order; who waits
    how long differs."""
    (_, plan, mixed), (_, _, in_turn) = runs(replace(queues, {"programme.priority": "random"}), 1)[0], beside[0]
    for land_use in ("roads", "gardens"):
        one, other = visits(plan, mixed, land_use), visits(plan, in_turn, land_use)
        assert np.allclose(_rests(one.began, one.ended), _rests(other.began, other.ended), rtol=0, atol=1e-6)
        assert np.abs(one.began - other.began).max() > 1.0


def _rests(began: np.ndarray, ended: np.ndarray) -> np.ndarray:
    """When a single team begins and ends to be idle, (2, rest) float64; moments of less than a second do not count."""
    ends, begins = np.sort(ended)[:-1], np.sort(began)[1:]
    idle = begins - ends > 1e-5
    return np.stack([ends[idle], begins[idle]])


# -- Little's law -------------------------------------------------------------------------------------------------


def _surveyed(plan: Plan, ledger: Ledger, district: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Land to be surveyed of a district: dates from the plan and from the ledger's releases, each sorted by itself;
    dates from plan and trace by piece, inf where survey has not ended."""
    came = {t.area: t.enters for t in plan.tasks if t.origin == "survey" and t.district == district}
    left = [date for date, area, branch in ledger.releases if branch == MISSED and area in came]
    ended = {r.area: r.end for r in ledger.stages if r.stage == "nts" and r.area in came}
    return (np.sort(list(came.values())), np.sort(left), np.array(list(came.values())),
            np.array([ended.get(area, np.inf) for area in came]))


@pytest.mark.parametrize("file", ["queues", "toy", "busy"])
def test_little(beside: Runs, file: str) -> None:
    """On every run and in every district: the integral of the number of pieces to be surveyed, counted from arrivals
    and releases, is the time that the pieces of the trace spend there inside the window, cut at both ends. Whole stays
    of what comes within the window are something else (control)."""
    some = beside[:2] if file == "queues" else runs(load(DATA / f"{file}.yaml"), 2)
    differs = 0.0
    for world, plan, ledger in some:
        low, high = world.frame.edges[3], world.frame.edges[-5]
        for district in range(len(world.frame.districts)):
            came, left, entered, ended = _surveyed(plan, ledger, district)
            number = number_within(came, left, low, high)
            assert number > 0.0
            assert time_within(entered, ended, low, high) == pytest.approx(number, rel=1e-9)
            inside = (entered >= low) & (entered < high)
            whole = (np.minimum(ended, world.frame.edges[-1]) - entered)[inside].sum()
            differs = max(differs, abs(whole / number - 1.0))
    assert differs > 1e-4


# -- a backlog ----------------------------------------------------------------------------------------------------

BACKLOG = DATA / "backlog.yaml"
PLAIN = "  - {district: Plain, zone: open, land_use: steppe, area_km2: 400, residents: 100, to_survey_km2: 100}\n"
HILLS = PLAIN.replace("Plain", "Hills").replace("100}", "37.3}")
OPEN = "  - {district: Plain, zone: open, opens:"
CLEAN = ("contaminated_share: 0.2", "contaminated_share: 0")


def _days(text: str, folder: Path) -> float:
    world, _, ledger = play(scenario_of(text, folder))
    return float(ledger.completed_on - world.frame.edges[0])


def _two_districts(*edits: tuple[str, str]) -> str:
    access = next(line for line in BACKLOG.read_text().splitlines() if line.startswith(OPEN)) + "\n"
    return edit(BACKLOG, CLEAN, (PLAIN, PLAIN + HILLS), (access, access + access.replace("Plain", "Hills")), *edits)


@pytest.mark.parametrize("teams", [1, 4, 9])
def test_a_backlog_of_divisible_work(tmp_path: Path, teams: int) -> None:
    """V7: where all teams work on a task together, T = area / (teams x rate), exactly; in two districts."""
    together = f"50000, max_teams_per_task: {teams}, months_per_task: 0.01}}"
    text = _two_districts(("50000}", together), ("teams: 1}", f"teams: {teams}}}"))
    assert _days(text, tmp_path) == pytest.approx(187.3e6 / (teams * 50_000), rel=1e-9)


@pytest.mark.parametrize("bundle_km2", [1, 3, 10])
@pytest.mark.parametrize(("walkers", "riders"), [(1, 1), (2, 5), (7, 3)])
def test_a_backlog_of_whole_tasks(tmp_path: Path, walkers: int, riders: int, bundle_km2: int) -> None:
    """V7: at most area / (sum of rates) and the longest task, with two kinds of team and two districts."""
    ride = "\n    ride: {stages: [nts], rate_m2_per_day: 80000}"
    more = f"teams: {walkers}}}]}}\n    riders: {{method: ride, numbers: [{{since: 2022-01-01, teams: {riders}}}]}}"
    text = _two_districts(
        ("50000}", "50000}" + ride), ("teams: 1}]}", more), ("bundle_km2: 10", f"bundle_km2: {bundle_km2}"))
    least = 187.3e6 / (walkers * 50_000 + riders * 80_000)
    assert least * (1 - 1e-9) <= _days(text, tmp_path) <= least + bundle_km2 * 1e6 / 50_000
