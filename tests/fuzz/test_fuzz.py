"""A small part of the cases of `python -m tests.fuzz.long`, every fault that was found, and a browser.

`corpus` holds the inputs of what was not handled once, a folder for each door.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, seed, settings

from sim.cli import main
from sim.scenario.yamlfile import write_yaml

from . import watch
from .commands import GOOD_POLICY, wrong_files
from .doors import DOORS, GOOD_MAP, GOOD_OBSERVATIONS, GOOD_STRATA, TOY, go_through, harmless
from .runs import LeftOver
from .watch import Hang, Refused, watched

CORPUS = Path(__file__).parent / "corpus"
CASES = {"folders": 4, "damage": 8, "texts": 25, "alone": 8, "resumed": 8, "policies": 12}
FEW = 40
CHROMIUM = shutil.which("chromium")


@pytest.fixture(autouse=True)
def one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command starts processes."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)


def _case(file: Path) -> Any:
    if file.suffix != ".json":
        return file.read_bytes()
    case = json.loads(file.read_text(encoding="utf-8"))
    if file.parent.name == "edits":
        return [(tuple(loc), action, value) for loc, action, value in case]
    if file.parent.name == "folders":
        return {name: text if text is None else text.encode() for name, text in case.items()}
    return case


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*/*")), ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_was_not_handled_once_is_handled(file: Path, tmp_path: Path) -> None:
    harmless = file.parent.name == "exports" or file.stem == "byte_order_mark"
    assert go_through(file.parent.name, _case(file), tmp_path / "case") == ("accepted" if harmless else "refused")


@pytest.mark.parametrize("name", DOORS)
def test_hostile_input_is_accepted_or_refused(name: str, tmp_path: Path) -> None:
    @seed(5)
    @settings(max_examples=CASES.get(name, FEW), database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(DOORS[name].cases)
    def one(case: Any) -> None:
        go_through(name, case, tmp_path / "case")

    one()


@pytest.mark.parametrize(("name", "good"), [
    ("texts", TOY.read_bytes()), ("strata", GOOD_STRATA), ("observations", GOOD_OBSERVATIONS), ("maps", GOOD_MAP),
    ("edits", [(("seed",), "set", 8)]), ("changes", {"seed": 8}), ("exports", ["plain"]), ("commands", ["schema"]),
    ("folders", {}), ("alone", [(("seed",), "set", 8)]), ("policies", GOOD_POLICY),
    ("resumed", LeftOver(False, True, {}, {})), ("resumed", LeftOver(True, True, {}, {})),
])
def test_what_is_right_is_accepted(name: str, good: Any, tmp_path: Path) -> None:
    """Control: no door is locked."""
    assert go_through(name, good, tmp_path / "case") == "accepted"


def test_no_cell_of_a_trace_is_a_formula(tmp_path: Path) -> None:
    """A district whose name is one; control: there are rows of it."""
    (tmp_path / "toy.yaml").write_text(TOY.read_text().replace("district: North", "district: =1+1"))
    done = CliRunner().invoke(main, ["trace", str(tmp_path / "toy.yaml"), "--folder", str(tmp_path / "trace")])
    assert done.exit_code == 0, done.output
    cells = [line.split(",")[0].strip('"') for line in (tmp_path / "trace" / "stages.csv").read_text().splitlines()]
    assert any("=1+1" in cell for cell in cells)
    assert all(harmless(cell) for cell in cells)


def test_a_door_that_does_what_it_may_not_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Controls: to write elsewhere, also through a link, to start a program, to take for ever."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    for wrong in (lambda: (outside / "x").write_text(""), lambda: (inside / "link" / "x").write_text(""),
                  lambda: (inside / "y").write_text("y") and (inside / "y").rename(outside / "y"),
                  lambda: outside.rmdir(), lambda: subprocess.run(["true"]), lambda: os.system("true")):
        with pytest.raises(Refused), watched(inside):
            try:
                wrong()
                (inside / "y").write_text("y")
            except OSError:
                pass
    monkeypatch.setattr(watch, "SECONDS", 0.1)
    with pytest.raises(Hang), watched(inside):
        time.sleep(5)
    with watched(inside):
        (inside / "y").write_text("what it may do")


def test_a_pipe_would_be_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: the wrong files of the command lines are such that reading them hangs."""
    wrong_files(tmp_path)
    monkeypatch.setattr(watch, "SECONDS", 0.2)
    with pytest.raises(Hang), watched(tmp_path):
        (tmp_path / "pipe").read_text()


# -- a browser ------------------------------------------------------------------------------------------------

PWNED = "<script>document.title = 'pwned'</script><img src=x onerror=\"document.title = 'pwned'\">"
STUDY = {
    "study": PWNED, "question": PWNED + " {{ 7 * 191 }}?", "base": "toy.yaml", "baseline": "plain",
    "headline": "louder",
    "variants": {"plain": {"title": PWNED}, "louder": {"title": PWNED, "set": {"exposure.scale": {
        "value": 0.1, "source": "javascript:document.title='pwned'", "grade": "L", "note": PWNED}}}},
    "sources": {"x": PWNED}}


def _title_in_browser(page: Path, profile: Path) -> tuple[str, str]:
    """Title and text of a page after its scripts, if any, have run."""
    assert CHROMIUM is not None
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
               "--virtual-time-budget=2000", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    return done.stdout.partition("<title>")[2].partition("</title>")[0], done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
def test_a_report_of_hostile_names_runs_no_script(tmp_path: Path) -> None:
    hostile = json.dumps("<svg onload=x>")
    (tmp_path / "toy.yaml").write_text(TOY.read_text().replace("district: North", f"district: {hostile}"))
    (tmp_path / "study.yaml").write_text(write_yaml(STUDY))
    done = CliRunner().invoke(main, ["compare", str(tmp_path / "study.yaml"), "--draws", "2", "--per-draw", "1",
                                     "--workers", "1", "--folder", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    page = tmp_path / "run" / "report.html"
    title, dom = _title_in_browser(page, tmp_path / "profile")
    assert title.startswith("&lt;script&gt;") and "pwned" in title  # as words
    assert not any(tag in dom for tag in ("<script", "<img src=\"x\"", "<svg onload", "href=\"javascript"))
    assert "1337" not in title
    script = page.read_text().replace("<header>", f"<header>{PWNED}", 1)  # control: what was not escaped
    (tmp_path / "raw.html").write_text(script.replace("Content-Security-Policy", "x"))
    assert _title_in_browser(tmp_path / "raw.html", tmp_path / "profile")[0] == "pwned"
    (tmp_path / "held.html").write_text(script)  # and even then the page itself forbids scripts
    assert _title_in_browser(tmp_path / "held.html", tmp_path / "profile")[0] == title
