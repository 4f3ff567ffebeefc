"""The harm by the transferred devices themselves: how much, how long, and how it differs between transfers.

The difference between two totals is mostly teams and people acting differently, and drowns in chance; the harm
by the devices themselves does not, so it leads wherever devices are transferred.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.report import devices, reading
from sim.report.devices import OTTAWA
from sim.report.reading import quoted
from sim.report.shape import DIRECT, Results
from sim.report.tables import NBSP, change_text, hazardous_text, interval, number, percent


@dataclass(frozen=True)
class Transfer:
    """One transfer among others: its title, what is assumed of its devices, and (mean, interval) of what they do."""

    title: str
    assumed: str
    hurt: tuple[str, str]
    inert: tuple[str, str]
    marked: bool


def sentences(results: Results, scenario: str) -> list[str]:
    """Return the answer in parts for a scenario with transferred devices; nothing where they hurt nobody."""
    hurt = devices.harm(results)
    if scenario not in hurt:
        return []
    low, high = (number(value, 2) for value in hurt[scenario][1:])
    lead = (
        f"With {quoted(results, scenario)} the transferred devices themselves hurt about "
        f"{number(hurt[scenario][0], 2)} people over {reading.horizon(results)} (90{NBSP}% interval {low} to {high})."
    )
    return [
        lead,
        assumptions(results, scenario),
        *duration(results, scenario),
        *left_behind(results, scenario),
    ]


def assumptions(results: Results, scenario: str) -> str:
    """Return how many devices are assumed, how many of them fail, and that the treaty bans them."""
    count = devices.number_assumed(results, scenario)
    parts = [f"{interval(*count)} devices"] if count else []
    fails = devices.self_destruct(results).get(scenario)
    if fails:
        reach = f" ({percent(fails.low)} to {percent(fails.high)})" if fails.low < fails.high else ""
        parts.append(f"that {percent(fails.central)} of them fail to self-destruct{reach}")
    return f"Assumed are {' and '.join(parts)}, median and 90{NBSP}% range. {OTTAWA}" if parts else OTTAWA


def duration(results: Results, scenario: str) -> list[str]:
    """Return by which years half and nine tenths of the direct harm have happened."""
    rows = reading.by_year(reading.levels(results, DIRECT, scenario))
    total = float(rows["mean"].sum())
    if len(rows) < 2 or total <= 0:
        return []
    done = (rows["mean"].cumsum() / total).tolist()
    years = rows["year"].tolist()
    points: dict[int, float] = {}
    for mark in (0.5, 0.9):
        at = next(i for i, share in enumerate(done) if share >= mark - 1e-9)
        points[int(years[at])] = done[at]
    told = " and ".join(f"{percent(share)} by the end of {year}" for year, share in points.items())
    told = told.replace(" by", " has happened by", 1)
    rest = f"; the rest is spread over the years to {reading.end_text(results)}" if max(points) < years[-1] else ""
    return [f"Of the mean of this harm, {told}{rest}."]


def left_behind(results: Results, scenario: str) -> list[str]:
    """Return the inert items and the hazardous area that a transfer leaves to be dealt with."""
    inert = devices.inert_effects(results).get(scenario)
    added = reading.effect(results, scenario, reading.HAZARDOUS)
    parts = []
    if inert and not inert.is_zero:
        parts.append(change_text(inert, f"inert items in the ground on {reading.end_text(results)}, to be cleared"))
    if added and not added.is_zero:
        parts.append(hazardous_text(added))
    return [f"They leave {' and '.join(parts)}."] if parts else []


def transfers(results: Results, head: str) -> tuple[Transfer, ...]:
    """Return every transfer side by side, least harm first; nothing where there is only one.

    Variants with the headline's own family and promise (other timer settings) are in the comparison only.
    """
    hurt = devices.harm(results)
    if head not in hurt:
        return ()
    sd, kept = devices.self_destruct(results), devices.promise_kept(results)
    family = sd[head].family if head in sd else ""
    shown = [name for name in sorted(hurt, key=lambda n: hurt[n][0])
             if name == head or name not in sd or sd[name].family != family or kept.get(name) != kept.get(head)]
    return tuple(_transfer(results, name, hurt[name], name == head) for name in shown) if len(shown) > 1 else ()


def _transfer(results: Results, name: str, hurt: tuple[float, float, float], marked: bool) -> Transfer:
    fails, inert = devices.self_destruct(results).get(name), devices.inert_effects(results).get(name)
    return Transfer(
        reading.title(results, name),
        f"{percent(fails.central)} assumed not to self-destruct" if fails else "never self-destruct",
        (number(hurt[0], 2), _reach(*hurt[1:])),
        (number(inert.mean, 2), _reach(inert.low, inert.high)) if inert else ("", ""),
        marked)


def _reach(low: float, high: float) -> str:
    return f"{number(low, 2)} to {number(high, 2)}"
