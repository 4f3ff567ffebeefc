"""One replicate in full: every stage of every task with its teams and dates, and land by state quarter by quarter.

For looking at, and for checking a programme against what teams would recognise. Tasks are named by district, zone and
land use and have no position; nothing in it says what is in the ground.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sim.programme import check_policies, make_plan
from sim.programme.ledger import LAND_STATES
from sim.scenario import Scenario
from sim.study.errors import failure_told
from sim.study.estimate import check_possible, estimate
from sim.study.replicate import play
from sim.world import World, draw_parameters, make_frame
from sim.world.calendar import to_date

KM2 = 1e6
STAGE_COLUMNS = ["task", "district", "zone", "land_use", "stage", "team_kind", "teams", "start", "end"]


@dataclass(frozen=True)
class Trace:
    """A programme as it went in one replicate.

    Attributes
    ----------
    title : str
        Of the scenario, with draw and replicate.
    stages : DataFrame
        task, district, zone, land_use, stage, team_kind, teams, start, end; by start.
    land : DataFrame
        date, and km2 by state: to_survey_km2, suspected_km2, confirmed_km2, ...; when each quarter begins.
    staff : DataFrame
        team_kind, since, teams: how many there are.
    end : date
        Of the simulated time.
    """

    title: str
    stages: pd.DataFrame
    land: pd.DataFrame
    staff: pd.DataFrame
    end: dt.date


def trace(scenario: Scenario, draw: int = 0, replicate: int = 0, title: str | None = None) -> Trace:
    """Run one replicate and keep what its teams did.

    Parameters
    ----------
    scenario : Scenario
    draw, replicate : int
        Which parameter draw, and which chance replicate of it; the same numbers as in a run of the scenario.
    title : str, optional
        Of a study's variant; the scenario's own where not given.

    Returns
    -------
    Trace

    Raises
    ------
    ValueError
        Where a number is negative.
    ScenarioError
        Where no policy has the name in the scenario.
    RunError
        Where the replicate fails, or this machine has not what it needs.
    """
    if draw < 0 or replicate < 0:
        raise ValueError("draw and replicate count from 0")
    check_policies([scenario])
    check_possible(estimate({scenario.title: scenario}, 1, 1), 1, Path("runs"))
    with failure_told(f"chance replicate {replicate} of draw {draw}"):
        world = World(make_frame(scenario), draw_parameters(scenario, draw))
        plan = make_plan(world)
        _, ledger = play(world, plan, replicate, trace=True)
    frame = world.frame
    rows = []
    for record in sorted(ledger.stages, key=lambda r: (r.start, r.end, r.area)):
        area = frame.areas[record.area]
        s = frame.strata[area.stratum]
        rows.append((f"{s.district}, {s.zone}, {s.land_use}, {area.origin} {area.bundle + 1}", s.district, s.zone,
                     s.land_use, record.stage, record.teams, record.count, to_date(record.start), to_date(record.end)))
    return Trace(
        f"{title or scenario.title}, draw {draw}, replicate {replicate}",
        pd.DataFrame(rows, columns=STAGE_COLUMNS),
        pd.DataFrame([(to_date(date), *(m2 / KM2 for m2 in land)) for date, land in ledger.land_log],
                     columns=["date", *(f"{state}_km2" for state in LAND_STATES)]),
        pd.DataFrame([(crew.name, to_date(since), int(teams)) for crew in plan.crews
                      for since, teams in zip(crew.since.tolist(), crew.teams.tolist(), strict=True)],
                     columns=["team_kind", "since", "teams"]),
        to_date(float(frame.edges[-1])))
