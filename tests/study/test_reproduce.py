"""`demrisk reproduce`: the same bytes, or what differs and where."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from running import TOY, manifest_of

from sim import study
from sim.cli import main
from sim.scenario import load, replace
from sim.study import replicate as engine


def demrisk(*args: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    toy = replace(load(TOY), {"horizon_years": 3})
    pair = {"plain": toy, "deaf": replace(toy, {"exposure.learning_per_accident": 0.0})}
    return study.compare(pair, "plain", 6, 2, 1, tmp_path / "run").folder


def reproduced(folder: Path, status: int) -> list[str]:
    done = demrisk("reproduce", folder, "--workers", 1)
    assert done.exit_code == status, done.output
    return [line for line in done.output.splitlines() if not line.startswith("reproducing:")]


def test_the_same_bytes_again(finished: Path) -> None:
    """Nothing in the folder is touched, and the second run is gone."""
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in finished.rglob("*") if p.is_file()}
    assert reproduced(finished, 0) == ["the same bytes: chunks and tables"]
    assert {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in finished.rglob("*") if p.is_file()} == before
    assert [p.name for p in finished.parent.iterdir()] == ["run"]


def test_the_second_run_is_kept_where_wanted(finished: Path) -> None:
    kept = finished.parent / "again"
    assert demrisk("reproduce", finished, "--workers", 1, "--folder", kept).exit_code == 0
    assert (kept / "summary.csv").read_bytes() == (finished / "summary.csv").read_bytes()
    again = demrisk("reproduce", finished, "--folder", kept)
    assert again.exit_code == 1 and "exists already" in again.output


def test_another_engine_is_told_with_its_numbers(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine whose casualties are one per mille higher in one replicate: which chunk, which column, by how much."""
    collect = engine._collect

    def collected(world, ground, ledger):
        result = collect(world, ground, ledger)
        if world.draw.index == 5 and world.frame.scenario.exposure.learning_per_accident.central > 0:
            result.by_district[list(m.column for m in engine.METRICS).index("casualties_expected")] *= 1.001
        return result

    monkeypatch.setattr(engine, "_collect", collected)
    lines = reproduced(finished, 1)
    chunk, *tables = lines
    of = {line.split(":")[0]: line for line in tables}
    assert chunk.startswith("chunk plain-000010: 1 of ") and "most of all casualties_expected, by 0.001 of" in chunk
    assert "rows differ, the first in line" in of["summary.csv"]
    assert {"summary.csv", "differences.csv"} < of.keys() and "parameters.csv" not in of


@pytest.mark.parametrize(("name", "told"), [
    ("summary.csv", ["summary.csv: is not as the run wrote it", "summary.csv: 1 of "]),
    ("chunk", ["damaged, its content is not that of its checksum"]),
    ("missing", ["is missing"]),
    ("foreign", ["does not belong to the run"]),
])
def test_what_was_changed_in_the_folder_is_told(finished: Path, name: str, told: list[str]) -> None:
    chunk = min((finished / "chunks").iterdir())
    if name == "summary.csv":
        text = (finished / name).read_text().splitlines()
        text[5] = text[5].rsplit(",", 1)[0] + ",13"
        (finished / name).write_text("\n".join(text) + "\n")
    elif name == "chunk":
        chunk.write_bytes(chunk.read_bytes()[:-1])
    elif name == "missing":
        chunk.unlink()
    else:
        chunk.with_name(f"other-000000.{chunk.name.split('.')[1]}.parquet").write_bytes(chunk.read_bytes())
    lines = reproduced(finished, 1)
    assert len(lines) == len(told)
    for line, words in zip(lines, told, strict=True):
        assert words in line


def test_other_versions_and_platforms_are_told_and_are_no_difference(finished: Path) -> None:
    with manifest_of(finished) as manifest:
        manifest["versions"]["numba"] = "0.1"
        manifest["platform"] = "abacus"
    lines = reproduced(finished, 0)
    assert lines[0].startswith("numba 0.1 there, ") and lines[1].startswith("platform abacus there, ")
    assert lines[2].startswith("the same bytes")


def test_a_run_that_is_not_finished_is_not_reproduced(finished: Path) -> None:
    with manifest_of(finished) as manifest:
        del manifest["finished"]
    done = demrisk("reproduce", finished)
    assert done.exit_code == 1 and f"demrisk resume {finished}" in done.output
