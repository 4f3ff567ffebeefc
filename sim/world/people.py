"""Who is where, when: access, displacement and return, entry to suspected land (MODEL section 5)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from sim.core.records import YEAR_DAYS
from sim.scenario.schema import DateOrEnd
from sim.world.calendar import step_ends, step_middles, to_days
from sim.world.draw import Draw
from sim.world.frame import Frame


@dataclass(frozen=True)
class Access:
    """Dates and people by (district, zone) in one parameter draw.

    Attributes
    ----------
    end : float
        End of hostilities [days].
    opens : (access,) float64 [days]
    presence, entry, reporting : (access, step) float64
        People present / residents; entry to suspected land before learning and marking; P(reported).
    most_entry : float
        Upper bound of `entry` at any date, whatever the horizon.
    """

    end: float
    opens: np.ndarray
    presence: np.ndarray
    entry: np.ndarray
    reporting: np.ndarray
    most_entry: float


def end_of_hostilities(frame: Frame, draw: Draw) -> float:
    """End of hostilities in this draw [days]."""
    return to_days(frame.scenario.hostilities.end) + draw["hostilities.end_delay_years"] * YEAR_DAYS


def resolve_date(date: DateOrEnd, end: float) -> float:
    """A date of the scenario, which may be the end of hostilities [days]."""
    return to_days(date) if isinstance(date, dt.date) else end


def people_and_access(frame: Frame, draw: Draw) -> Access:
    """Access, presence, entry and reporting over the steps of the run."""
    scenario = frame.scenario
    end = end_of_hostilities(frame, draw)
    delay = scenario.hostilities.access_delay_months
    opens = np.array([
        to_days(a.opens) if isinstance(a.opens, dt.date)
        else end + draw.local("hostilities.access_delay_months", delay, a.district, a.zone) * YEAR_DAYS / 12.0
        for a in scenario.access
    ])
    middle = step_middles(frame.edges)
    presence = presence_at(frame, draw, end, opens, middle)
    last_year = presence_at(frame, draw, end, opens, middle - YEAR_DAYS)
    newly_back = np.clip(presence - last_year, 0.0, None) / np.maximum(presence, 1e-12)
    more = draw["return.first_year_entry"]
    first_year = 1.0 + (more - 1.0) * newly_back
    by_teams = scenario.programme.education is not None  # then the programme says who knows
    taught = 1.0 if by_teams else 1.0 - draw["exposure.eore_effect"] * draw["exposure.eore_coverage"]
    entry = draw["exposure.entry_suspected"] * taught
    held = np.array([draw[f"reporting.{a.held}"] for a in scenario.access])
    reporting = np.where(middle[None, :] < opens[:, None], held[:, None], draw["reporting.government"])
    return Access(end, opens, presence, entry * first_year, reporting, entry * max(1.0, more))


def presence_at(frame: Frame, draw: Draw, end: float, opens: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Share of residents present, (access, time) float64.

    Constant until the zone opens; then it rises towards `present_after_opening`; once hostilities have
    ended as well, a share of those still away comes back with the half-time of the return.
    """
    rows = frame.scenario.access
    before = np.array([a.present_before_opening for a in rows])[:, None]
    after = np.array([a.present_after_opening for a in rows])[:, None]
    since_opening = np.clip(t[None, :] - opens[:, None], 0.0, None)
    settled = before + (after - before) * (1.0 - _halving(since_opening, draw["return.settling_years"]))
    starts = np.maximum(opens, end + draw["return.delay_years"] * YEAR_DAYS)
    since_return = np.clip(t[None, :] - starts[:, None], 0.0, None)
    back = draw["return.final_share"] * (1.0 - _halving(since_return, draw["return.half_time_years"]))
    return settled + (1.0 - settled) * back


def _halving(days: np.ndarray, half_time_years: float) -> np.ndarray:
    """Share still away after a time; nobody once the half-time is zero."""
    if half_time_years <= 0.0:
        return np.where(days > 0.0, 0.0, 1.0)
    return np.asarray(0.5 ** (days / (half_time_years * YEAR_DAYS)))


def sightings(frame: Frame, draw: Draw, access: Access) -> np.ndarray:
    """Rate at which one item is seen, reported and can be reached, (access, family, step) [1/day]."""
    rate = np.array([draw[f"families.{name}.sighted_per_year"] for name, _ in frame.families]) / YEAR_DAYS
    ends = step_ends(frame.edges)
    reachable = np.clip((ends - access.opens[:, None]) / (ends - frame.edges[:-1]), 0.0, 1.0)  # share of the step
    return rate[None, :, None] * (access.presence * reachable)[:, None, :]
