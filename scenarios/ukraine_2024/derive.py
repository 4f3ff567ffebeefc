"""Rebuild strata.csv, access.csv and teams/ from the small tables in data/.

    python scenarios/ukraine_2024/derive.py           write the tables, print the totals
    python scenarios/ukraine_2024/derive.py --check   exit 1 if the committed tables differ

Every number that is not in a source is a row with grade A and its reasoning in data/, not in this file.

1. Zones. Occupied land is the measured area of 1 July 2025. The contact zone is the government-held band
   beside the schematic line of data/contact_line.csv: length x 20 km x fill. The rest is accessible.
2. People. Settlements fall into a zone by their side of the line and their distance from it. Town people
   are the oblast's urban residents, spread over zones as settlements from 5,000 people are; village people
   are the rest, spread as smaller settlements are. Each oblast's sum is that of COD-PS 2022.
3. Land use. Towns and villages take people / density; forest, arable and roads their share of the zone;
   pasture (with hay, fallow, scrub and inland water) is what remains.
4. Land to be surveyed. The national total without water is split into occupied + contact and accessible
   land as published; within accessible land, land de-occupied in 2022 first, then land of the war zone.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from pathlib import Path
from typing import Any

from contact_line import ContactLine  # beside this script

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
ZONES = ("occupied", "contact", "accessible")
LAND_USES = ("town", "village", "arable", "pasture", "forest", "roads")
STRATA_COLUMNS = (
    "district", "zone", "land_use", "area_km2", "residents", "to_survey_km2", "suspected_km2",
    "source", "grade",
)
STRATA_SOURCE = "derive.py: deepstate_area; codps_2022; geonames_500; kse_loc; assumptions.csv"
ACCESS_COLUMNS = (
    "district", "zone", "opens", "held", "present_before_opening", "present_after_opening", "source", "grade",
)

Table = list[dict[str, str]]
Row = dict[str, Any]
Figures = dict[str, float]
EMPTY = {"town": 0.0, "village": 0.0, "town_km2": 0.0}


def read(name: str) -> Table:
    """Rows of one input table."""
    with (DATA / name).open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def values(name: str) -> Figures:
    """A table of named numbers as a mapping."""
    return {row["quantity"]: float(row["value"]) for row in read(name)}


def districts() -> dict[str, Figures]:
    """Figures of each district, in the order of the table."""
    out: dict[str, Figures] = {}
    for row in read("districts.csv"):
        out.setdefault(row["district"], {})[row["quantity"]] = float(row["value"])
    return out


def zone_areas(d: Figures, length_km: float, a: Figures) -> Figures:
    """Area by zone [km2]; zones without land are left out."""
    free = d["area_km2"] - d["occupied_km2"]
    contact = min(length_km * a["contact_band_width"] * a["contact_band_fill"], 0.97 * free)
    if free < 0.01 * d["area_km2"]:  # Luhansk: all that is not occupied lies near the line
        contact = free
    areas = {"occupied": d["occupied_km2"], "contact": round(contact, 1)}
    areas["accessible"] = round(d["area_km2"] - sum(areas.values()), 4)
    return {z: x for z, x in areas.items() if x > 1e-6}


def town_density(population: float, a: Figures) -> float:
    """Residents per km2 of a town's built-up land."""
    if population >= 100_000:
        return a["density_city"]
    return a["density_middle_town"] if population >= 10_000 else a["density_small_town"]


def settlements(line: ContactLine, a: Figures) -> dict[str, dict[str, Figures]]:
    """Weights of people in towns and villages, and town area per person, by district and zone."""
    skip = {row["geonameid"] for row in read("city_sections.csv")}
    corrected = {row["geonameid"]: float(row["population"]) for row in read("place_corrections.csv")}
    out: dict[str, dict[str, Figures]] = {}
    for row in read("places.csv"):
        if row["geonameid"] in skip:
            continue
        people = corrected.get(row["geonameid"], float(row["population"]))
        zone = line.zone(float(row["latitude"]), float(row["longitude"]), a["contact_band_width"])
        cell = out.setdefault(row["district"], {}).setdefault(zone, dict(EMPTY))
        if people >= a["town_min_population"]:
            cell["town"] += people
            cell["town_km2"] += people / town_density(people, a)
        else:
            cell["village"] += people
    return out


def residents(d: Figures, places: dict[str, Figures], areas: Figures) -> dict[str, dict[str, int]]:
    """People in towns and villages by zone; the sum is the district's residents exactly."""
    total = int(d["residents"])
    town_total = round(total * d["urban_share"])
    weight = {z: dict(places.get(z, {"town": 0.0, "village": 0.0})) for z in areas}
    listed = sum(w["village"] for w in weight.values())
    for z, w in weight.items():
        if w["town"] + w["village"] == 0.0:  # no listed place: villages, by area
            w["village"] = listed * areas[z] / d["area_km2"]
    people: dict[str, dict[str, int]] = {}
    for kind, amount in (("town", town_total), ("village", total - town_total)):
        whole = sum(w[kind] for w in weight.values())
        for z in areas:
            people.setdefault(z, {})[kind] = round(amount * weight[z][kind] / whole)
        largest = max(areas, key=lambda z: people[z][kind])
        people[largest][kind] += amount - sum(people[z][kind] for z in areas)
    return people


def land(d: Figures, area: float, people: dict[str, int], town_km2_per_person: float, a: Figures) -> Figures:
    """Area by land use of one zone [km2]; the sum is the zone's area."""
    out = {
        "town": people["town"] * town_km2_per_person,
        "village": people["village"] / a["density_village"],
        "arable": d["arable_share"] * area,
        "forest": d["forest_share"] * area,
        "roads": a["roads_share"] * area,
    }
    built = out["town"] + out["village"]
    open_land = area - built
    rural = out["arable"] + out["forest"] + out["roads"]
    if rural > 0.97 * open_land:  # a zone that is mostly built up
        for use in ("arable", "forest", "roads"):
            out[use] *= 0.97 * open_land / rural
    out = {use: round(x, 1) for use, x in out.items() if round(x, 1) > 0}
    out["pasture"] = round(area - sum(out.values()), 4)
    if out["pasture"] <= 0:
        raise ValueError("settlements fill the whole zone")
    return {use: out[use] for use in LAND_USES if use in out}


def to_survey_by_zone(
    ds: dict[str, Figures], areas: dict[str, Figures], n: Figures, a: Figures
) -> dict[str, Figures]:
    """Potentially contaminated land by district and zone, suspected land of before 2022 included [km2]."""
    wet = a["water_near_front_share"]
    near = n["land_and_water_near_front_2025"] - wet * n["water_to_survey"]
    contact = a["contact_share_to_survey"] * sum(z.get("contact", 0.0) for z in areas.values())
    occupied_share = (near - contact) / sum(z.get("occupied", 0.0) for z in areas.values())
    accessible = n["land_accessible_2025"] - (1 - wet) * n["water_to_survey"]
    accessible += n["no_evidence_2023"] + n["no_evidence_2024"]
    first, second = {}, {}
    for name, d in ds.items():
        free = areas[name].get("accessible", 0.0)
        part = free / (free + areas[name].get("contact", 0.0))
        first[name] = min(d["deoccupied_km2"] * part, 0.95 * free)
        second[name] = min(d["war_zone_km2"] * part, 0.95 * free - first[name])
        if name == "Kharkiv":  # has a published figure of its own
            first[name], second[name] = n["kharkiv_accessible_to_survey"], 0.0
    share = (accessible - sum(first.values())) / sum(second.values())
    if not 0 <= share <= 1 or not 0 <= occupied_share <= 1:
        raise ValueError("national and local figures of land to be surveyed do not fit together")
    out: dict[str, Figures] = {}
    for name in ds:
        part_of = {"occupied": occupied_share, "contact": a["contact_share_to_survey"]}
        out[name] = {z: part_of[z] * x for z, x in areas[name].items() if z in part_of}
        if "accessible" in areas[name]:
            out[name]["accessible"] = first[name] + share * second[name]
    return out


def spread(amount: float, areas: Figures, a: Figures) -> Figures:
    """Land to be surveyed over land uses, in proportion to area, less in towns; at most 0.98 of each."""
    weight = {use: x * (a["town_survey_weight"] if use == "town" else 1.0) for use, x in areas.items()}
    out = dict.fromkeys(areas, 0.0)
    open_uses, left = set(areas), amount
    while left > 1e-9 and open_uses:
        k = left / sum(weight[use] for use in open_uses)
        for use in sorted(open_uses):
            out[use] = min(0.98 * areas[use], out[use] + k * weight[use])
        open_uses = {use for use in open_uses if out[use] < 0.98 * areas[use] - 1e-9}
        left = amount - sum(out.values())
    return out


def strata() -> list[Row]:
    """Rows of strata.csv."""
    a, n, ds = values("assumptions.csv"), values("national.csv"), districts()
    line = ContactLine(read("contact_line.csv"))
    places = settlements(line, a)
    areas = {name: zone_areas(d, line.length_km(name), a) for name, d in ds.items()}
    survey = to_survey_by_zone(ds, areas, n, a)
    rows: list[Row] = []
    for name, d in ds.items():
        people = residents(d, places[name], areas[name])
        for zone, area in areas[name].items():
            cell = places[name].get(zone, {})
            per_person = cell["town_km2"] / cell["town"] if cell.get("town") else 0.0
            uses = land(d, area, people[zone], per_person, a)
            known = d["sha_before_2022_km2"] if zone == "occupied" else 0.0
            hazard = spread(survey[name][zone], uses, a)
            whole = sum(hazard.values())
            for use, x in uses.items():
                suspected = round(known * hazard[use] / whole, 2)
                rows.append({
                    "district": name, "zone": zone, "land_use": use, "area_km2": x,
                    "residents": people[zone].get(use, 0),
                    "to_survey_km2": max(0.0, round(hazard[use] - suspected, 2)), "suspected_km2": suspected,
                    "source": STRATA_SOURCE, "grade": "D"})
    return rows


def access() -> list[Row]:
    """Rows of access.csv; where returnees were counted, presence before opening is presence now less them."""
    ds = districts()
    rows: list[Row] = []
    for r in read("access_input.csv"):
        after = float(r["present_after"])
        d = ds[r["district"]]
        back = d["returnees"] / d["residents"]
        before = float(r["present_before"]) if r["present_before"] else round(after - back, 3)
        sources = dict.fromkeys([r["opens_source"], r["source"]])
        rows.append({
            "district": r["district"], "zone": r["zone"], "opens": r["opens"], "held": r["held"],
            "present_before_opening": before, "present_after_opening": after,
            "source": "; ".join(sources), "grade": r["grade"]})
    return rows


def teams() -> dict[str, list[Row]]:
    """Tables of teams by date, by file: people and machines divided into teams."""
    a = values("assumptions.csv")
    kinds = {"nts": ("people", a["nts_share"] / a["nts_team_size"]),
             "ts": ("people", a["ts_share"] / a["ts_team_size"]),
             "manual": ("people", a["manual_share"] / a["manual_team_size"]),
             "mechanical": ("machines", 1 / a["machine_team_size"])}
    counted = read("people_and_machines.csv")
    return {
        f"teams/{name}.csv": [{"since": r["since"], "teams": round(float(r["value"]) * share)}
                              for r in counted if r["kind"] == kind]
        for name, (kind, share) in kinds.items()}


def text(rows: list[Row], columns: tuple[str, ...]) -> str:
    """A CSV file as text."""
    f = io.StringIO()
    writer = csv.DictWriter(f, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: f"{v:.10g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows)
    return f.getvalue()


def check_sums(rows: list[Row]) -> list[str]:
    """Faults: areas and residents that do not sum to their oblast, land that does not fit."""
    faults = []
    for name, d in districts().items():
        mine = [r for r in rows if r["district"] == name]
        area, people = sum(float(r["area_km2"]) for r in mine), sum(int(r["residents"]) for r in mine)
        if abs(area - d["area_km2"]) > 1e-3:
            faults.append(f"{name}: area {area} is not {d['area_km2']}")
        if people != int(d["residents"]):
            faults.append(f"{name}: residents {people} are not {int(d['residents'])}")
    for r in rows:
        if float(r["to_survey_km2"]) + float(r["suspected_km2"]) > float(r["area_km2"]):
            faults.append(f"{r['district']} {r['zone']} {r['land_use']}: more land to be surveyed than land")
        if r["land_use"] == "town" and float(r["residents"]) < 300 * float(r["area_km2"]):
            faults.append(f"{r['district']} {r['zone']}: town below 300 people per km2")
    return faults


def report(rows: list[Row], zones: list[Row]) -> str:
    """Totals and the comparison with national figures."""
    n, a = values("national.csv"), values("assumptions.csv")
    line = ContactLine(read("contact_line.csv"))

    def total(column: str, **where: str) -> float:
        return sum(float(r[column]) for r in rows if all(r[k] == v for k, v in where.items()))

    def hazard(**where: str) -> float:
        return total("to_survey_km2", **where) + total("suspected_km2", **where)

    out = [f"{len(rows)} strata; {total('area_km2'):,.0f} km2; {total('residents'):,.0f} residents in 2022"]
    out += [f"  {z:<11}{total('area_km2', zone=z):>9,.0f} km2 {total('residents', zone=z):>12,.0f} residents "
            f"{hazard(zone=z):>9,.0f} km2 to be surveyed or suspected" for z in ZONES]
    out.append(f"contact line {sum(line.length_km(d) for d in districts()):,.0f} km (schematic)")
    out.append(f"land to be surveyed or suspected in 2022: {hazard():,.0f} km2; published: "
               f"{n['land_and_water_to_survey_2022'] - n['water_to_survey']:,.0f} km2 without water")
    away = 0.0
    for zone in zones:
        people = total("residents", district=zone["district"], zone=zone["zone"])
        away += people * (1 - float(zone["present_after_opening"]))
    inside, abroad = n["displaced_inside"], n["displaced_abroad"]
    expected = a["attributable_inside"] * inside + a["attributable_abroad"] * abroad
    out.append(f"residents away: {away / 1e6:.2f} million; attributable of {inside / 1e6:.1f} inside and "
               f"{abroad / 1e6:.1f} abroad: {expected / 1e6:.2f} million")
    return "\n".join(out)


def main() -> int:
    """Write or check the tables."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=layout)
    parser.add_argument("--check", action="store_true", help="compare with the committed tables")
    options = parser.parse_args()
    rows, zones = strata(), access()
    faults = check_sums(rows)
    tables = {"strata.csv": text(rows, STRATA_COLUMNS), "access.csv": text(zones, ACCESS_COLUMNS)}
    tables |= {name: text(table, ("since", "teams")) for name, table in teams().items()}
    for name, content in tables.items():
        path = HERE / name
        if not options.check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != content:
            faults.append(f"{name} is not what data/ gives: run derive.py")
    print(report(rows, zones))
    print("\n".join(faults) or "sums agree with the oblasts")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
