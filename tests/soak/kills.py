"""A study killed at random moments and resumed, again and again, until it is done."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .runs import begin, bytes_of, finish, gone, kill_when


@dataclass(frozen=True)
class Kills:
    """What the kills did.

    Attributes
    ----------
    killed : int
        Kills that met a process at work.
    in_the_middle : int
        Of these, kills that left some chunks but not all.
    lost : int
        Chunks that were there before a kill and not after it, or were written a second time.
    differing : int
        Runs that ended with other bytes than the undisturbed one.
    left : int
        Kills after which a worker process lived on.
    runs : int
        Runs that were brought to their end.
    """

    killed: int
    in_the_middle: int
    lost: int
    differing: int
    left: int
    runs: int


def kill_at_random(command: Sequence[object], folder: Path, kills: int, seed: int = 1) -> Kills:
    """Kill a run and its resumptions at random moments until so many kills are done; compare each that ended.

    A moment is a number of chunks, drawn from those that are there to all of them, and up to half a second more:
    so that starting, computing and writing tables are all met, however long each takes. A run whose chunks are all
    there is brought to its end, and another begun.

    Parameters
    ----------
    command : sequence
        Arguments of `demrisk` but for the folder.
    folder : Path
        For the runs, one of them undisturbed.
    kills : int
    seed : int
        Of the moments.
    """
    moments = random.Random(seed)
    finish(begin(*command, "--folder", folder / "whole"))
    whole = bytes_of(folder / "whole")
    names = {name for name in whole if name.endswith(".parquet")}
    killed = middle = lost = differing = left = runs = 0
    target = folder / "run-0"
    while killed < kills or target.exists():
        before = _stamps(target)
        resumes = (target / "manifest.json").exists()
        process = begin("resume", target) if resumes else begin(*command, "--folder", target)
        moment = _moment(target, moments.randint(len(before), len(names)), moments.uniform(0.0, 0.5))
        if killed < kills and len(before) < len(names) and kill_when(process, moment):
            killed += 1
            left += not gone(process.pid)
        else:
            process.communicate()
        after = _stamps(target)
        lost += sum(after.get(name) != stamp for name, stamp in before.items())
        middle += 0 < len(after) < len(names)
        if process.returncode == 0:
            differing += bytes_of(target) != whole
            runs += 1
            target = folder / f"run-{runs}"
        elif process.returncode != -signal.SIGKILL:
            raise AssertionError(f"a run ended with status {process.returncode}")
    return Kills(killed, middle, lost, differing, left, runs)


def _stamps(folder: Path) -> dict[str, int]:
    """When each chunk was written [ns]."""
    return {path.name: path.stat().st_mtime_ns for path in (folder / "chunks").glob("*.parquet")}


def _moment(folder: Path, chunks: int, more: float) -> Callable[[], bool]:
    """Whether so many chunks have been there for some time [s]."""
    since: list[float] = []

    def has_come() -> bool:
        if not since and len(_stamps(folder)) >= chunks:
            since.append(time.monotonic())
        return bool(since) and time.monotonic() - since[0] >= more

    return has_come
