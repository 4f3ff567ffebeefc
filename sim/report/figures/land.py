"""Figures of land by state over time."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.report import reading
from sim.report.figures.style import (
    BLUE,
    GREEN,
    MUTED,
    SKY,
    VERMILION,
    YELLOW,
    canvas,
    figure_of,
    legend_below,
    legend_height,
    thousands,
    years_axis,
)
from sim.report.shape import Results
from sim.report.tables import label, number

# state -> colour; from land nobody has looked at to land that is done with
STATES = {
    "area_to_survey_m2": "#b9c1c9",
    "area_suspected_m2": YELLOW,
    "area_confirmed_m2": VERMILION,
    "area_cleared_m2": BLUE,
    "area_reduced_m2": SKY,
    "area_cancelled_m2": GREEN,
    "area_no_evidence_m2": "#e1e8ee",
}
ON_RECORD = tuple(state for state in STATES if state not in ("area_to_survey_m2", "area_no_evidence_m2"))
FLOW_STATES = ("area_cleared_m2", "area_reduced_m2", "area_cancelled_m2", "area_no_evidence_m2")
HATCHES = {
    "area_to_survey_m2": "",
    "area_suspected_m2": "////",
    "area_confirmed_m2": "",
    "area_cleared_m2": "",
    "area_reduced_m2": "\\\\\\\\",
    "area_cancelled_m2": "",
    "area_no_evidence_m2": "",
}


def land_table(results: Results, scenario: str | None = None) -> pd.DataFrame:
    """Return land by state at each year's end, in km²; the baseline unless another scenario is named.

    Columns: year, state, label, km2 (mean), p05, p95.
    """
    scenario = scenario or reading.baseline(results)
    frames = []
    for state in STATES:
        rows = reading.levels(results, state, scenario)
        years = reading.by_year(rows)
        if years.empty:
            continue
        values = years[["mean", "p05", "p95"]] * 1e-6
        if state in FLOW_STATES and _is_flow(rows, years):
            values = values.cumsum()
        frames.append(
            pd.DataFrame(
                {
                    "year": years["year"],
                    "state": state,
                    "label": label(state),
                    "km2": values["mean"],
                    "p05": values["p05"],
                    "p95": values["p95"],
                }
            )
        )
    columns = ["year", "state", "label", "km2", "p05", "p95"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def _is_flow(rows: pd.DataFrame, years: pd.DataFrame) -> bool:
    """Whether a state's years are what each added (they sum to the whole horizon), not what there is."""
    total = float(rows[rows["period"].astype(str) == "all"]["mean"].sum())
    added, last = float(years["mean"].sum()), float(years["mean"].iloc[-1])
    return abs(added - total) < abs(last - total)


def recorded_land_table(results: Results, scenario: str | None = None) -> pd.DataFrame:
    """Return the states of land that is or was on record as hazardous, in km²."""
    table = land_table(results, scenario)
    return table[table["state"].isin(ON_RECORD)].reset_index(drop=True)


def plot_land(results: Results, ax: Axes | None = None, scenario: str | None = None) -> Figure:
    """Draw all land by state, stacked."""
    return _stack(land_table(results, scenario), ax)


def plot_recorded_land(results: Results, ax: Axes | None = None, scenario: str | None = None) -> Figure:
    """Draw land that is or was on record as hazardous, stacked: small beside the land to be surveyed."""
    return _stack(recorded_land_table(results, scenario), ax)


def _stack(table: pd.DataFrame, ax: Axes | None) -> Figure:
    wide = table.pivot(index="year", columns="state", values="km2")
    states = [state for state in STATES if state in wide]
    with canvas(ax, 2.5 + legend_height(states)) as axes:
        layers = axes.stackplot(
            wide.index,
            *(wide[s] for s in states),
            colors=[STATES[s] for s in states],
            labels=[label(s) for s in states],
            edgecolor="white",
            linewidth=0.6,
        )
        for layer, state in zip(layers, states, strict=True):
            layer.set_hatch(HATCHES[state])
            if HATCHES[state]:
                layer.set_edgecolor(MUTED)
                layer.set_linewidth(0.0)
        axes.set_ylabel("land at the end\nof the year (km²)")
        axes.set_ylim(bottom=0)
        thousands(axes.yaxis)
        years_axis(axes, list(wide.index))
        axes.set_xlim(wide.index.min(), wide.index.max())
        legend_below(axes, backwards=True)
        hectares = axes.secondary_yaxis("right", functions=(_million_ha, _km2))
        hectares.set_ylabel("million ha")
        hectares.spines["right"].set_visible(True)
        hectares.yaxis.set_major_formatter(axes.yaxis.get_major_formatter())
    return figure_of(axes)


def _million_ha(km2: Any) -> Any:
    return km2 / 1e4


def _km2(million_ha: Any) -> Any:
    return million_ha * 1e4


def alt_land(table: pd.DataFrame) -> str:
    """Return in words what the stacked areas show: each state at the beginning and the end."""
    first, last = (
        table[table["year"] == y].set_index("label")["km2"]
        for y in (table["year"].min(), table["year"].max())
    )
    parts = [
        f"{state.lower()} from {number(first[state], 2)} to {number(last[state], 2)}" for state in last.index
    ]
    return (
        f"Stacked areas of land by state in km², {table['year'].min()} to {table['year'].max()}: "
        f"{'; '.join(parts)}."
    )
