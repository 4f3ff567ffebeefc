"""What is compiled ahead of a run is what the run calls, and all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import DATA

ASK = """
import sys
import sim.study.ready
from numba.core import event
compiled = event.RecordingListener()
event.register("numba:compile", compiled)
from running import run_all
from sim.scenario import load
assert not run_all(load(sys.argv[1])).failures
print(*sorted({happened.data["dispatcher"].__name__ for _, happened in compiled.buffer}))
"""

THREADS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from running import ROOM
from sim.core.ground import GroundTruth
from sim.core.records import Room
from sim.scenario import load
from sim.world import World, draw_parameters, make_frame
scenario = load(sys.argv[1])
world, together = World(make_frame(scenario), draw_parameters(scenario, 0)), Barrier(4)
def begin(inner):
    arrays = world.replicate(inner, Room(ROOM))
    together.wait()
    return GroundTruth(arrays).replicate
with ThreadPoolExecutor(4) as threads:
    print(*threads.map(begin, range(4)))
"""


def answer(code: str, file: str, **env: str) -> list[str]:
    """Words that a process of its own prints, which runs this code on a scenario of the tests."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    done = subprocess.run([sys.executable, "-c", code, str(DATA / file)], capture_output=True, text=True, timeout=200,
                          check=False, env={**os.environ, "NUMBA_DISABLE_JIT": "0", "PYTHONPATH": path, **env})
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_threads_may_begin_replicates_at_once() -> None:
    """The first of them loads what the others need as well."""
    assert answer(THREADS, "toy.yaml") == ["0", "1", "2", "3"]


@pytest.mark.slow
def test_a_run_compiles_nothing_more_and_nothing_is_compiled_twice(tmp_path: Path) -> None:
    assert answer(ASK, "busy.yaml", NUMBA_CACHE_DIR=str(tmp_path)) == []
    for kernel in ("encounters.meet", "companion.integrate", "candidates.open_block", "finds.close_year",
                   "companion.begin", "clearance.carry_out"):
        assert len(list(tmp_path.rglob(f"{kernel}-*.nbc"))) == 1, kernel
