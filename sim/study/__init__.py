"""Replicates, scenarios side by side, the run folder, calibration (MODEL section 10).

Calibration is in `sim.study.calibrate`. Nothing heavy is imported before it is used: worker processes come
through here and need only what computes a replicate.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.study.cluster import Cluster
    from sim.study.errors import RunError, Stopped
    from sim.study.executor import Workers, WorkersLost
    from sim.study.repeat import reproduce
    from sim.study.results import Results
    from sim.study.runs import compare, compare_study, resume, run

__all__ = ["Cluster", "Results", "RunError", "Stopped", "Workers", "WorkersLost", "compare", "compare_study",
           "reproduce", "resume", "run"]

_HOME = {"Cluster": "cluster", "Results": "results", "RunError": "errors", "Stopped": "errors", "Workers": "executor",
         "WorkersLost": "executor", "compare": "runs", "compare_study": "runs", "reproduce": "repeat",
         "resume": "runs", "run": "runs"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
