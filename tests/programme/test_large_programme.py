"""A programme of 5,000 tasks, 300 teams and 20 years: what it costs, counted in events and not in seconds.

`python -m tests.bench --only shares` shows the seconds and where they go.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from events import most_events
from running import DATA, edit, play, scenario_of

from sim.programme import Ledger, Plan, make_plan
from sim.world import World

LARGE = DATA / "large.yaml"
WALKERS = "    walkers: {method: walk, numbers: [{since: 2022-01-01, teams: 60}]}\n"


def _run(folder: Path, *edits: tuple[str, str]) -> tuple[World, Plan, Ledger]:
    world, _, ledger = play(scenario_of(edit(LARGE, *edits), folder), trace=True)
    return world, make_plan(world), ledger


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Plan, Ledger]:
    return _run(tmp_path_factory.mktemp("large"))


def test_events_follow_the_stages_of_tasks(large: tuple[World, Plan, Ledger]) -> None:
    """5,000 tasks go through 11,000 stages with less than two events each, quarters and changes included."""
    world, plan, ledger = large
    assert len(plan.tasks) == 5000
    assert sum(int(crew.teams[-1]) for crew in plan.crews) == 300
    stages = Counter(record.stage for record in ledger.stages)
    assert stages["nts"] == 5000
    assert min(stages[stage] for stage in ("resurvey", "ts", "clearance", "sampling")) > 1000
    assert ledger.events <= most_events(world, plan, ledger)
    assert ledger.events < 2 * len(ledger.stages)


def test_an_idle_team_costs_no_event(tmp_path: Path, large: tuple[World, Plan, Ledger]) -> None:
    """Ten thousand teams more that have nothing to do: the event of their hiring, and not another. Control: thirty
    teams more that have work to do end other stages at other times."""
    lake = "  - {district: North, zone: open, land_use: lake, area_km2: 9, residents: 0, to_survey_km2: 0}\n"
    method = "    boat: {stages: [nts], land_uses: [lake], rate_m2_per_day: 1}\n"
    idle = "    idle: {method: boat, numbers: [{since: 2022-01-01, teams: 10000}]}\n"
    _, _, ledger = _run(
        tmp_path, ("strata:\n", "strata:\n" + lake), ("  teams:\n", method + "  teams:\n"), (WALKERS, WALKERS + idle))
    assert ledger.events == large[2].events + 1
    assert ledger.stages == large[2].stages
    _, _, busy = _run(tmp_path, (WALKERS, WALKERS.replace("60", "90")))
    assert busy.stages != large[2].stages


def test_items_cost_no_event(tmp_path: Path, large: tuple[World, Plan, Ledger]) -> None:
    """Ten times the items: more is found, and the passes that find something end once more, later."""
    world, plan, ledger = _run(tmp_path, ("items: 20000", "items: 200000"))
    assert ledger.items_found.sum() > 5 * large[2].items_found.sum() > 1000
    assert ledger.events <= most_events(world, plan, ledger)
    assert ledger.events < 1.1 * large[2].events
