"""The table behind a figure, as text."""

from __future__ import annotations

import math

import pandas as pd

from sim.report import reading
from sim.report.tables import Table, interval, label, number

DATA_HEADS = {
    "title": "Scenario",
    "year": "Year",
    "mean": "Mean",
    "p05": "5 %",
    "p10": "10 %",
    "p50": "Median",
    "p90": "90 %",
    "p95": "95 %",
    "mc_error": "Monte Carlo error",
    "estimator": "Estimate",
    "counted": "Counted beside",
    "sd_failure": "Share not self-destructing",
    "km2": "km² (mean)",
    "label": "State",
    "group": "Group",
    "share": "Share",
    "district": "District",
    "words": "Input",
    "grade": "Grade",
    "unit": "Unit",
    "share_of_variance": "Share of variance",
    "rank_correlation": "Rank correlation",
    "observed": "Observed",
    "used_in_fit": "Used in the fit",
    "inside": "Inside the interval",
    "span": "Hostilities end",
    "n_draws": "Draws",
    "verdict": "Sign",
}


def data_table(frame: pd.DataFrame, caption: str) -> Table:
    """Return the table behind a figure: by year and scenario where it has both, else as it is."""
    if {"year", "scenario", "mean"} <= set(frame.columns):
        return _by_year_table(frame, caption)
    columns = [c for c in frame.columns if c in DATA_HEADS]
    first = [c for c in ("title", "words", "label", "district", "span", "year") if c in columns][:1]
    columns = first + [c for c in columns if c not in first]
    rows = [[_data_cell(row[c], c) for c in columns] for row in frame.to_dict("records")]
    words = frozenset(i for i, c in enumerate(columns) if not pd.api.types.is_numeric_dtype(frame[c]))
    return Table(caption, [DATA_HEADS[c] for c in columns], rows, text=words)


def _by_year_table(frame: pd.DataFrame, caption: str) -> Table:
    """Return years down and scenarios across, mean and interval in each cell."""
    parts = ["title", "metric"] if frame["metric"].nunique() > 1 else ["title"]
    across = list(dict.fromkeys(frame[parts].itertuples(index=False, name=None)))
    cells = {
        (row["year"], tuple(row[p] for p in parts)): interval(row["mean"], row["p05"], row["p95"], digits=3)
        for row in frame.to_dict("records")
    }
    rows = [
        [str(year), *(cells.get((year, key), "–") for key in across)] for year in sorted(set(frame["year"]))
    ]
    heads = [": ".join((key[0], label(key[1]))) if len(key) > 1 else key[0] for key in across]
    return Table(caption, ["Year", *heads], rows)


def _data_cell(value: object, column: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        if math.isnan(value):
            return "–"
        return str(int(value)) if column in ("year", "n_draws") else number(float(value))
    return reading.plain(value)
