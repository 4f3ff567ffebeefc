"""Figures about people hurt and about how far the result can be trusted: groups, drivers, fit."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from sim.report import parameters, reading
from sim.report.figures.style import (
    BLUE,
    GREEN,
    INK,
    LINES,
    MUTED,
    ORANGE,
    SKY,
    VERMILION,
    YELLOW,
    canvas,
    figure_of,
    legend_below,
    legend_height,
    name,
    self_destruct_note,
    thousands,
    wrap,
)
from sim.report.reading import CASUALTIES, GRADES
from sim.report.shape import Results, select
from sim.report.tables import number, percent

GROUPS = {"women": "Women", "men": "Men", "girls": "Girls (0–17)", "boys": "Boys (0–17)"}
GRADE_COLOURS = {"H": BLUE, "M": SKY, "D": GREEN, "L": YELLOW, "A": ORANGE, "U": VERMILION}


def groups_table(results: Results) -> pd.DataFrame:
    """Return casualties over the horizon by group for baseline, headline and the largest change each way."""
    rows = reading.whole(reading.levels(results, CASUALTIES, reading.chosen(results, each_way=1), group=None))
    rows = rows[rows["group"].isin(list(GROUPS))]
    if rows.empty:
        return pd.DataFrame(columns=["scenario", "title", "group", "mean", "p05", "p95", "share"])
    total = rows.groupby("scenario")["mean"].transform("sum")
    order = {s: i for i, s in enumerate(reading.chosen(results, each_way=1))}
    return (
        rows.assign(
            title=[reading.title(results, s) for s in rows["scenario"]],
            share=rows["mean"] / total.where(total > 0),
            rank=rows["scenario"].map(order),
            place=rows["group"].map({g: i for i, g in enumerate(GROUPS)}),
        )
        .sort_values(["rank", "place"])[["scenario", "title", "group", "mean", "p05", "p95", "share"]]
        .reset_index(drop=True)
    )


def plot_groups(results: Results, ax: Axes | None = None) -> Figure:
    """Draw casualties by group with 90 % intervals."""
    table = groups_table(results)
    scenarios = list(dict.fromkeys(table["scenario"]))
    labels = {s: name(results, s) for s in scenarios}
    note = "Per cent: share under the first scenario, an input and not a finding. "
    with canvas(
        ax, 2.5 + legend_height(labels.values()), note + self_destruct_note(results, scenarios)
    ) as axes:
        for i, (scenario, (colour, _, mark)) in enumerate(zip(scenarios, LINES, strict=False)):
            rows = table[table["scenario"] == scenario]
            y = [list(GROUPS).index(g) + 0.17 * (i - (len(scenarios) - 1) / 2) for g in rows["group"]]
            axes.hlines(y, rows["p05"], rows["p95"], color=colour, linewidth=1.4)
            axes.plot(
                rows["mean"],
                y,
                color=colour,
                marker=mark,
                linestyle="none",
                markersize=5,
                label=labels[scenario],
            )
        shares = table[table["scenario"] == scenarios[0]].set_index("group")["share"]
        axes.set_yticks(
            range(len(GROUPS)),
            [f"{words}\n{percent(shares.get(g, float('nan')))}" for g, words in GROUPS.items()],
        )
        axes.set_ylim(len(GROUPS) - 0.5, -0.5)
        axes.grid(axis="x")
        axes.grid(axis="y", visible=False)
        axes.set_xlim(left=0)
        axes.set_xlabel(f"civilian casualties in {reading.horizon(results)} (persons)")
        thousands(axes.xaxis)
        legend_below(axes)
    return figure_of(axes)


def alt_groups(table: pd.DataFrame) -> str:
    """Return in words who is hurt under the first scenario."""
    first = table[table["scenario"] == table["scenario"].iloc[0]]
    parts = [
        f"{row['group']} {number(row['mean'])} ({percent(row['share'])})" for row in first.to_dict("records")
    ]
    return f"Dots with intervals: casualties by group. Under “{first['title'].iloc[0]}”: {', '.join(parts)}."


def drivers_table(results: Results, difference: bool = True, most: int = 8) -> pd.DataFrame:
    """Return the inputs that drive the headline's difference, or the baseline's total, by share of variance.

    Columns: parameter, words, grade, share_of_variance, rank_correlation; the last row, without a grade,
    holds everything else: the remaining inputs, inputs acting together, and chance.
    """
    columns = ["parameter", "words", "grade", "share_of_variance", "rank_correlation"]
    found = parameters.drivers_of(results, difference)
    if found is None:
        return pd.DataFrame(columns=columns)
    rows = select(results.drivers, scenario=found[0], metric=found[1]).sort_values(
        "share_of_variance", ascending=False, kind="stable"
    )
    titles = parameters.families(results)
    rows = rows.assign(words=[parameters.in_words(str(p), titles) for p in rows["parameter"]])[columns]
    shown = rows[rows["share_of_variance"] > 0].head(most)
    if shown.empty:
        return shown
    rest = max(0.0, 1.0 - float(shown["share_of_variance"].clip(lower=0).sum()))
    other = pd.DataFrame(
        [("", "Everything else: other inputs, inputs together, chance", "", rest, float("nan"))],
        columns=columns,
    )
    return pd.concat([shown, other], ignore_index=True)


def total_drivers_table(results: Results) -> pd.DataFrame:
    """Return the inputs that drive the baseline's total."""
    return drivers_table(results, difference=False)


def plot_drivers(results: Results, ax: Axes | None = None, difference: bool = True) -> Figure:
    """Draw shares of variance as bars, coloured and lettered by grade; + and − give the direction."""
    table = drivers_table(results, difference)
    with canvas(ax, 1.25 + 0.46 * len(table)) as axes:
        for y, row in enumerate(table.to_dict("records")):
            colour = GRADE_COLOURS.get(str(row["grade"]), "#c8ced4")
            share = max(0.0, float(row["share_of_variance"]))
            axes.barh(
                y + 0.22,
                100 * share,
                height=0.36,
                color=colour,
                edgecolor=INK,
                linewidth=0.5,
                hatch="////" if row["grade"] in reading.ASSUMED_GRADES else "",
            )
            sign = (
                ""
                if row["rank_correlation"] != row["rank_correlation"]
                else (" (+)" if row["rank_correlation"] > 0 else " (−)")
            )
            axes.text(
                0, y - 0.2, wrap(str(row["words"]), 54, 1) + sign, fontsize=8.5, va="center", parse_math=False
            )
            grade = f", grade {row['grade']}" if row["grade"] else ""
            axes.text(
                100 * share + 1, y + 0.22, percent(share) + grade, fontsize=8.5, va="center", color=MUTED
            )
        axes.set_ylim(len(table) - 0.4, -0.6)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.grid(axis="y", visible=False)
        axes.set_xlim(0, max(60.0, 130 * float(table["share_of_variance"].max())))
        axes.set_xlabel("share of the variance (%)")
        grades = [g for g in GRADES if g in set(table["grade"])]
        axes.legend(
            handles=[
                Patch(
                    facecolor=GRADE_COLOURS[g],
                    edgecolor=INK,
                    linewidth=0.5,
                    label=g,
                    hatch="////" if g in reading.ASSUMED_GRADES else "",
                )
                for g in grades
            ],
            title="grade (hatched: assumption or unsourced)",
            title_fontsize=8.5,
            ncols=len(grades) or 1,
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            borderaxespad=0.1,
            handlelength=1.4,
            fontsize=8.5,
        )
    return figure_of(axes)


def plot_total_drivers(results: Results, ax: Axes | None = None) -> Figure:
    """Draw what drives the baseline's total."""
    return plot_drivers(results, ax, difference=False)


def alt_drivers(table: pd.DataFrame) -> str:
    """Return in words what the bars show."""
    parts = [
        f"{row['words']} {percent(max(0.0, float(row['share_of_variance'])))}"
        + (f" (grade {row['grade']})" if row["grade"] else "")
        for row in table.to_dict("records")
    ]
    return f"Bars of shares of the variance: {'; '.join(parts)}."


def fit_table(results: Results) -> pd.DataFrame:
    """Return fitted and observed casualties by year: observed, p10, p50, p90, used_in_fit, inside."""
    columns = ["year", "observed", "p10", "p50", "p90", "used_in_fit", "inside"]
    if results.fit is None or results.fit.empty:
        return pd.DataFrame(columns=columns)
    rows = results.fit.sort_values("year", kind="stable")
    return rows.assign(inside=rows["observed"].between(rows["p10"], rows["p90"]))[columns].reset_index(
        drop=True
    )


def plot_fit(results: Results, ax: Axes | None = None) -> Figure:
    """Draw reported casualties of the model (80 % interval) beside the observed ones."""
    table = fit_table(results)
    x = range(len(table))
    with canvas(ax, 2.4 + legend_height(["", "", "", ""])) as axes:
        axes.vlines(x, table["p10"], table["p90"], color=SKY, linewidth=9, label="model, 80 % interval")
        axes.plot(
            x,
            table["p50"],
            linestyle="none",
            marker="_",
            markersize=15,
            markeredgewidth=2.2,
            color=BLUE,
            label="model, median",
        )
        for used, face, words in (
            (True, VERMILION, "observed, used in the fit"),
            (False, "white", "observed, kept aside as a check"),
        ):
            rows = table["used_in_fit"].astype(bool) == used
            if rows.any():
                axes.plot(
                    [i for i, r in zip(x, rows, strict=True) if r],
                    table[rows]["observed"],
                    linestyle="none",
                    marker="D",
                    markersize=7,
                    markerfacecolor=face,
                    markeredgecolor=VERMILION,
                    markeredgewidth=1.6,
                    label=words,
                )
        axes.set_xticks(list(x), [str(int(year)) for year in table["year"]])
        axes.set_xlim(-0.6, len(table) - 0.4)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("year")
        axes.set_ylabel("reported casualties (persons)")
        thousands(axes.yaxis)
        legend_below(axes)
    return figure_of(axes)


def alt_fit(table: pd.DataFrame) -> str:
    """Return in words how the model meets the observations."""
    parts = [
        f"{int(row['year'])}: observed {number(row['observed'])}, model {number(row['p50'], 2)} "
        f"({number(row['p10'], 2)} to {number(row['p90'], 2)})"
        for row in table.to_dict("records")
    ]
    return f"Observed and modelled reported casualties by year, 80 % interval. {'; '.join(parts)}."
