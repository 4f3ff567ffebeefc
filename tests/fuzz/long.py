"""Many cases through every door: ``python -m tests.fuzz.long [cases] [seed] [door ...]``, 100,000 where not given.

Prints for each door how many cases there were, with which seeds, how many were accepted and refused, and every fault
with the smallest case that shows it. Ends with 1 if there was one. 100,000 cases take about a quarter of an hour.
"""

from __future__ import annotations

import os
import resource
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from .doors import DOORS, go_through
from .watch import Hang, quiet_folder

BATCH = 1_000  # cases with one seed
MEMORY = 8 << 30  # bytes of address space: what reads without end fails, and not the machine


def try_door(name: str, cases: int, first_seed: int) -> bool:
    """So many cases; whether all were handled."""
    counts: Counter[str] = Counter()
    faults: dict[str, str] = {}
    started, number = time.monotonic(), first_seed
    with quiet_folder() as folder:
        place = Path(folder) / "case"
        while counts.total() < cases:
            size = min(BATCH, cases - counts.total())

            @seed(number)
            @settings(max_examples=size, database=None, deadline=None, phases=[Phase.generate, Phase.shrink],
                      suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
            @given(DOORS[name].cases)
            def one(case: Any) -> None:
                try:
                    counts[go_through(name, case, place)] += 1
                except (Exception, Hang) as error:
                    counts["not handled"] += 1
                    raise AssertionError(f"{type(error).__name__}: {str(error)[:300]}") from error

            try:
                one()
            except (AssertionError, ExceptionGroup) as error:
                cause = error.__cause__ or error
                where = traceback.extract_tb(cause.__traceback__)[-1]
                notes = " ".join(getattr(error, "__notes__", []))[:600]
                faults.setdefault(f"{Path(where.filename).name}:{where.lineno}", f"seed {number}: {error} {notes}")
            number += 1
    took = time.monotonic() - started
    print(f"{name}: {counts.total():,} cases, seeds {first_seed} to {number - 1}, {took:.0f} s; "
          + ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items())), flush=True)
    for where, fault in faults.items():
        print(f"  {where}: {fault}", flush=True)
    return not faults


def main(cases: int, first_seed: int, doors: list[str]) -> int:
    """All doors, or some; returns the exit status."""
    os.cpu_count = lambda: 1  # no command starts processes
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    shares = {name: max(1, DOORS[name].share * cases // 100_000) for name in doors or DOORS}
    fine = [try_door(name, share, first_seed) for name, share in shares.items()]
    print(f"{sum(shares.values()):,} cases or more, {'all handled' if all(fine) else 'NOT ALL HANDLED'}")
    return 0 if all(fine) else 1


if __name__ == "__main__":
    told = sys.argv[1:]
    sys.exit(main(int(told[0]) if told else 100_000, int(told[1]) if len(told) > 1 else 1, told[2:]))
