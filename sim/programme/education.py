"""Risk education by teams: who is reached, who still remembers, what it costs (MODEL section 7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.records import YEAR_DAYS
from sim.programme.budget import Account, teams_by_quarter, usd_per_day
from sim.programme.ledger import EDUCATION
from sim.world import World
from sim.world.calendar import step_ends

_LN2 = float(np.log(2.0))


@dataclass(frozen=True)
class Education:
    """Risk education of one parameter draw, settled beforehand: nothing in it waits for chance.

    Attributes
    ----------
    entry : (access, quarter) float64
        Factor on entry to suspected land.
    reached : (quarter, district) int64
        People reached, each time counted.
    usd : (quarter, district) int64
    """

    entry: np.ndarray
    reached: np.ndarray
    usd: np.ndarray


def make_education(world: World, accounts: tuple[Account, ...]) -> Education | None:
    """Coverage by district and zone, from how many people teams and money reach; None without such teams.

    People present who can be reached are reached alike, those who know already included: at a rate r a share c of
    people who know grows by r·(1 - c) and falls by forgetting. The share of a quarter is its mean.
    """
    frame, draw = world.frame, world.draw
    given = frame.scenario.programme.education
    if given is None:
        return None
    path, edges = "programme.education", frame.edges
    cost = draw[f"{path}.cost_usd_per_person"]
    per_day = teams_by_quarter(edges, given.numbers) * draw[f"{path}.people_per_team_day"] * (
        given.working_days_per_year / YEAR_DAYS)
    if cost > 0.0 and accounts:
        per_day = np.minimum(per_day, usd_per_day(accounts, EDUCATION) / cost)
    ends, starts = step_ends(edges), edges[:-1]
    reachable = np.clip((ends - world.access.opens[:, None]) / (ends - starts), 0.0, 1.0)  # share of the quarter
    people = world.access.presence * frame.residents[:, None] * reachable
    everybody = people.sum(axis=0)
    rate = np.where(everybody > 0.0, per_day / np.maximum(everybody, 1e-9), 0.0) * reachable  # [1/day]
    known = coverage(rate, _LN2 / (draw[f"{path}.half_life_years"] * YEAR_DAYS), draw["exposure.eore_coverage"],
                     ends - starts)
    by_zone = np.where(everybody > 0.0, per_day / np.maximum(everybody, 1e-9), 0.0) * people * (edges[1:] - starts)
    reached = np.zeros((len(starts), len(frame.districts)))
    np.add.at(reached.T, frame.access_district, by_zone)
    return Education(1.0 - draw["exposure.eore_effect"] * known, np.round(reached).astype(np.int64),
                     np.round(reached * cost).astype(np.int64))


def coverage(rate: np.ndarray, forgetting: float, before: float, days: np.ndarray) -> np.ndarray:
    """Mean share of people who know in each quarter: dc/dt = rate·(1 - c) - forgetting·c.

    Parameters
    ----------
    rate : (access, quarter) float64 [1/day]
        At which a person is reached.
    forgetting : float [1/day]
    before : float
        Share who know at the start.
    days : (quarter,) float64
        Length of the quarters.

    Returns
    -------
    (access, quarter) float64
    """
    mean = np.zeros(rate.shape)
    now = np.full(len(rate), before)
    for q, length in enumerate(days):
        both = rate[:, q] + forgetting
        towards, left = rate[:, q] / both, np.exp(-both * length)
        mean[:, q] = towards + (now - towards) * (1.0 - left) / (both * length)
        now = towards + (now - towards) * left
    return mean
