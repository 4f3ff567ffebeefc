"""The run folder: whole or not at all at every write, one run at a time, what is good stays good."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from running import TOY, manifest_of

from sim import study
from sim.cli import main
from sim.scenario import Scenario, load, replace
from sim.study import RunError, Stopped
from sim.study.files import locked, write_whole
from sim.study.results import Results

DRAWS, PER_DRAW = 12, 2
COMPARED = ("summary.csv", "differences.csv")


def demrisk(*args: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


def pair() -> dict[str, Scenario]:
    """Two scenarios of three years."""
    toy = replace(load(TOY), {"horizon_years": 3})
    return {"plain": toy, "deaf": replace(toy, {"exposure.learning_per_accident": 0.0})}


def begin(folder: Path, draws: int = DRAWS) -> Results:
    return study.compare(pair(), "plain", draws, PER_DRAW, 1, folder)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """What has to be the same: chunks by name, and the two tables."""
    return {p.name: p.read_bytes() for p in [*(folder / "chunks").iterdir(), *(folder / name for name in COMPARED)]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of a run that nobody interrupted: two scenarios in three blocks each."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    begin(folder)
    assert len(bytes_of(folder)) == 8
    return bytes_of(folder)


class Crash(BaseException):
    """The end of the process: nothing after it is done, not even tidying up."""


@contextmanager
def crash_at(monkeypatch: pytest.MonkeyPatch, write: int) -> Iterator[list[str]]:
    """End everything at the n-th rename, as a power failure would; yields the names of files up to it."""
    written: list[str] = []
    rename, unlink = os.replace, Path.unlink

    def replaced(source: Path, target: Path) -> None:
        if len(written) < write:
            written.append(Path(target).name)
        if len(written) == write:
            raise Crash
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("sim.study.store.ThreadPoolExecutor", lambda: ThreadPoolExecutor(1))
        patch.setattr("sim.study.files.os.replace", replaced)
        patch.setattr(Path, "unlink",
                      lambda path, missing_ok=False: None if len(written) == write else unlink(path, missing_ok))
        yield written


# -- whole or not at all --------------------------------------------------------------------------------------


def test_a_crash_at_any_write_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, bytes]
) -> None:
    """A run is ended at its 1st, 2nd, ... file and resumed from the folder alone: the bytes are always the same, and
    chunks that were there are not written again."""
    ends, write = [], 0
    while True:
        write += 1
        folder = tmp_path / str(write)
        with crash_at(monkeypatch, write) as written:
            try:
                begin(folder)
                break
            except Crash:
                ends.append(written[-1])
        assert list(folder.rglob("*.part")), "the file that was being written lies about"
        with pytest.raises(FileNotFoundError):
            Results.read(folder)
        there = {p.name: p.stat().st_mtime_ns for p in (folder / "chunks").glob("*.parquet")}
        if (folder / "manifest.json").exists():
            study.resume(folder, 1)
        else:
            with pytest.raises(FileNotFoundError, match="begins anew with the command"):
                study.resume(folder, 1)
            begin(folder)
        assert bytes_of(folder) == whole, ends[-1]
        assert not list(folder.rglob("*.part"))
        assert {name: (folder / "chunks" / name).stat().st_mtime_ns for name in there} == there
    assert {"scenario-plain.yaml", "summary.csv", "differences.csv", "failures.csv"} < set(ends)
    assert ends.count("manifest.json") == 2, "before the work and after it"
    assert sum(name.endswith(".parquet") for name in ends) == 6


def test_a_write_that_fails_leaves_the_file_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(tmp_path / "a", b"first")
    monkeypatch.setattr("sim.study.files.os.fsync", raising(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(OSError, match="Input/output"):
        write_whole(tmp_path / "a", b"second")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a", b"first")]


def raising(error: BaseException) -> Callable[..., None]:
    def fails(*args: object) -> None:
        raise error

    return fails


# -- damage ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["torn", "one bit", "another's content", "empty", "missing"])
def test_a_damaged_chunk_is_told_and_computed_again(
    tmp_path: Path, whole: dict[str, bytes], caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    begin(tmp_path)
    first, second, *others = sorted((tmp_path / "chunks").iterdir())
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 1
    stamps = {p: p.stat().st_mtime_ns for p in others}
    if damage == "missing":
        first.unlink()
    else:
        first.write_bytes({"torn": data[:1000], "one bit": data, "another's content": second.read_bytes(),
                           "empty": b""}[damage])
    study.resume(tmp_path, 1)
    assert bytes_of(tmp_path) == whole
    assert {p: p.stat().st_mtime_ns for p in others} == stamps
    assert (f"{first} is damaged" in caplog.text) == (damage != "missing")
    caplog.clear()
    study.resume(tmp_path, 1)  # control: nothing is wrong any more
    assert not caplog.text


def test_damage_is_told_in_the_shell_too(tmp_path: Path) -> None:
    begin(tmp_path)
    chunk = next((tmp_path / "chunks").iterdir())
    chunk.write_bytes(b"PAR1")
    done = subprocess.run(
        [sys.executable, "-m", "sim", "resume", tmp_path, "--workers", "1"], capture_output=True, text=True,
        timeout=100, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert f"{chunk} is damaged: its content is not that of its checksum; it is computed again" in done.stderr


@pytest.mark.parametrize("text", ["", "{", "[]", '{"study": "x"}'])
def test_a_damaged_manifest_is_told(tmp_path: Path, text: str) -> None:
    begin(tmp_path)
    (tmp_path / "manifest.json").write_text(text)
    for command in ("resume", "reproduce", "report"):
        done = demrisk(command, tmp_path)
        assert done.exit_code == 2
        assert f"{tmp_path / 'manifest.json'} is not as the run wrote it" in done.output.replace("\n", "")


# -- what is not this run's -----------------------------------------------------------------------------------


def test_another_run_does_not_get_into_the_folder(tmp_path: Path) -> None:
    begin(tmp_path)
    before = bytes_of(tmp_path)
    with pytest.raises(ValueError, match=r"holds another run \(replicates .*'draws': 12.*'draws': 20.* --folder"):
        begin(tmp_path, 20)
    done = demrisk("run", TOY, "--workers", 1, "--folder", tmp_path)
    assert done.exit_code == 2
    assert "holds another run" in done.output
    assert bytes_of(tmp_path) == before
    begin(tmp_path)  # control: the same run may


def test_a_scenario_changed_in_the_folder_is_refused(tmp_path: Path) -> None:
    begin(tmp_path)
    file = tmp_path / "scenario-deaf.yaml"
    file.write_text(file.read_text().replace("horizon_years: 3", "horizon_years: 2"))
    done = demrisk("resume", tmp_path, "--workers", 1)
    assert done.exit_code == 2
    assert f"{file}: has the digest" in done.output.replace("\n", "")


def test_other_versions_do_not_go_on_with_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(tmp_path)
    before = bytes_of(tmp_path)
    with manifest_of(tmp_path) as manifest:
        manifest["versions"]["numpy"] = "1.0"
    for again in (lambda: begin(tmp_path), lambda: study.resume(tmp_path, 1)):
        with pytest.raises(RunError, match=r"numpy 1\.0 there, 2.* here"):
            again()
    assert bytes_of(tmp_path) == before


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    for command in ("resume", "reproduce"):
        done = demrisk(command, tmp_path)
        assert done.exit_code == 2
        assert "is not a run folder: manifest.json is missing" in done.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "x" * 101, "a\nb"])
def test_names_that_would_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="a name becomes part of file names"):
        study.compare({name: load(TOY)}, name, 1, 1, 1, tmp_path / "run")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["chunks", ".lock", "figures"])
def test_nothing_is_written_through_a_link(tmp_path: Path, name: str) -> None:
    """A folder or lock that leads elsewhere is refused; control: without the link the run goes on."""
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    begin(run)
    elsewhere.mkdir()
    (elsewhere / ".x.part").write_text("not ours")
    shutil.rmtree(run / "chunks") if name == "chunks" else (run / name).unlink(missing_ok=True)
    (run / name).symlink_to(elsewhere / ".x.part" if name == ".lock" else elsewhere)
    done = demrisk("resume", run, "--workers", 1)
    assert done.exit_code == 1
    assert "link" in done.output and "Traceback" not in done.output
    assert [(path.name, path.read_text()) for path in elsewhere.iterdir()] == [(".x.part", "not ours")]
    (run / name).unlink()
    assert demrisk("resume", run, "--workers", 1).exit_code == 0


@pytest.mark.parametrize("what", ["pipe", "device", "nothing"])
def test_a_manifest_that_is_no_file_is_told_and_not_waited_for(tmp_path: Path, what: str) -> None:
    file = tmp_path / "manifest.json"
    if what == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to("/dev/zero" if what == "device" else tmp_path / "nowhere")
    for command in ("resume", "reproduce", "report"):
        done = demrisk(command, tmp_path)
        assert done.exit_code == 2
        assert "manifest.json is not as the run wrote it" in done.output.replace("\n", "")


def test_files_that_are_links_are_replaced(tmp_path: Path) -> None:
    """What they lead to stays as it is: tables, the page, and what calibration writes beside a scenario."""
    run, other = tmp_path / "run", tmp_path / "other"
    begin(run)
    other.write_text("not ours")
    for name in ("summary.csv", "report.html"):
        (run / name).unlink(missing_ok=True)
        (run / name).symlink_to(other)
    assert demrisk("resume", run, "--workers", 1).exit_code == 0
    assert other.read_text() == "not ours"
    assert not (run / "summary.csv").is_symlink() and not (run / "report.html").is_symlink()


# -- locks, disks and the user --------------------------------------------------------------------------------


def test_one_run_at_a_time(tmp_path: Path) -> None:
    """A run at work is named with process, host and time; the lock of a process that was killed is nobody's."""
    holder = ("import sys, time; from pathlib import Path; from sim.study.files import locked\n"
              "with locked(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)")
    begin(tmp_path)
    before = bytes_of(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", holder, tmp_path / ".lock"], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    try:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        done = demrisk("resume", tmp_path, "--workers", 1)
        assert done.exit_code == 1
        assert f"another run is at work in this folder: process {process.pid} on" in done.output
        assert ", since 20" in done.output
        assert bytes_of(tmp_path) == before
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert f"process {process.pid}" in (tmp_path / ".lock").read_text()
    with locked(tmp_path / ".lock"):  # taken over
        assert f"process {os.getpid()}" in (tmp_path / ".lock").read_text()
    assert (tmp_path / ".lock").read_text() == ""


@pytest.mark.parametrize(("number", "said"), [
    (errno.ENOSPC, "the disk is full"), (errno.EDQUOT, "quota"), (errno.EROFS, "read-only"), (errno.EIO, "error")])
def test_a_disk_that_gives_out_leaves_a_run_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, bytes], number: int, said: str
) -> None:
    """The fifth file cannot be written: one line, exit status 1, nothing half; resumed when there is room again."""
    count, sync = [0], os.fsync

    def full(descriptor: int) -> None:
        count[0] += 1
        if count[0] > 8:
            raise OSError(number, os.strerror(number))
        sync(descriptor)

    folder = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("sim.study.files.os.fsync", full)
        with pytest.raises(RunError, match=rf"{said}.*What was stored before is whole.*demrisk resume {folder}"):
            begin(folder)
    assert not list(folder.rglob("*.part"))
    study.resume(folder, 1)
    assert bytes_of(folder) == whole


def test_a_file_too_large_for_the_user_in_the_shell(tmp_path: Path) -> None:
    """The same in the shell, with a limit that the system itself enforces."""
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    # kernels are loaded from the cache, which stays as it is
    command = [sys.executable, "-m", "sim", "run", TOY, "--draws", "12", "--workers", "1", "--folder", tmp_path / "run"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, preexec_fn=limit,
                          env=environment)
    assert done.returncode == 1
    assert "a file would be larger than is allowed here" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "run").rglob("*.part"))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = demrisk("run", TOY, "--draws", 1, "--workers", 1, "--folder", tmp_path / "file" / "run")
    assert done.exit_code == 1
    assert "cannot be written" in done.output and "Traceback" not in done.output


def test_ctrl_c_leaves_a_run_that_goes_on(tmp_path: Path, whole: dict[str, bytes]) -> None:
    """In the middle of a run by the library; in the shell see `test_resume`."""
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(Stopped, match=rf"demrisk resume {tmp_path}") as stopped:
        study.compare(pair(), "plain", DRAWS, PER_DRAW, 1, tmp_path, stop)
    assert stopped.value.folder == tmp_path
    assert len(list((tmp_path / "chunks").iterdir())) == 3
    seen: list[tuple[int, int]] = []
    study.resume(tmp_path, 1, lambda done, total: seen.append((done, total)))
    assert seen == [(3, 6), (4, 6), (5, 6), (6, 6)]
    assert bytes_of(tmp_path) == whole
