"""Groups of families that no method tells apart, and their rows in the kernels' tables (MODEL section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sim.core.records import N_KINDS
from sim.scenario.detection import KINDS, detection_groups
from sim.scenario.programme import Programme
from sim.scenario.schema import Family


class Group(NamedTuple):
    """Families of one kind that every method finds alike; ``row`` is where the kernels keep how well."""

    row: int
    kind: str
    families: tuple[str, ...]


def groups_of(programme: Programme, families: Mapping[str, Family]) -> tuple[Group, ...]:
    """Groups of the families in use; the first of each kind has the kind's own row, others what is left.

    Rows of kinds are also those in which casualties are counted: those of a kind are the sum over its groups.
    """
    groups = [(kind, tuple(names)) for (kind, _), names in detection_groups(programme, families).items()]
    own = {kind: KINDS.index(kind) for kind, _ in groups}
    left = iter(sorted(set(range(N_KINDS)) - set(own.values())))
    rows = [own.pop(kind) if kind in own else next(left) for kind, _ in groups]
    return tuple(Group(row, *group) for row, group in zip(rows, groups, strict=True))
