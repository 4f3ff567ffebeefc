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
    # Intervals of the smaller columns are in the report: a terminal is narrow.
    # Text objects everywhere: a title with [brackets] must not be read as markup.
    table = RichTable(
        title=Text(reading.plain(results.manifest["study"])),
        caption=Text(_caption(results)),
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
        *(["SD fails"] if sd else []),
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
            cells = [difference(effect), counted(effect, ratio) or "is counted"]
            for metric in (INERT, HAZARDOUS, COST):
                found = effects[metric].get(name)
                cells.append(signed(found.mean * shown_unit(found.unit)[1]) if found else "not known")
        cells.append(number(float(unspent[name]) / 1e6) if name in unspent.index else "–")
        if sd:
            cells.append(percent(sd[name].central) + " †" if name in sd else "")
        style = "bold" if name == reading.headline(results) else ""
        table.add_row(*(Text(cell) for cell in (name, level, *cells)), style=style)
    return table


def _caption(results: Results) -> str:
    transferred = ", of a transfer those of its devices" if devices.transfers(results) else ""
    fails = f" † self-destructing: the share in the last column is assumed to fail. {OTTAWA}"
    return (
        f"Differences from “{reading.title(results, reading.baseline(results))}” over {reading.horizon(results)}, mean "
        f"(90 % interval); expected values where a count stands beside. M USD: million USD; inert items still have to "
        f"be cleared{transferred}.{fails if devices.self_destruct(results) else ''} A run is not a clearance decision."
    )
