"""The main results as one table of plain numbers, for notebooks and programs."""

from __future__ import annotations

import pandas as pd

from sim.report import devices, reading
from sim.report.devices import OTTAWA
from sim.report.reading import CASUALTIES, COST, HAZARDOUS, UNSPENT
from sim.report.shape import INERT, Results
from sim.report.tables import shown_unit

CHANGES = {INERT: "inert_items", HAZARDOUS: "hazardous_area_km2", COST: "cost_million_usd"}


def overview(results: Results) -> pd.DataFrame:
    """Return one row per scenario, whole country and horizon, the baseline first.

    Returns
    -------
    DataFrame
        scenario, title; casualties (mean); difference from the baseline in casualties with its 90 % interval
        p05-p95 and its Monte Carlo error; mean differences in inert items [items] (of the transferred devices
        where there are any), hazardous area [km2] and cost [million USD]; mean money not spent [million USD];
        for self-destructing mines the share that is assumed to fail, and a note.
    """
    sd, base = devices.self_destruct(results), reading.baseline(results)
    total = reading.whole(reading.levels(results, CASUALTIES)).set_index("scenario")["mean"]
    people = reading.effects(results, CASUALTIES)
    changes = {metric: reading.effects(results, metric) for metric in CHANGES}
    changes[INERT] = devices.inert_effects(results)
    unspent = reading.whole(reading.levels(results, UNSPENT)).set_index("scenario")["mean"]
    rows = []
    for name in reading.scenario_names(results):
        row: dict[str, str | float] = {
            "scenario": name,
            "title": reading.title(results, name),
            "casualties": float(total.get(name, float("nan"))),
        }
        effect = people.get(name)
        if name == base:
            row |= dict.fromkeys(("difference", "p05", "p95", "mc_error", *CHANGES.values()), 0.0)
        elif effect is not None:
            row |= {
                "difference": effect.mean,
                "p05": effect.low,
                "p95": effect.high,
                "mc_error": effect.mc_error,
            }
        for metric, column in CHANGES.items():
            change = changes[metric].get(name)
            if change is not None:
                row[column] = change.mean * shown_unit(change.unit)[1]
        row["unspent_million_usd"] = float(unspent.get(name, float("nan"))) / 1e6
        if name in sd:
            row |= {"self_destruct_fails": sd[name].central, "note": OTTAWA}
        rows.append(row)
    columns = ["scenario", "title", "casualties", "difference", "p05", "p95", "mc_error", *CHANGES.values()]
    columns.append("unspent_million_usd")
    return pd.DataFrame(rows, columns=[*columns, *(("self_destruct_fails", "note") if sd else ())])
