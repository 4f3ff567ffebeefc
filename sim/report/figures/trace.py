"""Figures of one replicate: a Gantt chart of teams and a burn-down of land. They belong to a trace, not to the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.report.figures.land import HATCHES, STATES
from sim.report.figures.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    YELLOW,
    canvas,
    figure_of,
    legend_below,
    legend_height,
    thousands,
    wrap,
    years_axis,
)
from sim.report.tables import label
from sim.study.trace import Trace

PALETTE = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW)
OTHERS = "#c8ced4"
LEFT = ("area_to_survey_m2", "area_suspected_m2", "area_confirmed_m2")
TEAM_COLUMNS = ["team_kind", "first_team", "last_team", "district", "task", "stage", "start", "end"]
NOTE = "One replicate of many: how it may go, and no forecast. "


def teams_table(trace: Trace) -> pd.DataFrame:
    """Return which teams of each kind were where and when.

    Teams are numbered within their kind, and work goes to the lowest numbers that are free: the chart shows how
    many are at work and for how long, and follows no single team. One row for teams that stand together.
    """
    rows: list[tuple[Any, ...]] = []
    for kind, own in trace.stages.groupby("team_kind", sort=False):
        free_from: list[dt.date] = []  # by team
        for work in own.to_dict("records"):
            start, end, teams = _of(work)
            chosen = [i for i, date in enumerate(free_from) if date <= start][:teams]
            chosen += range(len(free_from), len(free_from) + teams - len(chosen))
            free_from += [end] * (chosen[-1] + 1 - len(free_from))
            for i in chosen:
                free_from[i] = end
            rows += [(kind, low, high, *(work[c] for c in TEAM_COLUMNS[3:])) for low, high in _runs(chosen)]
    return pd.DataFrame(rows, columns=TEAM_COLUMNS)


def _of(work: Any) -> tuple[dt.date, dt.date, int]:
    """Return start, end and number of teams of a stage."""
    return work["start"], work["end"], int(work["teams"])


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of numbers that follow each other, counted from 1."""
    first = 0
    for i, n in enumerate(numbers):
        if i + 1 == len(numbers) or numbers[i + 1] != n + 1:
            yield numbers[first] + 1, n + 1
            first = i + 1


def plot_teams(trace: Trace, ax: Axes | None = None) -> Figure:
    """Draw a Gantt chart of teams, a panel for each kind, coloured by district.

    With `ax` the panels are laid over its place.
    """
    table = teams_table(trace)
    kinds = [k for k in dict.fromkeys(trace.staff["team_kind"]) if k in set(table["team_kind"])]
    colours = _colours(trace)
    note = NOTE + "Line: teams there are. White below it: teams without work, land, season or money to work."
    height = 0.5 + 1.15 * max(1, len(kinds)) + legend_height(colours)
    with canvas(ax, height, f"{trace.title}. {note}") as frame:
        figure, grid = figure_of(frame), frame.get_subplotspec()
        frame.remove()
        assert grid is not None
        inner = grid.subgridspec(max(1, len(kinds)), 1, hspace=0.12)
        panel: Axes | None = None
        for i, kind in enumerate(kinds):
            panel = figure.add_subplot(inner[i, 0], sharex=panel)
            _gantt(panel, table[table["team_kind"] == kind], trace.staff[trace.staff["team_kind"] == kind], colours,
                   trace.end)
            panel.set_title(wrap(str(kind).replace("_", " "), 50, 1), fontsize=9, loc="left", pad=3, parse_math=False)
            panel.tick_params(labelbottom=i == len(kinds) - 1, labelsize=8.5)
        if panel is not None:
            _date_axis(panel, trace)
            for district, colour in colours.items():
                panel.plot([], [], marker="s", markersize=8, linestyle="none", color=colour, label=district)
            legend_below(panel, 0.35)
        figure.supylabel("teams at work (number)", fontsize=9)
    return figure


def _gantt(panel: Axes, rows: pd.DataFrame, staff: pd.DataFrame, colours: dict[str, str], end: dt.date) -> None:
    """Draw bars of one kind of team and the line of how many there are."""
    for district, own in rows.groupby("district", sort=False):
        bars = [_bar(row) for row in own.to_dict("records")]
        panel.add_collection(PolyCollection(bars, facecolors=colours.get(str(district), OTHERS), edgecolors="white",
                                            linewidths=0.25))
    since, teams = [*map(_year, staff["since"]), _year(end)], [*staff["teams"], staff["teams"].iloc[-1]]
    panel.step(since, teams, where="post", color=INK, linewidth=1)
    panel.set_ylim(0, 1.08 * max(int(rows["last_team"].max()), int(staff["teams"].max())))
    panel.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))


def _box(left: float, right: float, low: float, high: float) -> list[tuple[float, float]]:
    """Return the corners of a bar."""
    return [(left, low), (right, low), (right, high), (left, high)]


def _bar(row: Any) -> list[tuple[float, float]]:
    """Return the corners of a bar."""
    left, right, low, high = _year(row["start"]), _year(row["end"]), row["first_team"] - 1, row["last_team"]
    return [(left, low), (right, low), (right, high), (left, high)]


def _colours(trace: Trace) -> dict[str, str]:
    """Return a colour for each district, those with most work first; the rest share one."""
    days = [(end - start).days for start, end in zip(trace.stages["start"], trace.stages["end"], strict=True)]
    work = (trace.stages["teams"] * days).groupby(trace.stages["district"]).sum().sort_values(ascending=False)
    named = dict(zip(map(str, work.index), PALETTE, strict=False))
    return named if len(work) <= len(PALETTE) else {**named, "other districts": OTHERS}


def _year(date: dt.date) -> float:
    """Return a date as a year with its fraction."""
    first = dt.date(date.year, 1, 1)
    return date.year + (date - first).days / (dt.date(date.year + 1, 1, 1) - first).days


def _date_axis(panel: Axes, trace: Trace) -> None:
    """Set a time axis from the first to the last day; a year's mark stands at its beginning."""
    years_axis(panel, [])
    panel.set_xlim(_year(trace.land["date"].iloc[0]), _year(trace.end))


def burn_down_table(trace: Trace) -> pd.DataFrame:
    """Return land by state when each quarter begins, in km²: date, one column for each state of `STATES`."""
    table = trace.land
    return pd.DataFrame({"date": table["date"], **{
        state: table[f"{state.removeprefix('area_').removesuffix('_m2')}_km2"] for state in STATES}})


def plot_burn_down(trace: Trace, ax: Axes | None = None) -> Figure:
    """Draw the land that still has to be worked on as it goes down: to be surveyed above, on record below.

    The two have scales of their own: most land is to be surveyed only. With `ax` the panels are laid over its place.
    """
    table = burn_down_table(trace)
    with canvas(ax, 3.5 + legend_height(LEFT), f"{trace.title}. {NOTE}") as frame:
        figure, grid = figure_of(frame), frame.get_subplotspec()
        frame.remove()
        assert grid is not None
        inner = grid.subgridspec(2, 1, hspace=0.1)
        upper = figure.add_subplot(inner[0, 0])
        lower = figure.add_subplot(inner[1, 0], sharex=upper)
        _stack(upper, table, LEFT[:1])
        _stack(lower, table, LEFT[1:])
        upper.tick_params(labelbottom=False)
        _date_axis(lower, trace)
        for state in LEFT[:1]:
            lower.fill_between([], [], color=STATES[state], label=label(state))
        legend_below(lower, 0.45)
        figure.supylabel("land still to be worked on (km²)", fontsize=9)
    return figure


def _stack(panel: Axes, table: pd.DataFrame, states: tuple[str, ...]) -> None:
    """Stack the land of some states."""
    layers = panel.stackplot([_year(d) for d in table["date"]], *(table[s] for s in states),
                             colors=[STATES[s] for s in states], labels=[label(s) for s in states], edgecolor="white",
                             linewidth=0.6)
    for layer, state in zip(layers, states, strict=True):
        layer.set_hatch(HATCHES[state])
        if HATCHES[state]:
            layer.set_edgecolor(MUTED)
            layer.set_linewidth(0.0)
    panel.set_ylim(bottom=0)
    thousands(panel.yaxis, 4)
