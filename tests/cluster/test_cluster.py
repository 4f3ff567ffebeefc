"""Every command on a Dask cluster: the same bytes as here, whatever becomes of workers and scheduler.

Real `dask scheduler` and `dask worker` processes on loopback. `python -m tests.cluster.long` kills many more.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from running import TOY

from sim.cli import main
from sim.programme import PRIORITIES
from sim.scenario import load, replace
from sim.study import Cluster as OnCluster
from sim.study import Workers, WorkersLost, compare, executor, run
from sim.study import cluster as door
from sim.study.executor import AHEAD
from sim.study.store import Block, Chunk
from sim.study.versions import versions

from .processes import ROOT, Cluster, cluster, wait_until

SIZES = ("--draws", "10", "--per-draw", "1")
AVX512 = "X86_V4"


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler with two workers, used by one test after the other; each leaves two workers behind."""
    with cluster(tmp_path_factory.mktemp("dask"), 2) as made:
        yield made


def _demrisk(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, [str(w) for w in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def _bytes(folder: Path) -> dict[str, bytes]:
    """What has to be the same wherever it was computed."""
    files = [*(folder / "chunks").iterdir(), folder / "summary.csv", folder / "differences.csv"]
    return {file.name: file.read_bytes() for file in files}


def _equal(a: Chunk, b: Chunk) -> bool:
    return np.array_equal(a.by_district, b.by_district) and np.array_equal(a.address, b.address)


# -- the same bytes -------------------------------------------------------------------------------------------


def test_compare_gives_the_same_bytes(dask: Cluster, tmp_path: Path, edited) -> None:
    louder = edited(("scale: 0.05", "scale: 0.1"), name="louder.yaml")
    status, said = _demrisk("compare", TOY, louder, *SIZES, "--workers", 1, "--cluster", dask.address,
                            "--folder", tmp_path / "there")
    assert status == 0, said
    pair = {"toy": load(TOY), "louder": load(louder)}
    here = _bytes(compare(pair, "toy", 10, 1, 1, tmp_path / "here").folder)
    assert len(here) == 6
    assert here == _bytes(tmp_path / "there")
    with OnCluster("local:2", 1) as own:  # one that is started for the run
        assert here == _bytes(compare(pair, "toy", 10, 1, own, tmp_path / "own").folder)
    others = {name: replace(scenario, {"seed": 8}) for name, scenario in pair.items()}  # control: bytes tell runs apart
    assert here != _bytes(compare(others, "toy", 10, 1, 1, tmp_path / "others").folder)


def test_calibrate_gives_the_same_bytes(dask: Cluster, tmp_path: Path, edited) -> None:
    short = edited(("horizon_years: 10", "horizon_years: 2.5"), ("scale: 0.05", "scale: 1"), name="toy.yaml")
    table = tmp_path / "observed.csv"
    table.write_text("year,casualties_reported,used_in_fit\n2022,6,true\n2023,15,true\n")
    fitted = []
    for where in (("--workers", 1), ("--workers", 1, "--cluster", dask.address)):
        status, said = _demrisk("calibrate", short, "--observations", table, "--draws", 20, *where)
        assert status == 0, said
        fitted.append([(tmp_path / f"calibration{part}").read_bytes() for part in (".yaml", "_fit.csv")])
        (tmp_path / "calibration.yaml").unlink()
    assert fitted[0] == fitted[1]


def test_a_run_with_a_policy_of_ones_own_is_resumed_on_a_cluster(
    dask: Cluster, tmp_path: Path, edited, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its text travels with the scenario; the bytes are those of the run here."""
    monkeypatch.setattr("sim.programme.own._own", {})
    monkeypatch.setitem(PRIORITIES, "mine", None)  # and taken away afterwards
    policy, run_ = tmp_path / "mine.py", tmp_path / "run"
    policy.write_text("from sim import priority\n\n\n@priority\ndef mine(belief):\n    return belief.users\n")
    toy = edited(("priority: people_at_risk", "priority: mine"))
    status, said = _demrisk("run", toy, *SIZES, "--workers", 1, "--policy", policy, "--folder", run_)
    assert status == 0, said
    here = _bytes(run_)
    min((run_ / "chunks").iterdir()).unlink()
    words = ("resume", run_, "--workers", 1, "--cluster", dask.address, "--policy")
    status, said = _demrisk(*words, run_ / "policy-mine.py")
    assert status == 0, said
    assert _bytes(run_) == here


# -- many blocks ----------------------------------------------------------------------------------------------


def test_a_thousand_blocks_are_never_all_in_memory(dask: Cluster) -> None:
    """The scenario travels once; so many blocks are under way, and no more while nobody takes their results."""
    short = replace(load(TOY), {"horizon_years": 1.0})
    blocks = [Block("toy", i, i + 1) for i in range(1000)]
    with OnCluster(dask.address, 1) as there, Workers(1) as here:
        alone = {block: chunk for block, chunk, _ in here.run({"toy": short}, blocks[::100], 1)}
        found, most, most_scenarios = {}, 0, 0
        for block, chunk, process in there.run({"toy": short, "again": short}, blocks, 1):
            found[block] = process.id
            keys = [str(key) for key in there.client.futures]
            most = max(most, sum("block" in key for key in keys))
            most_scenarios = max(most_scenarios, sum("scenario" in key for key in keys))
            assert block not in alone or _equal(chunk, alone[block])
    assert list(found) != blocks and set(found) == set(blocks)
    assert len(set(found.values())) == 2
    assert AHEAD <= most <= 2 * AHEAD + 1  # Dask itself holds on to the last one for a moment
    assert most_scenarios == 1


# -- what is lost ---------------------------------------------------------------------------------------------


def _blocks_while(dask: Cluster, happens, scenario: str = "toy") -> None:
    """Something happens after a few of a hundred blocks; all of them come, each once, and as they should be."""
    toy = {"toy": load(TOY)}
    blocks = [Block("toy", i, i + 1) for i in range(100)]
    with OnCluster(dask.address, 1) as there, Workers(1) as here:
        found: dict[Block, Chunk] = {}
        for block, chunk, _ in there.run(toy, blocks, 2):
            assert block not in found
            found[block] = chunk
            if len(found) == 5:
                happens()
        assert set(found) == set(blocks)
        assert all(_equal(found[block], chunk) for block, chunk, _ in here.run(toy, blocks[::9], 2))


def test_a_worker_is_killed(dask: Cluster) -> None:
    _blocks_while(dask, lambda: dask.end(dask.workers["0"]))
    dask.start_worker("0")


def test_a_worker_hangs(dask: Cluster) -> None:
    """Slower than the scheduler waits for a sign of life: its blocks are done by the other."""
    hung = dask.workers["1"]
    _blocks_while(dask, lambda: os.kill(hung.pid, signal.SIGSTOP))
    dask.end(hung)
    dask.start_worker("1")


def test_the_scheduler_is_killed_and_started_again(dask: Cluster, tmp_path: Path) -> None:
    """One message, exit status 1, what has arrived is kept; the same command afterwards gives the same bytes."""
    words = ["run", str(TOY), "--draws", "150", "--per-draw", "2", "--workers", "1", "--folder", str(tmp_path / "run")]
    command = [sys.executable, "-m", "sim", *words, "--cluster", dask.address]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    chunks = tmp_path / "run" / "chunks"
    wait_until(lambda: chunks.exists() and len(list(chunks.glob("*.parquet"))) > 3, "chunks")
    dask.end(dask.scheduler)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    goes_on = "what has arrived is stored: `demrisk resume`, or the same command, goes on from there"
    assert said.splitlines()[-1].endswith(f"is gone; {goes_on}")
    assert "Traceback" not in said and "distributed" not in said, said
    arrived = {file.name: file.stat().st_mtime_ns for file in chunks.glob("*.parquet")}
    assert 3 < len(arrived) < 30

    dask.begin_again()
    status, said = _demrisk(*words, "--cluster", dask.address)
    assert status == 0, said
    assert arrived == {name: (chunks / name).stat().st_mtime_ns for name in arrived}
    assert _bytes(run(load(TOY), 150, 2, 1, tmp_path / "here").folder) == _bytes(tmp_path / "run")


def test_no_worker_comes_and_none_is_left(dask: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where results that were there are lost with the last worker."""
    monkeypatch.setattr(door, "PATIENCE", 1.0)
    monkeypatch.setattr(executor, "FETCH", 1.0)
    with cluster(tmp_path / "dask", 0) as empty, OnCluster(empty.address, 1) as there:
        with pytest.raises(WorkersLost, match=r"no worker at tcp://127.0.0.1:\d+ after 1 s"):
            there.warm_up()
        only = empty.start_worker("only")
        there.warm_up()
        monkeypatch.setattr(door, "PATIENCE", 60.0)
        empty.end(only)
        begun = there.run({"toy": load(TOY)}, [Block("toy", i, i + 1) for i in range(20)], 1)  # while nobody is there
        only = empty.start_worker("only")
        assert len(list(begun)) == 20
        monkeypatch.setattr(door, "PATIENCE", 1.0)
        with pytest.raises(WorkersLost, match="no worker was left"):
            for _ in there.run({"toy": load(TOY)}, [Block("toy", i, i + 1) for i in range(500)], 4):
                if only in empty.started:
                    empty.end(only)


# -- who is not fit -------------------------------------------------------------------------------------------


def test_other_software_is_refused(dask: Cluster, tmp_path: Path) -> None:
    """Another version of ours, none at all, other instructions of the processor, several threads in a process."""
    shutil.copytree(ROOT / "sim", tmp_path / "other" / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    init = tmp_path / "other" / "sim" / "__init__.py"
    text = init.read_text()
    version = re.search(r'__version__ = "(.*)"', text)
    assert version is not None
    init.write_text(text.replace(version.group(1), "9.8.7"))
    (tmp_path / "none" / "sim").mkdir(parents=True)
    (tmp_path / "none" / "sim" / "__init__.py").write_text('raise ModuleNotFoundError("No module named \'sim\'")\n')
    other = "would give other numbers: it has"
    cases = [
        (rf"{other} demrisk 9\.8\.7; here is demrisk {re.escape(version.group(1))}; install", (),
         {"software": tmp_path / "other"}),
        (rf"has another demrisk than {version.group(1)}, or none: .*No module named 'sim'", (),
         {"software": tmp_path / "none"}),
        ("has 3 threads in one process.*--nworkers 3 --nthreads 1", ("--nthreads", "3"), {}),
    ]
    if AVX512 in versions()["processor"]:
        lacking = " ".join(f for f in versions()["processor"].split() if f == AVX512 or f.startswith("AVX512"))
        cases.append((rf"{other} processor [^;]*; here is processor [^;]*{AVX512}.*; set NPY_DISABLE_CPU_FEATURES", (),
                      {"NPY_DISABLE_CPU_FEATURES": lacking}))
    for i, (message, words, how) in enumerate(cases):
        unfit = dask.start_worker(f"unfit {i}", *words, **how)
        status, said = _demrisk("run", TOY, "--workers", 1, "--cluster", dask.address, "--folder", tmp_path / "run")
        dask.end(unfit)
        assert status == 1, said
        assert re.fullmatch(rf"Error: worker tcp://127\.0\.0\.1:\d+ {message}.*\n", said), said
        assert not (tmp_path / "run").exists()


def test_other_software_that_comes_late_is_refused(dask: Cluster, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "sim", tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    changed = tmp_path / "sim" / "world" / "people.py"
    changed.write_text(changed.read_text() + "\n# a line more\n")
    with pytest.raises(WorkersLost, match=r"it has engine \w{16}; here is engine \w{16}; install"):
        _blocks_while(dask, lambda: dask.start_worker("late", software=tmp_path))
    dask.end(dask.workers["late"])


@pytest.mark.parametrize("address", ["localhost:8786", "tcp://host", "tcp://host:99999", "tcp://:1", "http://host:80",
                                     "local:0", "local:-1", "local:", ""])
def test_what_is_no_address(address: str, tmp_path: Path) -> None:
    status, said = _demrisk("run", TOY, "--cluster", address, "--folder", tmp_path / "run")
    assert status == 2
    assert said == (f"--cluster: {address!r} is no address; expected tcp://host:port, or local:4 for four processes on "
                    "this machine\n")


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import dask as settings

    with settings.config.set({"distributed.comm.timeouts.connect": "1s"}):
        status, said = _demrisk("run", TOY, "--cluster", "tcp://127.0.0.1:1", "--folder", tmp_path / "run")
    assert status == 1
    assert said.startswith("Error: no scheduler answers at tcp://127.0.0.1:1: ")
    assert not (tmp_path / "run").exists()
