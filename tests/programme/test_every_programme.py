"""What holds in every programme: land, time and teams add up, and events are few (VALIDATION V7, V8)."""

from __future__ import annotations

import json
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from anyhow import programmes
from events import most_events
from hypothesis import HealthCheck, Phase, given, settings
from lines import number_within, time_within
from running import DATA, play, scenario_of

from sim.core.records import MISSED
from sim.programme import Ledger, Plan, make_plan
from sim.programme.ledger import CLEARED, NO_EVIDENCE, TO_SURVEY, StageRecord
from sim.scenario import load
from sim.world import World

AFTER = {  # what a stage may follow
    "nts": {None},
    "resurvey": {None, "nts"},
    "ts": {"nts", "resurvey"},
    "preparation": {"nts", "resurvey", "ts"},
    "clearance": {"nts", "resurvey", "ts", "preparation", "sampling"},
    "follow_up": {"clearance"},
    "sampling": {"clearance", "follow_up"},
}


def _land(world: World, plan: Plan, ledger: Ledger) -> list[str]:
    """V8 at each year's end and in each district, in whole square metres; what the trace says of survey agrees."""
    found = []
    frame, states = world.frame, ledger.land_by_year_m2
    initial = np.zeros(len(frame.districts), np.int64)
    for s in frame.strata:
        initial[frame.districts.index(s.district)] += round(s.to_survey_km2 * 1e6) + round(s.suspected_km2 * 1e6)
    if states.dtype != np.int64 or (states < 0).any():
        found.append("land is not in whole square metres")
    if not np.array_equal(states.sum(axis=2), initial + ledger.newly_laid_m2.cumsum(axis=0)):
        found.append("land does not add up")
    if (np.diff(states[:, :, NO_EVIDENCE:].sum(axis=2), axis=0) < -ledger.reopened_m2[1:]).any():
        found.append("land came back")
    if not plan.laid and not np.array_equal(states[:, :, TO_SURVEY], _to_survey(world, plan, ledger)):
        found.append("the trace has surveyed other land")
    return found


def _to_survey(world: World, plan: Plan, ledger: Ledger) -> np.ndarray:
    """Land whose survey has not ended at each year's end, from the trace, (year, district) int64 [m2].

    What ends at the moment at which a year ends counts for the next, but for the last.
    """
    frame = world.frame
    ended = {r.area: r.end for r in ledger.stages if r.stage == "nts"}
    ends = np.array([frame.edges[1:][frame.step_year == year][-1] for year in range(len(frame.years))])
    ends[-1] = np.inf
    land = np.zeros((len(ends), len(frame.districts)), np.int64)
    for task in plan.tasks:
        if task.origin == "survey":
            land[:, task.district] += np.where(ends <= ended.get(task.area, np.inf), task.area_m2, 0)
    return land


def _time(world: World, plan: Plan, ledger: Ledger) -> list[str]:
    """Little's law of survey inside a window cut at both ends; stages of a piece of land follow each other."""
    found = []
    entered = {task.area: task.enters for task in plan.tasks if task.origin == "survey"}
    first = {area: date for date, area, branch in reversed(ledger.releases) if branch == MISSED and area in entered}
    left = np.sort([*first.values()])  # land that was flooded is released again
    ended = {r.area: r.end for r in ledger.stages if r.stage == "nts"}
    came, out = np.array([*entered.values()]), np.array([ended.get(area, np.inf) for area in entered])
    edges = world.frame.edges
    low, high = edges[0] + 0.3 * (edges[-1] - edges[0]), edges[0] + 0.9 * (edges[-1] - edges[0])
    if time_within(came, out, low, high) != pytest.approx(number_within(np.sort(came), left, low, high), abs=1e-6):
        found.append("Little's law")
    before: dict[int, StageRecord] = {}
    enters = {task.area: task.enters for task in plan.tasks}
    for r in ledger.stages if not plan.floods else ():  # flooded parts are surveyed beside the rest
        if r.stage == "marking":  # so are fences put up
            continue
        last = before.get(r.area)
        if (last.stage if last else None) not in AFTER[r.stage]:
            found.append(f"{r.stage} after {last and last.stage}")
        if not max(enters[r.area], edges[0], last.end if last else -np.inf) <= r.start <= r.end <= edges[-1]:
            found.append(f"{r.stage} out of time")
        before[r.area] = r
    return found


def _teams(plan: Plan, ledger: Ledger) -> list[str]:
    """No more teams of a kind are at work than were ever employed by then, and none on what they do not do."""
    found = []
    terrain = {task.area: task.terrain for task in plan.tasks}
    for crew in plan.crews:
        own = [r for r in ledger.stages if r.teams == crew.name]
        found += [f"{crew.name} at {r.stage}" for r in own if not crew.works(r.stage, terrain[r.area])]
        changes = sorted([(r.end, 0, -r.count) for r in own] + [(r.start, 1, r.count) for r in own])
        busy = 0
        for date, _, more in changes:
            busy += more
            employed = max((n for since, n in zip(crew.since, crew.teams, strict=True) if since <= date), default=0)
            if busy > employed:
                found.append(f"{busy} of {employed} {crew.name}")
    return found


def _faults(world: World, plan: Plan, ledger: Ledger) -> list[str]:
    found = [*_land(world, plan, ledger), *_time(world, plan, ledger), *_teams(plan, ledger)]
    return found + (["too many events"] if ledger.events > most_events(world, plan, ledger) else [])


@settings(max_examples=100, deadline=None, derandomize=True, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=programmes())
def test_every_programme(content: dict[str, Any], tmp_path: Path) -> None:
    """A hundred programmes drawn at random: whole square metres, Little's law, teams, events."""
    world, _, ledger = play(scenario_of(json.dumps(content), tmp_path), trace=True)  # JSON is YAML
    ledger.check()
    assert _faults(world, make_plan(world), ledger) == []


@pytest.fixture(scope="module")
def busy() -> tuple[World, Plan, Ledger]:
    world, _, ledger = play(load(DATA / "busy.yaml"), trace=True)
    return world, make_plan(world), ledger


def test_what_is_wrong_is_seen(busy: tuple[World, Plan, Ledger]) -> None:
    """Negative controls: one square metre, one date, one team, one stage."""
    world, plan, ledger = busy
    assert _faults(world, plan, ledger) == []
    ledger.land_by_year_m2[2, 0, CLEARED] += 1
    assert "land does not add up" in _faults(world, plan, ledger)
    ledger.land_by_year_m2[2, 0, CLEARED] -= 1
    at, record = [(i, r) for i, r in enumerate(ledger.stages) if r.stage == "nts"][-1]
    for wrong, fault in (
        (changed(record, end=record.end + 1.0), "Little's law"),
        (changed(record, stage="sampling"), "sampling after None"),
        (changed(record, start=record.start - 3000.0), "nts out of time"),
        (changed(record, count=7), "of 4 walkers"),
        (changed(record, teams="deminers"), "deminers at nts"),
    ):
        ledger.stages[at] = wrong
        assert any(fault in found for found in _faults(world, plan, ledger)), fault
    ledger.stages[at] = record
    ledger.events *= 3
    assert _faults(world, plan, ledger) == ["too many events"]
