"""What is measured in processes of its own: memory, and the time from the start to the first result."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import peers
from .model import FILE, Case, Engine

ROOT = Path(__file__).parents[2]
STATUS = Path("/proc/self/status")


def memory_case(what: str, items: int) -> Case:
    """The engine's memory goes with encounters: 4,000 potential ones. The peers' does not: 2 per 1,000 items."""
    return Case(items, 4_000_000.0 / items) if what == "engine" else Case(items)


def use_memory(what: str, items: int) -> None:
    """Do what is to be measured."""
    if what == "engine":
        engine = Engine(memory_case(what, items))
        engine.play(engine.prepare(0))
    else:
        peer: peers.Peer = getattr(peers, what)
        peer(items, memory_case(what, items).hazard, 1)


def _environment(**extra: str) -> dict[str, str]:
    path = os.pathsep.join(p for p in (str(ROOT), os.environ.get("PYTHONPATH", "")) if p)
    return {**os.environ, "PYTHONPATH": path, **extra}


def memory_mb(what: str, items: int) -> float:
    """Memory that some work takes beyond what it takes with ten items [MB]."""
    return _peak(what, items) - _peak(what, 10)


def _peak(what: str, items: int) -> float:
    code = f"from tests.bench.apart import peak; print(peak({what!r}, {items}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT,
                          env=_environment())
    return float(done.stdout)


def peak(what: str, items: int) -> float:
    """Most memory of this process after some work [MB]. What ``getrusage`` says includes the process that began it."""
    use_memory(what, items)
    status = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024.0


def start_seconds(cold: bool) -> dict[str, tuple[float, float]]:
    """From the start of a process to its end.

    Parameters
    ----------
    cold : bool
        First with an empty cache of compiled kernels, then with what that left; otherwise with the usual cache.

    Returns
    -------
    dict of str to (float, float)
        Seconds that passed, and seconds of processor time of it and the processes it started.
    """
    with tempfile.TemporaryDirectory() as folder:
        empty = {"NUMBA_CACHE_DIR": folder, "XDG_CACHE_HOME": folder, "MPLCONFIGDIR": folder} if cold else {}
        run = [sys.executable, "-m", "sim", "run", str(FILE), "--draws", "1", "--per-draw", "20"]
        commands = {"import sim": [sys.executable, "-c", "import sim"],
                    "small scenario, cold": [*run, "--folder", f"{folder}/cold"],
                    "small scenario, warm": [*run, "--folder", f"{folder}/warm"]}
        if not cold:
            del commands["small scenario, cold"]
        environment = _environment(**empty)
        return {name: _seconds(command, environment) for name, command in commands.items()}


def _seconds(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    start, before = time.perf_counter(), _of_children()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=environment)
    return time.perf_counter() - start, _of_children() - before


def _of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
