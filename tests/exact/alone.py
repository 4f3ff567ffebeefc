"""Samples of the engine that lies on the path, made in a process of its own: how a changed engine is run.

``python -m exact.alone scenario.json replicates samples.npy``, with the tests' folder and the engine's on the path.
Without compiling (``NUMBA_DISABLE_JIT=1``) the kernels are plain Python, for which records need names as attributes.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np

from sim.core import ground as core_ground
from sim.core.records import Room
from sim.world import World, build

from .samples import engine_samples
from .scenarios import made

RECORDS = ("cohorts", "areas", "life")
ROOMS = ("touched", "met", "candidates", "queue", "spare")


def _for_plain_python() -> None:
    """Let records be read as they are in compiled kernels: ``cohort.area`` for ``cohort["area"]``."""
    ready_made, table, carry_out = World.replicate, build.life_table, core_ground.carry_out

    def replicate(self: World, inner: int, room: Room):  # type: ignore[no-untyped-def]
        for name in ROOMS:
            setattr(room, name, getattr(room, name).view(np.recarray))
        ground = ready_made(self, inner, room)
        return ground._replace(**{name: getattr(ground, name).view(np.recarray) for name in RECORDS})

    World.replicate = replicate  # type: ignore[method-assign]
    build.life_table = lambda lives, *rest: table(lives.view(np.recarray), *rest)
    core_ground.carry_out = lambda g, orders, *rest: carry_out(g, orders.view(np.recarray), *rest)


if __name__ == "__main__":
    source, replicates, target = sys.argv[1:]
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        np.seterr(over="ignore")
        _for_plain_python()
    world, plan = made(json.loads(Path(source).read_text()), Path(target).parent)
    np.save(target, engine_samples(world, plan, int(replicates)))
