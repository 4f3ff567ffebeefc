"""Two runs at once in little memory, stopped by Ctrl-C or by force and resumed until they are done; again and again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .runs import LIMIT, begin, bytes_of, finish

LONGEST = 20.0
"""A process is stopped after a time between nothing and this [s]."""


@dataclass
class Crowd:
    """What happened.

    Attributes
    ----------
    runs, stops : int
        Runs that were brought to their end, and stops on the way there.
    differing : int
        Runs that ended with other bytes than the undisturbed one.
    manifests : list of dict
        Of the runs, in the order in which they ended: rate and peak memory stand in them.
    """

    runs: int = 0
    stops: int = 0
    differing: int = 0
    manifests: list[dict[str, Any]] = field(default_factory=list)


def crowd(scenario: Path, folder: Path, seconds: float, memory_mb: int, draws: int = 60) -> Crowd:
    """Run two of a scenario at once, with two processes each, for so long; each run has a folder of its own.

    Parameters
    ----------
    scenario : Path
    folder : Path
        For the runs, one of them undisturbed.
    seconds : float
        No run begins after this time.
    memory_mb : int
        Address space of each process.
    draws : int
        Sizes of the runs.
    """
    command = ("run", scenario, "--draws", draws, "--workers", 2)
    finish(begin(*command, "--folder", folder / "whole"))
    whole, seen, until = bytes_of(folder / "whole"), Crowd(), time.monotonic() + seconds

    def one(place: int) -> None:
        moments, number = random.Random(place), 0
        while number == 0 or time.monotonic() < until:
            target = folder / f"{place}-{number}"
            stops = _to_its_end(command, target, moments, memory_mb)
            seen.runs, seen.stops = seen.runs + 1, seen.stops + stops
            seen.differing += bytes_of(target) != whole
            seen.manifests.append(json.loads((target / "manifest.json").read_text()))
            number += 1

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(one, (0, 1)))
    return seen


def _to_its_end(command: tuple[object, ...], target: Path, moments: random.Random, memory_mb: int) -> int:
    """Begin a run and resume it until it is done; how often it was stopped."""
    stops = 0
    while True:
        resumes = (target / "manifest.json").exists()
        process = begin(*(("resume", target) if resumes else (*command, "--folder", target)), memory_mb=memory_mb)
        with suppress(subprocess.TimeoutExpired):
            # Longer each time: a process that only starts and is stopped would never come to the end.
            said, _ = process.communicate(timeout=moments.uniform(0.0, LONGEST) * 1.1**stops)
            if process.returncode == 0:
                return stops
            raise AssertionError(f"a run ended by itself with status {process.returncode}:\n{said}")
        if moments.random() < 0.5:
            os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it
        else:
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=LIMIT)
        if process.returncode == 0:  # it was done already, or Python lost the interrupt in a destructor
            return stops
        stops += 1
