"""Tables on what a programme achieves: for the money, by the deadline, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sim.report import groups, reading
from sim.report.reading import CASUALTIES, COST
from sim.report.shape import Results, select
from sim.report.tables import NBSP, Cell, Table, difference_cell, interval, number, percent, signed, spread, spread_of

PER_M2 = "cost_usd_per_m2_released"
PER_MILLION = "casualties_averted_per_million_usd"
GROUPS = {"women": "Women", "men": "Men", "girls": "Girls", "boys": "Boys"}
PLACES = {
    "casualties_open_land": "Land where nobody lives",
    "casualties_rural": "Rural (below 300 per km²)",
    "casualties_cluster": "Urban cluster (300 to 1,500)",
    "casualties_centre": "Urban centre (1,500 and more)",
}


def value_table(results: Results) -> Table | None:
    """Return money, cost per m2, casualties averted for it, the deadline and the paired value of each variant."""
    if results.value is None:
        return None
    money = reading.whole(reading.levels(results, COST)).set_index("scenario")
    per_m2 = reading.whole(reading.levels(results, PER_M2)).set_index("scenario")
    averted = select(results.value, metric=PER_MILLION).set_index("scenario")
    paired = reading.effects(results, CASUALTIES, table=results.pairs) if results.pairs is not None else {}
    met = _met(results)
    due = groups.deadline_text(results)
    rows: list[list[Cell | str]] = []
    for group, names in groups.groups(results).items():
        for i, name in enumerate(names):
            effect = paired.get(name)
            against: Cell | str = "first of its group" if i == 0 else difference_cell(effect)
            error = f"± {number(effect.mc_error, 1)}" if effect else "–"
            rows.append([
                Cell(groups.label(results, name), group),
                spread_of(money.loc[name], 1e-6) if name in money.index else "–",
                _ratio(per_m2, name),
                _ratio(averted, name),
                *([_chance(met[name])] if due and name in met else ["–"] if due else []),
                against,
                error,
            ])
    head = [
        "Variant", "Money spent (million USD)", "Cost per m² released (USD)",
        f"Casualties averted per million USD, against “{reading.title(results, reading.baseline(results))}”",
        *([f"Probability of {due}"] if due else []),
        "Casualties: difference from the first of the group", "Monte Carlo error",
    ]
    note = (
        "Ratios are ratios of means with 90 % intervals of their own; below zero more people are hurt. Differences "
        "are paired: the same draws and the same chance. A probability counts runs that have not got there as not "
        "there, whatever the end of the simulated time; its interval is Wilson's over parameter draws."
    )
    return Table("What the money buys", head, rows, note=note, stack=True)


def sentences(results: Results) -> list[str]:
    """Return the answer of a study with groups: what each variant is worth, the deadline, the money."""
    if results.pairs is None:
        return []
    effects = reading.effects(results, CASUALTIES, table=results.pairs)
    found = [_worth(results, group, [effects[n] for n in names if n in effects], names[0])
             for group, names in groups.groups(results).items() if any(n in effects for n in names)]
    return [*found, *_deadline_sentences(results), *_money_sentences(results)]


def _worth(results: Results, group: str, effects: list[reading.Effect], first: str) -> str:
    """Return which variant of a group hurts fewest people, where that can be told."""
    best = min(effects, key=lambda e: e.mean)
    words, against = f"“{groups.label(results, best.scenario)}”", f"“{groups.label(results, first)}”"
    reach = (f"90{NBSP}% interval {signed(best.low)} to {signed(best.high)}, "
             f"Monte Carlo error {number(best.mc_error, 1)}")
    if best.verdict == "fewer":
        return (f"{group}: fewest people are hurt with {words}, about {number(-best.mean, 2)} fewer than with "
                f"{against} over {reading.horizon(results)} ({reach}).")
    shown = [f"“{groups.label(results, e.scenario)}”" for e in effects if e.verdict == "fewer"]
    if shown:
        return (f"{group}: fewer people are shown to be hurt than with {against} only with {', '.join(shown)}; fewest "
                f"are expected with {words}, {signed(best.mean)} ({reach}).")
    fewest = f"{words}," if best.mean < 0.0 else f"it, then with {words},"
    return (f"{group}: by casualties none is shown to hurt fewer people than {against}; fewest are expected with "
            f"{fewest} {signed(best.mean)} ({reach}).")


def _deadline_sentences(results: Results) -> list[str]:
    """Return the probability of the deadline by group, over all variants of the group."""
    met, parts = _met(results), []
    for group, names in groups.groups(results).items():
        chances = sorted(float(met[n]["met"]) for n in names if n in met)
        if chances:
            reach = " to ".join(dict.fromkeys((percent(chances[0]), percent(chances[-1]))))
            parts.append(f"{reach} ({group})")
    due = groups.deadline_text(results)
    return [f"The probability of having done with {due} is {'; '.join(parts)}, by variant."] if parts else []


def _money_sentences(results: Results) -> list[str]:
    """Return casualties averted per million USD and cost per m2 released, of the headline."""
    head = reading.headline(results)
    if head is None or results.value is None:
        return []
    rows = select(results.value, metric=PER_MILLION, scenario=head)
    per_m2 = reading.whole(reading.levels(results, PER_M2, head))
    if rows.empty or per_m2.empty:
        return []
    one, cost = rows.iloc[0], per_m2.iloc[0]
    return [
        f"{reading.quoted(results, head)} averts {interval(one['mean'], one['p05'], one['p95'])} casualties per "
        f"million USD against {reading.quoted(results, reading.baseline(results))}; a m² released costs USD "
        f"{interval(cost['mean'], cost['p05'], cost['p95'])}."
    ]


def benefits_table(results: Results) -> Table | None:
    """Return casualties averted by group of people and by density of residents where they would have been hurt."""
    if results.value is None:
        return None
    wanted: dict[str, dict[str, Any]] = {
        words: {"metric": CASUALTIES, "group": group, "district": "all"} for group, words in GROUPS.items()}
    wanted |= {words: {"metric": m, "group": "all", "district": "all"} for m, words in PLACES.items()}
    return _averted(results, "Who benefits: people, and where", wanted,
                    "Shares by women, men, girls and boys are inputs, not findings. Places are classed by residents "
                    "per km² before the hostilities, where the accident happens: most do so where nobody lives.")


def districts_table(results: Results) -> Table | None:
    """Return casualties averted by district."""
    if results.value is None:
        return None
    wanted = {str(d): {"metric": CASUALTIES, "group": "all", "district": str(d)} for d in results.manifest["districts"]}
    return _averted(results, "Who benefits: districts", wanted, "")


def _averted(results: Results, caption: str, wanted: Mapping[str, dict[str, Any]], note: str) -> Table:
    """Return minus the differences from the baseline, counted, one column for each selection."""
    base = reading.baseline(results)
    counted = select(results.differences, estimator="counted", period="all")
    columns = {words: select(counted, **where).set_index("scenario") for words, where in wanted.items()}
    rows: list[list[Cell | str]] = []
    for group, names in groups.groups(results).items():
        for name in names:
            cells = [_fewer(own.loc[name]) if name in own.index else "–" for own in columns.values()]
            rows.append([Cell(groups.label(results, name), group), *cells])
    head = ["Variant", *columns]
    said = (f"Civilian casualties averted in {reading.horizon(results)} against “{reading.title(results, base)}”, as "
            f"counted: mean and, below it, 90 % interval over what is not known. Below zero more people are hurt. ")
    return Table(caption, head, rows, note=said + note, stack=True, fold=True)


def _fewer(row: Any) -> Cell:
    """Return a difference as what is averted."""
    return spread(-float(row["mean"]), -float(row["p95"]), -float(row["p05"]), sign=False)


def _ratio(table: pd.DataFrame, name: str) -> Cell | str:
    return spread_of(table.loc[name]) if name in table.index and pd.notna(float(table["mean"][name])) else "–"


def _met(results: Results) -> dict[str, Any]:
    """Return the row of the deadline's year by scenario."""
    due = groups.deadline(results)
    if results.completion is None or due is None:
        return {}
    rows = select(results.completion, year=due[0])
    return {str(row["scenario"]): row for row in rows.to_dict("records")}


def _chance(row: Mapping[str, Any]) -> Cell:
    return Cell(percent(float(row["met"])),
                f"{percent(float(row['met_low']))} to {percent(float(row['met_high']))}".replace(" %", f"{NBSP}%"))
