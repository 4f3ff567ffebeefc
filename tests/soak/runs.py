"""Runs as processes of their own, which can be killed or held to little memory; and the bytes they leave."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT = 600.0
"""Longer takes no run of these tests [s]."""


def begin(*arguments: object, memory_mb: int | None = None) -> subprocess.Popen[str]:
    """Start `demrisk` as a process group of its own, where wanted with so much address space at most."""
    def limit() -> None:
        if memory_mb is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))

    paths = os.pathsep.join([str(ROOT), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-m", "sim", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True, preexec_fn=limit, env={**os.environ, "PYTHONPATH": paths})


def finish(process: subprocess.Popen[str], status: int = 0) -> str:
    """Wait for a process; what it said. An error where it ends with another status."""
    said, _ = process.communicate(timeout=LIMIT)
    if process.returncode != status:
        raise AssertionError(f"status {process.returncode}, not {status}:\n{said}")
    return said


def kill_when(process: subprocess.Popen[str], moment: Callable[[], bool]) -> bool:
    """Kill a process alone, not its children, once a moment has come; whether it was still at work."""
    while process.poll() is None and not moment():
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def gone(group: int, within: float = 20.0) -> bool:
    """Whether nobody of a process group is left, or soon will be."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def bytes_of(folder: Path) -> dict[str, str]:
    """SHA-256 of everything that has to be the same: chunks by name, and the two tables."""
    files = [*(folder / "chunks").iterdir(), folder / "summary.csv", folder / "differences.csv"]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
