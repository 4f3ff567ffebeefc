"""The land-release programme: survey, clearance and EOD spot tasks by teams, in SimPy (MODEL section 7).

It sees beliefs only: what surveys said and what was reported. It never sees what is in the ground
except through what a finished task reveals (``sim.core.ground.GroundTruth``). Nothing heavy is imported before
it is used: who only checks the name of a policy needs no kernels.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.programme.ledger import Ledger
    from sim.programme.own import Written, check_policies, priority, read_policies, register, written_policy
    from sim.programme.passes import sample_size
    from sim.programme.plan import Plan, make_plan
    from sim.programme.priorities import PRIORITIES, Belief, PolicyError
    from sim.programme.run import run_programme
    from sim.programme.trials import failure_rate_shown, trials_without_miss

__all__ = [
    "PRIORITIES", "Belief", "Ledger", "Plan", "PolicyError", "Written", "check_policies", "failure_rate_shown",
    "make_plan", "priority", "read_policies", "register", "run_programme", "sample_size", "trials_without_miss",
    "written_policy"]

_HOME = {
    "Ledger": "ledger", "Written": "own", "check_policies": "own", "priority": "own", "read_policies": "own",
    "register": "own", "written_policy": "own", "sample_size": "passes", "Plan": "plan", "make_plan": "plan",
    "PRIORITIES": "priorities", "Belief": "priorities", "PolicyError": "priorities", "run_programme": "run",
    "failure_rate_shown": "trials", "trials_without_miss": "trials"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
