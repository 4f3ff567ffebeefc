"""Tables and other files beside a scenario, and faults in them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from faulty import TOY, Write, faults_of, only_fault, pointed_text

from sim.scenario import Scenario, digest, load

STRATA = "district,zone,land_use,area_km2,residents,to_survey_km2,suspected_km2\n"
ROWS = [
    "North,open,arable,400,20000,40,",
    "North,open,village,20,30000,1,",
    "North,front,arable,100,4000,30,5",
    "South,open,arable,300,15000,20,",
    "South,open,village,15,25000,0.5,",
    "South,front,arable,80,3000,24,",
]


@pytest.fixture
def tabled(write: Write) -> Path:
    """The toy scenario with its strata, access, teams and budget in tables."""
    text = TOY.read_text()
    strata = re.search(r"strata:\n((?:  - .*\n)+)", text)
    access = re.search(r"access:\n((?:  - .*\n)+)", text)
    assert strata and access
    path = write(
        (strata.group(), "strata: {table: strata.csv}\n"),
        (access.group(), "access: {table: tables/access.csv}\n"),
        ("[{since: 2022-06-01, teams: 5}, {since: 2025-01-01, teams: 10}]", "{table: deminers.csv}"),
        ("[{year: 2022, usd: 3.0e+6}, {year: 2024, usd: 5.0e+6}]", "{table: budget.csv}"),
    )
    folder = path.parent
    (folder / "strata.csv").write_text(STRATA + "\n".join(ROWS) + "\n")
    (folder / "tables").mkdir()
    rows = [re.findall(r"(\w+): ([^,}]+)", line) for line in access.group(1).splitlines()]
    with open(folder / "tables" / "access.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([key for key, _ in rows[0]])
        writer.writerows([[value for _, value in row] for row in rows])
    (folder / "deminers.csv").write_text("since,teams\n2022-06-01,5\n2025-01-01,10\n")
    (folder / "budget.csv").write_text("year,usd\n2022,3e6\n2024,5e6\n")
    return path


def test_tables_say_the_same_as_lists(tabled: Path, toy: Scenario) -> None:
    loaded = load(tabled)
    assert digest(loaded) == digest(toy)
    assert loaded.strata == toy.strata
    assert loaded.programme.teams == toy.programme.teams


@pytest.mark.parametrize(
    ("table", "old", "new", "points_at", "says", "near"),
    [
        ("strata.csv", "20000", "many", "many", "strata.0.residents: 'many' is not valid", ""),
        ("strata.csv", "20000", "-1", "-1", "strata.0.residents: '-1' is not valid", ""),
        ("strata.csv", "20000", "nan", "nan", "strata.0.residents: 'nan' is not valid", ""),
        ("strata.csv", "20000", "", ",40", "'residents' is empty in strata.0", ""),
        ("strata.csv", "residents", "residens", "residens", "unknown column 'residens'", "residents"),
        ("strata.csv", "400,20000", "400,20000,1", "North", "the row has 8 cells", ""),
        ("strata.csv", "North,front", "North,frnt", "North", "no access row for North, frnt", "North, front"),
        ("tables/access.csv", "occupied", "occupeid", "occupeid", "access.1.held", "occupied"),
        ("tables/access.csv", "2022-07-01", "2022-13-01", "2022-13-01", "access.2.opens", ""),
        ("deminers.csv", "10", "ten", "ten", "programme.teams.deminers.numbers.1.teams", ""),
        ("deminers.csv", "2025", "2021", "2021", "is not after the date before it", ""),
        ("budget.csv", "5e6", "-5", "-5", "programme.budget.years.1.usd: -5 is out of bounds", ""),
    ],
)
def test_a_fault_in_a_table(
    tabled: Path, table: str, old: str, new: str, points_at: str, says: str, near: str
) -> None:
    file = tabled.parent / table
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    fault = next((f for f in faults_of(tabled) if says in f.message), None)
    assert fault is not None, [str(f) for f in faults_of(tabled)]
    assert fault.file == str(file)
    assert pointed_text(fault).startswith(points_at)
    assert fault.nearest == near


def test_a_missing_column_is_told_once_for_all_rows(tabled: Path) -> None:
    file = tabled.parent / "strata.csv"
    file.write_text(file.read_text().replace("to_survey_km2", "survey_km2"))
    assert [f.message for f in faults_of(tabled)] == [
        "missing column 'to_survey_km2'",
        "unknown column 'survey_km2'",
    ]


def test_a_missing_table_is_told_where_it_is_named(tabled: Path) -> None:
    (tabled.parent / "strata.csv").rename(tabled.parent / "stratum.csv")
    fault = next(f for f in faults_of(tabled) if "strata.table" in f.message)
    assert fault.file == str(tabled)
    assert pointed_text(fault).startswith("strata.csv")
    assert fault.nearest == "stratum.csv"


def test_a_row_of_the_wrong_length_is_told_once(tabled: Path) -> None:
    file = tabled.parent / "strata.csv"
    file.write_text(file.read_text().replace("3000,24,", "3000,24,0,0"))
    assert only_fault(tabled).message == "the row has 8 cells"


def test_a_table_without_a_name(write: Write) -> None:
    text = "[{year: 2022, usd: 3.0e+6}, {year: 2024, usd: 5.0e+6}]"
    for table in ("{table: 7}", "{table: }"):
        assert any("no file named" in f.message for f in faults_of(write((text, table))))


CALIBRATION = """log_scale: -2.5
spread: 0.2
slopes: {contamination.mines.items: -0.4}
fitted_to: {2022: 608, 2023: 580}
"""


def test_a_calibration_comes_from_its_own_file(write: Write, toy: Scenario) -> None:
    path = write(("exposure:\n", "exposure:\n  calibration: {file: fit.yaml}\n"))
    (path.parent / "fit.yaml").write_text(CALIBRATION)
    loaded = load(path)
    assert loaded.exposure.calibration is not None
    assert loaded.exposure.calibration.slopes == {"contamination.mines.items": -0.4}
    assert digest(loaded) != digest(toy)
    (path.parent / "fit.yaml").write_text(CALIBRATION.replace("spread: 0.2", "spraed: 0.2"))
    faults = faults_of(path)
    assert {(Path(f.file).name, f.line) for f in faults} == {("fit.yaml", 1), ("fit.yaml", 2)}
    assert [f.nearest for f in faults] == ["", "spread"]
    (path.parent / "fit.yaml").unlink()
    assert pointed_text(only_fault(path)) == "fit.yaml}"
