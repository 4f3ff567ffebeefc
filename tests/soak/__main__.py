"""The long version: ``python -m tests.soak [kills] [minutes]``.

First a study is killed (SIGKILL) at so many random moments, 50 where not said, and resumed each time. Then, for so
many minutes, 10 where not said, two studies run at once in little memory and are stopped and resumed over and over.
Every run has to end with the bytes of an undisturbed one. Prints what happened, peak memory and rate from the
manifests; ends with 1 where anything was lost. Fifty kills take about five minutes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from .crowd import crowd
from .kills import kill_at_random

DATA = Path(__file__).parents[1] / "data"
BUSY = DATA / "busy.yaml"
MEMORY_MB = 3000


def main(kills: int, minutes: float) -> int:
    """Run both parts; the exit status."""
    with TemporaryDirectory() as folder:
        done = kill_at_random(("run", BUSY, "--draws", 60, "--workers", 2), Path(folder), kills)
    print(f"{done.killed} kills, {done.in_the_middle} of them with some chunks there; {done.runs} runs ended; chunks "
          f"lost or written twice: {done.lost}; runs with other bytes: {done.differing}; workers left: {done.left}",
          flush=True)
    with TemporaryDirectory() as folder:
        seen = crowd(BUSY, Path(folder), 60 * minutes, MEMORY_MB)
    print(f"{seen.runs} runs, two at once in {MEMORY_MB} MB of address space each; {seen.stops} stops; runs with other "
          f"bytes: {seen.differing}")
    for manifest in seen.manifests[-4:]:
        print(json.dumps({key: manifest[key] for key in ("replicates_per_second", "peak_memory_mb", "seconds")}))
    return int(bool(done.lost or done.differing or done.left or seen.differing))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(main(int(arguments[0]) if arguments else 50, float(arguments[1]) if arguments[1:] else 10.0))
