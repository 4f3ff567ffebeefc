"""A cluster to which things happen: ``python -m tests.cluster.long [rounds] [seed]``, 10 rounds where not given.

In each round a study of a thousand replicates runs on three workers, and every second or so a worker is killed and
another one started, a worker is held up for a while, or the scheduler is killed and started again; a command that ends
for it is given again. At the end the bytes are those of the same study here. Prints what happened; ends with 1 if a
byte differs, a command ends in another way, or a round takes longer than it may. A round takes about half a minute.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from sim.scenario import load
from sim.study import run

from .processes import ROOT, Cluster, cluster

TOY = ROOT / "tests" / "data" / "toy.yaml"
DRAWS, PER_DRAW = 500, 2
LONGEST = 300.0  # seconds a round may take
GONE = "is gone; what has arrived is stored"


def results(folder: Path) -> dict[str, bytes]:
    """What has to be the same."""
    files = [*(folder / "chunks").iterdir(), folder / "summary.csv", folder / "differences.csv"]
    return {file.name: file.read_bytes() for file in files}


def happen(there: Cluster, chance: random.Random) -> str:
    """One thing that happens; returns what."""
    what = chance.choice(["a worker killed", "a worker killed", "a worker held up", "the scheduler killed"])
    name = chance.choice(sorted(there.workers))
    if what == "a worker killed":
        there.end(there.workers[name])
        there.start_worker(name)
    elif what == "a worker held up":
        there.workers[name].send_signal(signal.SIGSTOP)
        time.sleep(chance.uniform(0.2, 2.0))  # less than the scheduler waits
        there.workers[name].send_signal(signal.SIGCONT)
    else:
        there.end(there.scheduler)
        time.sleep(chance.uniform(0.0, 1.0))
        there.begin_again()
    return what


def one_round(folder: Path, chance: random.Random) -> Counter[str]:
    """Commands until the study is finished; returns what happened meanwhile."""
    seen: Counter[str] = Counter()
    started = time.monotonic()
    with cluster(folder / "dask", 3) as there:
        command = [sys.executable, "-m", "sim", "run", str(TOY), "--draws", str(DRAWS), "--per-draw", str(PER_DRAW),
                   "--workers", "1", "--folder", str(folder / "run"), "--cluster", there.address]
        while True:
            seen["commands"] += 1
            with open(folder / "said", "w+") as said:
                process = subprocess.Popen(command, stdout=said, stderr=said, cwd=ROOT, env={
                    **os.environ, "PYTHONPATH": str(ROOT)})
                while process.poll() is None:
                    assert time.monotonic() < started + LONGEST, "the round takes too long"
                    time.sleep(chance.uniform(0.3, 2.0))
                    if process.poll() is None:
                        seen[happen(there, chance)] += 1
            if process.returncode == 0:
                return seen
            words = (folder / "said").read_text()
            assert process.returncode == 1 and GONE in words and "Traceback" not in words, words


def main(rounds: int, seed: int) -> int:
    """All rounds; returns the exit status."""
    fine = True
    with TemporaryDirectory() as place:
        here = results(run(load(TOY), DRAWS, PER_DRAW, 1, Path(place) / "here").folder)
        for number in range(seed, seed + rounds):
            folder = Path(place) / str(number)
            seen = one_round(folder, random.Random(number))
            same = results(folder / "run") == here
            fine &= same
            told = ", ".join(f"{what} {count}" for what, count in sorted(seen.items()))
            print(f"round {number}: {'the same bytes' if same else 'OTHER BYTES'}; {told}", flush=True)
    return 0 if fine else 1


if __name__ == "__main__":
    given = [int(v) for v in sys.argv[1:]]
    sys.exit(main(*given, *(10, 1)[len(given):]))
