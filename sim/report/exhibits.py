"""The tables beside the comparison: treaty, per 10,000 devices, all results, scenarios, the run."""

from __future__ import annotations

import math

import pandas as pd

from sim.report import devices, reading
from sim.report.devices import OTTAWA
from sim.report.reading import BUDGET, COST
from sim.report.shape import Results, select
from sim.report.tables import (
    LABELS,
    NBSP,
    Cell,
    Table,
    difference_cell,
    label,
    number,
    percent,
    shown_unit,
    spread,
    spread_of,
)


def treaty_table(results: Results) -> Table | None:
    """Return each family against the limits of CCW Amended Protocol II, Technical Annex 3(a)."""
    rows: list[list[Cell | str]] = []
    for row in results.treaty.to_dict("records"):
        meets = row["meets_3a"]
        verdict = "does not apply" if pd.isna(meets) else "yes" if meets else "no"
        rows.append(
            [
                Cell(reading.plain(row["title"]), str(row["family"])),
                _share(row["share_not_sd_30d"]),
                _share(row["share_functioning_120d"]),
                verdict,
            ]
        )
    note = (
        "Over armed items, ageing left out. Items that never armed are outside these shares and inside the "
        "clearance bill. Being within the limits changes nothing for the states of the Ottawa Treaty: it "
        "bans all anti-personnel mines."
    )
    head = [
        "Family",
        f"Not self-destructed after 30 days (limit 10{NBSP}%)",
        f"Still functions after 120 days (limit 0.1{NBSP}%)",
        "Within both limits",
    ]
    return (
        Table("Limits of CCW Amended Protocol II, Technical Annex 3(a)", head, rows, note=note)
        if rows
        else None
    )


def _share(value: float) -> str:
    return "–" if pd.isna(value) else percent(float(value))


def per_10000_table(results: Results) -> Table | None:
    """Return differences per 10,000 devices, for the number transferred is not known."""
    if results.per_10000.empty:
        return None
    units = dict(zip(results.differences["metric"], results.differences["unit"], strict=True))
    metrics = list(dict.fromkeys(results.per_10000["metric"]))
    sd = devices.self_destruct(results)
    rows: list[list[Cell | str]] = []
    for name in reading.scenario_names(results):
        own = select(results.per_10000, scenario=name).set_index("metric")
        if own.empty:
            continue
        cells: list[Cell | str] = []
        for metric in metrics:
            factor = shown_unit(str(units.get(metric, "")))[1]
            known = metric in own.index
            cells.append(spread_of(own.loc[str(metric)], factor, sign=True) if known else "–")
        rows.append(
            [
                Cell(reading.title(results, name), name),
                percent(sd[name].central) + " †" if name in sd else "–",
                *cells,
            ]
        )
    head = [
        "Scenario",
        "Share assumed not to self-destruct",
        *(f"{label(m)}, difference ({shown_unit(str(units.get(m, '')))[0]})" for m in metrics),
    ]
    note = (
        "Ratios of means: the mean difference from the baseline over the mean number of devices, with 90 % bootstrap "
        "intervals. They are narrower than what is not known. † self-destructing mines. " + OTTAWA
    )
    return Table("Per 10,000 devices, for the number transferred is not known", head, rows, note=note, stack=True)


def results_table(results: Results) -> Table:
    """Return every metric under the baseline and the headline, and the difference with its error."""
    base, head = reading.baseline(results), reading.headline(results)
    rows: list[list[Cell | str]] = []
    units = results.summary.drop_duplicates("metric").set_index("metric")["unit"]
    for metric in [m for m in LABELS if m in units] + [m for m in units.index if m not in LABELS]:
        unit = str(units[metric])
        shown, factor = shown_unit(unit)
        row: list[Cell | str] = [Cell(label(metric), shown), _level(results, metric, base, factor)]
        if head:
            effect = reading.effect(results, head, metric)
            row += [
                _level(results, metric, head, factor),
                difference_cell(effect),
                f"± {number(effect.mc_error * factor, 1)}" if effect and not effect.is_zero else "–",
            ]
        rows.append(row)
    heads = ["Result (unit)", f"Baseline: {reading.title(results, base)}"]
    if head:
        heads += [reading.title(results, head), "Difference", "Monte Carlo error"]
    note = (
        f"Mean and 90 % interval. Flows over the whole time, stocks on {reading.end_text(results)}. Cost per m² and "
        "deaths per person and year are ratios of means with bootstrap intervals, narrower than what is not known."
    )
    sd = devices.self_destruct(results).get(head or "")
    if sd:
        note += f" “{reading.title(results, sd.scenario)}” assumes {percent(sd.central)} fail. {OTTAWA}"
    return Table(f"Every metric over {reading.horizon(results)}", heads, rows, note=note)


def _level(results: Results, metric: str, scenario: str, factor: float) -> Cell | str:
    row = reading.totals(results, scenario).get(metric)
    if row is None:
        return "–"
    if math.isinf(row["mean"]) or math.isinf(row["p95"]):
        return Cell(_years(results, row["mean"]), f"{_years(results, row['p05'])} to {_years(results, row['p95'])}")
    return spread_of(row, factor)


def _years(results: Results, value: float) -> str:
    """Return a time until something is reached, which may lie beyond the simulated time."""
    return f"not within {reading.horizon(results)}" if math.isinf(value) else number(value, 2)


def money_table(results: Results) -> Table | None:
    """Return budget, money spent and not spent over the horizon, in million USD.

    Shown are the scenarios where spending changes most, and every scenario with another budget than the baseline's.
    """
    totals = {
        metric: reading.whole(reading.levels(results, metric)).set_index("scenario")
        for metric in (BUDGET, COST, reading.UNSPENT)
    }
    budget, left, base = totals[BUDGET]["mean"], totals[reading.UNSPENT]["mean"], reading.baseline(results)
    names = reading.chosen(results, COST, each_way=2)
    if base in budget.index:
        names += [n for n in reading.scenario_names(results)
                  if n not in names and not math.isclose(budget.get(n, budget[base]), budget[base], rel_tol=1e-6)]
    rows: list[list[Cell | str]] = []
    for name in names:
        cells: list[Cell | str] = [
            spread_of(total.loc[name], 1e-6) if name in total.index else "–" for total in totals.values()
        ]
        share = left[name] / budget[name] if budget.get(name, 0.0) > 0 and name in left.index else math.nan
        rows.append([Cell(reading.title(results, name), name), *cells, _share(share)])
    head = ["Scenario", "Budget", "Spent", "Not spent", "Share of the budget not spent (ratio of means)"]
    note = "Million USD, not discounted: baseline, headline, the largest changes and every other budget; mean and 90 % "
    note += "interval."
    if budget.get(base, 0.0) > 0 and left.get(base, 0.0) > 0.5 * budget[base]:
        note += (
            f" Under the baseline {percent(left[base] / budget[base])} of the budget is not spent: the limit "
            "is then the land that can be reached and the teams there are, not money."
        )
    return Table(f"Money in {reading.horizon(results)}", head, rows, note=note)


def land_states_table(results: Results) -> Table | None:
    """Return land by state under the baseline at the end of the horizon, in km² and ha."""
    from sim.report.figures import land_table

    frame = land_table(results)
    last = frame[frame["year"] == frame["year"].max()]
    rows: list[list[Cell | str]] = [
        [row["label"], spread(row["km2"], row["p05"], row["p95"]), number(row["km2"] * 100, 2)]
        for row in last.to_dict("records")
    ]
    if not rows:
        return None
    return Table(
        f"Land by state on {reading.end_text(results)}, under the baseline",
        ["State", "km²", "ha"],
        rows,
        note="Mean and 90 % interval.",
    )


def scenario_table(results: Results) -> Table:
    """Return the scenarios with what they are built over and the digest of their inputs."""
    same = reading.same_inputs(results)
    rows: list[list[Cell | str]] = []
    for entry in results.manifest["scenarios"]:
        name = str(entry["name"])
        role = {reading.baseline(results): "baseline", reading.headline(results): "headline"}.get(
            name, "same inputs as the baseline" if name in same else ""
        )
        rows.append(
            [
                Cell(reading.title(results, name), name),
                reading.plain(entry.get("over") or "–"),
                role or "–",
                str(entry.get("digest", ""))[:12],
            ]
        )
    return Table(
        "The scenarios",
        ["Scenario", "Built over", "Role", "Digest"],
        rows,
        text=frozenset({0, 1, 2, 3}),
        note="Equal digests are equal inputs.",
    )


def run_table(results: Results) -> Table:
    """Return what is needed to make this page again."""
    manifest = results.manifest
    size = manifest.get("replicates") or {}
    rows: list[list[Cell | str]] = [
        ["Seed", reading.plain(manifest.get("seed", "–"))],
        ["Parameter draws × chance replicates", f"{size.get('draws', '–')} × {size.get('per_draw', '–')}"],
        ["Simulated time", f"{reading.horizon(results)} from {reading.plain(manifest.get('start', '–'))}"],
    ]
    rows += [[reading.plain(k), reading.plain(v)] for k, v in (manifest.get("versions") or {}).items()]
    if manifest.get("seconds"):
        rows.append(["Time taken", f"{number(float(manifest['seconds']), 2)} s"])
    if manifest.get("peak_memory_mb"):
        rows.append(["Memory at most", f"{number(float(manifest['peak_memory_mb']), 2)} MB"])
    if manifest.get("estimator_note"):
        rows.append(["Estimators", reading.plain(manifest["estimator_note"])])
    return Table("The run", ["What", "Value"], rows, text=frozenset({0, 1}))


def failure_table(results: Results, most: int = 20) -> Table | None:
    """Return runs that failed and are left out of every number; None where none did."""
    if results.failures.empty:
        return None
    names = ("scenario", "block", "replicate", "draw", "seed", "error")
    rows = [[reading.plain(row[name]) for name in names] for row in results.failures.head(most).to_dict("records")]
    caption = f"{len(results.failures):,} runs failed and are left out of every number" + (
        f"; the first {most} of them." if len(results.failures) > most else "."
    )
    note = (
        "What happened stands in failures.csv. One alone: demrisk run, the scenario's file in the run folder, "
        "--only-replicate and its number."
    )
    head = ["Scenario", "Block", "Replicate", "Draw", "Seed", "Error"]
    return Table(caption, head, rows, text=frozenset({0, 1, 5}), note=note)
