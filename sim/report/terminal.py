"""The summary table for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report import devices, reading
from sim.report.devices import OTTAWA
from sim.report.reading import CASUALTIES, COST, HAZARDOUS, UNSPENT
from sim.report.shape import INERT, Results
from sim.report.tables import counted, difference, number, percent, shown_unit, signed

if TYPE_CHECKING:
    from rich.table import Table as RichTable


def terminal_table(results: Results) -> RichTable:
    """Return the summary that ends a run in the terminal."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    sd, ratio = devices.self_destruct(results), reading.casualties_per_accident(results)
    caption = (
        f"Differences from “{reading.title(results, reading.baseline(results))}” over "
        f"{reading.horizon(results)}, mean (90 % interval). † self-destructing: the share in the last column "
        f"is assumed to fail; M USD: million USD; inert items still have to be cleared, "
        f"of a transfer those of its devices. {OTTAWA} "
        "A run is not a clearance decision."
    )
    # Intervals of the smaller columns are in the report: a terminal is narrow.
    # Text objects everywhere: a title with [brackets] must not be read as markup.
    table = RichTable(
        title=Text(reading.plain(results.manifest["study"])),
        caption=Text(caption),
        pad_edge=False,
        box=box.SIMPLE_HEAD,
        padding=(0, 1),
    )
    table.add_column("Scenario", overflow="fold")
    for head in (
        "Casualties",
        "Difference",
        "Counted beside",
        "Inert items",
        "Hazardous\narea, km²",
        "Cost,\nM USD",
        "Unspent,\nM USD",
        "SD fails",
    ):
        table.add_column(head, justify="right", no_wrap=head in ("Difference", "Counted beside"))
    total = reading.whole(reading.levels(results, CASUALTIES)).set_index("scenario")["mean"]
    unspent = reading.whole(reading.levels(results, UNSPENT)).set_index("scenario")["mean"]
    effects = {metric: reading.effects(results, metric) for metric in (CASUALTIES, HAZARDOUS, COST)}
    effects[INERT] = devices.inert_effects(results)
    for name in reading.scenario_names(results):
        level = number(float(total[name])) if name in total.index else "not known"
        cells = ["baseline", "", "", "", ""]
        if name != reading.baseline(results):
            effect = effects[CASUALTIES].get(name)
            cells = [difference(effect), counted(effect, ratio)]
            for metric in (INERT, HAZARDOUS, COST):
                found = effects[metric].get(name)
                cells.append(signed(found.mean * shown_unit(found.unit)[1]) if found else "not known")
        failure = percent(sd[name].central) + " †" if name in sd else ""
        style = "bold" if name == reading.headline(results) else ""
        left = number(float(unspent[name]) / 1e6) if name in unspent.index else "–"
        table.add_row(*(Text(cell) for cell in (name, level, *cells, left, failure)), style=style)
    return table
