"""Money as it comes in, by line, and the spot tasks that it pays (MODEL section 7)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.core.records import QUARTER_DAYS, YEAR_DAYS
from sim.programme.ledger import EOD
from sim.scenario.programme import OWN_MONEY, Fund, TeamCount
from sim.world import World
from sim.world.calendar import step_ends, to_days


@dataclass(frozen=True)
class Account:
    """Money of one payer as it comes in.

    Attributes
    ----------
    payer : str
        A donor, or the programme's own.
    kept : bool
        Whether what a year leaves is kept for later years.
    income_usd : (quarter, line) int64
    usd_per_day : (quarter, line) float64
        What spot tasks and risk education may count on.
    """

    payer: str
    kept: bool
    income_usd: np.ndarray
    usd_per_day: np.ndarray


def make_accounts(world: World) -> tuple[Account, ...]:
    """Money by payer, the programme's own first; none where money is no limit."""
    budget = world.frame.scenario.programme.budget
    if budget is None:
        return ()
    extra = budget.extra_survey, budget.extra_clearance
    return (
        _account(world, OWN_MONEY, "programme.budget", budget, extra),
        *(_account(world, name, f"programme.budget.donors.{name}", fund) for name, fund in budget.donors.items()))


def budget_by_year(world: World, path: str, fund: Fund) -> np.ndarray:
    """Money of each whole calendar year, (year,) float64 [usd]."""
    known = sorted((b.year, world.draw[f"{path}.years.{i}.usd"]) for i, b in enumerate(fund.years))
    return np.array([
        next((usd for since, usd in reversed(known) if since <= year), 0.0) for year in world.frame.years])


def _account(world: World, name: str, path: str, fund: Fund, extra: tuple[float, float] = (0.0, 0.0)) -> Account:
    """A quarter of the year's money every quarter, less where the start or a cut takes some, and later if delayed.

    `extra` for survey and clearance counts beside the whole.
    """
    draw, edges = world.draw, world.frame.edges
    survey, eod = draw[f"{path}.survey_share"], draw[f"{path}.eod_share"]
    marking = draw[f"{path}.marking_share"] if fund.marking_share is not None else 0.0
    education = draw[f"{path}.education_share"] if fund.education_share is not None else 0.0
    clearance = 1.0 - survey - eod - marking - education
    shares = np.array([survey + extra[0], clearance + extra[1], eod, marking, education])
    yearly = budget_by_year(world, path, fund)[world.frame.step_year]
    for i, cut in enumerate(fund.cuts):
        until = np.inf if cut.until is None else to_days(cut.until)
        cut_here = (edges[:-1] >= to_days(cut.since)) & (edges[:-1] < until)
        yearly = np.where(cut_here, yearly * (1.0 - draw[f"{path}.cuts.{i}.share"]), yearly)
    part = np.full(len(edges) - 1, 0.25)
    part[0] = min(1.0, (edges[1] - edges[0]) / QUARTER_DAYS) / 4.0
    income = np.round((yearly * part)[:, None] * shares).astype(np.int64)
    late = 0 if fund.delay_months is None else math.ceil(draw[f"{path}.delay_months"] / 3.0)
    per_day = yearly[:, None] * shares / YEAR_DAYS
    return Account(name, fund.unspent == "kept", _later(income, late), _later(per_day, late))


def _later(by_quarter: np.ndarray, quarters: int) -> np.ndarray:
    """The same some quarters later; what would come after the horizon does not come."""
    if quarters == 0:
        return by_quarter
    moved = np.zeros_like(by_quarter)
    moved[quarters:] = by_quarter[:-quarters]
    return moved


def usd_per_day(accounts: tuple[Account, ...], line: int) -> np.ndarray:
    """Money of all payers for a line, (quarter,) float64 [usd/day]."""
    return np.sum([account.usd_per_day[:, line] for account in accounts], axis=0)


def teams_by_quarter(edges: np.ndarray, numbers: list[TeamCount]) -> np.ndarray:
    """Mean number of teams in each quarter, (quarter,) float64."""
    since = np.array([to_days(n.since) for n in numbers])
    more = np.diff([n.teams for n in numbers], prepend=0)
    starts, ends = edges[:-1], step_ends(edges)
    at_work = np.clip((ends - since[:, None]) / (ends - starts), 0.0, 1.0)  # share of the quarter
    teams: np.ndarray = (more[:, None] * at_work).sum(axis=0)
    return teams


def eod_items_per_day(world: World, accounts: tuple[Account, ...]) -> np.ndarray:
    """Spot tasks that EOD teams can attend in each quarter, by teams and by money, (step,) float64."""
    frame = world.frame
    eod = frame.scenario.programme.eod
    if eod.teams is None:
        return np.zeros(len(frame.edges) - 1)
    per_team = world.draw["programme.eod.items_per_team_day"] * eod.working_days_per_year / YEAR_DAYS
    capacity = teams_by_quarter(frame.edges, eod.teams.numbers) * per_team
    cost = world.draw["programme.eod.cost_usd_per_item"]
    if cost > 0.0 and accounts:
        capacity = np.minimum(capacity, usd_per_day(accounts, EOD) / cost)
    return capacity
