"""Figures along the years: casualties, ordnance in the ground, money."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.report import devices, reading
from sim.report.figures.style import (
    LINES,
    MUTED,
    canvas,
    figure_of,
    legend_below,
    legend_height,
    name,
    self_destruct_note,
    thousands,
    years_axis,
)
from sim.report.reading import CASUALTIES, COST
from sim.report.shape import ITEMS, ITEMS_TRANSFERRED, Results, select
from sim.report.tables import shown_unit

COLUMNS = ["scenario", "title", "metric", "year", "mean", "p05", "p50", "p95", "unit"]


def series_table(
    results: Results, metric: str, scenarios: Sequence[str] | None = None, *, stock: bool = False
) -> pd.DataFrame:
    """Return one metric by scenario and year, in the unit shown (km², million USD, persons).

    A last year that lies mostly outside the simulated time is left out of flows; a stock is read at the
    end of each year.
    """
    names = list(scenarios) if scenarios is not None else reading.scenario_names(results)
    rows = reading.levels(results, metric, names)
    rows = reading.by_year(rows) if stock else reading.flows(results, rows)
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    unit, factor = shown_unit(str(rows["unit"].iloc[0]))
    rows = rows.assign(
        unit=unit,
        title=[reading.title(results, s) for s in rows["scenario"]],
        **{c: rows[c] * factor for c in ("mean", "p05", "p50", "p95")},
    )
    order = {scenario: i for i, scenario in enumerate(names)}
    rows = rows.sort_values(["scenario", "year"], key=lambda c: c.map(order) if c.name == "scenario" else c)
    return rows[COLUMNS].reset_index(drop=True)


def casualties_table(results: Results) -> pd.DataFrame:
    """Return casualties per year of the chosen scenarios: baseline, headline, largest changes."""
    return series_table(results, CASUALTIES, reading.chosen(results))


def plot_casualties(results: Results, ax: Axes | None = None) -> Figure:
    """Draw casualties per year; 90 % bands for baseline and headline only, more would hide each other."""
    return _lines(results, casualties_table(results), "civilian casualties\nper year (persons)", ax)


def all_casualties_table(results: Results) -> pd.DataFrame:
    """Return casualties per year of every scenario; nothing where there is only one."""
    names = reading.scenario_names(results)
    return series_table(results, CASUALTIES, names if len(names) > 1 else [])


def plot_all_casualties(results: Results, ax: Axes | None = None) -> Figure:
    """Draw one small panel per scenario: its casualties per year on the baseline's in grey.

    With `ax` the panels are laid over its place.
    """
    table = all_casualties_table(results)
    base = reading.baseline(results)
    others = [s for s in dict.fromkeys(table["scenario"]) if s != base]
    rows = -(-len(others) // 2)
    note = f"Grey: “{reading.title(results, base)}”. Blue: mean and 90 % interval. "
    with canvas(ax, 0.5 + 1.32 * max(1, rows), note + self_destruct_note(results, others)) as frame:
        figure = figure_of(frame)
        grid = frame.get_subplotspec()
        frame.remove()
        assert grid is not None
        inner = grid.subgridspec(max(1, rows), 2)
        reference = table[table["scenario"] == base]
        low, high = table[["mean", "p05"]].min().min(), table[["mean", "p95"]].max().max()
        for i, scenario in enumerate(others):
            panel = figure.add_subplot(inner[i // 2, i % 2])
            # Set and not shared: with every change of one panel all that share an axis would be gone through.
            years_axis(panel, list(reference["year"]), 4)
            panel.set_xlabel("")
            panel.set_ylim(0, high + panel.get_ymargin() * (high - low))
            own = table[table["scenario"] == scenario]
            panel.plot(reference["year"], reference["mean"], color=MUTED, linewidth=2.6, alpha=0.45)
            panel.fill_between(
                own["year"], own["p05"], own["p95"], color=LINES[1][0], alpha=0.15, linewidth=0
            )
            panel.plot(own["year"], own["mean"], color=LINES[1][0], linewidth=1.2)
            panel.set_title(name(results, scenario, 30, 2), fontsize=8, loc="left", y=1.0, parse_math=False)
            panel.tick_params(labelsize=8, labelbottom=i >= len(others) - 2, labelleft=i % 2 == 0)
            thousands(panel.yaxis, 3)
        figure.supylabel("civilian casualties per year (persons)", fontsize=9)
    return figure


def items_table(results: Results) -> pd.DataFrame:
    """Return active and inert items in the ground at each year's end under the baseline."""
    return pd.concat(
        [series_table(results, metric, [reading.baseline(results)], stock=True) for metric in ITEMS],
        ignore_index=True,
    )


def plot_items(results: Results, ax: Axes | None = None) -> Figure:
    """Draw active and inert items under the baseline with 90 % bands."""
    table = items_table(results)
    with canvas(ax, 2.4 + legend_height(ITEMS)) as axes:
        scale, unit = _readable_scale(table["p95"].max())
        for metric, (colour, _, _), dash in zip(ITEMS, (LINES[2], LINES[1]), ("-", (0, (5, 2))), strict=True):
            rows = table[table["metric"] == metric]
            axes.fill_between(
                rows["year"], rows["p05"] / scale, rows["p95"] / scale, color=colour, alpha=0.15, linewidth=0
            )
            axes.plot(
                rows["year"],
                rows["mean"] / scale,
                color=colour,
                linestyle=dash,
                label=metric.removeprefix("items_").capitalize()
                + (
                    " (functions)"
                    if metric == "items_active"
                    else " (still holds explosive, has to be found)"
                ),
            )
        axes.set_ylabel(f"items in the ground ({unit})")
        axes.set_ylim(bottom=0)
        thousands(axes.yaxis)
        years_axis(axes, list(table["year"]))
        legend_below(axes)
    return figure_of(axes)


def items_added_table(results: Results) -> pd.DataFrame:
    """Return active and inert items more than under the baseline, for transfer variants, at each year's end.

    Shown are the headline and, of the other transfers, the one with most inert and the one with most active
    items at the end.
    """
    scenarios = _transfers_shown(results)
    rows = select(
        results.differences,
        scenario=scenarios,
        metric=list(_items_of_transfer(results)),
        district="all",
        group="all",
        estimator="counted",
    )
    rows = reading.by_year(rows)
    columns = ["scenario", "title", "metric", "year", "mean", "p05", "p95", "unit"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    rows = rows.assign(title=[reading.title(results, s) for s in rows["scenario"]])
    order = {scenario: i for i, scenario in enumerate(scenarios)}
    rows = rows.sort_values(
        ["scenario", "metric", "year"], key=lambda c: c.map(order) if c.name == "scenario" else c
    )
    return rows[columns].reset_index(drop=True)


def _items_of_transfer(results: Results) -> tuple[str, str]:
    """Active and inert items of the transfer itself, where they are told apart from all others."""
    return ITEMS_TRANSFERRED if ITEMS_TRANSFERRED[0] in set(results.differences["metric"]) else ITEMS


def _transfers_shown(results: Results) -> list[str]:
    head, names = reading.headline(results), devices.transfers(results)
    shown = [head] if head in names else []
    for metric in _items_of_transfer(results):
        effects = [e for n, e in reading.effects(results, metric).items() if n in names and e.mean > 0]
        shown += [max(effects, key=lambda e: e.mean).scenario] if effects else []
    return [s for s in dict.fromkeys(shown) if s]


def plot_items_added(results: Results, ax: Axes | None = None) -> Figure:
    """Draw what a transfer adds: active items full, inert items dashed."""
    table = items_added_table(results)
    scenarios = list(dict.fromkeys(table["scenario"]))
    items = _items_of_transfer(results)
    labels = {(s, m): name(results, s, 50, 2, m.split("_")[1]) for s in scenarios for m in items}
    with canvas(ax, 2.4 + legend_height(labels.values()), self_destruct_note(results, scenarios)) as axes:
        for scenario, (colour, _, mark) in zip(scenarios, (LINES[1], LINES[2], LINES[4]), strict=False):
            for metric, dash in zip(items, ("-", (0, (4, 2))), strict=True):
                rows = table[(table["scenario"] == scenario) & (table["metric"] == metric)]
                axes.plot(
                    rows["year"],
                    rows["mean"],
                    color=colour,
                    linestyle=dash,
                    marker=mark,
                    markersize=3.5,
                    markevery=3,
                    label=labels[scenario, metric],
                )
        axes.set_ylabel("items more than under the baseline")
        axes.axhline(0, color=MUTED, linewidth=0.8)
        thousands(axes.yaxis)
        years_axis(axes, list(table["year"]))
        legend_below(axes)
    return figure_of(axes)


def cost_table(results: Results) -> pd.DataFrame:
    """Return money spent per year, in million USD: baseline, headline and the largest changes in cost."""
    return series_table(results, COST, reading.chosen(results, COST, each_way=1))


def plot_cost(results: Results, ax: Axes | None = None) -> Figure:
    """Draw money spent per year with the baseline's and the headline's 90 % bands."""
    return _lines(results, cost_table(results), "money spent per year\n(million USD)", ax)


def unspent_table(results: Results) -> pd.DataFrame:
    """Return money not spent over the whole horizon by scenario, in million USD."""
    rows = reading.whole(reading.levels(results, reading.UNSPENT))
    return rows.assign(
        **{c: rows[c] / 1e6 for c in ("mean", "p05", "p95")},
        unit="million USD",
        title=[reading.title(results, s) for s in rows["scenario"]],
    )[["scenario", "title", "mean", "p05", "p95", "unit"]].reset_index(drop=True)


def _lines(results: Results, table: pd.DataFrame, ylabel: str, ax: Axes | None) -> Figure:
    """Draw one line per scenario, bands for the first two."""
    scenarios = list(dict.fromkeys(table["scenario"]))
    labels = {s: name(results, s) for s in scenarios}
    note = (
        reading.first_year_note(results)
        + _same_at_this_scale(results, table)
        + self_destruct_note(results, scenarios)
    )
    with canvas(ax, 2.6 + legend_height(labels.values()), note) as axes:
        for i, (scenario, (colour, dash, mark)) in enumerate(zip(scenarios, LINES, strict=False)):
            rows = table[table["scenario"] == scenario]
            if i < 2:
                axes.fill_between(
                    rows["year"], rows["p05"], rows["p95"], color=colour, alpha=0.13, linewidth=0
                )
            axes.plot(
                rows["year"],
                rows["mean"],
                color=colour,
                linestyle=dash,
                marker=mark,
                markersize=4,
                markevery=(i, 6),
                label=labels[scenario],
                zorder=4 - min(i, 2),
            )
        axes.set_ylabel(ylabel)
        axes.set_ylim(bottom=0)
        thousands(axes.yaxis)
        years_axis(axes, list(table["year"]))
        legend_below(axes)
    return figure_of(axes)


def _same_at_this_scale(results: Results, table: pd.DataFrame) -> str:
    """Return which lines cannot be told from the baseline's: they differ by less than 1 % of the axis."""
    wide, base = table.pivot(index="year", columns="scenario", values="mean"), reading.baseline(results)
    hidden = [
        s
        for s in dict.fromkeys(table["scenario"])
        if s != base and (wide[s] - wide[base]).abs().max() < 0.01 * wide.max().max()
    ]
    names = ", ".join(f"“{reading.title(results, s)}”" for s in hidden)
    return f"At this scale {names} cannot be told from “{reading.title(results, base)}”. " if hidden else ""


def _readable_scale(largest: float) -> tuple[float, str]:
    """Return a divisor and its name, so that an axis shows 1.5 rather than 1,500,000."""
    if largest >= 1e6:
        return 1e6, "million"
    return (1e3, "thousand") if largest >= 1e4 else (1.0, "number")


def alt_lines(table: pd.DataFrame, what: str) -> str:
    """Return in words what a line chart shows: first, highest and last value of its first scenario."""
    first = table[table["scenario"] == table["scenario"].iloc[0]]
    peak = first.loc[first["mean"].idxmax()]
    return (
        f"Line chart of {what} by year for {table['scenario'].nunique()} scenarios. Under "
        f"“{first['title'].iloc[0]}” it is highest in {peak['year']} with {peak['mean']:,.0f} and "
        f"{first['mean'].iloc[-1]:,.0f} in {first['year'].iloc[-1]}."
    )
