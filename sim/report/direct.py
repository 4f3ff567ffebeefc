"""The harm by the transferred devices themselves: how much, how long, and how it differs between transfers.

The difference between two totals is mostly teams and people acting differently, and drowns in chance; the harm
by the devices themselves does not, so it leads wherever devices are transferred.
"""

from __future__ import annotations

from sim.report import devices, reading
from sim.report.devices import OTTAWA
from sim.report.reading import quoted
from sim.report.shape import DIRECT, Results
from sim.report.tables import NBSP, change_text, hazardous_text, interval, number, percent


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
        *variants(results, scenario, hurt),
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


def variants(results: Results, head: str, hurt: dict[str, tuple[float, float, float]]) -> list[str]:
    """Return the other transfers by kind: self-destructing or not, promise kept or broken.

    Variants with the headline's own family and promise (other timer settings) are in the comparison only.
    """
    sd, kept = devices.self_destruct(results), devices.promise_kept(results)
    family = sd[head].family if head in sd else ""
    groups: dict[tuple[bool, bool], list[str]] = {}
    for name in sorted(hurt, key=lambda n: hurt[n][0]):
        alike = name in sd and sd[name].family == family and kept.get(name) == kept.get(head)
        if name == head or alike:
            continue
        groups.setdefault((name in sd, kept.get(name, 1.0) < 1), []).append(name)
    words = {
        (True, False): "People hurt with other self-destructing mines",
        (False, False): "If they never destroy themselves",
        (True, True): "If the promise on where they are laid is broken",
        (False, True): "If they never destroy themselves and the promise is broken",
    }
    return [
        f"{text}: " + "; ".join(_told(results, name, hurt[name]) for name in groups[kind]) + "."
        for kind, text in words.items()
        if kind in groups
    ]


def _told(results: Results, name: str, level: tuple[float, float, float]) -> str:
    """Return one variant with its interval; a self-destructing one with what has to stand next to it."""
    text = f"{quoted(results, name)} {interval(*level)}"
    fails, inert = devices.self_destruct(results).get(name), devices.inert_effects(results).get(name)
    if fails is None:
        return text
    beside = f"{percent(fails.central)} assumed to fail"
    if inert:
        beside += f", inert items {interval(inert.mean, inert.low, inert.high)}"
    return f"{text}, {beside}"
