"""demrisk: what mines do to civilians after they are laid, and what it takes to make land usable again.

The Jupyter front door::

    import sim
    study = sim.load_study("scenarios/ukraine_2024/study.yaml")
    results = sim.compare({"none": study.scenarios["baseline"], "field": study.scenarios["transfer_field"]}, "none")
    results.table()

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "load": "sim.scenario", "load_study": "sim.scenario", "replace": "sim.scenario", "quantities": "sim.scenario",
    "ScenarioError": "sim.scenario",
    "run": "sim.jupyter", "compare": "sim.jupyter", "compare_study": "sim.jupyter", "read": "sim.jupyter",
    "calibrate": "sim.study.calibrate", "trace": "sim.study.trace", "Cluster": "sim.study.cluster",
    "priority": "sim.programme", "read_policies": "sim.programme", "sample_size": "sim.programme",
    "trials_without_miss": "sim.programme", "failure_rate_shown": "sim.programme",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
