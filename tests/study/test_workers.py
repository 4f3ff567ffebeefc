"""Worker processes: one that cannot start is an error at once, not a wait without end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from running import TOY

SCRIPT = """
import sys
from sim import study
from sim.scenario import load

if {faulty} and __name__ != "__main__":
    raise ImportError("this script cannot be imported by a worker")
if __name__ == "__main__":
    study.run(load(sys.argv[1]), 10, 1, 2, sys.argv[2])
    print("done")
"""


def _run(folder: Path, faulty: bool) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(SCRIPT.format(faulty=faulty))
    return subprocess.run(
        [sys.executable, script, TOY, folder / "run"], capture_output=True, text=True, timeout=90, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


def test_a_worker_that_cannot_start_is_an_error_at_once(tmp_path: Path) -> None:
    lost = _run(tmp_path, faulty=True)
    assert lost.returncode == 1
    assert "a worker process ended before its work was done" in lost.stderr
    assert "__main__" in lost.stderr.splitlines()[-1]
    sound = _run(tmp_path, faulty=False)  # control: the same script without the fault
    assert sound.stdout == "done\n", sound.stderr
