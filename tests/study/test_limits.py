"""What a run takes: told before it begins, bounded while it is under way."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from running import DATA, TOY, edit

from sim import study
from sim.cli import main
from sim.scenario import load, load_study, replace
from sim.study import RunError, estimate
from sim.study.estimate import check_possible
from sim.study.store import BLOCK_REPLICATES, blocks_of
from sim.world import make_frame
from sim.world.size import size_of

ROOT = Path(__file__).parents[2]


def demrisk(*args: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


# -- before -----------------------------------------------------------------------------------------------------


def test_sizes_are_counted_without_building() -> None:
    """Areas and cohorts are bounds from above, and not far from what is built; the rest is exact."""
    studies = load_study(ROOT / "scenarios" / "ukraine_2024" / "study.yaml").scenarios
    for scenario in (load(TOY), load(DATA / "busy.yaml"), studies["baseline"], studies["transfer_field"]):
        size, frame = size_of(scenario), make_frame(scenario)
        assert size.districts == len(frame.districts)
        assert len(frame.years) <= size.years <= len(frame.years) + 1
        assert len(frame.edges) - 1 <= size.steps <= len(frame.edges) + 1
        assert len(frame.areas) <= size.areas <= 1.5 * len(frame.areas)
        assert len(frame.cohorts) <= size.cohorts <= 1.5 * len(frame.cohorts)


@pytest.mark.parametrize(("edits", "said"), [
    (("replicates: {draws: 4, per_draw: 2}", "replicates: {draws: 1000000, per_draw: 4000}"), "on the disk of"),
    (("bundle_km2: 12", "bundle_km2: 0.0000001"), "larger programme.bundle_km2"),
])
def test_an_impossible_run_is_refused_at_once(tmp_path: Path, monkeypatch, edited, edits, said) -> None:
    """With the numbers and what to change, before anything is built or written; control: the toy itself may."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    path = edited(edits, name="in/scenario.yaml")
    for command in ("check", "run"):
        done = demrisk(command, path)
        assert done.exit_code == 1
        assert "cannot be done here: it " in done.output and said in done.output
        assert re.search(r"about [\d,]{6,} (MB|days)", done.output)
        assert len(done.output.strip().splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["in"]
    check_possible(estimate.estimate({"toy": load(TOY)}, 4, 2), 2, tmp_path / "run")


def test_memory_disk_and_time_are_compared_with_what_is_there(tmp_path: Path, monkeypatch) -> None:
    needed = estimate.Estimate(replicates=100, seconds=400 * 86400.0, caller_mb=500, worker_mb=250, disk_mb=1e9)
    monkeypatch.setattr(estimate, "memory_of_machine_mb", lambda: 900.0)
    with pytest.raises(RunError) as refused:
        check_possible(needed, 4, tmp_path)
    said = str(refused.value)
    assert "about 1,500 MB of memory (500 MB, and 250 MB for each process that computes), there are 900 MB" in said
    assert "900 MB: --workers 1, fewer --draws, " in said
    assert f"about 1,000,000,000 MB on the disk of {tmp_path}" in said
    with pytest.raises(RunError, match="about 400 days on 1 processes"):
        check_possible(estimate.Estimate(1, 400 * 86400.0, 500, 250, 1), 1, tmp_path)
    check_possible(estimate.Estimate(1, 300 * 86400.0, 500, 250, 1), 1, tmp_path)


def test_an_address_space_limit_counts(monkeypatch) -> None:
    before = estimate.memory_of_machine_mb()
    monkeypatch.setattr(resource, "getrlimit", lambda which: (1_123_000_000, -1))
    assert estimate.memory_of_machine_mb() == 123.0 < before


@pytest.mark.parametrize("limit_mb", [400, 1000])
def test_too_little_address_space_is_told_and_does_not_hang(tmp_path: Path, limit_mb: int) -> None:
    """With less than they reserve, numerical libraries wait for ever or abort; this is said before they are loaded."""
    begun = ["bash", "-c", f'ulimit -v {limit_mb << 10}; exec "$@"', "bash", sys.executable, "-m", "sim"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([*begun, "run", TOY, "--workers", "1", "--folder", tmp_path / "run"], capture_output=True,
                          text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: the address space is limited to {limit_mb:,} MB (ulimit -v)")
    assert not (tmp_path / "run").exists()


def test_the_estimate_is_of_the_right_size(tmp_path: Path) -> None:
    """Memory and disk within a factor of three of what a run took; the time of a replicate likewise, measured."""
    busy = load(DATA / "busy.yaml")
    done = study.run(busy, 40, 2, 1, tmp_path).manifest
    needed = estimate.estimate({"scenario": busy}, 40, 2, estimate.timed_replicate(busy))
    stored = sum(p.stat().st_size for p in (tmp_path / "chunks").iterdir()) / 1e6
    assert 1 / 3 < done["peak_memory_mb"] / needed.memory_mb(1) < 3
    assert 1 / 3 < stored / needed.disk_mb < 3
    assert 1 / 3 < done["seconds"] / needed.seconds < 6  # tables and the first replicate come on top


# -- while it is under way --------------------------------------------------------------------------------------

SCRIPT = """
import json, resource, sys
from pathlib import Path
from sim import study
from sim.scenario import load
from sim.study import sample
file, draws, folder, slab_mb, limit_mb = sys.argv[1:]
sample.SLAB_BYTES = int(slab_mb) << 20
if int(limit_mb):
    resource.setrlimit(resource.RLIMIT_AS, (int(limit_mb) << 20, int(limit_mb) << 20))
study.run(load(file), int(draws), 4, 1, folder)
status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps({what: int(status[what].split()[0]) >> 10 for what in ("VmPeak", "VmHWM")}))
"""


def _run(folder: Path, draws: int, slab_mb: int = 1, limit_mb: int = 0) -> subprocess.CompletedProcess[str]:
    """A run of the toy over 80 years, with four replicates a draw, in a process of its own."""
    file = folder.parent / "long.yaml"
    file.write_text(edit(TOY, ("horizon_years: 10", "horizon_years: 80")))
    call = [sys.executable, "-c", SCRIPT, file, str(draws), folder, str(slab_mb), str(limit_mb)]
    # Threads of the linear algebra would reserve address space that nobody uses.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(call, capture_output=True, text=True, timeout=300, check=False, env=environment)


def _memory(folder: Path, draws: int, slab_mb: int = 1, limit_mb: int = 0) -> dict[str, int]:
    """The most address space and memory it has had [MB]."""
    done = _run(folder, draws, slab_mb, limit_mb)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; address space is limited by Linux alone")
def test_memory_does_not_grow_with_the_replicates(tmp_path: Path) -> None:
    """Eight times the replicates take the same memory, and keep within the same address space.

    Controls: memory does grow where all of a scenario is read at once; in 400 MB it cannot even begin.
    """
    few = _memory(tmp_path / "few", 15)
    many = _memory(tmp_path / "many", 120, limit_mb=few["VmPeak"])
    assert many["VmHWM"] < few["VmHWM"] + 16
    # The chunks are there now: only the tables are made.
    again = _memory(tmp_path / "many", 120)
    summary = (tmp_path / "many" / "summary.csv").read_bytes()
    at_once = _memory(tmp_path / "many", 120, slab_mb=1000)
    assert again["VmHWM"] + 24 < at_once["VmHWM"]
    assert (tmp_path / "many" / "summary.csv").read_bytes() == summary
    assert _run(tmp_path / "less", 15, limit_mb=400).returncode != 0


def test_a_chunk_does_not_grow_with_the_inner_loop() -> None:
    for draws, per_draw in ((3, 1), (12, 2), (7, 20), (3, 33), (2, 4096)):
        blocks = blocks_of(["a", "b"], draws, per_draw)
        assert max(b.last - b.first for b in blocks) <= BLOCK_REPLICATES
        for name in ("a", "b"):
            mine = [b for b in blocks if b.scenario == name]
            assert [i for b in mine for i in range(b.first, b.last)] == list(range(draws * per_draw))
        assert len({b.stem for b in blocks}) == len(blocks)


def test_slabs_give_the_same_bytes(tmp_path: Path, monkeypatch) -> None:
    """Tables made district by district and metric by metric are those made in one go; control: they were in slabs."""
    toy = load(TOY)
    pair = {"plain": toy, "deaf": replace(toy, {"exposure.learning_per_accident": 0.0})}
    whole = study.compare(pair, "plain", 12, 2, 1, tmp_path / "whole")
    read = []
    from sim.study.sample import Sample

    slabs = Sample.slabs
    monkeypatch.setattr(Sample, "slabs", lambda self, metric: (read.append(1) or slab for slab in slabs(self, metric)))
    for bytes_together in (2_000, 20_000):  # single districts of one metric; some metrics of all districts
        monkeypatch.setattr("sim.study.sample.SLAB_BYTES", bytes_together)
        cut = study.compare(pair, "plain", 12, 2, 1, tmp_path / str(bytes_together))
        for path in sorted(whole.folder.glob("*.csv")):
            assert path.read_bytes() == (cut.folder / path.name).read_bytes(), path.name
    assert read
