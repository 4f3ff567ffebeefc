"""Figures of differences: every scenario against the baseline, and results by end of hostilities."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from sim.report import devices, reading
from sim.report.figures.style import (
    BLUE,
    INK,
    LINES,
    MUTED,
    RULE,
    VERMILION,
    canvas,
    failure_mark,
    figure_of,
    legend_below,
    legend_height,
    name,
    self_destruct_note,
    short_title,
    thousands,
    wrap,
)
from sim.report.reading import CASUALTIES
from sim.report.shape import INERT, Results, select
from sim.report.tables import counted, label, number, shown_unit, signed

DIFFERENCE_COLUMNS = [
    "scenario",
    "title",
    "metric",
    "unit",
    "mean",
    "p05",
    "p95",
    "mc_error",
    "estimator",
    "verdict",
    "counted",
    "counted_mean",
    "sd_failure",
]


def differences_table(results: Results, metric: str = CASUALTIES) -> pd.DataFrame:
    """Return each scenario's difference from the baseline over the horizon, largest first, transfers on top.

    Columns p05-p95 are the 90 % interval over parameter draws of the mean difference, `mc_error` the Monte
    Carlo standard error of the mean, all in the unit shown. Where the expected-value estimate is shown,
    `counted` is the count beside it as text and `counted_mean` its mean; `sd_failure` is the share assumed
    not to self-destruct. Inert items of a transfer are those of the transferred devices.
    """
    sd, ratio = devices.self_destruct(results), reading.casualties_per_accident(results)
    moved = set(devices.transfers(results))
    rows = []
    found = devices.inert_effects(results) if metric == INERT else reading.effects(results, metric)
    for scenario, effect in found.items():
        unit, factor = shown_unit(effect.unit)
        rows.append(
            (
                scenario,
                reading.title(results, scenario),
                metric,
                unit,
                effect.mean * factor,
                effect.low * factor,
                effect.high * factor,
                effect.mc_error * factor,
                effect.estimator,
                effect.verdict,
                counted(effect, ratio),
                effect.counted.mean * factor if effect.counted else math.nan,
                sd[scenario].central if scenario in sd else math.nan,
            )
        )
    rows.sort(key=lambda row: (row[0] not in moved, -row[4]))
    return pd.DataFrame(rows, columns=DIFFERENCE_COLUMNS)


def plot_differences(results: Results, ax: Axes | None = None, metric: str = CASUALTIES) -> Figure:
    """Draw a dot with its interval for every scenario, its Monte Carlo error as the thick part of the line.

    Scenarios that change nothing are listed below the axis, except for casualties, where they are rows.
    """
    table = differences_table(results, metric)
    zero = table["verdict"].isin(["same", "none"])
    shown = table if metric == CASUALTIES else table[~zero]
    left_out = [] if metric == CASUALTIES else list(table[zero]["title"])
    note = f"No change: {', '.join(left_out)}. " if left_out else ""
    note += self_destruct_note(results, shown["scenario"])
    with canvas(ax, 1.15 + 0.55 * max(1, len(shown)), note) as axes:
        for y, row in enumerate(shown.to_dict("records")):
            _dot(results, axes, y, row)
        axes.set_ylim(max(1, len(shown)) - 0.35, -0.75)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.grid(axis="y", visible=False)
        axes.axvline(0, color=INK, linewidth=1)
        unit = str(table["unit"].iloc[0]) if len(table) else ""
        compressed = _compress(axes, shown)
        words = f"{label(metric)}: difference in {reading.horizon(results)} ({unit})"
        axes.set_xlabel(wrap(words + (", compressed scale" if compressed else ""), 52, 3), parse_math=False)
        _key(axes, shown)
    return figure_of(axes)


def _dot(results: Results, axes: Axes, y: int, row: Mapping[Any, Any]) -> None:
    """Draw one scenario: title and numbers above, dot and interval below."""
    head = row["scenario"] == reading.headline(results)
    mean, low, high, error = (float(str(row[c])) for c in ("mean", "p05", "p95", "mc_error"))
    colour = VERMILION if head else BLUE
    failure = float(str(row["sd_failure"]))
    mark = "" if math.isnan(failure) else failure_mark(failure)
    title = wrap(short_title(results, str(row["scenario"]), 60 - len(mark)), 60 - len(mark), 1) + mark
    reach = f"{signed(mean)} ± {number(error, 1)} ({signed(low)} to {signed(high)})"
    numbers = {"same": "0 (same inputs)", "none": "0"}.get(str(row["verdict"]), reach)
    across = axes.get_yaxis_transform()
    axes.axhline(y - 0.62, color=RULE, linewidth=0.7)
    clear = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    axes.text(
        0,
        y - 0.36,
        title,
        transform=across,
        fontsize=8.3,
        va="center",
        parse_math=False,
        fontweight="bold" if head else "normal",
        bbox=clear,
    )
    axes.text(0, y - 0.02, numbers, transform=across, fontsize=8, va="center", color=MUTED, bbox=clear)
    if row["counted"]:
        axes.text(
            1,
            y - 0.02,
            f"counted {row['counted']}",
            transform=across,
            fontsize=7.8,
            va="center",
            ha="right",
            color=MUTED,
            bbox=clear,
        )
    line = y + 0.24
    axes.plot([low, high], [line, line], color=colour, linewidth=1.4, solid_capstyle="butt")
    axes.plot(
        [mean - 2 * error, mean + 2 * error],
        [line, line],
        color=colour,
        linewidth=5,
        alpha=0.35,
        solid_capstyle="butt",
    )
    axes.plot([mean], [line], marker="o", color=colour, markersize=5.5)
    beside = float(str(row["counted_mean"]))
    if not math.isnan(beside):
        axes.plot([beside], [line], marker="o", color="none", markeredgecolor=INK, markersize=6.5, zorder=5)


def _compress(axes: Axes, shown: pd.DataFrame) -> bool:
    """Use a scale in steps of ten where differences are of very different size; return whether it was."""
    sizes = shown["mean"].abs()
    sizes = sizes[sizes > 0]
    reach = shown[["mean", "p05", "p95"]].abs().max().max() if len(shown) else 0.0
    if not len(sizes) or sizes.max() < 50 * sizes.min():
        thousands(axes.xaxis, 5)
        return False
    top = math.floor(math.log10(reach))
    bottom = max(math.floor(math.log10(sizes.min())), top - 5)
    axes.set_xscale("symlog", linthresh=10.0**bottom, linscale=0.6)
    step = 1 if top - bottom <= 2 else 2
    powers = [10.0**k for k in range(top, bottom - 1, -step)]
    negative = shown["p05"].min() < -powers[-1]
    axes.xaxis.set_major_locator(FixedLocator([*(-p for p in powers if negative), 0, *powers[::-1]]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(value)))
    axes.tick_params(axis="x", labelsize=8)
    left = min(0.0, shown[["mean", "p05"]].min().min())
    right = max(0.0, shown[["mean", "p95"]].max().max())
    pad = 10.0**bottom * 0.4
    axes.set_xlim(left * 1.5 - pad, right * 1.5 + pad)
    return True


def _key(axes: Axes, shown: pd.DataFrame) -> None:
    handles = [
        Line2D([], [], color=BLUE, marker="o", linewidth=1.4, markersize=5, label="mean, 90 % interval"),
        Line2D([], [], color=BLUE, linewidth=5, alpha=0.35, label="± 2 Monte Carlo errors"),
    ]
    if shown["counted_mean"].notna().any():
        handles.append(
            Line2D([], [], color="none", marker="o", markeredgecolor=INK, markersize=6, label="counted")
        )
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=2,
        fontsize=8,
        handlelength=1.6,
        columnspacing=1.0,
        borderaxespad=0.1,
    )


def inert_differences_table(results: Results) -> pd.DataFrame:
    """Return differences in inert items still to be cleared."""
    return differences_table(results, INERT)


def plot_inert_differences(results: Results, ax: Axes | None = None) -> Figure:
    """Draw differences in inert items still to be cleared."""
    return plot_differences(results, ax, INERT)


def alt_differences(table: pd.DataFrame) -> str:
    """Return in words what the dots show: the largest increase and decrease."""
    high, low = table.iloc[table["mean"].argmax()], table.iloc[table["mean"].argmin()]
    return (
        f"Dots with intervals: {label(str(table['metric'].iloc[0])).lower()}, difference from the baseline, "
        f"{len(table)} scenarios, from {signed(low['mean'])} (“{low['title']}”) to {signed(high['mean'])} "
        f"(“{high['title']}”) {table['unit'].iloc[0]}."
    )


def by_end_table(results: Results) -> pd.DataFrame:
    """Return casualties over the horizon by when hostilities end, for the chosen scenarios.

    `span` names the years in which hostilities end; `n_draws` is the number of parameter draws in it.
    """
    columns = ["scenario", "title", "span", "end_from", "end_to", "mean", "p05", "p95", "n_draws"]
    rows = select(results.by_end, metric=CASUALTIES, scenario=reading.chosen(results, each_way=1))
    if rows.empty:
        return pd.DataFrame(columns=columns)
    rows = rows.assign(
        title=[reading.title(results, s) for s in rows["scenario"]],
        span=[_span(a, b) for a, b in zip(rows["end_from"], rows["end_to"], strict=True)],
    )
    order = {scenario: i for i, scenario in enumerate(reading.chosen(results))}
    return rows.sort_values(
        ["end_from", "scenario"], key=lambda c: c.map(order) if c.name == "scenario" else c
    )[columns].reset_index(drop=True)


def _span(begin: float, end: float) -> str:
    """Return "2027 to 2028.5", "before 2027" or "2031 or later"."""
    first, last = (f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}" for value in (begin, end))
    if math.isinf(begin):
        return f"before {last}"
    if math.isinf(end):
        return f"{first} or later"
    return first if first == last else f"{first} to {last}"


def plot_by_end(results: Results, ax: Axes | None = None) -> Figure:
    """Draw casualties over the horizon by when hostilities end, one dot per chosen scenario."""
    table = by_end_table(results)
    scenarios, spans = list(dict.fromkeys(table["scenario"])), list(dict.fromkeys(table["span"]))
    labels = {s: name(results, s) for s in scenarios}
    with canvas(ax, 2.9 + legend_height(labels.values()), self_destruct_note(results, scenarios)) as axes:
        for i, (scenario, (colour, _, mark)) in enumerate(zip(scenarios, LINES, strict=False)):
            rows = table[table["scenario"] == scenario]
            x = [spans.index(s) + 0.14 * (i - (len(scenarios) - 1) / 2) for s in rows["span"]]
            axes.vlines(x, rows["p05"], rows["p95"], color=colour, linewidth=1.4)
            axes.plot(
                x,
                rows["mean"],
                color=colour,
                marker=mark,
                linestyle="none",
                markersize=5,
                label=labels[scenario],
            )
        draws = table.groupby("span")["n_draws"].max()
        axes.set_xticks(
            range(len(spans)), [s.replace(" ", "\n", 1) + f"\n{draws[s]:.0f} draws" for s in spans]
        )
        axes.set_xlim(-0.6, len(spans) - 0.4)
        axes.set_xlabel("hostilities end (year)")
        axes.set_ylabel(f"civilian casualties\nin {reading.horizon(results)} (persons)")
        axes.set_ylim(bottom=0)
        thousands(axes.yaxis)
        legend_below(axes, 0.85)
    return figure_of(axes)
