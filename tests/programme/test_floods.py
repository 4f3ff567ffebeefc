"""Floods undo marking and make land suspect that was done with; every square metre is accounted for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from running import DATA, column, edit, play, run_all, scenario_of

from sim.programme.ledger import CANCELLED, CLEARED, NO_EVIDENCE
from sim.scenario import ScenarioError

BUSY, BACKLOG = DATA / "busy.yaml", DATA / "backlog.yaml"
ON_RECORD = (
    ("walk: {stages: [nts], rate_m2_per_day: 50000}",
     "walk: {stages: [resurvey], rate_m2_per_day: 100000}\n    dig: {stages: [clearance], rate_m2_per_day: 10000}"),
    ("residents: 100, to_survey_km2: 100", "residents: 100, to_survey_km2: 0, suspected_km2: 10"),
    ("residents: 9000, to_survey_km2: 50", "residents: 9000, to_survey_km2: 0"),
    ("contaminated_share: 0.2", "contaminated_share: 1"),
    ("    walkers:", "    diggers: {method: dig, numbers: [{since: 2022-01-01, teams: 1}]}\n    walkers:"))
"""10 km2 on record: 100 days of survey, 1,000 days of clearance."""


def _flooded(date: str, more: str = "") -> tuple[str, str]:
    return "  methods:\n", f"  floods: {{spring: {{date: {date}{more}}}}}\n  methods:\n"


def test_cleared_land_is_surveyed_again(tmp_path: Path) -> None:
    """A year after it was handed over: suspected for the 100 days of a survey, then cancelled; people wait as long."""
    world, ground, ledger = play(scenario_of(edit(BACKLOG, *ON_RECORD, _flooded("2026-06-01")), tmp_path), trace=True)
    start, flood = world.frame.edges[0], 9648.0
    assert [r.stage for r in ledger.stages] == ["resurvey", "clearance", "resurvey"]
    assert ledger.stages[1].end - start == pytest.approx(1100)
    assert (ledger.stages[2].start, ledger.stages[2].end) == (flood, flood + 100)
    assert ledger.completed_on == flood + 100
    assert ledger.reopened_m2.sum() == 10_000_000
    assert ledger.land_m2[0, CANCELLED] == 10_000_000
    assert ledger.land_m2[0, CLEARED] == 0
    assert ledger.releases[-1][0] == flood + 100
    assert (ground.arrays.areas["released"][0, 3:] == flood + 100).all()  # cleared, and what was laid later


def test_land_that_waits_is_used_by_those_who_must(tmp_path: Path) -> None:
    """From the flood to the second release entry is that of suspected land: fewer accidents, in those 100 days."""
    items = (("items: 0", "items: 3000"), ("length_m: 100", "length_m: 3000"),
             ("hostilities: {end: 2022-01-02}", "hostilities: {end: 2022-01-02}\nexposure: {entry_suspected: 0.1}"),
             ("rate_m2_per_day: 10000}", "rate_m2_per_day: 10000, detection: {ap: 0}}"))
    flood = edit(BACKLOG, *ON_RECORD, *items, _flooded("2026-06-01"))
    dry = column(run_all(scenario_of(edit(BACKLOG, *ON_RECORD, *items), tmp_path), 1, 20), "accidents_expected")
    wet = column(run_all(scenario_of(flood, tmp_path), 1, 20), "accidents_expected")
    assert np.array_equal(dry[:, :4], wet[:, :4])
    share = 100 / 365.25 * 0.9  # of the year 2026
    assert wet[:, 4].sum() / dry[:, 4].sum() == pytest.approx(1 - share, rel=0.05)


def test_marking_is_gone(tmp_path: Path) -> None:
    """Marked when it was confirmed, for nothing; nobody puts it up again. Other districts keep theirs."""
    ground = play(scenario_of(edit(BACKLOG, *ON_RECORD, _flooded("2023-06-01")), tmp_path))[1]
    assert np.isinf(ground.arrays.areas["marked"][0])
    kept = play(scenario_of(edit(BACKLOG, *ON_RECORD, _flooded("2023-06-01", ", land_uses: [gardens]")), tmp_path))[1]
    assert np.isfinite(kept.arrays.areas["marked"][0])
    fence = (("    dig:", "    fence: {stages: [marking], rate_m2_per_day: 1.0e+6}\n    dig:"),
             ("    walkers:", "    fencers: {method: fence, numbers: [{since: 2022-01-01, teams: 1}]}\n    walkers:"))
    again = play(scenario_of(edit(BACKLOG, *ON_RECORD, *fence, _flooded("2023-06-01")), tmp_path))[1]
    assert again.arrays.areas["marked"][0] == 8552 + 10  # ten days of work after 1 June 2023


FLOODS = """  floods:
    first: {date: 2024-05-01, share: 0.6}
    second: {date: 2026-05-01, zones: [front]}
  methods:
"""


def test_every_square_metre_through_floods(tmp_path: Path) -> None:
    """V8: at the start + newly laid = all states, every year and district; and with land that was done with twice
    counted twice, + reopened on the left, what was ever done with only grows."""
    scenario = scenario_of(edit(BUSY, ("  methods:\n", FLOODS)), tmp_path)
    for draw in range(4):
        ledger = play(scenario, draw)[2]
        laid = ledger.initial_m2.sum(axis=1) + np.cumsum(ledger.newly_laid_m2, axis=0)
        assert np.array_equal(ledger.land_by_year_m2.sum(axis=2), laid)
        done, reopened = ledger.land_by_year_m2[:, :, NO_EVIDENCE:].sum(axis=2), np.cumsum(ledger.reopened_m2, axis=0)
        waiting = ledger.land_by_year_m2[:, :, :NO_EVIDENCE].sum(axis=2)
        assert np.array_equal(laid + reopened, waiting + (done + reopened))
        assert (np.diff(done + reopened, axis=0) >= 0).all()
        assert ledger.reopened_m2[[2, 4]].sum() == ledger.reopened_m2.sum() > 1_000_000


def test_a_flood_reaches_the_share_that_it_says(tmp_path: Path) -> None:
    """1,500 tasks of which 30 % are reached: |z| < 4; another name is another flood."""
    small = (("bundle_km2: 10", "bundle_km2: 0.1"), ("contaminated_share: 0.2", "contaminated_share: 0"),
             ("50000}", "1.0e+9}"))
    hit = []
    for name in ("spring", "autumn"):
        flood = _flooded("2024-06-01", ", share: 0.3")
        text = edit(BACKLOG, *small, (flood[0], flood[1].replace("spring", name)))
        ledger = play(scenario_of(text, tmp_path))[2]
        areas = ledger.reopened_m2.sum() / 100_000
        assert abs(areas - 450) / np.sqrt(1500 * 0.3 * 0.7) < 4
        assert ledger.land_m2[0, NO_EVIDENCE] == 150_000_000 - areas * 100_000
        hit.append(areas)
    assert hit[0] != hit[1]


def test_a_flood_of_nowhere_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"programme.floods.spring.districts.0: there is no district 'Plane'"):
        scenario_of(edit(BACKLOG, _flooded("2024-06-01", ", districts: [Plane]")), tmp_path)
