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
from typing import get_type_hints

import numpy as np
from numba import from_dtype, types

from sim.core import CACHE
from sim.core.candidates import open_block
from sim.core.clearance import carry_out
from sim.core.companion import begin, integrate
from sim.core.compiled import COMPILED, Reference
from sim.core.encounters import meet
from sim.core.finds import close_year
from sim.core.records import Ground

GROUND = types.NamedTuple(
    [types.Array(from_dtype(np.dtype(kind)), dimensions, "C") for kind, dimensions in (
        field.__metadata__ for field in get_type_hints(Ground, include_extras=True).values())], Ground)
"""What `carry_out` is given, as the compiler sees it."""
_WITHIN = Reference(GROUND)
_COHORTS, _DATE, _STEP = (types.int64, types.int64), types.float64, types.int64


def begin_aside() -> subprocess.Popen[bytes] | None:
    """Have another process begin to compile, where kernels are to be kept and are not there yet.

    Returns
    -------
    subprocess.Popen or None
        For `compile_ahead`.
    """
    name = f"{carry_out.__module__.rpartition('.')[2]}.{carry_out.__name__}-*.nbi"
    if not (COMPILED and CACHE) or any(Path(os.environ["NUMBA_CACHE_DIR"]).rglob(name)):
        return None
    try:
        return subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
    except OSError:
        return None  # they are compiled one after the other, when they are called


def compile_ahead(other: subprocess.Popen[bytes]) -> None:
    """Compile the large parts of `carry_out` that the other process does not compile; wait for those it does."""
    with other:  # to its end, however that comes: what it did not compile is compiled when it is called
        begin.compile((GROUND,))
        open_block.compile((_WITHIN, _STEP))
        _wait_for_integrate(other)
        meet.compile((_WITHIN, *_COHORTS, _DATE))


def _wait_for_integrate(other: subprocess.Popen[bytes]) -> None:
    """`meet` calls it; until there is a word, or the other process has ended."""
    other.stdout.read(1)  # type: ignore[union-attr]  # there is a pipe


def _aside() -> None:
    """What the other process does."""
    integrate.compile((_WITHIN, *_COHORTS, _DATE))
    os.write(sys.stdout.fileno(), b".")
    close_year.compile((_WITHIN, _DATE))


if __name__ == "__main__":
    _aside()
