"""Compiling ahead of the first run, in two processes side by side.

What happens to the ground is one large kernel, `carry_out`, and the parts that it calls. Each would be compiled when
the one before it is done, while other cores stand idle. Here another process compiles some of the parts, and leaves
them where compiled kernels are kept; this one compiles others, and finds those there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from numba import from_dtype, types

from sim.core import CACHE
from sim.core.candidates import open_block
from sim.core.clearance import carry_out
from sim.core.companion import begin, integrate
from sim.core.compiled import COMPILED, Reference
from sim.core.described import DESCRIPTION, GROUND
from sim.core.encounters import meet
from sim.core.finds import close_year
from sim.core.records import ORDER

_WITHIN, _ORDERS = Reference(GROUND), types.Array(from_dtype(ORDER), 1, "C")
_COHORTS, _DATE = (types.int64, types.int64), types.float64


def compile_ahead(aside: str) -> None:
    """Compile the large kernels, where they are to be kept and are not there yet.

    Parameters
    ----------
    aside : str
        Module that the other process runs: it calls `compile_beside`, and goes on with what else is compiled.
    """
    name = f"{carry_out.__module__.rpartition('.')[2]}.{carry_out.__name__}-*.nbi"
    if not (COMPILED and CACHE) or any(Path(os.environ["NUMBA_CACHE_DIR"]).rglob(name)):
        return
    try:
        other = subprocess.Popen([sys.executable, "-m", aside], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
    except OSError:
        return  # they are compiled one after the other, when they are called
    with other:  # to its end, however that comes: what it did not compile is compiled when it is called
        integrate.compile((_WITHIN, *_COHORTS, _DATE))
        meet.compile((_WITHIN, *_COHORTS, _DATE))  # calls `integrate`
        other.stdout.read(1)  # type: ignore[union-attr]  # until there is a word, or the other process has ended
        carry_out.compile((DESCRIPTION, _ORDERS, types.int64, _DATE))


def compile_beside() -> None:
    """What the other process does: first what `carry_out` calls, then there is a word."""
    open_block.compile((_WITHIN, types.int64))
    close_year.compile((_WITHIN, _DATE))
    os.write(sys.stdout.fileno(), b".")
    begin.compile((DESCRIPTION,))
