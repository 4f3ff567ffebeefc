"""What chance never touches, written down once more from MODEL sections 4 and 6: what lies where, and its life."""

from __future__ import annotations

import datetime as dt
import math

from sim.scenario.schema import Contamination, Stratum, Transfer

from .plainly import QUARTER, YEAR, Given, Place, Table, days, place

NEVER = math.inf


class Laid(Given):
    """Numbers of items, when they are laid, and parameters of their lives."""

    def tables(self) -> dict[str, Table]:
        """All of them, by name."""
        return {"items": self.items(), "clustering": self.clustering(), "sites": self.sites(),
                "lay dates": self.lay_dates(), "life": self.lives(), "outcome": self.outcomes()}

    # -- what lies where (section 6) ------------------------------------------------------------------------------

    def bundles(self, s: Stratum) -> int:
        """Hazard areas of a stratum's land to be surveyed."""
        return math.ceil(s.to_survey_km2 / self.scenario.programme.bundle_km2)

    def items(self) -> Table:
        """Expected number laid, by source, family, place, hazard area and exposure class."""
        out: Table = {}
        for source, entry in self.scenario.contamination.items():
            relative = {place(s): density(entry, s) for s in self.scenario.strata}
            whole = sum(relative[place(s)] * (s.to_survey_km2 + s.suspected_km2) for s in self.scenario.strata)
            numbers = [self.values[f"contamination.{source}.families.{family}"] for family in entry.families]
            for s in self.scenario.strata:
                areas = [("survey", b, s.to_survey_km2 / self.bundles(s)) for b in range(self.bundles(s))]
                areas += [("record", 0, s.suspected_km2)]
                for family, number in zip(entry.families, numbers, strict=True):
                    for origin, bundle, km2 in areas:
                        for k, (share, _) in enumerate(self.classes):
                            if whole > 0 and sum(numbers) > 0:
                                out[source, family, *place(s), origin, bundle, k] = self.laid(source, entry) * (
                                    number / sum(numbers)) * relative[place(s)] * km2 / whole * share
        for source, transfer in self.scenario.transfers.items():
            for (meant, target), devices in self.ways(source, transfer).items():
                for k, (share, _) in enumerate(self.classes):
                    out[source, transfer.family, *target, "from", meant[2], k] = devices * share
        return out

    def laid(self, source: str, entry: Contamination) -> float:
        """Items of an entry in its whole period."""
        if entry.items is not None:
            return self.values[f"contamination.{source}.items"]
        until = days(entry.until) if isinstance(entry.until, dt.date) else self.hostilities_end
        return self.values[f"contamination.{source}.items_per_year"] * max(until - days(entry.since), 0) / YEAR

    def ways(self, source: str, transfer: Transfer) -> dict[tuple[Place, Place], float]:
        """Devices of a transfer by where they are meant to be laid and where they are."""
        meant = [s for s in self.scenario.strata if s.district in transfer.districts and s.zone in transfer.zones
                 and s.land_use in transfer.land_uses and not is_populated(s, transfer)]
        relative = {}
        for s in meant:
            alike = sum(t.area_km2 for t in meant if (t.district, t.land_use) == (s.district, s.land_use))
            relative[place(s)] = (
                transfer.districts[s.district] * transfer.land_uses[s.land_use] * s.area_km2 / alike)
        out = {}
        for s in meant:
            devices = self.values[f"transfers.{source}.devices"] * relative[place(s)] / sum(relative.values())
            towns = [t for t in self.scenario.strata if (t.district, t.zone) == (s.district, s.zone)
                     and is_populated(t, transfer)]
            kept = self.values[f"transfers.{source}.compliance"] if towns else 1
            out[place(s), place(s)] = devices * kept
            if towns:
                densest = max(towns, key=lambda t: t.residents / t.area_km2)
                out[place(s), place(densest)] = devices * (1 - kept)
        return out

    def clustering(self) -> Table:
        """Squared coefficient of variation of the mean between areas, where there are items; of transfers none."""
        known = {source: entry.clustering for source, entry in self.scenario.contamination.items()}
        return {key: known.get(str(key[0]), 0.0) for key, number in self.items().items() if number > 0}

    def sites(self) -> Table:
        """Sites of every hazard area; of transfers, of the polygons that will be recorded."""
        m2: dict[tuple[object, ...], int] = {}
        for s in self.scenario.strata:
            whole, bundles = round(s.to_survey_km2 * 1e6), self.bundles(s)
            for b in range(bundles):
                m2[*place(s), "survey", b] = whole * (b + 1) // bundles - whole * b // bundles
            if s.suspected_km2 > 0:
                m2[*place(s), "record", 0] = round(s.suspected_km2 * 1e6)
        for source, transfer in self.scenario.transfers.items():
            path = f"transfers.{source}"
            laid = sum(w for date, w in self.dates(source, transfer.family) if date < NEVER)
            for (_, target), devices in self.ways(source, transfer).items():
                for share, _ in self.classes:
                    mined_km2 = devices * share * laid / self.values[f"{path}.mined_density_per_km2"]
                    key = (*target, source, 0)
                    m2[key] = m2.get(key, 0) + round(mined_km2 * self.values[f"{path}.polygon_factor"] * 1e6)
        site_m2 = self.values["programme.survey.site_km2"] * 1e6
        return {key: max(round(size / site_m2), 1 if size > 0 else 0) for key, size in m2.items()}

    # -- life of an item (section 4) --------------------------------------------------------------------------------

    def lay_dates(self) -> Table:
        """Dates and their weights, by source and family."""
        out: Table = {}
        sources = [(name, family) for name, e in self.scenario.contamination.items() for family in e.families]
        sources += [(name, e.family) for name, e in self.scenario.transfers.items()]
        for source, family in sources:
            for i, (date, weight) in enumerate(self.dates(source, family)):
                out[source, family, i, "date"], out[source, family, i, "weight"] = date, weight
        return out

    def dates(self, source: str, family: str) -> list[tuple[float, float]]:
        """When items of a source are laid, as dates with weights; infinity: by nobody."""
        entry = self.scenario.contamination.get(source) or self.scenario.transfers[source]
        since = days(entry.since)
        until = days(entry.until) if isinstance(entry.until, dt.date) else self.hostilities_end
        length = max(until - since, 0)
        step = YEAR if length > 2 * YEAR else QUARTER
        if source in self.scenario.transfers:
            step = 7.0
        pieces = max(round(length / step), 1)
        out = []
        for i in range(pieces):
            date = since + (i + 0.5) * length / pieces
            stop = self.scenario.laying_ends
            if stop is not None and self.families[family].kind in stop.kinds and date >= days(stop.date):
                date = NEVER
            out.append((date, 1 / pieces))
        return out

    def lives(self) -> Table:
        """Parameters of a life, by family [days]; infinity: never."""
        out: Table = {}
        for name, family in self.families.items():
            path = f"families.{name}"
            out[name, "armed"] = 1 - self.values[f"{path}.never_armed"]
            timer, battery = family.sd_hours is not None, family.sda_days is not None
            out[name, "sd_fails"] = self.values[f"{path}.sd_failure"] if timer else 1
            out[name, "sd_from"] = family.sd_hours[0] / 24 if family.sd_hours else NEVER
            out[name, "sd_to"] = family.sd_hours[-1] / 24 if family.sd_hours else NEVER
            out[name, "sda_fails"] = self.values[f"{path}.sda_failure"] if battery else 1
            out[name, "sda"] = family.sda_days if family.sda_days is not None else NEVER
            shape = family.ageing_shape
            out[name, "age_floor"], out[name, "age_shape"] = self.values[f"{path}.ageing_floor"], shape
            out[name, "age_scale"] = NEVER
            if family.ageing_half_life_years is not None:
                half_life = self.values[f"{path}.ageing_half_life_years"] * YEAR
                out[name, "age_scale"] = half_life / math.log(2) ** (1 / shape)
            out[name, "inert_weight"] = self.values[f"{path}.inert_hazard_weight"]
        return out

    def outcomes(self) -> Table:
        """People hurt by an accident, and share of them killed, by family."""
        return {(name, what): self.values[f"families.{name}.{what}"]
                for name in self.families for what in ("casualties_per_accident", "case_fatality")}


def density(entry: Contamination, s: Stratum) -> float:
    """Items per km2 to be surveyed or on record, relative to other strata."""
    if entry.only_zones is not None and s.zone not in entry.only_zones:
        return 0.0
    if entry.only_districts is not None and s.district not in entry.only_districts:
        return 0.0
    relative = entry.relative_density
    return (relative.get("zone", {}).get(s.zone, 1.0) * relative.get("land_use", {}).get(s.land_use, 1.0)
            * relative.get("district", {}).get(s.district, 1.0))


def is_populated(s: Stratum, transfer: Transfer) -> bool:
    """Whether the pledge forbids laying there."""
    return s.residents / s.area_km2 >= transfer.populated_area_exclusion_per_km2
