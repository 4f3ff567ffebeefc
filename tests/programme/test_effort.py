"""What a search takes beside its land: items, whatever state they are in, and accidents of deminers; through YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import DATA, edit, play, scenario_of

from sim.programme import Ledger

SEARCH = (
    ("walk: {stages: [nts], rate_m2_per_day: 50000}",
     "walk: {stages: [resurvey], rate_m2_per_day: 1e+12}\n    dig: {stages: [clearance], rate_m2_per_day: 5000, "
     "cost_usd_per_team_day: 100, hours_per_item: 3, hours_per_day: 6}"),
    ("residents: 100, to_survey_km2: 100", "residents: 100, to_survey_km2: 0, suspected_km2: 10"),
    ("residents: 9000, to_survey_km2: 50", "residents: 9000, to_survey_km2: 0"),
    ("contaminated_share: 0.2", "contaminated_share: 1"),
    ("    walkers:", "    diggers: {method: dig, numbers: [{since: 2022-01-01, teams: 1}]}\n    walkers:"),
    ("horizon_years: 12", "horizon_years: 20"), ("length_m: 100", "length_m: 0"),
    ("items: 0, families: {ap_blast: 1}", "items: 400, families: {mine: 1}"),
    ("contamination:", "families:\n  mine: {title: M, kind: ap, never_armed: DUDS, width_m: {foot: 0.3}, "
                       "p_trigger: {foot: 0.5}}\n\ncontamination:"))
"""10 km2 on record, confirmed at once and cleared by one team in 2,000 days, with about 400 mines in it."""
LAND = 10e6 / 5_000


def _cleared(folder: Path, duds: float, *edits: tuple[str, str]) -> tuple[float, Ledger]:
    world, _, ledger = play(scenario_of(edit(DATA / "backlog.yaml", *SEARCH, ("DUDS", str(duds)), *edits), folder))
    return float(ledger.completed_on - world.frame.edges[0]), ledger


@pytest.mark.parametrize("duds", [0, 0.5, 1])
def test_inert_items_take_as_much_effort_as_live_ones(tmp_path: Path, duds: float) -> None:
    """Days and dollars follow the land and the number of items found; that none of them works saves neither."""
    days, ledger = _cleared(tmp_path, duds)
    found = int(ledger.items_found.sum())
    assert found > 300
    assert days == pytest.approx(LAND + found * 3 / 6, abs=1e-3)
    assert ledger.cost_usd.sum() == round(100 * LAND) + round(100 * found * 3 / 6)
    _, none = _cleared(tmp_path, duds, ("hours_per_item: 3", "hours_per_item: 0"))
    assert none.cost_usd.sum() == round(100 * LAND)  # control: only the land


def test_a_team_stands_down_after_an_accident(tmp_path: Path) -> None:
    """Every item found hurts somebody: the team stands 30 days before its land is handed on, and is paid."""
    hurt = ("hours_per_item: 3", "hours_per_item: 0, deminer_casualties_per_1000_items: 1000")
    down = ("  methods:\n", "  stand_down_days: 30\n  methods:\n")
    days, ledger = _cleared(tmp_path, 0, hurt, down)
    assert ledger.deminer_casualties.sum() == ledger.items_found.sum() > 300
    assert days == pytest.approx(LAND + 30, abs=1e-3)
    assert ledger.cost_usd.sum() == 100 * (LAND + 30)
    unhurt, nobody = _cleared(tmp_path, 0, ("hours_per_item: 3", "hours_per_item: 0"), down)
    assert (unhurt, nobody.deminer_casualties.sum()) == (pytest.approx(LAND, abs=1e-3), 0)  # control
