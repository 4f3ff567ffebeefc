"""Numbers as text and tables as rows of text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.report import devices, reading
from sim.report.devices import OTTAWA
from sim.report.reading import CASUALTIES, COST, HAZARDOUS, UNSPENT, Effect
from sim.report.shape import INERT, Results

NBSP = "\u00a0"
MINUS = "\u2212"
# unit of the results -> unit shown and factor; areas are km2 in tables, with ha beside them in sentences
SHOWN = {
    "m2": ("km²", 1e-6),
    "usd": ("million USD", 1e-6),
    "usd/m2": ("USD per m²", 1.0),
    "usd/person": ("thousand USD per person", 1e-3),
    "person-years": ("million person-years", 1e-6),
    "1/(person-year)": ("per 100,000 person-years", 1e5),
}
LABELS = {
    "casualties_total": "Civilian casualties (killed and injured)",
    "casualties_killed": "Civilians killed",
    "casualties_injured": "Civilians injured",
    "casualties_reported": "Civilian casualties that become known",
    "casualties_expected": "Civilian casualties, expected value",
    "casualties_averted": "Civilian casualties averted",
    "deminer_casualties": "Deminer casualties (counted apart)",
    "casualties_killed_expected": "Civilians killed, expected value",
    "casualties_reported_expected": "Civilian casualties that become known, expected value",
    **{
        f"casualties_{kind}{after}": f"Civilian casualties by {words}{told}"
        for kind, words in {
            "transferred": "the transferred devices",
            "ap": "anti-personnel mines",
            "av": "anti-vehicle mines",
            "submunition": "submunitions",
            "erw": "other explosive remnants of war",
        }.items()
        for after, told in (("", ""), ("_expected", ", expected value"))
    },
    "casualties_open_land": "Civilian casualties where nobody lives",
    "casualties_rural": "Civilian casualties in rural settlements (below 300 residents per km²)",
    "casualties_cluster": "Civilian casualties in urban clusters (300 to 1,500 residents per km²)",
    "casualties_centre": "Civilian casualties in urban centres (1,500 residents per km² and more)",
    "accidents": "Accidents",
    "accidents_expected": "Accidents, expected value",
    "items_laid": "Items laid or left",
    "items_active": "Active items in the ground at the end",
    "items_inert": "Inert items still to be cleared at the end",
    "items_active_transferred": "Transferred devices still functioning at the end",
    "items_inert_transferred": "Transferred devices inert in the ground at the end",
    "items_self_destructed": "Items that destroyed themselves",
    "items_found": "Items found by survey and clearance",
    "items_destroyed_eod": "Items destroyed in EOD spot tasks",
    "items_residual": "Items left in the ground, active and inert",
    "area_hazardous_added_m2": "Hazardous area added by the transfer",
    "area_to_survey_m2": "Land to be surveyed",
    "area_no_evidence_m2": "Surveyed, no evidence",
    "area_suspected_m2": "Suspected hazardous area",
    "area_confirmed_m2": "Confirmed hazardous area",
    "area_accessible_m2": "Land open to people and programme",
    "area_reopened_m2": "Land that was done with and is suspected again after floods",
    "area_cancelled_m2": "Cancelled by non-technical survey",
    "area_reduced_m2": "Reduced by technical survey",
    "area_cleared_m2": "Cleared",
    "area_released_m2": "Released (cancelled, reduced, cleared)",
    "cost_usd": "Money spent on survey, clearance, EOD, marking and risk education",
    "cost_survey_usd": "Money spent on survey",
    "cost_clearance_usd": "Money spent on clearance",
    "cost_eod_usd": "Money spent on EOD spot tasks",
    "cost_marking_usd": "Money spent on marking and fencing",
    "cost_education_usd": "Money spent on risk education",
    "people_taught": "People reached by risk education, each time counted",
    **{
        f"{metric}_discounted_{rate}pct": f"{words}, discounted at {rate} % a year, at each year's end"
        for metric, words in {
            "cost_usd": "Money spent",
            "casualties_total": "Civilian casualties",
        }.items()
        for rate in (3, 5, 10)
    },
    "budget_usd": "Money in the budget",
    "money_unspent_usd": "Money in the budget and not spent",
    "money_owed_usd": "Debts at the end",
    "cost_usd_per_m2_released": "Cost per m² released",
    "cost_usd_per_casualty_averted": "Cost per casualty averted",
    "person_years_at_risk": "Person-years lived beside hazardous land",
    "people_present": "People present at the end",
    "individual_risk_per_year": "Deaths per person and year (killed over person-years at risk)",
    "years_to_completion": "Years until the programme is done",
    "years_to_tolerable_risk": "Years until individual risk is tolerable",
    "years_to_tolerable_risk_1e-5": "Years until fewer than 1 death per 100,000 persons and year",
    "years_to_tolerable_risk_1e-6": "Years until fewer than 1 death per million persons and year",
}


def label(metric: str) -> str:
    """Return a metric's name in words."""
    return LABELS.get(metric, reading.plain(metric).replace("_", " ").capitalize())


def shown_unit(unit: str) -> tuple[str, float]:
    """Return the unit shown for a unit of the results, and the factor to it."""
    return SHOWN.get(unit, (unit, 1.0))


def number(value: float, digits: int = 3) -> str:
    """Return a number with thousands separators, rounded to `digits` significant digits, never as 1e-5."""
    if math.isnan(value):
        return "not known"
    if math.isinf(value):
        return f"{MINUS if value < 0 else ''}∞"
    if value == 0:
        return "0"
    if abs(value) < 1e-6:
        return f"{MINUS if value < 0 else ''}<0.000001"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    text = f"{abs(round(value, places)):,.{max(0, places)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return (MINUS if value < 0 else "") + text


def signed(value: float, digits: int = 2) -> str:
    """Return a difference with its sign."""
    return ("+" if value > 0 else "") + number(value, digits)


def percent(share: float, digits: int = 2) -> str:
    """Return a share in per cent."""
    return f"{number(100 * share, digits)}{NBSP}%"


def interval(
    mean: float, low: float, high: float, factor: float = 1.0, digits: int = 2, sign: bool = False
) -> str:
    """Return "mean (low to high)"."""
    form = signed if sign else number
    return f"{form(mean * factor, digits)} ({form(low * factor, digits)} to {form(high * factor, digits)})"


def area(value_m2: float, digits: int = 2) -> str:
    """Return an area in km² with ha beside it; below 1 km² in ha only."""
    if 0 < abs(value_m2) < 1e6:
        return f"{number(value_m2 / 1e4, digits)} ha"
    return f"{number(value_m2 / 1e6, digits)} km² ({number(value_m2 / 1e4, digits)} ha)"


def difference(effect: Effect | None, digits: int = 2) -> str:
    """Return a difference with its interval in the shown unit (without the unit's name)."""
    if effect is None:
        return "not known"
    if effect.same_inputs and effect.is_zero:
        return "0 (same inputs)"
    if effect.is_zero:
        return "0"
    return interval(effect.mean, effect.low, effect.high, shown_unit(effect.unit)[1], digits, sign=True)


def spread(
    mean: float, low: float, high: float, factor: float = 1.0, *, sign: bool = False, after: str = ""
) -> Cell:
    """Return a mean with its interval as a small second line, where there is one."""
    form = signed if sign else number
    reach = f"{form(low * factor, 2)} to {form(high * factor, 2)}{after}" if low < high else ""
    return Cell(form(mean * factor, 2) + after, reach)


def spread_of(row: Any, factor: float = 1.0, *, sign: bool = False) -> Cell:
    """Return `spread` of a row of a table with mean, p05 and p95."""
    return spread(float(row["mean"]), float(row["p05"]), float(row["p95"]), factor, sign=sign)


def difference_cell(effect: Effect | None) -> Cell | str:
    """Return a difference with its interval as a small second line."""
    if effect is None or effect.is_zero:
        return Cell("0", "same inputs") if effect and effect.same_inputs else difference(effect)
    return spread(effect.mean, effect.low, effect.high, shown_unit(effect.unit)[1], sign=True)


def counted(effect: Effect | None, casualties_per_accident: float) -> str:
    """Return the count beside an expected value, as "0 (95 % ≤ x)" where nothing was counted."""
    beside = effect.counted if effect else None
    if beside is None:
        return ""
    if beside.mean == 0:
        return f"0 (95{NBSP}% ≤{NBSP}{number(reading.zero_bound(beside, casualties_per_accident), 2)})"
    return interval(beside.mean, beside.low, beside.high, sign=True)


def reach_text(effect: Effect) -> str:
    """Return the interval, as sizes where the sentence already says more or fewer."""
    if effect.verdict == "fewer":
        return f"{number(-effect.high, 2)} to {number(-effect.low, 2)}"
    form = signed if effect.verdict == "unclear" else number
    return f"{form(effect.low, 2)} to {form(effect.high, 2)}"


def change_text(effect: Effect, what: str) -> str:
    """Return "about 510 more inert items (36 to 2,600)", with the doubt where there is one."""
    if effect.verdict == "unclear":
        reach = interval(effect.mean, effect.low, effect.high, sign=True)
        return f"no change in {what} that can be told from chance ({reach})"
    side = "more" if effect.verdict == "more" else "fewer"
    return f"about {number(abs(effect.mean), 2)} {side} {what} ({reach_text(effect)})"


def hazardous_text(added: Effect) -> str:
    """Return "about 19 km² (1,900 ha) more land on record as hazardous (1.3 to 95 km²)"."""
    return (
        f"about {area(abs(added.mean))} {'more' if added.mean > 0 else 'less'} land on record as "
        f"hazardous ({number(added.low / 1e6, 2)} to {number(added.high / 1e6, 2)} km²)"
    )


@dataclass(frozen=True)
class Cell:
    """A cell with a small second line or a link."""

    text: str
    small: str = ""
    href: str = ""


@dataclass(frozen=True)
class Table:
    """A table ready to be set: the first column names its row; `text` columns are set left."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell | str]]
    text: frozenset[int] = field(default_factory=lambda: frozenset({0}))
    marked: frozenset[int] = frozenset()
    note: str = ""
    stack: bool = False  # each row becomes a card on a narrow screen
    fold: bool = False


def comparison(results: Results) -> Table:
    """Return what each scenario changes: people, inert items, hazardous area, money."""
    sd, ratio = devices.self_destruct(results), reading.casualties_per_accident(results)
    total = reading.whole(reading.levels(results, CASUALTIES)).set_index("scenario")
    unspent = reading.whole(reading.levels(results, UNSPENT)).set_index("scenario")
    effects = {metric: reading.effects(results, metric) for metric in (CASUALTIES, HAZARDOUS, COST)}
    effects[INERT] = devices.inert_effects(results)
    names, base = reading.scenario_names(results), reading.baseline(results)
    hurt = devices.harm(results)

    def direct(name: str) -> list[Cell | str]:
        """Return the cell on direct harm, in a table that has that column."""
        return [spread(*hurt[name]) if name in hurt else "–"] if hurt else []

    rows: list[list[Cell | str]] = []
    for name in names:
        title = reading.title(results, name) + (f"{NBSP}†" if name in sd else "")
        level: Cell | str = "not known"
        if name in total.index:
            level = spread_of(total.loc[name])
        failure = (
            spread(sd[name].central, sd[name].low, sd[name].high, 100, after=f"{NBSP}%")
            if name in sd
            else "–"
        )
        left = spread_of(unspent.loc[name], 1e-6) if name in unspent.index else "–"
        if name == base:
            changes = ["baseline"] * 3
            rows.append([Cell(title, name), level, *direct(name), "baseline", "–", failure, *changes, left])
            continue
        effect = effects[CASUALTIES].get(name)
        error = f"± {number(effect.mc_error, 1)}" if effect and not effect.same_inputs else "–"
        count = counted(effect, ratio)
        rows.append(
            [
                Cell(title, name),
                level,
                *direct(name),
                people_cell(results, effect),
                Cell(error, count) if count else error,
                failure,
                *(difference_cell(effects[metric].get(name)) for metric in (INERT, HAZARDOUS, COST)),
                left,
            ]
        )
    head = [
        "Scenario",
        f"Civilian casualties in {reading.horizon(results)}",
        *(["Hurt by the transferred devices themselves"] if hurt else []),
        "Difference from the baseline",
        "Monte Carlo error; below it the count, where an expected value is shown",
        "Assumed not to self-destruct",
        "Inert items to be cleared, difference",
        "Hazardous area added (km²)",
        "Money spent, difference (million USD)",
        "In the budget and not spent (million USD)",
    ]
    note = (
        "Mean and, below it, 90 % interval over what is not known. † self-destructing mines, with the share "
        "assumed to fail and the inert items still to be cleared in their columns. Where devices are transferred, "
        "the inert items are theirs alone. " + OTTAWA
    )
    if any(reading.mostly_chance(results, effect) for effect in effects[CASUALTIES].values()):
        note += " ‡ The interval is mostly chance and says little about what is not known; more runs would narrow it."
    marked = frozenset(i for i, name in enumerate(names) if name == reading.headline(results))
    return Table("Every scenario against the baseline", head, rows, marked=marked, note=note, stack=True)


def people_cell(results: Results, effect: Effect | None) -> Cell | str:
    """Return a difference in casualties, marked where its interval is mostly chance."""
    cell = difference_cell(effect)
    if effect is None or isinstance(cell, str) or not reading.mostly_chance(results, effect):
        return cell
    return Cell(cell.text, f"{cell.small}{NBSP}‡")
