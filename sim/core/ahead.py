"""Compiling ahead of the first run, in two processes side by side.

What happens to the ground is one large kernel, `carry_out`, and the parts that it calls. Each would be compiled when
the one before it is done, while other cores stand idle. Here another process compiles some of the parts, and leaves
them where compiled kernels are kept; this one compiles others, and finds those there.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from numba import typeof, types

from sim.core import CACHE
from sim.core.candidates import open_block
from sim.core.clearance import carry_out
from sim.core.companion import begin, integrate
from sim.core.compiled import COMPILED, Reference
from sim.core.encounters import meet
from sim.core.finds import close_year
from sim.core.records import Ground

_COHORTS, _DATE, _STEP = (types.int64, types.int64), types.float64, types.int64


def compile_ahead(ground: Ground) -> None:
    """Compile the large parts of `carry_out`, where they are to be kept and are not there yet.

    Parameters
    ----------
    ground : Ground
        Any: to the compiler, those of all scenarios are alike.
    """
    name = f"{carry_out.__module__.rpartition('.')[2]}.{carry_out.__name__}-*.nbi"
    if not (COMPILED and CACHE) or any(Path(os.environ["NUMBA_CACHE_DIR"]).rglob(name)):
        return
    kind = typeof(ground)
    try:
        other = subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
    except OSError:
        return  # they are compiled one after the other, when they are called
    with other:  # to its end, however that comes: what it did not compile is compiled when it is called
        _send(other, pickle.dumps(kind))
        begin.compile((kind,))
        open_block.compile((Reference(kind), _STEP))
        _wait_for_integrate(other)
        meet.compile((Reference(kind), *_COHORTS, _DATE))


def _send(other: subprocess.Popen[bytes], content: bytes) -> None:
    with suppress(BrokenPipeError), other.stdin as pipe:  # type: ignore[union-attr]  # there is a pipe
        pipe.write(content)


def _wait_for_integrate(other: subprocess.Popen[bytes]) -> None:
    """`meet` calls it; until there is a word, or the other process has ended."""
    other.stdout.read(1)  # type: ignore[union-attr]  # there is a pipe


def _aside() -> None:
    """What the other process does."""
    kind = pickle.loads(sys.stdin.buffer.read())
    integrate.compile((Reference(kind), *_COHORTS, _DATE))
    os.write(sys.stdout.fileno(), b".")
    close_year.compile((Reference(kind), _DATE))


if __name__ == "__main__":
    _aside()
