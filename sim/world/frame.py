"""What stays the same in all replicates of a scenario: places, hazard areas, cohorts and their names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sim.core.random import entity_key
from sim.core.records import QUARTER_DAYS
from sim.scenario import digest, resolved_families
from sim.scenario.schema import Contamination, Family, Scenario, Stratum, Transfer
from sim.world.calendar import quarter_edges, step_middles, to_days, year_of
from sim.world.groups import Group, groups_of
from sim.world.size import bundles_of, districts_of, years_of

KM2 = 1_000_000


@dataclass(frozen=True)
class AreaName:
    """A hazard area: the sites of one stratum that are handled together.

    `origin` is "survey" (to be surveyed), "record" (SHA from the start) or the name of a transfer.
    """

    stratum: int
    origin: str
    bundle: int


@dataclass(frozen=True)
class CohortName:
    """Items of one family from one source in one hazard area.

    `items` names the address of the items; devices that a broken pledge moves keep it.
    `moved` is None for contamination, False / True for the two places a transferred device can be.
    `exposure` is the exposure class of the land that they lie in.
    """

    area: int
    family: int
    source: str
    items: tuple[str, ...]
    share: float
    moved: bool | None = None
    exposure: int = 0


class CohortKind(NamedTuple):
    """What cohorts in different places share."""

    source: str
    family: int
    transferred: bool


@dataclass(frozen=True)
class Frame:
    """Places and names of one scenario, with the addresses of its random numbers.

    Attributes
    ----------
    districts : tuple of str
    access : tuple of (district, zone)
    strata : tuple of Stratum
    stratum_access, access_district : (stratum,), (access,) int64
    users : (stratum,) float64
        People whose activities use the stratum.
    families : tuple of (name, Family)
    areas, cohorts : names, in a fixed order; cohorts sorted by area
    groups : tuple of Group
        Families that no method tells apart.
    cohort_area, cohort_family, cohort_row : (cohort,) int64
    cluster_of, clusters : (cohort,) int64, tuple of (source, area)
        Cohorts of one source in one area share their clustering.
    area_m2 : (area,) int64
    edges : (step + 1,) float64 [days]
    years : tuple of int
    """

    scenario: Scenario
    digest: str
    districts: tuple[str, ...]
    access: tuple[tuple[str, str], ...]
    access_district: np.ndarray
    strata: tuple[Stratum, ...]
    stratum_access: np.ndarray
    residents: np.ndarray
    users: np.ndarray
    families: tuple[tuple[str, Family], ...]
    groups: tuple[Group, ...]
    areas: tuple[AreaName, ...]
    area_keys: np.ndarray
    area_m2: np.ndarray
    cohorts: tuple[CohortName, ...]
    cohort_keys: np.ndarray
    cohort_area: np.ndarray
    cohort_family: np.ndarray
    cohort_row: np.ndarray
    cluster_of: np.ndarray
    clusters: tuple[tuple[str, int], ...]
    edges: np.ndarray
    step_year: np.ndarray
    step_season: np.ndarray
    years: tuple[int, ...]

    @cached_property
    def kinds_of_cohort(self) -> tuple[CohortKind, ...]:
        """What cohorts share but for their place: source, family, and whether they are of a transfer."""
        return tuple(dict.fromkeys(CohortKind(c.source, c.family, c.moved is not None) for c in self.cohorts))

    @cached_property
    def kind_of_cohort(self) -> np.ndarray:
        """Row of ``kinds_of_cohort``, (cohort,) int64."""
        row = {kind: i for i, kind in enumerate(self.kinds_of_cohort)}
        return np.array([row[CohortKind(c.source, c.family, c.moved is not None)] for c in self.cohorts], np.int64)

    @cached_property
    def cohort_exposure(self) -> np.ndarray:
        """Exposure class of the land that a cohort lies in, (cohort,) int64."""
        return np.array([c.exposure for c in self.cohorts], np.int64)

    @cached_property
    def cohort_moved(self) -> np.ndarray:
        """Whether a cohort's items lie where the pledge forbids, (cohort,) bool."""
        return np.array([bool(c.moved) for c in self.cohorts], bool)

    @cached_property
    def cohort_share(self) -> np.ndarray:
        """Share of the source's items (of its family) that lies in the cohort's place, (cohort,) float64."""
        return np.array([c.share for c in self.cohorts], np.float64)

    @cached_property
    def area_stratum(self) -> np.ndarray:
        """Stratum of each hazard area, (area,) int64."""
        return np.array([a.stratum for a in self.areas], np.int64)

    @cached_property
    def area_density(self) -> np.ndarray:
        """Residents per km2 of each hazard area's stratum before the hostilities, (area,) float64."""
        density = np.array([s.residents / s.area_km2 for s in self.strata])
        return density[self.area_stratum]

    @cached_property
    def area_cohorts(self) -> np.ndarray:
        """Where the cohorts of each hazard area begin and end, (2, area) int64."""
        areas = np.arange(len(self.areas))
        return np.array([np.searchsorted(self.cohort_area, areas, side) for side in ("left", "right")])

    @cached_property
    def bundles(self) -> dict[int, list[int]]:
        """Hazard areas of the land to be surveyed by stratum, where there is any."""
        bundles: dict[int, list[int]] = {}
        for i, area in enumerate(self.areas):
            if area.origin == "survey":
                bundles.setdefault(area.stratum, []).append(i)
        return bundles

    @cached_property
    def bundled_m2(self) -> dict[int, int]:
        """Size of that land by stratum [m2]."""
        return {stratum: int(self.area_m2[areas].sum()) for stratum, areas in self.bundles.items()}

    @cached_property
    def seasons(self) -> np.ndarray:
        """Relative frequency of each activity by season, mean 1; (activity, season) float64."""
        weights = np.array([a.seasons for a in self.scenario.activities.values()], float).reshape(-1, 4)
        return weights / weights.mean(axis=1, keepdims=True)

    @cached_property
    def users_per_m2(self) -> np.ndarray:
        """People whose activity is spread over a stratum, per m2 of it, (activity, stratum) float64.

        Land with residents (towns, villages) is used by them; land without is used by all residents of the
        district's zone, spread over all such land of the activity.
        """
        area = np.array([s.area_km2 for s in self.strata]) * KM2
        own = np.array([s.residents for s in self.strata])
        rows = np.zeros((len(self.scenario.activities), len(self.strata)))
        for row, activity in zip(rows, self.scenario.activities.values(), strict=True):
            where = np.array([s.land_use in activity.land_uses for s in self.strata])
            empty, inhabited = where & (own == 0), where & (own > 0)
            land = np.bincount(self.stratum_access[empty], area[empty], len(self.access))
            row[inhabited] = own[inhabited] / area[inhabited]
            zone = self.stratum_access[empty]
            row[empty] = self.residents[zone] / land[zone]
        return rows

    @cached_property
    def is_polygon(self) -> np.ndarray:
        """Hazard areas that are recorded polygons of transferred devices, (area,) bool."""
        return np.array([a.origin in self.scenario.transfers for a in self.areas], bool)

    @cached_property
    def transferred(self) -> tuple[int, ...]:
        """Cohorts of transferred devices."""
        return tuple(i for i, c in enumerate(self.cohorts) if c.moved is not None)

    @cached_property
    def towns(self) -> frozenset[tuple[str, ...]]:
        """Addresses of transferred items that a broken pledge moves to populated land."""
        return frozenset(c.items for c in self.cohorts if c.moved)

    @cached_property
    def moving(self) -> np.ndarray:
        """Cohorts of such items, where they are to be and where they may end, (moving,) int64."""
        return np.array([i for i in self.transferred if self.cohorts[i].items in self.towns], np.int64)

    @cached_property
    def cluster_keys(self) -> np.ndarray:
        """Random addresses of the clusters, (cluster,) int64."""
        return np.array([entity_key("cluster", source, int(self.area_keys[area])) for source, area in self.clusters],
                        np.int64)

    @cached_property
    def clustering(self) -> np.ndarray:
        """Variance of a cluster's density, relative to its mean, (cluster,) float64."""
        known = {name: entry.clustering for name, entry in self.scenario.contamination.items()}
        return np.array([known.get(source, 0.0) for source, _ in self.clusters])


def make_frame(scenario: Scenario) -> Frame:
    """Places, hazard areas and cohorts of a scenario."""
    districts, years = districts_of(scenario), years_of(scenario)
    access = tuple((a.district, a.zone) for a in scenario.access)
    row = {pair: i for i, pair in enumerate(access)}
    strata = tuple(scenario.strata)
    stratum_access = np.array([row[s.district, s.zone] for s in strata])
    residents = np.zeros(len(access))
    np.add.at(residents, stratum_access, [s.residents for s in strata])
    families = tuple(resolved_families(scenario).items())
    groups = groups_of(scenario.programme, dict(families))
    row_of = {name: group.row for group in groups for name in group.families}
    areas, area_m2 = _areas(scenario, strata)
    area_keys = np.array([_area_key(strata, a) for a in areas], dtype=np.int64)
    cohorts = _cohorts(scenario, strata, areas, [name for name, _ in families])
    cohort_keys = np.array([entity_key("items", *c.items) for c in cohorts], dtype=np.int64)
    _check_addresses(area_keys, cohorts, cohort_keys)
    clusters = tuple(dict.fromkeys((c.source, c.area) for c in cohorts))
    place = {name: i for i, name in enumerate(clusters)}
    edges = quarter_edges(to_days(scenario.start), scenario.horizon_years)
    middle = step_middles(edges)
    return Frame(
        scenario, digest(scenario), districts, access,
        np.array([districts.index(d) for d, _ in access]), strata, stratum_access, residents,
        np.array([s.residents if s.residents > 0 else residents[stratum_access[i]] for i, s in enumerate(strata)]),
        families, groups, areas, area_keys, area_m2, cohorts, cohort_keys,
        np.array([c.area for c in cohorts], np.int64), np.array([c.family for c in cohorts], np.int64),
        np.array([row_of[families[c.family][0]] for c in cohorts], np.int64),
        np.array([place[c.source, c.area] for c in cohorts], np.int64), clusters, edges,
        np.array([year_of(t) - years[0] for t in middle]),
        np.array([int(np.floor(t / QUARTER_DAYS)) % 4 for t in middle]),
        years,
    )


def _areas(scenario: Scenario, strata: tuple[Stratum, ...]) -> tuple[tuple[AreaName, ...], np.ndarray]:
    """Hazard areas: bundles to be surveyed, land on record, and room for the polygons of transfers."""
    areas: list[AreaName] = []
    size: list[int] = []
    for i, s in enumerate(strata):
        if s.to_survey_km2 > 0:
            whole = round(s.to_survey_km2 * KM2)
            bundles = bundles_of(scenario, s)
            for b in range(bundles):
                areas.append(AreaName(i, "survey", b))
                size.append(whole * (b + 1) // bundles - whole * b // bundles)
        if s.suspected_km2 > 0:
            areas.append(AreaName(i, "record", 0))
            size.append(round(s.suspected_km2 * KM2))
        for name, transfer in scenario.transfers.items():
            if s.district in transfer.districts and s.zone in transfer.zones and (
                    s.land_use in transfer.land_uses or _populated(s, transfer)):
                areas.append(AreaName(i, name, 0))
                size.append(0)  # drawn with the number of devices
    return tuple(areas), np.array(size, np.int64)


def _populated(s: Stratum, transfer: Transfer) -> bool:
    return s.residents / s.area_km2 >= transfer.populated_area_exclusion_per_km2


def _area_key(strata: tuple[Stratum, ...], area: AreaName) -> int:
    s = strata[area.stratum]
    return entity_key("area", s.district, s.zone, s.land_use, area.origin, area.bundle)


def _cohorts(scenario: Scenario, strata: tuple[Stratum, ...], areas: tuple[AreaName, ...],
             families: list[str]) -> tuple[CohortName, ...]:
    cohorts: list[CohortName] = []
    place = {(a.stratum, a.origin, a.bundle): i for i, a in enumerate(areas)}
    for source, entry in scenario.contamination.items():
        weights = _density_weights(entry, strata)
        for (stratum, origin, bundle), area in place.items():
            if origin in scenario.transfers or weights[stratum] == 0.0:
                continue
            s = strata[stratum]
            km2 = s.suspected_km2 if origin == "record" else s.to_survey_km2 / bundles_of(scenario, s)
            for family in entry.families:
                items = (source, family, s.district, s.zone, s.land_use, origin, str(bundle))
                cohorts.append(CohortName(area, families.index(family), source, items, weights[stratum] * km2))
    for name, transfer in scenario.transfers.items():
        cohorts += _transfer_cohorts(name, transfer, strata, place, families)
    if scenario.exposure.classes:
        cohorts = [replace(c, items=(*c.items, "exposure", str(k)), share=c.share * part.share, exposure=k)
                   for c in cohorts for k, part in enumerate(scenario.exposure.classes)]
    return tuple(sorted(cohorts, key=lambda c: c.area))


def _density_weights(entry: Contamination, strata: tuple[Stratum, ...]) -> np.ndarray:
    """Share of the source's items per km2 of land to be surveyed or on record, by stratum [1/km2]."""
    weights = np.zeros(len(strata))
    for i, s in enumerate(strata):
        if entry.only_zones is not None and s.zone not in entry.only_zones:
            continue
        if entry.only_districts is not None and s.district not in entry.only_districts:
            continue
        weights[i] = 1.0
        for kind, value in (("zone", s.zone), ("land_use", s.land_use), ("district", s.district)):
            weights[i] *= entry.relative_density.get(kind, {}).get(value, 1.0)  # type: ignore[call-overload]
    total = sum(w * (s.to_survey_km2 + s.suspected_km2) for w, s in zip(weights, strata, strict=True))
    return weights / total if total > 0 else weights


def _transfer_cohorts(name: str, transfer: Transfer, strata: tuple[Stratum, ...],
                      place: dict[tuple[int, str, int], int], families: list[str]) -> list[CohortName]:
    """Devices by where the pledge leaves them; each can end up in its zone's populated land instead."""
    shares: dict[int, float] = {}
    for i, s in enumerate(strata):
        if (i, name, 0) in place and s.land_use in transfer.land_uses and not _populated(s, transfer):
            same = sum(t.area_km2 for t in strata if t.district == s.district and t.zone in transfer.zones
                       and t.land_use == s.land_use and not _populated(t, transfer))
            shares[i] = transfer.districts[s.district] * transfer.land_uses[s.land_use] * s.area_km2 / same
    total = sum(shares.values())
    cohorts = []
    for i, share in shares.items():
        s = strata[i]
        towns = [j for j, t in enumerate(strata) if t.district == s.district and t.zone == s.zone
                 and (j, name, 0) in place and _populated(t, transfer)]
        items = (name, s.district, s.zone, s.land_use)
        family = families.index(transfer.family)
        cohorts.append(CohortName(place[i, name, 0], family, name, items, share / total, moved=False))
        if towns:
            densest = max(towns, key=lambda j: strata[j].residents / strata[j].area_km2)
            cohorts.append(CohortName(place[densest, name, 0], family, name, items, share / total, moved=True))
    return cohorts


def _check_addresses(area_keys: np.ndarray, cohorts: tuple[CohortName, ...], keys: np.ndarray) -> None:
    """No two entities share an address (MODEL section 12)."""
    names: dict[int, tuple[str, ...]] = {}
    for c, key in zip(cohorts, keys, strict=True):
        if names.setdefault(int(key), c.items) != c.items:
            raise ValueError(f"random addresses collide: {c.items} and {names[int(key)]}; rename one of them")
    if len(set(area_keys.tolist())) != len(area_keys) or set(area_keys.tolist()) & set(names):
        raise ValueError("random addresses of hazard areas collide; rename a district, zone or land use")
