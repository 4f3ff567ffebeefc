"""The tables that a `World` hands to the engine, the programme and the plain simulator, by the names of `plainly`."""

from __future__ import annotations

import math

import numpy as np

from sim.core.records import Ground
from sim.world import World
from sim.world.hazard import pair_index

from .plainly import GROUPS, SEASONS, People, Table
from .plainly_laid import Laid


def plain_tables(world: World) -> dict[str, Table]:
    """What MODEL says of the same scenario, with the values of the same parameter draw."""
    scenario = world.frame.scenario
    delay = scenario.hostilities.access_delay_months
    delays = {(a.district, a.zone): world.draw.local("hostilities.access_delay_months", delay, a.district, a.zone)
              for a in scenario.access}
    given = scenario, world.draw.values, delays
    return {**People(*given).tables(), **Laid(*given).tables()}


def tables_of(world: World) -> dict[str, Table]:
    """Table by table, as the plain simulator and the kernels find their values: by cohort, area and row of access."""
    frame, access = world.frame, world.access
    by_zone: dict[str, Table] = {
        name: {(*zone, q): float(values[z, q]) for z, zone in enumerate(frame.access) for q in range(values.shape[1])}
        for name, values in (("presence", access.presence), ("entry", access.entry), ("reporting", access.reporting))}
    return {
        "quarters": _quarters(world), **by_zone, **_by_cohort(world), **_encounters(world), **_by_family(world),
        "residents": dict(zip(frame.access, frame.residents.tolist(), strict=True)),
        "opening": dict(zip(frame.access, access.opens.tolist(), strict=True)),
        "sighting": {
            (*zone, family, q): float(world.sighting[z, f, q]) for z, zone in enumerate(frame.access)
            for f, (family, _) in enumerate(frame.families) for q in range(world.sighting.shape[2])},
        "sites": {
            (*frame.access[row["access"]], frame.strata[name.stratum].land_use, name.origin, name.bundle):
            float(row["sites"]) for name, row in zip(frame.areas, world.area_template, strict=True)}}


def uses_tables_of(ground: Ground, world: World) -> bool:
    """Whether a replicate works with a world's numbers."""
    life = world.life.copy()
    life["sd_fails"] = ground.life["sd_fails"]  # the mean of the lots that were drawn
    same = [
        (ground.edges, world.frame.edges), (ground.step_season, world.frame.step_season), (ground.base, world.base),
        (ground.step_year, world.frame.step_year), (ground.groups, world.groups), (ground.dates, world.dates),
        (ground.bystander, world.bystander), (ground.presence, world.access.presence), (ground.life, life),
        (ground.entry, world.access.entry), (ground.reporting, world.access.reporting),
        (ground.sighting, world.sighting), (ground.weights, world.weights), (ground.outcome, world.outcome)]
    return all(np.array_equal(a, b) for a, b in same)


def differences(plain: dict[str, Table], ours: dict[str, Table]) -> dict[str, float]:
    """Largest relative difference in every table; what one of them does not name is nothing there."""
    assert set(plain) == set(ours)
    return {name: max((_relative(a, ours[name].get(key, 0.0)) for key, a in _all(plain[name], ours[name])), default=0.0)
            for name in plain}


def _all(plain: Table, ours: Table) -> list[tuple[tuple[object, ...], float]]:
    return [*plain.items(), *((key, 0.0) for key in ours.keys() - plain.keys())]


def _relative(plain: float, ours: float) -> float:
    if plain == ours or math.isnan(plain):
        return 0.0
    return abs(plain - ours) / max(abs(plain), abs(ours)) if math.isfinite(plain - ours) else 1.0


def _quarters(world: World) -> Table:
    frame = world.frame
    out: Table = {}
    for q, (begin, end) in enumerate(zip(frame.edges[:-1].tolist(), frame.edges[1:].tolist(), strict=True)):
        out[q, "begin"], out[q, "end"] = begin, end
        out[q, "season"] = float(frame.step_season[q])
        out[q, "year"] = float(frame.years[frame.step_year[q]])
    return out


def _by_cohort(world: World) -> dict[str, Table]:
    """What a cohort is: how many items, laid when, in rows of the other tables that fit its names."""
    frame, pairs = world.frame, pair_index(world.frame)
    items: Table = {}
    clustering: Table = {}
    dates: Table = {}
    stays = {int(c): p if town else 1.0 - p for c, p, town in zip(
        frame.moving, world.broken, frame.cohort_moved[frame.moving], strict=True)}
    for c, (cohort, row) in enumerate(zip(frame.cohorts, world.cohort_template, strict=True)):
        area = frame.areas[row["area"]]
        s = frame.strata[area.stratum]
        family, spec = frame.families[row["family"]]
        how = (area.origin, area.bundle) if cohort.moved is None else ("from", cohort.items[3])
        key = cohort.source, family, s.district, s.zone, s.land_use, *how, cohort.exposure
        assert key not in items, key
        assert row["pair"] == pairs[area.stratum, row["family"], cohort.exposure], key
        assert frame.clusters[frame.cluster_of[c]] == (cohort.source, row["area"]), key
        items[key] = float(world.means[c]) * stays.get(c, 1.0)
        if items[key] > 0.0:
            clustering[key] = float(frame.clustering[frame.cluster_of[c]])
        low, high = row["dates_from"], row["dates_to"]
        assert (low, high) == world.date_slices[cohort.source, spec.kind], key
        if (cohort.source, family, 0, "date") not in dates:
            for i, (date, weight) in enumerate(zip(world.dates[low:high], world.weights[low:high], strict=True)):
                dates[cohort.source, family, i, "date"] = float(date)
                dates[cohort.source, family, i, "weight"] = float(weight)
    return {"items": items, "clustering": clustering, "lay dates": dates}


def _encounters(world: World) -> dict[str, Table]:
    frame = world.frame
    hazard: Table = {}
    beside: Table = {}
    hurt: Table = {}
    for (s, f, k), pair in np.ndenumerate(pair_index(frame)):
        stratum = frame.strata[s]
        for season in SEASONS:
            key = stratum.district, stratum.zone, stratum.land_use, frame.families[f][0], k, season
            hazard[key] = float(world.base[pair, season])
            beside[key] = float(world.bystander[pair, season])
            hurt.update({(*key, group): float(world.groups[pair, season, g]) for g, group in enumerate(GROUPS)})
    return {"hazard": hazard, "beside": beside, "who is hurt": hurt}


def _by_family(world: World) -> dict[str, Table]:
    lives: Table = {}
    outcomes: Table = {}
    for (name, _), life, outcome in zip(world.frame.families, world.life, world.outcome, strict=True):
        for what in ("armed", "sd_fails", "sd_from", "sd_to", "sda_fails", "sda", "age_floor", "age_shape", "age_scale",
                     "inert_weight"):
            lives[name, what] = float(life[what])
        outcomes[name, "casualties_per_accident"], outcomes[name, "case_fatality"] = outcome.tolist()
    return {"life": lives, "outcome": outcomes}
