"""The shell's front door: every command, and what it says when the input is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from running import DATA, TOY

from sim.cli import main
from sim.study.results import Results

ROOT = Path(__file__).parents[1]
HEAVY = ("numba", "pandas", "numpy", "scipy", "matplotlib", "pydantic", "simpy", "pyarrow")


def _demrisk(*args: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


def _done(*args: object) -> str:
    result = _demrisk(*args)
    assert result.exit_code == 0, result.output
    return result.output


def _page(folder: Path) -> Path:
    pages = list(folder.glob("*.html"))
    assert len(pages) == 1
    return pages[0]


# -- commands -------------------------------------------------------------------------------------------------


def test_help_imports_nothing_heavy() -> None:
    """`python -m sim --help` answers before anything that takes long is imported; control: `schema` needs pydantic."""
    code = (
        "import runpy, sys\nsys.argv = ['demrisk', *{args!r}]\ntry:\n    runpy.run_module('sim', run_name='__main__')\n"
        "except SystemExit as end:\n    status = end.code\nprint(status or 0, *sorted({heavy!r} & set(sys.modules)))"
    )
    loaded = {}
    for args in (["--help"], ["schema"]):
        text = code.format(args=args, heavy=set(HEAVY))
        done = subprocess.run(
            [sys.executable, "-c", text],
            capture_output=True,
            text=True,
            timeout=110,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert done.stderr == ""
        loaded[args[0]] = done.stdout.splitlines()
    assert loaded["--help"][-1] == "0"
    assert {"check", "run", "compare", "calibrate", "report", "warmup", "schema"} <= set(
        re.findall(r"^  (\w+) ", "\n".join(loaded["--help"]), re.M)
    )
    assert "pydantic" in loaded["schema"][-1].split()


def test_check(tmp_path: Path) -> None:
    said = _done("check", TOY)
    assert "toy: 2 districts, 6 strata" in said
    assert re.search(r"estimate on one core: [\d.]+ s, \d+ MB", said)


def test_check_of_a_study() -> None:
    said = _done("check", ROOT / "scenarios" / "ukraine_2024" / "study.yaml")
    assert {"baseline", "transfer_field", "ottawa"} <= set(re.findall(r"^(\w+):", said, re.M))


def test_run_and_report(tmp_path: Path) -> None:
    """`run` leaves tables and a page; `report` writes the page again from the folder alone."""
    said = _done("run", TOY, "--draws", 3, "--per-draw", 2, "--workers", 1, "--folder", tmp_path)
    page = _page(tmp_path)
    assert f"report: {page}" in said.replace("\n", "")
    results = Results.read(tmp_path)
    assert results.manifest["replicates"] == {"draws": 3, "per_draw": 2}
    assert len(results.failures) == 0
    assert (results.summary["n"] > 0).all()
    page.unlink()
    _done("report", tmp_path)
    assert "Toy country" in _page(tmp_path).read_text()


def test_compare_of_two_files(tmp_path: Path, edited) -> None:
    """The first file is the baseline; the differences are those of the paired runs."""
    louder = edited(("scale: 0.05", "scale: 0.1"), name="louder.yaml")
    _done("compare", TOY, louder, "--draws", 2, "--per-draw", 1, "--workers", 1, "--folder", tmp_path / "run")
    results = Results.read(tmp_path / "run")
    assert results.scenarios == ["toy", "louder"]
    assert results.manifest["baseline"] == "toy"
    rows = results.differences.query(
        "metric == 'accidents_expected' and period == 'all' and district == 'all'"
    )
    means = results.summary.query("metric == 'accidents_expected' and period == 'all' and district == 'all'")
    means = means.set_index("scenario")["mean"]
    assert rows["mean"].tolist() == pytest.approx([means["louder"] - means["toy"]], rel=1e-6)
    assert rows["mean"].iloc[0] > 0
    assert "Toy country" in _page(tmp_path / "run").read_text()


def test_warmup() -> None:
    assert "compiled" in _done("warmup")


def test_schema() -> None:
    schemas = json.loads(_done("schema"))
    assert {"scenario", "study"} == set(schemas)
    assert "horizon_years" in schemas["scenario"]["properties"]


def test_calibrate(tmp_path: Path, edited) -> None:
    short = edited(("horizon_years: 10", "horizon_years: 2.5"), ("scale: 0.05", "scale: 1"), name="toy.yaml")
    table = tmp_path / "observed.csv"
    table.write_text("year,casualties_reported,used_in_fit\n2022,6,true\n2023,15,true\n")
    said = _done("calibrate", short, "--observations", table, "--draws", 20, "--workers", 1)
    assert "2023: observed 15, fitted" in said
    assert (tmp_path / "calibration.yaml").read_text().count("log_scale:") == 1
    assert (tmp_path / "calibration_fit.csv").is_file()


# -- faults ---------------------------------------------------------------------------------------------------


def test_every_fault_with_its_place(edited) -> None:
    """One line for each fault, file:line:col where the text is wrong, and exit status 2; the file without the three
    changes passes (control: `test_check`)."""
    path = edited(
        ("horizon_years: 10", "horizon_years: -3"),
        ("entry_suspected: 0.5", "entry_suspekted: 0.5"),
        ("families: {ap_blast: 1}", "families: {ap_blastt: 1}"),
    )
    lines = path.read_text().splitlines()
    places = {}
    for word in ("horizon_years: -3", "entry_suspekted", "ap_blastt"):
        line = next(i for i, text in enumerate(lines) if word in text)
        places[word] = (line + 1, lines[line].index(word) + 1)
    places["horizon_years: -3"] = (
        places["horizon_years: -3"][0],
        lines[places["horizon_years: -3"][0] - 1].index("-3") + 1,
    )
    for command in (["check"], ["run"], ["compare", TOY]):
        done = _demrisk(*command, path)
        assert done.exit_code == 2
        told = done.output.strip().splitlines()
        assert len(told) == 3, done.output
        found = {
            tuple(int(n) for n in re.match(rf"{re.escape(str(path))}:(\d+):(\d+): ", t).groups())
            for t in told
        }
        assert found == set(places.values())
        assert "did you mean 'entry_suspected'?" in done.output
        assert "did you mean 'ap_blast'?" in done.output
        assert "Traceback" not in done.output


@pytest.mark.parametrize(
    "args",
    [
        ["check", "nowhere.yaml"],
        ["run", "nowhere.yaml"],
        ["compare", TOY],
        ["report", "nowhere"],
        ["compare", TOY, DATA / "backlog.yaml"],
    ],
)
def test_other_wrong_input_is_told_in_a_line_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[object]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = _demrisk(*args)
    assert done.exit_code == 2, done.output
    assert len(done.output.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_scenario(tmp_path: Path) -> None:
    done = _demrisk("run", tmp_path)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
