"""What must fit together between sections: names that refer to each other, dates, and places for every item.

Each check reads the sections it names and is passed over when one of them is faulty in itself, so that one
report holds as many independent faults as possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sim.scenario.catalogue import catalogue_families
from sim.scenario.detection import detection_findings
from sim.scenario.errors import nearest_name
from sim.scenario.findings import Finding, known, no_less_than_zero
from sim.scenario.mapfile import fault_of_map
from sim.scenario.programme_checks import PROGRAMME_CHECKS
from sim.scenario.schema import Contamination, Family, Scenario, Stratum, Transfer
from sim.scenario.tree import Loc

Check = Callable[[Scenario], Iterator[Finding]]
_CHECKS: list[tuple[frozenset[str], Check]] = []


def _needs(*sections: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        _CHECKS.append((frozenset(sections), check))
        return check

    return register


def cross_checks(s: Scenario, bad: set[str], folder: Path | None) -> Iterator[Finding]:
    """Findings of every check whose sections are not among the `bad` ones."""
    for sections, check in _CHECKS:
        if not sections & bad:
            yield from check(s)
    if folder is not None and "map" not in bad:
        yield from _map(s, folder)


def used_families(s: Scenario) -> set[str]:
    """Names of the families that contamination or transfers refer to."""
    laid = {name for part in s.contamination.values() for name in part.families}
    return laid | {transfer.family for transfer in s.transfers.values()}


def _families_by_name(s: Scenario) -> dict[str, Family]:
    return {**catalogue_families(), **s.families}


@_needs("strata", "access")
def _strata_and_access(s: Scenario) -> Iterator[Finding]:
    zones: dict[tuple[str, str], int] = {}
    for i, row in enumerate(s.access):
        if (row.district, row.zone) in zones:
            yield Finding(
                ("access", i), f"{row.district}, {row.zone} has an access row already", "one row each"
            )
        zones.setdefault((row.district, row.zone), i)
    seen: set[tuple[str, str, str]] = set()
    for i, part in enumerate(s.strata):
        key = (part.district, part.zone, part.land_use)
        if key in seen:
            yield Finding(("strata", i), f"stratum {', '.join(key)} is given twice", "one row each")
        elif key[:2] not in zones:
            pairs = {f"{d}, {z}": (d, z) for d, z in zones}
            near = nearest_name(f"{part.district}, {part.zone}", pairs)
            yield Finding(
                ("strata", i), f"no access row for {part.district}, {part.zone}", "one row in access", near
            )
        seen.add(key)
    pieces = {key[:2] for key in seen}
    for (district, zone), i in zones.items():
        if (district, zone) not in pieces:
            names = [f"{d}, {z}" for d, z in pieces]
            near = nearest_name(f"{district}, {zone}", names)
            yield Finding(
                ("access", i), f"no stratum lies in {district}, {zone}", "at least one stratum", near
            )


@_needs("start", "hostilities", "horizon_years")
def _dates(s: Scenario) -> Iterator[Finding]:
    if s.hostilities.end <= s.start:
        yield Finding(
            ("hostilities", "end"), f"{s.hostilities.end} is not after the start", f"a date after {s.start}"
        )


@_needs("strata", "activities")
def _activities(s: Scenario) -> Iterator[Finding]:
    uses = {part.land_use for part in s.strata}
    for name, activity in s.activities.items():
        for i, use in enumerate(activity.land_uses):
            yield from known(use, uses, "land use", ("activities", name, "land_uses", i))


@_needs("contamination", "transfers", "families")
def _families(s: Scenario) -> Iterator[Finding]:
    families = _families_by_name(s)
    for name, part in s.contamination.items():
        for family in part.families:
            loc: Loc = ("contamination", name, "families", family)
            yield from known(family, families, "family", loc, at_key=True)
    for name, transfer in s.transfers.items():
        yield from known(transfer.family, families, "family", ("transfers", name, "family"))


@_needs("contamination", "transfers", "families", "programme")
def _detection(s: Scenario) -> Iterator[Finding]:
    yield from detection_findings(s, _families_by_name(s), used_families(s))


@_needs("contamination", "transfers", "families", "activities")
def _footprints(s: Scenario) -> Iterator[Finding]:
    families = _families_by_name(s)
    for family in sorted(used_families(s) & families.keys()):
        for name, activity in s.activities.items():
            for key in ("width_m", "p_trigger"):
                if activity.mode not in getattr(families[family], key):
                    loc: Loc = ("families", family, key)
                    yield Finding(
                        loc, f"nothing for mode {activity.mode!r}", f"a value for what {name} meets"
                    )


@_needs("strata", "contamination", "hostilities")
def _contamination(s: Scenario) -> Iterator[Finding]:
    valid = {dim: {getattr(part, dim) for part in s.strata} for dim in ("zone", "land_use", "district")}
    for name, part in s.contamination.items():
        loc: Loc = ("contamination", name)
        until = s.hostilities.end if isinstance(part.until, str) else part.until  # hostilities_end
        if part.since >= until:
            yield Finding((*loc, "until"), f"{until} is not after {part.since}", "a date after since")
        if sum(q.support[1] for q in part.families.values()) <= 0:
            yield Finding((*loc, "families"), "all relative numbers are 0", "at least one above 0")
        for dim, weights in part.relative_density.items():
            for key, weight in weights.items():
                where = (*loc, "relative_density", dim, key)
                yield from known(key, valid[dim], dim.replace("_", " "), where, at_key=True)
                yield from no_less_than_zero(weight, where)
        for only, dim in (("only_zones", "zone"), ("only_districts", "district")):
            for i, key in enumerate(getattr(part, only) or []):
                yield from known(key, valid[dim], dim, (*loc, only, i))
        if not any(_density(part, stratum) > 0 for stratum in s.strata):
            yield Finding(
                loc, "no stratum can hold it", "land to be surveyed or suspected in a stratum it allows"
            )


def _density(part: Contamination, stratum: Any) -> float:
    if part.only_zones is not None and stratum.zone not in part.only_zones:
        return 0.0
    if part.only_districts is not None and stratum.district not in part.only_districts:
        return 0.0
    density: float = stratum.to_survey_km2 + stratum.suspected_km2
    for dim, weights in part.relative_density.items():
        density *= weights.get(getattr(stratum, dim), 1.0)
    return density


@_needs("strata", "transfers")
def _transfers(s: Scenario) -> Iterator[Finding]:
    districts, zones, uses = (
        {getattr(part, dim) for part in s.strata} for dim in ("district", "zone", "land_use")
    )
    for name, transfer in s.transfers.items():
        loc: Loc = ("transfers", name)
        if transfer.since >= transfer.until:
            yield Finding(
                (*loc, "until"), f"{transfer.until} is not after {transfer.since}", "a date after since"
            )
        for i, zone in enumerate(transfer.zones):
            yield from known(zone, zones, "zone", (*loc, "zones", i))
        for key, valid, what in (("districts", districts, "district"), ("land_uses", uses, "land use")):
            for place, weight in getattr(transfer, key).items():
                yield from known(place, valid, what, (*loc, key, place), at_key=True)
                yield from no_less_than_zero(weight, (*loc, key, place))
        kept = transfer.compliance.certain and transfer.compliance.central == 1
        inside = [part for part in s.strata if _is_in(transfer, part)]
        if not kept and inside and not any(_is_populated(transfer, part) for part in inside):
            yield Finding((*loc, "compliance"), "there is no populated land on which broken pledges could show",
                          f"a stratum in its zones and districts with {_limit(transfer)} or more")
        if not any(_holds(transfer, part) for part in s.strata):
            yield Finding(loc, "no stratum can hold it",
                          f"a stratum in its zones, districts and land uses with less than {_limit(transfer)}")


def _is_in(transfer: Transfer, part: Stratum) -> bool:
    return part.zone in transfer.zones and transfer.districts.get(part.district, 0.0) > 0


def _is_populated(transfer: Transfer, part: Stratum) -> bool:
    return part.residents / part.area_km2 >= transfer.populated_area_exclusion_per_km2


def _limit(transfer: Transfer) -> str:
    return f"{transfer.populated_area_exclusion_per_km2:g} residents per km2"


def _holds(transfer: Transfer, part: Stratum) -> bool:
    return (_is_in(transfer, part) and transfer.land_uses.get(part.land_use, 0.0) > 0
            and not _is_populated(transfer, part))


for _sections, _check in PROGRAMME_CHECKS:
    _needs(*_sections)(_check)


def _map(s: Scenario, folder: Path) -> Iterator[Finding]:
    if s.map is None:
        return
    if not (folder / s.map).is_file():
        yield Finding(("map",), f"there is no file {s.map!r}", "a GeoJSON file beside the scenario")
    elif fault := fault_of_map(folder / s.map, s.map):
        yield Finding(("map",), f"{s.map!r} is no map: {fault}", "GeoJSON: features with Polygon or MultiPolygon")
