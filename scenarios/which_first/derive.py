"""Rebuild strata.csv and access.csv from those of ../ukraine_2024: the accessible zone of five oblasts.

    python scenarios/which_first/derive.py           write the tables, print the shares that study.yaml uses
    python scenarios/which_first/derive.py --check   exit 1 if the committed tables differ

The shares say how much of the base's ordnance, and of its accessible land, lies in this land.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from pathlib import Path

from sim.scenario import load
from sim.scenario.schema import Contamination, Scenario, Stratum

HERE = Path(__file__).resolve().parent
BASE = HERE.parent / "ukraine_2024"
OBLASTS = ("Kharkiv", "Mykolaiv", "Kherson", "Donetsk", "Zaporizhzhia")
ZONE = "accessible"
SOURCES = ("mines_2022", "submunitions_2022", "erw_2022")


def rows(name: str) -> str:
    """The rows of one of the base's tables that belong to this land, as CSV."""
    with (BASE / name).open(encoding="utf-8", newline="") as f:
        table = [row for row in csv.DictReader(f) if row["district"] in OBLASTS and row["zone"] == ZONE]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


def shares(base: Scenario) -> dict[str, float]:
    """Share of the base's items of each source, and of its accessible land, that lies in this land."""
    here = [s for s in base.strata if s.district in OBLASTS and s.zone == ZONE]
    found = {}
    for name in SOURCES:
        part = base.contamination[name]
        found[name] = sum(_items(part, s) for s in here) / sum(_items(part, s) for s in base.strata)
    land = [s for s in base.strata if s.zone == ZONE]
    found["land"] = sum(s.to_survey_km2 for s in here) / sum(s.to_survey_km2 for s in land)
    return found


def _items(part: Contamination, stratum: Stratum) -> float:
    """Relative number of items in a stratum: land times relative densities, as the model spreads them."""
    if part.only_districts is not None and stratum.district not in part.only_districts:
        return 0.0
    number = stratum.to_survey_km2 + stratum.suspected_km2
    for dimension, weights in part.relative_density.items():
        number *= weights.get(getattr(stratum, dimension), 1.0)
    return number


def main() -> int:
    """Write or check the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    for name, share in shares(load(BASE / "base.yaml")).items():
        print(f"{name}: {share:.3f}")
    differing = [name for name in ("strata.csv", "access.csv") if _differs(HERE / name, rows(name))]
    if not check:
        for name in differing:
            (HERE / name).write_text(rows(name), encoding="utf-8")
    print("differing: " + (", ".join(differing) or "none"))
    return 1 if check and differing else 0


def _differs(path: Path, text: str) -> bool:
    return not path.is_file() or path.read_text(encoding="utf-8") != text


if __name__ == "__main__":
    sys.exit(main())
