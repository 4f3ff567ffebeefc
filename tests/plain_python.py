"""The engine without the compiler, in a process of its own: one function of it can be replaced, which takes no time.

Run as ``NUMBA_DISABLE_JIT=1 python plain_python.py FILE CHANGES FACTOR``; prints accidents and counts as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any


def run(file: Path, changes: dict[str, Any], factor: float = 1.0) -> dict[str, Any]:
    """Accidents of one replicate by the kernels as plain Python, with the bound of candidates multiplied."""
    done = subprocess.run(
        [sys.executable, __file__, str(file), json.dumps(changes), str(factor)], capture_output=True, text=True,
        timeout=120, check=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)})
    return dict(json.loads(done.stdout))


def _fields_as_attributes() -> None:
    """Make `item.laid` work without the compiler, as it does with it."""
    import numpy as np

    from sim.core import life, records

    for module in (records, life):
        for name, value in list(vars(module).items()):
            if isinstance(value, np.dtype) and value.names:
                setattr(module, name, np.dtype((np.record, value)))


def _main(file: str, changes: str, factor: str) -> None:
    warnings.simplefilter("ignore", RuntimeWarning)  # words of 64 bits overflow on purpose
    _fields_as_attributes()
    from sim.core import candidates

    own = candidates.height_bound
    candidates.height_bound = lambda *what: float(factor) * own(*what)

    from running import play

    from sim.core.records import N_TOUCHED
    from sim.scenario import load, replace

    _, ground, ledger = play(replace(load(file), json.loads(changes)))
    arrays = ground.arrays
    json.dump({
        "accidents": ground.accidents.tolist(), "expected": arrays.kinds.tolist(),
        "found": arrays.cohorts["found"].tolist(), "met": int(arrays.counters[N_TOUCHED]),
        "listed": int(arrays.listed.sum()), "released": len(ledger.releases)}, sys.stdout)


if __name__ == "__main__":
    _main(*sys.argv[1:])
