"""How many events of SimPy a run may take, whatever is in the ground."""

from __future__ import annotations

from sim.programme import Ledger, Plan
from sim.programme.season import MONTH_DAYS
from sim.world import World

PASSES = ("clearance", "follow_up", "sampling")


def most_events(world: World, plan: Plan, ledger: Ledger) -> int:
    """A bound on the events of a run: two for what happens, at most one of them to look who is free.

    What happens is a task that becomes reachable, or is handed over, a change of numbers, a polygon, a flood, a month
    or a quarter, the end of a stage, the end of the search before that of a pass, marking that has faded. Neither
    items, nor square metres, nor idle teams are in it.
    """
    passes = sum(r.stage in PASSES for r in ledger.stages)
    marked = sum(r.stage == "marking" for r in ledger.stages)
    under_way = sum(int(crew.teams.max()) for crew in plan.crews if set(PASSES) & set(crew.stages))
    ended = len(ledger.stages) + passes + marked + min(under_way, len(plan.tasks))
    edges = world.frame.edges
    months = int((edges[-1] - edges[0]) / MONTH_DAYS) + 2 if plan.closed else 0
    changes = sum(len(crew.since) for crew in plan.crews) + len(plan.laid) + len(plan.floods) + months + len(edges) - 2
    return 2 * (2 * len(plan.tasks) + changes + ended)
