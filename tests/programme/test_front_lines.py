"""Land that becomes reachable by district and date, and what teams and people do there until then; through YAML."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from running import DATA, column, edit, play, run_all, scenario_of

from sim.scenario import Scenario
from sim.world.calendar import to_date

BACKLOG = DATA / "backlog.yaml"
HILLS = ("district: Plain, zone: open, land_use: gardens", "district: Hills, zone: front, land_use: gardens")
ROW = ("  - {district: Hills, zone: front, opens: %s, held: occupied, present_before_opening: %s, "
       "present_after_opening: 1}\n")


def _two_districts(folder: Path, opens: str, *edits: tuple[str, str], present: float = 0.2) -> Scenario:
    """Plain is open from the start, Hills from a date on; nine teams could do both at once."""
    access = ("\nhostilities:", ROW % (opens, present) + "\nhostilities:")
    return scenario_of(edit(BACKLOG, HILLS, access, ("teams: 1", "teams: 9"), *edits), folder)


def _starts(scenario: Scenario, draw: int = 0) -> dict[str, list[float]]:
    """When stages began, by district."""
    world, _, ledger = play(scenario, draw, trace=True)
    names = np.array(world.frame.districts)[world.area_template["district"]]
    return {name: sorted(r.start for r in ledger.stages if names[r.area] == name) for name in ("Plain", "Hills")}


def test_nobody_begins_before_a_district_opens(tmp_path: Path) -> None:
    starts = _starts(_two_districts(tmp_path, "2024-07-01"))
    assert to_date(starts["Plain"][0]).isoformat() == "2022-01-01"
    assert to_date(starts["Hills"][0]).isoformat() == "2024-07-01"
    assert len(starts["Hills"]) == 5  # 50 km2 in tasks of 10
    control = _starts(_two_districts(tmp_path, "2022-01-01"))
    assert control["Hills"][0] == control["Plain"][0]


def test_land_is_shown_as_reachable_from_the_year_on_in_which_it_opens(tmp_path: Path) -> None:
    chunk = run_all(_two_districts(tmp_path, "2024-07-01"))
    years = column(chunk, "area_accessible_m2").shape[1] - 2
    assert column(chunk, "area_accessible_m2")[0, :, 1].tolist() == [0, 0, *[50_000_000] * years]
    assert (column(chunk, "area_accessible_m2")[0, :, 0] == 100_000_000).all()
    assert (column(chunk, "area_to_survey_m2")[0, :2, 1] == 50_000_000).all()


def test_an_opening_that_waits_for_the_end_is_as_uncertain_as_the_end(tmp_path: Path) -> None:
    """The end of hostilities and the months until this district opens are drawn: the first stage is on that day."""
    waits = ("hostilities: {end: 2022-01-02}", "hostilities: {end: 2022-06-01, end_delay_years: {uniform: {low: 0, "
             "high: 3}, grade: A}, access_delay_months: {uniform: {low: 1, high: 9}, grade: A}}")
    scenario = _two_districts(tmp_path, "hostilities_end", waits)
    first = [_starts(scenario, draw)["Hills"][0] for draw in range(12)]
    opens = [play(scenario, draw)[0].access.opens[1] for draw in range(12)]
    assert first == opens
    assert np.ptp(opens) > 365  # of 3 years and 8 months; below with a probability under 1e-4


def test_until_then_people_live_there_and_items_stay(tmp_path: Path) -> None:
    """Occupied land: the share of people who stayed, no spot task; accidents happen all the same. Control: with nobody
    there, no accident."""
    laid, walks = ("items: 0", "items: 3000"), ("length_m: 100", "length_m: 300")
    spot = ("  teams:\n", "  eod: {teams: {numbers: [{since: 2022-01-01, teams: 5}]}, items_per_team_day: 9}\n"
            "  teams:\n")
    seen = ("contamination:", "families:\n  ap_blast: {title: M, kind: ap, sighted_per_year: 0.3, "
            "width_m: {foot: 0.3}, p_trigger: {foot: 0.5}}\n\ncontamination:")
    edits = (laid, walks, spot, seen)
    chunk = run_all(_two_districts(tmp_path, "2030-01-01", *edits), 1, 4)
    before, after = slice(0, 8), slice(8, None)
    assert not column(chunk, "items_destroyed_eod")[:, before, 1].any()
    assert column(chunk, "items_destroyed_eod")[:, after, 1].sum() > 50
    assert column(chunk, "people_present")[0, :8, 1] == pytest.approx(0.2 * 9000)
    assert column(chunk, "accidents")[:, before, 1].sum() > 10
    empty = run_all(_two_districts(tmp_path, "2030-01-01", *edits, present=0.0), 1, 4)
    assert not column(empty, "accidents")[:, before, 1].any()
