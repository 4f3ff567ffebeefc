"""The land-release programme: survey, clearance and EOD spot tasks by teams, in SimPy (MODEL section 7).

It sees beliefs only: what surveys said and what was reported. It never sees what is in the ground
except through what a finished task reveals (``sim.core.ground.GroundTruth``).
"""

from sim.programme.ledger import Ledger
from sim.programme.plan import Plan, make_plan
from sim.programme.priorities import PRIORITIES, priority
from sim.programme.run import run_programme

__all__ = ["PRIORITIES", "Ledger", "Plan", "make_plan", "priority", "run_programme"]
