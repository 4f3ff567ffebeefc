"""A schematic map of one computed metric by district."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from sim.report import reading
from sim.report.figures.style import BLUE, INK, canvas, figure_of, thousands
from sim.report.reading import CASUALTIES
from sim.report.shape import Results
from sim.report.tables import label, number, shown_unit

DEPTH = LinearSegmentedColormap.from_list("depth", ["#f3f7fa", "#9cc9e3", BLUE, "#06304d"])


def map_table(results: Results, metric: str = CASUALTIES, scenario: str | None = None) -> pd.DataFrame:
    """Return one metric by district over the whole horizon, with whether the district is on the map."""
    scenario = scenario or reading.baseline(results)
    rows = reading.whole(reading.levels(results, metric, scenario, district=None))
    rows = rows[rows["district"] != "all"]
    if rows.empty or not results.map:
        return pd.DataFrame(columns=["district", "metric", "mean", "p05", "p95", "unit", "on_map"])
    unit, factor = shown_unit(str(rows["unit"].iloc[0]))
    names = {str(f["properties"].get("name_en")) for f in results.map["features"]}
    rows = rows.assign(
        unit=unit,
        on_map=rows["district"].isin(names),
        **{c: rows[c] * factor for c in ("mean", "p05", "p95")},
    )
    return (
        rows[["district", "metric", "mean", "p05", "p95", "unit", "on_map"]]
        .sort_values("mean", ascending=False, kind="stable")
        .reset_index(drop=True)
    )


def plot_map(
    results: Results, ax: Axes | None = None, metric: str = CASUALTIES, scenario: str | None = None
) -> Figure:
    """Draw one metric by district on the schematic map; districts that are not simulated stay hatched."""
    table = map_table(results, metric, scenario)
    values = table.set_index("district")["mean"]
    features = (results.map or {"features": []})["features"]
    shade = Normalize(0, float(values.max()) or 1.0)
    missing = ", ".join(table[~table["on_map"]]["district"])
    note = (
        "Schematic map: outlines are for orientation only, they are not boundaries. Hatched: not simulated."
        + (f" Not on the map: {missing}." if missing else "")
    )
    with canvas(ax, 3.9, note) as axes:
        for feature in features:
            district = str(feature["properties"].get("name_en"))
            known = district in values.index
            colour = DEPTH(shade(values[district])) if known else "#f4f4f2"
            for rings in _polygons(feature["geometry"]):
                outline = Path.make_compound_path(*(Path(ring, closed=True) for ring in rings))
                axes.add_patch(
                    PathPatch(
                        outline,
                        facecolor=colour,
                        edgecolor="white" if known else "#c9cdd1",
                        linewidth=0.8,
                        hatch="" if known else "////",
                        zorder=2 if known else 1,
                    )
                )
        _frame(axes, features, values)
        _name_districts(axes, features, values)
        axes.set_axis_off()
        figure = figure_of(axes)
        if ax is None:
            bar = figure.colorbar(
                ScalarMappable(shade, DEPTH), ax=axes, location="bottom", shrink=0.8, aspect=30, pad=0.02
            )
            bar.outline.set_visible(False)
            thousands(bar.ax.xaxis)
            bar.set_label(f"{label(metric)}, {reading.horizon(results)} ({table['unit'].iloc[0]})")
    return figure


def _polygons(geometry: dict[str, Any]) -> list[list[np.ndarray]]:
    """Return the polygons of a geometry as rings (point, 2) of degrees, the outline first, then its holes."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    rings = [[np.asarray(ring, float)[:, :2] for ring in polygon if len(ring) > 3] for polygon in polygons]
    return [polygon for polygon in rings if polygon]


def _frame(axes: Axes, features: Sequence[dict[str, Any]], values: pd.Series) -> None:
    """Show the simulated districts with a little of what lies around them."""
    rings = [
        rings[0]
        for feature in features
        if feature["properties"].get("name_en") in values.index
        for rings in _polygons(feature["geometry"])
    ]
    points = np.concatenate(rings) if rings else np.array([[0.0, 0.0], [1.0, 1.0]])
    (west, south), (east, north) = points.min(axis=0) - 0.3, points.max(axis=0) + 0.3
    # One degree of longitude is cos(latitude) of one of latitude; the frame is 1.4 times as wide as high.
    narrow = math.cos(math.radians((south + north) / 2))
    half = max((north - south) / 2, (east - west) * narrow / 2.8)
    axes.set_ylim((south + north) / 2 - half, (south + north) / 2 + half)
    axes.set_xlim((west + east) / 2 - 1.4 * half / narrow, (west + east) / 2 + 1.4 * half / narrow)
    axes.set_aspect(1 / narrow)


def _name_districts(axes: Axes, features: Sequence[dict[str, Any]], values: pd.Series) -> None:
    """Write name and value into each simulated district, at the centre of its largest polygon."""
    for feature in features:
        district = str(feature["properties"].get("name_en"))
        polygons = _polygons(feature["geometry"])
        if district not in values.index or not polygons:
            continue
        x, y = _centroid(max((rings[0] for rings in polygons), key=lambda ring: np.ptp(ring, axis=0).prod()))
        axes.text(
            x,
            y,
            f"{reading.plain(district)}\n{number(values[district], 2)}",
            ha="center",
            va="center",
            fontsize=7.5,
            color=INK,
            zorder=3,
            parse_math=False,
            linespacing=1.05,
            path_effects=[withStroke(linewidth=2.2, foreground="white")],
        )


def _centroid(ring: np.ndarray) -> tuple[float, float]:
    """Return the centroid of a closed ring (x, y), by the shoelace formula."""
    x, y = ring[:, 0], ring[:, 1]
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    area = cross.sum()
    if area == 0:
        return float(x.mean()), float(y.mean())
    return float(((x[:-1] + x[1:]) * cross).sum() / (3 * area)), float(
        ((y[:-1] + y[1:]) * cross).sum() / (3 * area)
    )


def alt_map(table: pd.DataFrame) -> str:
    """Return in words what the map shows: the districts with most."""
    most = "; ".join(
        f"{row['district']} {number(row['mean'], 2)}" for row in table.head(3).to_dict("records")
    )
    return (
        f"Schematic map of {label(str(table['metric'].iloc[0])).lower()} by district "
        f"({table['unit'].iloc[0]}); Highest: {most}."
    )
