"""Importing this makes a process ready to compute: all is imported, kernels are compiled or loaded.

Where they are compiled already, that takes a third of a second.
"""

from importlib.resources import files
from pathlib import Path

from sim.core.ahead import begin_aside, compile_ahead
from sim.core.records import Room
from sim.scenario import load
from sim.study.executor import run_block
from sim.study.replicate import FIRST_ROOM
from sim.study.store import Block
from sim.world import World, draw_parameters, make_frame

_other = begin_aside()
_scenario = load(Path(str(files("sim.study") / "warmup.yaml")))
if _other is not None:
    World(make_frame(_scenario), draw_parameters(_scenario, 0)).replicate(0, Room(FIRST_ROOM))  # compiles what it calls
    compile_ahead(_other)
for _failure in run_block(_scenario, Block("warmup", 0, 1), 1).failures:
    raise RuntimeError(_failure["traceback"])
