"""Each kind of fault names file, line and column, what was expected, and the nearest valid name."""

# ruff: noqa: E501  (a case reads best in one line)

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from faulty import Write, faults_of, only_fault, pointed_text

from sim.scenario import Fault, ScenarioError, load
from sim.scenario.errors import nearest_name

NORTH_ROW = "  - {district: North, zone: open, land_use: arable"


@pytest.mark.parametrize(
    ("old", "new", "points_at", "says", "expects", "near"),
    [
        # unknown and missing keys
        ("horizon_years: 10", "horizon_yaers: 10", "horizon_yaers", "unknown key 'horizon_yaers'", "one of", "horizon_years"),
        ("learning_floor", "learning_flor", "learning_flor", "unknown key 'learning_flor' in exposure", "one of", "learning_floor"),
        ("women: 0.08", "woman: 0.08", "woman", "unknown key 'woman' in activities.farming", "boys, girls", "women"),
        ("{median: 0.5, p95: 2.0}", "{median: 0.5, p96: 2.0}", "p96", "hostilities.end_delay_years.lognormal", "p95", "p95"),
        ("  end: 2024-01-01\n", "", "hostilities", "missing key 'end' in hostilities", "", ""),
        ("seed: 7\n", "", "#", "missing key 'seed'", "a value", ""),
        # values of the wrong kind
        ("residents: 20000", "residents: many", "many", "strata.0.residents: 'many' is not valid", "a number", ""),
        ("area_km2: 400", "area_km2: 0", "0", "strata.0.area_km2: 0 is not valid", "greater than 0", ""),
        ("area_km2: 400", "area_km2: .inf", ".inf", "strata.0.area_km2: inf is not valid", "a finite number", ""),
        ("residents: 20000", "residents: true", "true", "strata.0.residents: true or false", "a number", ""),
        ("mode: foot", "mode: feet", "feet", "'feet' is not valid", "foot, vehicle or tractor", "foot"),
        ("held: occupied", "held: ocupied", "ocupied", "'ocupied' is not valid", "government or occupied", "occupied"),
        ("start: 2022-01-01", "start: early", "early", "start: 'early' is not valid", "a date such as", ""),
        ("start: 2022-01-01", "start: 2022", "2022", "start: 2022 is not valid", "a date such as", ""),
        ("opens: hostilities_end", "opens: hostilites_end", "hostilites_end", "access.1.opens", "a date such as 2026-12-31 or hostilities_end",
         "hostilities_end"),
        ("teams: 2}", "teams: 2.5}", "2.5", "2.5 is not valid", "a whole number", ""),
        ("seasons: [0.4, 1.3, 1.5, 0.8]", "seasons: [1, 1]", "[1, 1]", "a list of 2", "at least 4 items", ""),
        ("learning_per_accident: 0.2", "learning_per_accident: [1]", "[1]", "[1] is not a quantity", "a number, {value: number}", ""),
        ("mines:\n", "Mines:\n", "Mines", "name 'Mines' in contamination is not allowed", "lower-case letters", ""),
        # bounds and what must hold within a section
        ("entry_suspected: 0.5", "entry_suspected: 1.5", "1.5", "exposure.entry_suspected: 1.5 is out of bounds", ">= 0 and <= 1", ""),
        ("ap: 0.99", "ap: -0.1", "-0.1", "detection.ap: -0.1 is out of bounds", ">= 0 and <= 1", ""),
        ("site_km2: 0.13", "site_km2: 0", "0", "site_km2: 0 is out of bounds", "> 0", ""),
        ("median: 3000, p05: 1500", "median: 1000, p05: 1500", "{median", "lognormal needs p05 < median", "", ""),
        ("to_survey_km2: 40}", "to_survey_km2: 401}", "{district", "to_survey_km2 + suspected_km2 is larger", "", ""),
        ("season: [0, 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0]", "season: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]", "stages",
         "never work", "", ""),
        # names that refer to other sections
        ("{ap_blast: 1}", "{ap_blats: 1}", "ap_blats", "contamination.mines.families.ap_blats: there is no family", "one of", "ap_blast"),
        ("zone: {front: 5}", "zone: {fornt: 5}", "fornt", "there is no zone 'fornt'", "one of front, open", "front"),
        ("land_use: {village: 0.2}", "land_use: {vilage: 0.2}", "vilage", "there is no land use 'vilage'", "arable, village", "village"),
        ("land_uses: [arable, village]", "land_uses: [arabel, village]", "arabel", "activities.farming.land_uses.0", "one of", "arable"),
        ("method: manual", "method: manuel", "manuel", "there is no method 'manuel'", "one of manual, nts_team", "manual"),
        ("stages: [clearance]", "stages: [clearance]\n      land_uses: [arible]", "arible", "there is no land use", "one of", "arable"),
        # strata and access fit together
        (NORTH_ROW, NORTH_ROW.replace("open", "opne"), "{district", "no access row for North, opne", "one row in access", "North, open"),
        ("  - {district: South, zone: open, opens: 2022-07-01", "  - {district: Suoth, zone: open, opens: 2022-07-01", "{district",
         "no stratum lies in Suoth, open", "at least one stratum", "South, open"),
        (NORTH_ROW + ", area_km2: 400", NORTH_ROW.replace("arable", "village") + ", area_km2: 400", "{district",
         "stratum North, open, village is given twice", "one row each", ""),
        # dates
        ("  end: 2024-01-01", "  end: 2021-01-01", "2021-01-01", "hostilities.end: 2021-01-01 is not after the start", "a date after", ""),
        ("until: hostilities_end", "until: 2022-01-01", "2022-01-01", "is not after 2022-01-01", "a date after since", ""),
        ("{since: 2025-01-01, teams: 10}", "{since: 2022-06-01, teams: 10}", "2022-06-01", "is not after the date before", "ascending", ""),
        ("{year: 2024, usd", "{year: 2022, usd", "2022", "is not after the year before", "ascending", ""),
        # amounts
        ("survey_share: 0.3", "survey_share: 0.95", "0.95", "can add up to more than 1", "at most 1 in all", ""),
        ("{ap_blast: 1}", "{ap_blast: 0}", "{ap_blast", "all relative numbers are 0", "at least one above 0", ""),
        ("zone: {front: 5}", "zone: {front: -5}", "-5", "-5 is negative", ">= 0", ""),
        ("zone: {front: 5}", "zone: {front: 0, open: 0}", "items", "no stratum can hold it", "a stratum it allows", ""),
        # YAML itself
        ("seed: 7\n", "seed: 7\nseed: 8\n", "seed: 8", "key 'seed' is given twice, first in line", "it once", ""),
    ],
)  # fmt: skip
def test_a_fault_and_its_place(
    write: Write, old: str, new: str, points_at: str, says: str, expects: str, near: str
) -> None:
    fault = next((f for f in faults_of(write((old, new))) if says in f.message), None)
    assert fault is not None, [str(f) for f in faults_of(write((old, new)))]
    assert pointed_text(fault).startswith(points_at)
    assert expects in fault.expected
    assert fault.nearest == near


def test_a_fault_in_one_line(write: Write) -> None:
    path = write(("learning_floor", "learning_flor"))
    assert str(only_fault(path)) == (
        f"{path}:45:3: unknown key 'learning_flor' in exposure; expected one of calibration, classes, entry_suspected, "
        "eore_coverage, eore_effect, learning_floor, learning_per_accident, marking_effect, "
        "marking_half_life_years, memory_years, scale; did you mean 'learning_floor'?"
    )


def test_all_faults_are_told_at_once_and_each_once(write: Write) -> None:
    path = write(
        ("horizon_years", "horizon"),
        ("residents: 20000", "residents: -1"),
        ("learning_floor: 0.3", "learning_floor: 3"),
        ("mode: foot", "mode: fot"),
        ("{ap_blast: 1}", "{ap_blats: 1}"),
        ("method: nts_team", "method: nts_tem"),
        ("priority: people_at_risk", "priority: people_at_risk\n  priority: random"),
    )
    told = (
        "key 'priority' is given twice",
        "unknown key 'horizon'",
        "missing key 'horizon_years'",
        "strata.0.residents: -1",
        "exposure.learning_floor: 3",
        "activities.farming.mode: 'fot'",
        "there is no family 'ap_blats'",
        "there is no method 'nts_tem'",
    )
    faults = [str(f) for f in faults_of(path)]
    assert len(faults) == len(told), faults
    for what in told:
        assert sum(what in fault for fault in faults) == 1, what


def test_a_faulty_section_does_not_hide_what_others_refer_to(write: Write) -> None:
    path = write(
        ("learning_floor", "learning_flor"),
        ("{ap_blast: 1}", "{ap_blats: 1}"),
        ("method: manual", "method: manuel"),
    )
    assert [f.nearest for f in faults_of(path)] == ["learning_floor", "ap_blast", "manual"]


def test_a_left_out_value_brings_no_second_fault(write: Write) -> None:
    assert "residents" in only_fault(write(("residents: 20000", "residents: -1"))).message


def test_a_transfer_is_checked_against_the_land(write: Write) -> None:
    transfer = """transfers:
  gift:
    family: sd_sda_feild
    devices: 100
    since: 2023-01-01
    until: 2022-01-01
    zones: [fronts]
    districts: {Norht: 1}
    land_uses: {arable: -1}
    compliance: 0.5
    mined_density_per_km2: 500

reporting:"""
    faults = faults_of(write(("reporting:", transfer)))
    assert {(pointed_text(f).split(",")[0], f.nearest) for f in faults} == {
        ("sd_sda_feild", "sd_sda_field"),
        ("2022-01-01", ""),
        ("fronts]", "front"),
        ("Norht: 1}", "North"),
        ("-1}", ""),
        ("family: sd_sda_feild", ""),  # neither town, nor any stratum that could hold it
    }


@pytest.mark.parametrize(("land_uses", "compliance", "message"), [
    ("{village: 1}", "1", "no stratum can hold it"),
    ("{village: 1, arable: 0}", "1", "no stratum can hold it"),
    ("{arable: 1}", "0.5", "no populated land on which broken pledges could show"),
])
def test_a_pledge_needs_land_where_people_live_and_land_where_few_do(
        write: Write, land_uses: str, compliance: str, message: str) -> None:
    """Villages have 1,500 residents per km2 and more: with a limit of 300 they are populated, with 2,000 nothing is."""
    limit = 2000 if "populated" in message else 300
    transfer = f"""transfers:
  gift:
    family: sd_sda_field
    devices: 100
    since: 2022-06-01
    until: 2023-01-01
    zones: [front, open]
    districts: {{North: 1, South: 1}}
    land_uses: {land_uses}
    populated_area_exclusion_per_km2: {limit}
    compliance: {compliance}
    mined_density_per_km2: 500

reporting:"""
    assert message in only_fault(write(("reporting:", transfer))).message


def test_an_item_must_have_a_footprint_for_every_mode_it_meets(write: Write) -> None:
    family = """families:
  odd:
    title: Odd
    kind: erw
    width_m: {vehicle: 1}
    p_trigger: {vehicle: 0.5}
contamination:"""
    faults = faults_of(write(("contamination:", family), ("{ap_blast: 1}", "{odd: 1}")))
    assert [f.message for f in faults] == [
        "families.odd.width_m: nothing for mode 'foot'",
        "families.odd.p_trigger: nothing for mode 'foot'",
    ]
    assert [pointed_text(f) for f in faults] == ["{vehicle: 1}", "{vehicle: 0.5}"]


def test_a_missing_map_is_a_fault(write: Write) -> None:
    fault = only_fault(write(("seed: 7", "seed: 7\nmap: nowhere.geojson")))
    assert (fault.line, fault.message) == (7, "map: there is no file 'nowhere.geojson'")


def test_files_that_are_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="there is no such file"):
        load(tmp_path / "nowhere.yaml")
    with pytest.raises(ScenarioError, match="is a folder"):
        load(tmp_path)
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(ScenarioError, match="1:1: the file is empty"):
        load(tmp_path / "empty.yaml")
    (tmp_path / "other.yaml").write_text("a: 1\n")
    with pytest.raises(ScenarioError, match="unknown key 'a'"):
        load(tmp_path / "other.yaml")


def test_the_error_survives_a_worker_process() -> None:
    error = ScenarioError([Fault("a.yaml", 1, 2, "wrong", "right", "near")])
    assert pickle.loads(pickle.dumps(error)).faults == error.faults
    assert str(error) == "a.yaml:1:2: wrong; expected right; did you mean 'near'?"


def test_nearest_names_ignore_case_and_refuse_the_far() -> None:
    assert nearest_name("kharkiv", ["Kharkiv", "Kherson"]) == "Kharkiv"
    assert nearest_name("xyz", ["Kharkiv", "Kherson"]) == ""
