"""Every figure of the report: `plot_x(results, ax=None)` over a table `x_table(results)`.

Importing this package imports matplotlib; nothing else of the report does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from sim.report.figures.compare import (
    alt_differences,
    by_end_table,
    differences_table,
    inert_differences_table,
    plot_by_end,
    plot_differences,
    plot_inert_differences,
)
from sim.report.figures.districts import alt_map, map_table, plot_map
from sim.report.figures.evidence import (
    alt_drivers,
    alt_fit,
    alt_groups,
    drivers_table,
    fit_table,
    groups_table,
    plot_drivers,
    plot_fit,
    plot_groups,
    plot_total_drivers,
    total_drivers_table,
)
from sim.report.figures.land import (
    alt_land,
    land_table,
    plot_land,
    plot_recorded_land,
    recorded_land_table,
)
from sim.report.figures.over_time import (
    all_casualties_table,
    alt_lines,
    casualties_table,
    cost_table,
    items_added_table,
    items_table,
    plot_all_casualties,
    plot_casualties,
    plot_cost,
    plot_items,
    plot_items_added,
    series_table,
    unspent_table,
)
from sim.report.figures.programme import (
    alt_completion,
    alt_deadline,
    alt_pairs,
    completion_table,
    deadline_table,
    pairs_table,
    plot_completion,
    plot_deadline,
    plot_pairs,
)
from sim.report.figures.style import Drawing, svg

__all__ = [
    "FIGURES",
    "Drawing",
    "Plot",
    "all_casualties_table",
    "by_end_table",
    "casualties_table",
    "completion_table",
    "cost_table",
    "deadline_table",
    "differences_table",
    "drivers_table",
    "fit_table",
    "groups_table",
    "inert_differences_table",
    "items_added_table",
    "items_table",
    "land_table",
    "map_table",
    "pairs_table",
    "plot_all_casualties",
    "plot_by_end",
    "plot_casualties",
    "plot_completion",
    "plot_cost",
    "plot_deadline",
    "plot_differences",
    "plot_drivers",
    "plot_fit",
    "plot_groups",
    "plot_inert_differences",
    "plot_items",
    "plot_items_added",
    "plot_land",
    "plot_map",
    "plot_pairs",
    "plot_recorded_land",
    "plot_total_drivers",
    "recorded_land_table",
    "series_table",
    "svg",
    "total_drivers_table",
    "unspent_table",
]


@dataclass(frozen=True)
class Plot:
    """A figure of the page: its drawing, the table behind it, its words for those who cannot see it."""

    draw: Callable[..., Figure]
    table: Callable[..., pd.DataFrame]
    alt: Callable[[pd.DataFrame], str]


def _alt_by_end(table: pd.DataFrame) -> str:
    first = table[table["scenario"] == table["scenario"].iloc[0]]
    parts = [f"ending {row['span']}: {row['mean']:,.0f}" for row in first.to_dict("records")]
    return (
        f"Dots with intervals: casualties by when hostilities end. Under “{first['title'].iloc[0]}”, "
        f"{'; '.join(parts)}."
    )


# Order of the page; a figure whose table is empty is left out.
FIGURES: dict[str, Plot] = {
    "differences": Plot(plot_differences, differences_table, alt_differences),
    "inert_differences": Plot(plot_inert_differences, inert_differences_table, alt_differences),
    "completion": Plot(plot_completion, completion_table, alt_completion),
    "deadline": Plot(plot_deadline, deadline_table, alt_deadline),
    "pairs": Plot(plot_pairs, pairs_table, alt_pairs),
    "items_added": Plot(
        plot_items_added, items_added_table, lambda t: alt_lines(t, "items more than under the baseline")
    ),
    "casualties": Plot(plot_casualties, casualties_table, lambda t: alt_lines(t, "civilian casualties")),
    "all_casualties": Plot(
        plot_all_casualties, all_casualties_table, lambda t: alt_lines(t, "civilian casualties")
    ),
    "by_end": Plot(plot_by_end, by_end_table, _alt_by_end),
    "groups": Plot(plot_groups, groups_table, alt_groups),
    "map": Plot(plot_map, map_table, alt_map),
    "items": Plot(plot_items, items_table, lambda t: alt_lines(t, "active and inert items in the ground")),
    "land": Plot(plot_land, land_table, alt_land),
    "recorded_land": Plot(plot_recorded_land, recorded_land_table, alt_land),
    "cost": Plot(plot_cost, cost_table, lambda t: alt_lines(t, "money spent in million USD")),
    "drivers": Plot(plot_drivers, drivers_table, alt_drivers),
    "total_drivers": Plot(plot_total_drivers, total_drivers_table, alt_drivers),
    "fit": Plot(plot_fit, fit_table, alt_fit),
}
