"""A few kills and a small soak; `python -m tests.soak` does many, and a long one."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from running import DATA, TOY

from sim import study
from sim.scenario import load

from .crowd import crowd
from .kills import kill_at_random
from .runs import begin, bytes_of, finish, gone


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Three SIGKILLs with two processes: same bytes, no chunk lost or written twice, no worker left behind."""
    done = kill_at_random(("run", DATA / "busy.yaml", "--draws", 60, "--workers", 2), tmp_path, 3)
    assert (done.killed, done.lost, done.differing, done.left) == (3, 0, 0, 0)
    assert done.in_the_middle >= 1
    assert done.runs >= 1


@pytest.mark.slow
def test_ctrl_c_in_the_shell(tmp_path: Path) -> None:
    """SIGINT to the whole process group, as a terminal sends it: one line that says how to go on, and it does."""
    process = begin("run", TOY, "--draws", 300, "--workers", 2, "--folder", tmp_path / "run")
    until = time.monotonic() + 100
    while not list((tmp_path / "run" / "chunks").glob("*.parquet")) and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    said = finish(process, status=1)
    assert said.splitlines()[-1] == f"Error: stopped; to go on: demrisk resume {tmp_path / 'run'}"
    assert "Traceback" not in said
    assert gone(process.pid)
    study.resume(tmp_path / "run", 1)
    study.run(load(TOY), 300, None, 1, tmp_path / "whole")
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "whole")


@pytest.mark.slow
def test_two_at_once_in_little_memory(tmp_path: Path) -> None:
    """Two runs side by side, stopped and resumed, end with the right bytes; memory and rate stand in the manifests."""
    seen = crowd(DATA / "busy.yaml", tmp_path, 0.0, 3000, 10)
    assert (seen.runs, seen.differing) == (2, 0)
    for manifest in seen.manifests:
        assert 100 < manifest["peak_memory_mb"] < 1000
        assert manifest["replicates_per_second"] >= 0
