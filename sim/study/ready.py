"""Importing this makes a process ready to compute: all is imported, kernels are compiled or loaded.

Where they are compiled already, that takes a third of a second.
"""

from importlib.resources import files
from pathlib import Path

from sim.scenario import load
from sim.study.executor import run_block
from sim.study.store import Block

for _failure in run_block(load(Path(str(files("sim.study") / "warmup.yaml"))), Block("warmup", 0, 1), 1).failures:
    raise RuntimeError(_failure["traceback"])
