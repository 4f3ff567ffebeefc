"""The real-figures scenario: its tables add up, can be rebuilt, and every number says where it comes from."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from sim.scenario import load, load_study, quantities

HERE = Path(__file__).resolve().parents[2] / "scenarios" / "ukraine_2024"
GRADES = {"H", "M", "L", "D", "A"}


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


@pytest.fixture(scope="module")
def oblasts() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows("data/districts.csv"):
        found[row["district"]][row["quantity"]] = float(row["value"])
    return found


def test_areas_and_people_sum_to_the_oblast(oblasts: dict[str, dict[str, float]]) -> None:
    strata = rows("strata.csv")
    assert {r["district"] for r in strata} == set(oblasts)
    assert len(oblasts) == 10
    for name, figures in oblasts.items():
        mine = [r for r in strata if r["district"] == name]
        assert sum(float(r["area_km2"]) for r in mine) == pytest.approx(figures["area_km2"], abs=1e-3)
        assert sum(int(r["residents"]) for r in mine) == figures["residents"]
        occupied = sum(float(r["area_km2"]) for r in mine if r["zone"] == "occupied")
        assert occupied == pytest.approx(figures["occupied_km2"], abs=1e-3)


def test_land_to_be_surveyed_agrees_with_the_national_figure() -> None:
    national = {r["quantity"]: float(r["value"]) for r in rows("data/national.csv")}
    hazard = sum(float(r["to_survey_km2"]) + float(r["suspected_km2"]) for r in rows("strata.csv"))
    land = national["land_and_water_to_survey_2022"] - national["water_to_survey"]
    assert hazard == pytest.approx(land, rel=1e-3)


def test_towns_and_only_towns_are_densely_populated() -> None:
    for r in rows("strata.csv"):
        density = float(r["residents"]) / float(r["area_km2"])
        assert (density >= 300) == (r["land_use"] == "town"), r


def test_committed_tables_are_what_the_script_builds() -> None:
    command = [sys.executable, str(HERE / "derive.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sums agree" in done.stdout


@pytest.mark.parametrize("name", ["strata.csv", "access.csv", "data/districts.csv", "data/national.csv",
                                  "data/assumptions.csv", "data/access_input.csv", "data/contact_line.csv",
                                  "data/places.csv", "data/city_sections.csv", "data/place_corrections.csv",
                                  "data/people_and_machines.csv"])
def test_every_row_has_a_source_and_a_grade(name: str) -> None:
    known = load_study(HERE / "study.yaml").sources
    for row in rows(name):
        assert row["grade"] in GRADES, row
        for source in row["source"].removeprefix("derive.py: ").split("; "):
            assert source in known or source.endswith(".csv"), row


def test_assumed_rows_say_why() -> None:
    for name in ("data/districts.csv", "data/assumptions.csv", "data/people_and_machines.csv"):
        for row in rows(name):
            assert row["grade"] != "A" or row["note"], row


def test_every_number_of_the_study_has_a_source_or_a_reason() -> None:
    study = load_study(HERE / "study.yaml")
    for name, scenario in study.scenarios.items():
        for path, quantity in quantities(scenario).items():
            assert quantity.grade in GRADES, f"{name}: {path}"
            if quantity.grade == "A":
                assert quantity.note, f"{name}: {path} is assumed without a reason"
            else:
                assert quantity.source in study.sources, f"{name}: {path}: {quantity.source}"


def test_zones_open_once_and_hold_people() -> None:
    base = load(HERE / "base.yaml")
    assert len(base.access) == len({(a.district, a.zone) for a in base.access})
    bundle = base.programme.bundle_km2
    tasks = sum(math.ceil(s.to_survey_km2 / bundle) for s in base.strata)
    assert 200 <= tasks + sum(s.suspected_km2 > 0 for s in base.strata) <= 500


def test_no_observed_total_is_a_parameter() -> None:
    observed = {float(r["casualties_reported"]) for r in rows("observations.csv")}
    for path, quantity in quantities(load(HERE / "base.yaml")).items():
        assert not (quantity.certain and quantity.central in observed), path


def test_a_kept_pledge_keeps_devices_out_of_densely_populated_land() -> None:
    base = load(HERE / "base.yaml")
    transfer = base.transfers["us_2024"]
    assert transfer.devices.central == 0
    assert "town" not in transfer.land_uses
    assert transfer.zones == ["contact"]
