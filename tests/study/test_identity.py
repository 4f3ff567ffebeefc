"""What must not change a number: workers, processes, order in the file, what is idle or empty.

Identities are to the bit unless sums run in another order; there 1e-12 of a value is allowed, as said.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace as changed
from pathlib import Path

import numpy as np
import pytest
from running import DATA, GIFT, TOY, column, differing, edit, run_all, scenario_of

from sim import study
from sim.core.records import Room
from sim.scenario import Scenario, load, replace
from sim.study.store import Chunk

BUSY = DATA / "busy.yaml"
FILES = pytest.mark.parametrize("file", [TOY, BUSY], ids=lambda p: p.stem)
DRAWS, PER_DRAW = 6, 2


@pytest.fixture(scope="module")
def base() -> dict[Path, Chunk]:
    return {file: run_all(load(file), DRAWS, PER_DRAW) for file in (TOY, BUSY)}


def _run(text: str, folder: Path) -> Chunk:
    return run_all(scenario_of(text, folder), DRAWS, PER_DRAW)


def _same(a: Chunk, b: Chunk) -> bool:
    return (
        not differing(a, b)
        and np.array_equal(a.national, b.national)
        and np.array_equal(a.completed_years, b.completed_years)
    )


# -- workers and processes ------------------------------------------------------------------------------------


def test_the_same_bytes_for_any_number_of_workers(tmp_path: Path) -> None:
    """Two scenarios in four blocks, by 1, 2 and 5 processes."""
    toy = load(TOY)
    pair = {"plain": toy, "deaf": replace(toy, {"exposure.learning_per_accident": 0.0})}
    files: dict[int, dict[str, bytes]] = {}
    for workers in (1, 2, 5):
        folder = tmp_path / str(workers)
        results = study.compare(pair, "plain", 10, 2, workers, folder)
        ran = results.manifest["processes"]
        assert ran == 1 if workers == 1 else 2 <= ran <= workers
        names = [*sorted((folder / "chunks").iterdir()), folder / "summary.csv", folder / "differences.csv"]
        assert len(names) == 6
        files[workers] = {p.name: p.read_bytes() for p in names}
    assert files[1] == files[2] == files[5]
    other = study.compare(pair, "plain", 10, 1, 1, tmp_path / "fewer")  # control: bytes do tell runs apart
    assert (other.folder / "summary.csv").read_bytes() != files[1]["summary.csv"]


@FILES
def test_room_used_before_changes_nothing(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """Arrays full of another replicate's items, and arrays that turn out too small, give the same bits."""
    scenario = load(file)
    fresh = run_all(scenario, 1, 1)
    run_all(load(TOY if file == BUSY else BUSY), 2, 1)
    assert _same(fresh, run_all(scenario, 1, 1))
    small = [Room(8)]
    monkeypatch.setattr("sim.study.replicate._room", small)
    assert _same(fresh, run_all(scenario, 1, 1))
    assert small[0].places > 8


def test_a_second_run_takes_what_is_there(tmp_path: Path) -> None:
    """After a restart the chunks that are there are kept, the missing one is computed, and the tables are the same."""
    toy = load(TOY)
    results = study.run(toy, 10, 1, 1, tmp_path)
    before = {p.name: p.read_bytes() for p in [*(tmp_path / "chunks").iterdir(), tmp_path / "summary.csv"]}
    kept, lost = sorted((tmp_path / "chunks").iterdir())
    stamp = kept.stat().st_mtime_ns
    lost.unlink()
    again = study.run(toy, 10, 1, 1, tmp_path)
    assert kept.stat().st_mtime_ns == stamp
    assert {
        p.name: p.read_bytes() for p in [*(tmp_path / "chunks").iterdir(), tmp_path / "summary.csv"]
    } == before
    assert again.summary.equals(results.summary)


def test_the_hash_seed_of_python_does_not_matter() -> None:
    """Sets of names are in another order in every process; nothing may follow that order."""
    code = (
        "import hashlib; from running import DATA, load, run_all; c = run_all(load(DATA / 'busy.yaml'), 2, 1);"
        "print(hashlib.sha256(c.by_district.tobytes()).hexdigest())"
    )
    found = set()
    for seed in ("0", "1"):  # between these the order of two stages differs
        here = os.pathsep.join([str(DATA.parent), *sys.path])
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            timeout=110,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": here},
        )
        found.add(done.stdout.strip())
    assert len(found) == 1


def test_one_more_scenario_in_the_study_changes_none(tmp_path: Path) -> None:
    toy = load(TOY)
    alone = study.run(toy, 5, 1, 1, tmp_path / "alone").summary
    louder = replace(toy, {"exposure.scale": 0.2})
    beside = study.compare({"louder": louder, "toy": toy}, "louder", 5, 1, 1, tmp_path / "beside").summary
    beside = beside[beside["scenario"] == "toy"].drop(columns="scenario").reset_index(drop=True)
    assert alone.drop(columns="scenario").equals(beside)


def test_draws_do_not_depend_on_how_many_there_are(base: dict[Path, Chunk]) -> None:
    toy = load(TOY)
    later = run_all(toy, 2, PER_DRAW, first=3)
    assert np.array_equal(later.by_district, base[TOY].by_district[3 * PER_DRAW : 5 * PER_DRAW])
    fewer = run_all(toy, DRAWS, 1)
    assert np.array_equal(fewer.by_district, base[TOY].by_district[::PER_DRAW])


# -- scenarios that are the same ------------------------------------------------------------------------------


def test_no_transferred_devices_is_no_transfer(tmp_path: Path, base: dict[Path, Chunk]) -> None:
    """By computation: the transfer's land, cohorts and family are there, with nothing in them."""
    text = edit(TOY, ("\nreporting:", GIFT))
    assert _same(base[TOY], _run(text, tmp_path))
    some = _run(text.replace("devices: 0", "devices: 2000"), tmp_path)  # control
    assert {"items_laid", "area_hazardous_added_m2", "accidents_expected"} <= set(differing(base[TOY], some))


@FILES
def test_seeds(tmp_path: Path, file: Path) -> None:
    """0 is a seed like any other: the same again, and not the same as 1."""
    old = "seed: 7" if file == TOY else "seed: 23"
    zero, again, one = (_run(edit(file, (old, f"seed: {s}")), tmp_path) for s in (0, 0, 1))
    assert _same(zero, again)
    assert "accidents" in differing(zero, one)
    assert column(zero, "accidents").sum() > 0


@FILES
def test_an_idle_team_changes_nothing(tmp_path: Path, file: Path, base: dict[Path, Chunk]) -> None:
    idle = "  teams:\n    idle: {method: manual, numbers: [{since: 2022-02-01, teams: 0}]}\n"
    assert _same(base[file], _run(edit(file, ("  teams:\n", idle)), tmp_path))
    busy = idle.replace("teams: 0", "teams: 3")  # control
    assert not _same(base[file], _run(edit(file, ("  teams:\n", busy)), tmp_path))


@FILES
def test_land_without_items_and_suspicion_changes_nothing(
    tmp_path: Path, file: Path, base: dict[Path, Chunk]
) -> None:
    """A lake in the first place of the list, and a district of its own with people but no ordnance."""
    lake = "strata:\n  - {district: North, zone: open, land_use: lake, area_km2: 9, residents: 0, to_survey_km2: 0}\n"
    assert _same(base[file], _run(edit(file, ("strata:\n", lake)), tmp_path))
    east = "strata:\n  - {district: East, zone: open, land_use: arable, area_km2: 9, residents: 5, to_survey_km2: 0}\n"
    access = (
        "access:\n  - {district: East, zone: open, opens: 2022-01-01, held: government,"
        " present_before_opening: 1, present_after_opening: 1}\n"
    )
    more = _run(edit(file, ("strata:\n", east), ("access:\n", access)), tmp_path)
    assert column(more, "people_present")[:, :, 0].min() == 5.0
    assert column(more, "accidents_expected")[:, :, 0].max() == 0.0
    assert _same(base[file], changed(more, by_district=more.by_district[:, :, :, 1:]))


# -- order in the file ----------------------------------------------------------------------------------------


def _reversed_rows(text: str, section: str) -> str:
    """The one-line rows of a section of the file, the last first."""
    found = re.search(rf"^{section}:\n((?:  .+\n)+)", text, re.M)
    assert found is not None
    rows = found.group(1).splitlines(keepends=True)
    return text[: found.start(1)] + "".join(reversed(rows)) + text[found.end(1) :]


def _close(a: Chunk, b: Chunk, by_district: np.ndarray) -> bool:
    """Equal but for the order of sums."""
    return np.allclose(a.by_district, by_district, rtol=1e-11, atol=1e-9) and np.allclose(
        a.national, b.national, rtol=1e-11, atol=1e-9
    )


@FILES
def test_the_order_of_access_and_contamination_changes_nothing(
    tmp_path: Path, file: Path, base: dict[Path, Chunk]
) -> None:
    other = _run(_reversed_rows(file.read_text(), "access"), tmp_path)
    assert _close(base[file], other, other.by_district)
    assert np.array_equal(column(base[file], "accidents"), column(other, "accidents"))


def test_the_order_of_sources_changes_nothing(tmp_path: Path, base: dict[Path, Chunk]) -> None:
    text = BUSY.read_text()
    old = re.search(r"  old_war: .*\n", text)
    assert old is not None
    text = text.replace(old.group(0), "").replace("contamination:\n", "contamination:\n" + old.group(0))
    other = _run(text, tmp_path)
    assert _close(base[BUSY], other, other.by_district)
    assert np.array_equal(column(base[BUSY], "accidents"), column(other, "accidents"))


def _reversed(scenario: Scenario, *path: str) -> Scenario:
    """The entries of a section in the other order."""
    if len(path) == 1:
        return scenario.model_copy(update={path[0]: dict(reversed(getattr(scenario, path[0]).items()))})
    section = getattr(scenario, path[0])
    entries = dict(reversed(getattr(section, path[1]).items()))
    return scenario.model_copy(update={path[0]: section.model_copy(update={path[1]: entries})})


@pytest.mark.parametrize("path", [("families",), ("activities",), ("programme", "methods")], ids=lambda p: p[-1])
def test_the_order_of_named_entries_changes_nothing(path: tuple[str, ...], base: dict[Path, Chunk]) -> None:
    other = run_all(_reversed(load(BUSY), *path), DRAWS, PER_DRAW)
    assert _close(base[BUSY], other, other.by_district)
    assert np.array_equal(column(base[BUSY], "accidents"), column(other, "accidents"))


def test_the_order_of_teams_says_who_begins_first_where_money_is_short(
    tmp_path: Path, base: dict[Path, Chunk]
) -> None:
    """Without a budget it changes nothing. Control: with one, those that are written first begin first (section 7)."""
    free = scenario_of(re.sub(r"  budget:\n(    .*\n)+", "", BUSY.read_text()), tmp_path)
    one, other = (run_all(s, DRAWS, PER_DRAW) for s in (free, _reversed(free, "programme", "teams")))
    assert _close(one, other, other.by_district)
    assert np.array_equal(column(one, "accidents"), column(other, "accidents"))
    assert not _same(base[BUSY], run_all(_reversed(load(BUSY), "programme", "teams"), DRAWS, PER_DRAW))


@FILES
def test_the_order_of_strata_changes_nothing(tmp_path: Path, file: Path, base: dict[Path, Chunk]) -> None:
    other = _run(_reversed_rows(file.read_text(), "strata"), tmp_path)
    assert _close(
        base[file], other, other.by_district[:, :, :, ::-1]
    )  # districts are in the order of the strata


def test_the_order_of_strata_changes_nothing_without_teams(tmp_path: Path) -> None:
    """Addresses are names, not places in the file: without a programme the order of strata is free already."""
    text = re.sub(r"    (survey_teams|deminers):\n.*\n.*\n", "", TOY.read_text()).replace(
        "  teams:\n", "  teams: {}\n"
    )
    one, other = _run(text, tmp_path), _run(_reversed_rows(text, "strata"), tmp_path)
    assert column(one, "accidents").sum() > 0
    assert _close(one, other, other.by_district[:, :, :, ::-1])
