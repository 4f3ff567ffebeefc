"""Figures on what a programme achieves: fans of completion, deadlines met, the paired value of each variant."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

from sim.report import groups, reading
from sim.report.figures.style import (
    BLUE,
    INK,
    LINES,
    RULE,
    VERMILION,
    canvas,
    figure_of,
    legend_below,
    legend_height,
    thousands,
    wrap,
)
from sim.report.reading import CASUALTIES
from sim.report.shape import Results
from sim.report.tables import percent

GROUP_LINES = (LINES[1], LINES[2], LINES[4], LINES[3], LINES[5])  # of dots: colour and mark both differ
FAN = ["group", "label", "scenario", "year", "p05", "p25", "p50", "p75", "p95"]
MET = ["group", "label", "scenario", "met", "met_low", "met_high", "mc_error", "met_at_end", "not_reached"]
PAIRED = ["group", "label", "scenario", "mean", "p05", "p95", "mc_error", "estimator"]


def _rows(results: Results, names: list[str] | None = None) -> list[tuple[str, str, str]]:
    """Return (group, label, scenario) of every variant in a group; all scenarios where there are no groups."""
    found = [(g, groups.label(results, n), n) for g, own in groups.groups(results).items() for n in own]
    return found or [("", reading.title(results, n), n) for n in reading.scenario_names(results)]


def completion_table(results: Results) -> pd.DataFrame:
    """Return the share of land done with at each year's end: quantiles over runs, by group and label.

    A last year that lies mostly outside the simulated time is left out.
    """
    if results.completion is None:
        return pd.DataFrame(columns=FAN)
    years = sorted(set(results.completion["year"]))
    short = reading.last_year_is_short(results, years)
    shown = results.completion[results.completion["year"] < years[-1]] if short else results.completion
    by_name = dict(tuple(shown.groupby("scenario")))
    parts = [by_name[n].assign(group=g, label=words) for g, words, n in _rows(results) if n in by_name]
    return pd.concat(parts, ignore_index=True)[FAN] if parts else pd.DataFrame(columns=FAN)


def plot_completion(results: Results, ax: Axes | None = None) -> Figure:
    """Draw a fan of completion for every variant: groups as columns, what differs within them as rows.

    With `ax` the panels are laid over its place.
    """
    table, due = completion_table(results), groups.deadline(results)
    columns, rows = list(dict.fromkeys(table["group"])), list(dict.fromkeys(table["label"]))
    note = ("Line: median. Dark and light band: half and nine in ten of the runs. "
            + (f"Dashed: the deadline, {groups.deadline_text(results)}." if due else ""))
    with canvas(ax, 0.75 + 0.95 * max(1, len(rows)), note) as frame:
        figure, grid = figure_of(frame), frame.get_subplotspec()
        frame.remove()
        assert grid is not None
        inner = grid.subgridspec(max(1, len(rows)), max(1, len(columns)), wspace=0.08, hspace=0.12)
        for i, words in enumerate(rows):
            for j, group in enumerate(columns):
                panel = figure.add_subplot(inner[i, j])
                _fan(panel, table[(table["label"] == words) & (table["group"] == group)], due)
                panel.tick_params(labelsize=8, labelbottom=i == len(rows) - 1, labelleft=j == 0)
                if i == 0 and group:
                    panel.set_title(wrap(group, 15, 3), fontsize=8.5, parse_math=False)
                if i == len(rows) - 1 and j == len(columns) // 2:
                    panel.set_xlabel("end of year", fontsize=9)
                if j == 0:
                    panel.set_ylabel(wrap(words, 15, 3), fontsize=8, parse_math=False)
        figure.supylabel("land done with (%)", fontsize=9)
    return figure


def _fan(panel: Axes, own: pd.DataFrame, due: tuple[int, float] | None) -> None:
    """Draw the fan of one variant."""
    at = own["year"]
    for low, high, shade in (("p05", "p95", 0.18), ("p25", "p75", 0.4)):
        panel.fill_between(at, 100 * own[low], 100 * own[high], color=BLUE, alpha=shade, linewidth=0)
    panel.plot(at, 100 * own["p50"], color=BLUE, linewidth=1.4)
    if due:
        panel.axvline(due[0], color=VERMILION, linewidth=0.9, linestyle=(0, (3, 2)))
        panel.axhline(100 * due[1], color=VERMILION, linewidth=0.9, linestyle=(0, (3, 2)))
    panel.set_ylim(0, 102)
    panel.yaxis.set_major_locator(FixedLocator([0, 50, 100]))
    panel.xaxis.set_major_locator(MaxNLocator(nbins=2, integer=True, steps=[5, 10], prune="upper"))
    if len(own):
        panel.set_xlim(at.min(), at.max())


def alt_completion(table: pd.DataFrame) -> str:
    """Return in words what the fans show: the median at the end of the first and the last variant."""
    last = table[table["year"] == table["year"].max()]
    parts = [f"{row['label']}, {row['group']}: {percent(row['p50'])} ({percent(row['p05'])} to {percent(row['p95'])})"
             for row in (last.iloc[0], last.iloc[-1])]
    return f"Fans of the share of land done with by year. At the end of {table['year'].max()}, {'; '.join(parts)}."


def deadline_table(results: Results) -> pd.DataFrame:
    """Return the probability of meeting the deadline, of getting there by the end of the simulated time, and the rest.

    Runs that do not get there are censored: `not_reached` is their share, and no date is made up for them.
    """
    due = groups.deadline(results)
    if results.completion is None or due is None:
        return pd.DataFrame(columns=MET)
    by_name = dict(tuple(results.completion.groupby("scenario")))
    rows = []
    for group, words, name in _rows(results):
        if name not in by_name:
            continue
        own = by_name[name].set_index("year")
        at, end = own.loc[due[0]], float(own["met"].iloc[-1])
        rows.append((group, words, name, at["met"], at["met_low"], at["met_high"], at["mc_error"], end, 1.0 - end))
    return pd.DataFrame(rows, columns=MET)


def plot_deadline(results: Results, ax: Axes | None = None) -> Figure:
    """Draw the probability of meeting the deadline with its interval; rings for the end of the simulated time."""
    table = deadline_table(results)
    names, end = list(dict.fromkeys(table["group"])), reading.end_text(results)
    note = (f"Filled: by the deadline, with 90 % interval. Hollow: by {end}, the end of the simulated time. What is "
            "missing to 100 % is not done then, and when it would be is not known.")
    with canvas(ax, 0.7 + _height(table) + legend_height(names), note) as axes:
        places = _places(axes, table)
        for (group, rows), (colour, _, mark) in zip(table.groupby("group", sort=False), GROUP_LINES, strict=False):
            y = [places[row] for row in rows.index]
            axes.hlines(y, 100 * rows["met_low"], 100 * rows["met_high"], color=colour, linewidth=1.4)
            axes.plot(100 * rows["met"], y, color=colour, marker=mark, linestyle="none", markersize=5.5,
                      label=str(group) or "probability")
            axes.plot(100 * rows["met_at_end"], y, color="none", marker=mark, markeredgecolor=colour, markersize=6.5,
                      linestyle="none")
        axes.set_xlim(-3, 103)
        axes.set_xlabel(f"probability (%) of having done with\n{groups.deadline_text(results)}", parse_math=False)
        legend_below(axes, 0.62)
    return figure_of(axes)


def alt_deadline(table: pd.DataFrame) -> str:
    """Return in words the probability of meeting the deadline."""
    parts = [f"{row['label']}, {row['group']}: {percent(row['met'])}" for row in table.to_dict("records")]
    return f"Dots with intervals: probability of meeting the deadline. {'; '.join(parts)}."


def pairs_table(results: Results) -> pd.DataFrame:
    """Return each variant's difference in casualties from the first of its group, on the same draws and chance."""
    if results.pairs is None:
        return pd.DataFrame(columns=PAIRED)
    effects = reading.effects(results, CASUALTIES, table=results.pairs)
    rows = [(g, words, n, e.mean, e.low, e.high, e.mc_error, e.estimator)
            for g, words, n in _rows(results) if (e := effects.get(n)) is not None]
    return pd.DataFrame(rows, columns=PAIRED)


def plot_pairs(results: Results, ax: Axes | None = None) -> Figure:
    """Draw the paired value of each variant: mean, 90 % interval, Monte Carlo error as the thick part."""
    table = pairs_table(results)
    names = list(dict.fromkeys(table["group"]))
    firsts = dict.fromkeys(groups.label(results, own[0]) for own in groups.groups(results).values())
    note = (f"Against “{'”, “'.join(firsts)}” of the same group, paired: the same draws, the same chance. Line: 90 % "
            "interval over what is not known; thick part: ± 2 Monte Carlo errors of the mean.")
    with canvas(ax, 0.9 + _height(table) + legend_height(names), note) as axes:
        places = _places(axes, table)
        for (group, rows), (colour, _, mark) in zip(table.groupby("group", sort=False), GROUP_LINES, strict=False):
            y = [places[row] for row in rows.index]
            axes.hlines(y, rows["p05"], rows["p95"], color=colour, linewidth=1.4)
            axes.hlines(y, rows["mean"] - 2 * rows["mc_error"], rows["mean"] + 2 * rows["mc_error"], color=colour,
                        linewidth=5, alpha=0.35)
            axes.plot(rows["mean"], y, color=colour, marker=mark, linestyle="none", markersize=5.5, label=str(group))
        axes.axvline(0, color=INK, linewidth=1)
        thousands(axes.xaxis, 5)
        axes.set_xlabel(f"difference in civilian casualties\nin {reading.horizon(results)} (persons)")
        legend_below(axes, 0.62)
    return figure_of(axes)


def alt_pairs(table: pd.DataFrame) -> str:
    """Return in words the paired differences."""
    parts = [f"{row['label']}, {row['group']}: {row['mean']:,.0f} ({row['p05']:,.0f} to {row['p95']:,.0f})"
             for row in table.to_dict("records")]
    return f"Dots with intervals: casualties against the first variant of the group. {'; '.join(parts)}."


def _height(table: pd.DataFrame) -> float:
    """Return inches for the rows of a dot chart."""
    return 0.34 * table["label"].nunique() + 0.17 * len(table)


def _places(axes: Axes, table: pd.DataFrame) -> dict[Any, float]:
    """Return the height of each row's dot, with the labels above the dots of all groups; set the axis for them."""
    places: dict[Any, float] = {}
    y = 0.0
    for words, rows in table.groupby("label", sort=False):
        axes.text(0.0, y, str(words), transform=axes.get_yaxis_transform(), fontsize=8.5, va="center", parse_math=False,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})
        for row in rows.index:
            y += 1.0
            places[row] = y
        axes.axhline(y + 0.8, color=RULE, linewidth=0.7)
        y += 1.8
    axes.set_ylim(y - 1.0, -0.8)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.grid(axis="y", visible=False)
    return places
