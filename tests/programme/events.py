"""How many events of SimPy a run may take, whatever is in the ground."""

from __future__ import annotations

from collections import Counter

from sim.programme import Ledger, Plan
from sim.world import World

PASSES = ("clearance", "sampling")


def most_events(world: World, plan: Plan, ledger: Ledger) -> int:
    """A bound on the events of a run: two for what happens, at most one of them to look who is free.

    What happens is a task that becomes reachable, a change of numbers, a polygon, a quarter, the end of a stage, and
    the end of the search before that of a pass. Neither items, nor square metres, nor idle teams are in it.
    """
    stages = Counter(r.stage in PASSES for r in ledger.stages)
    under_way = sum(int(crew.teams.max()) for crew in plan.crews if set(PASSES) & set(crew.stages))
    changes = sum(len(crew.since) for crew in plan.crews)
    ended = stages[False] + 2 * stages[True] + min(under_way, len(plan.tasks))
    return 2 * (len(plan.tasks) + changes + len(plan.laid) + len(world.frame.edges) - 2 + ended)
