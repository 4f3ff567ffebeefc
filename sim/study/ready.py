"""Importing this makes a process ready to compute: all is imported, kernels are compiled or loaded.

Where they are compiled already, that takes a third of a second.
"""

from sim.core.ahead import compile_ahead
from sim.study.executor import run_block
from sim.study.store import Block
from sim.study.warmup import example

compile_ahead("sim.study.warmup")
for _failure in run_block(example(), Block("warmup", 0, 1), 1).failures:
    raise RuntimeError(_failure["traceback"])
