"""Money as it comes in, by line, and the spot tasks that it pays (MODEL section 7)."""

from __future__ import annotations

import numpy as np

from sim.core.records import QUARTER_DAYS, YEAR_DAYS
from sim.programme.ledger import EOD
from sim.world import World
from sim.world.calendar import step_ends, to_days


def budget_by_year(world: World) -> np.ndarray:
    """Budget of each whole calendar year, (year,) float64 [usd]."""
    frame = world.frame
    budget = frame.scenario.programme.budget
    assert budget is not None
    known = sorted((b.year, world.draw[f"programme.budget.years.{i}.usd"]) for i, b in enumerate(budget.years))
    return np.array([next((usd for since, usd in reversed(known) if since <= year), 0.0) for year in frame.years])


def _shares(world: World) -> np.ndarray:
    """Shares of the budget by line, (line,) float64; money added to a line counts beside the whole."""
    budget = world.frame.scenario.programme.budget
    assert budget is not None
    survey, eod = world.draw["programme.budget.survey_share"], world.draw["programme.budget.eod_share"]
    return np.array([survey + budget.extra_survey, 1.0 - survey - eod + budget.extra_clearance, eod])


def income_by_quarter(world: World) -> np.ndarray | None:
    """Money as it comes in: a quarter of the year's budget every quarter, less where the start cuts one."""
    frame = world.frame
    if frame.scenario.programme.budget is None:
        return None
    part = np.full(len(frame.edges) - 1, 0.25)
    part[0] = min(1.0, (frame.edges[1] - frame.edges[0]) / QUARTER_DAYS) / 4.0
    yearly = budget_by_year(world)[frame.step_year]
    return np.round((yearly * part)[:, None] * _shares(world)).astype(np.int64)


def eod_items_per_day(world: World) -> np.ndarray:
    """Spot tasks that EOD teams can attend in each quarter, by teams and by money, (step,) float64."""
    frame = world.frame
    eod = frame.scenario.programme.eod
    if eod.teams is None:
        return np.zeros(len(frame.edges) - 1)
    since = np.array([to_days(n.since) for n in eod.teams.numbers])
    more = np.diff([n.teams for n in eod.teams.numbers], prepend=0)
    starts, ends = frame.edges[:-1], step_ends(frame.edges)
    at_work = np.clip((ends - since[:, None]) / (ends - starts), 0.0, 1.0)  # share of the quarter
    per_team = world.draw["programme.eod.items_per_team_day"] * eod.working_days_per_year / YEAR_DAYS
    capacity: np.ndarray = (more[:, None] * at_work).sum(axis=0) * per_team
    cost = world.draw["programme.eod.cost_usd_per_item"]
    if cost > 0.0 and frame.scenario.programme.budget is not None:
        usd_per_day = budget_by_year(world)[frame.step_year] * _shares(world)[EOD] / YEAR_DAYS
        capacity = np.minimum(capacity, usd_per_day / cost)
    return capacity
