"""Worker processes: one that cannot start is an error at once, not a wait without end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import TOY

from sim.study import template

SCRIPT = """
import sys
from sim import study
from sim.scenario import load
from sim.study import template

template.COPIED = template.COPIED and not {afresh}
if {faulty} and __name__ != "__main__":
    raise ImportError("this script cannot be imported by a worker")
if __name__ == "__main__":
    study.run(load(sys.argv[1]), 10, 1, 2, sys.argv[2])
    print("done")
"""


def _run(folder: Path, faulty: bool, afresh: bool = False) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(SCRIPT.format(faulty=faulty, afresh=afresh))
    return subprocess.run(
        [sys.executable, script, TOY, folder / "run"], capture_output=True, text=True, timeout=90, check=False,
        cwd=folder, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


def test_a_worker_that_cannot_start_is_an_error_at_once(tmp_path: Path) -> None:
    lost = _run(tmp_path, faulty=True)
    assert lost.returncode == 1
    assert "a worker process ended before its work was done" in lost.stderr
    assert "__main__" in lost.stderr.splitlines()[-1]
    sound = _run(tmp_path, faulty=False)  # control: the same script without the fault
    assert sound.stdout == "done\n", sound.stderr


def test_workers_import_what_the_caller_imports(tmp_path: Path) -> None:
    """Another package of the same name, where the caller happens to stand, is none of theirs."""
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "__init__.py").write_text("raise RuntimeError('another package')\n")
    (tmp_path / "elsewhere").mkdir()
    script = tmp_path / "elsewhere" / "script.py"
    script.write_text(SCRIPT.format(faulty=False, afresh=False))
    where = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}}
    done = subprocess.run([sys.executable, script, TOY, tmp_path / "run"], capture_output=True, text=True, timeout=90,
                          check=False, **where)
    assert done.stdout == "done\n", done.stderr
    assert "another package" not in done.stderr
    seen = subprocess.run([sys.executable, "-c", "import sim"], capture_output=True, text=True, check=False, **where)
    assert "another package" in seen.stderr  # control: who looks where it stands first finds that one


@pytest.mark.skipif(not template.COPIED, reason="workers are started afresh")
def test_workers_that_start_afresh_give_the_same_bytes(tmp_path: Path) -> None:
    """As they do where no copies are made of a process."""
    names = []
    for afresh in (False, True):
        folder = tmp_path / str(afresh)
        folder.mkdir()
        done = _run(folder, faulty=False, afresh=afresh)
        assert done.stdout == "done\n", done.stderr
        names.append(sorted(path.name for path in (folder / "run" / "chunks").iterdir()))  # with their checksums
    assert names[0] == names[1]
    assert names[0]


@pytest.mark.skipif(not template.COPIED, reason="workers are started afresh")
def test_what_workers_are_copies_of_ends_with_the_caller_at_once(tmp_path: Path) -> None:
    """Also while it is still importing: a pipe that it holds open would be waited for."""
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(60)\n")
    start = "from sim.study import template; template.start(['slow'])"
    subprocess.run([sys.executable, "-c", start], capture_output=True, timeout=20, check=True,
                   env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])})
