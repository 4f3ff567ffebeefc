"""`dask scheduler` and `dask worker` as a user starts them, on loopback, each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
DASK = (sys.executable, "-m", "dask")
PATIENCE = 60.0
"""For anything to happen on a machine that has other things to do [s]."""

Started = subprocess.Popen[bytes]


def wait_until(happened: Callable[[], bool], what: str) -> None:
    """Look every few milliseconds; AssertionError where it does not come."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.02)


class Cluster:
    """A scheduler and its workers; all are ended with the block that began it.

    Parameters
    ----------
    folder : Path
        For logs and what Dask leaves behind.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Started] = []
        self.workers: dict[str, Started] = {}
        self.address = ""
        self.start_scheduler()

    def _start(self, name: str, *words: str, software: Path = ROOT, **more: str) -> Started:
        environment = {
            **os.environ, "PYTHONPATH": str(software), "DASK_TEMPORARY_DIRECTORY": str(self.folder), **more}
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen([*DASK, *words], stdout=log, stderr=log, env=environment, cwd=self.folder)
        self.started.append(process)
        return process

    def start_scheduler(self, port: int = 0) -> None:
        """One that is reached under `address`; workers that hang are given up after three seconds."""
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        self.scheduler = self._start(
            "scheduler", "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard",
            "--scheduler-file", str(file), DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="3 s")
        wait_until(lambda: file.exists() and file.read_text().rstrip().endswith("}"), "a scheduler")  # written whole
        self.address = json.loads(file.read_text())["address"]

    def start_worker(self, name: str, *words: str, software: Path = ROOT, **environment: str) -> Started:
        """One more worker process, without a nanny to start it again; returns once the scheduler knows it."""
        log = self.folder / f"{name}.log"
        log.unlink(missing_ok=True)
        process = self._start(
            name, "worker", self.address, "--name", name, "--no-nanny", "--no-dashboard",
            *(words or ("--nthreads", "1")), software=software, **environment)
        wait_until(lambda: b"Starting established connection" in log.read_bytes(), f"worker {name}")
        self.workers[name] = process
        return process

    def begin_again(self) -> None:
        """A new scheduler under the address of the one before, and its workers."""
        for name in list(self.workers):
            self.end(self.workers[name])
        self.start_scheduler(int(self.address.rpartition(":")[2]))
        for name in list(self.workers):
            self.start_worker(name)

    def end(self, process: Started) -> None:
        """Kill one of its processes."""
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        if process in self.started:
            self.started.remove(process)


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """A cluster with so many workers, named `0`, `1`, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Cluster(folder)
    try:
        for name in range(workers):
            made.start_worker(str(name))
        yield made
    finally:
        for process in list(made.started):
            made.end(process)
