"""What a method's detection of a family is made of, and which families detectors tell apart (MODEL section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from sim.scenario.findings import Finding, known
from sim.scenario.programme import Method, Programme
from sim.scenario.schema import Family, Scenario

Kind = Literal["ap", "av", "submunition", "erw"]
KINDS: tuple[Kind, ...] = ("ap", "av", "submunition", "erw")

Cells = tuple[str, ...]
"""Keys of a method, such as ``detection.ap``, whose numbers multiplied are its detection; none: it finds all."""

MOST_GROUPS = 8
"""Groups of families that one run keeps apart, as many as the kernels do (sim/core/records.py)."""


def cells(method: Method, name: str, family: Family) -> Cells:
    """Numbers that make up a method's detection of a family on one pass.

    One by family stands alone. Else it is that of the kind (how large the item is, how deep it lies) times that of
    its metal content (what a detector hears of it), as far as the method has them.
    """
    if name in method.detection_by_family:
        return (f"detection_by_family.{name}",)
    found = [f"detection.{family.kind}"] if family.kind in method.detection else []
    if family.metal is not None and family.metal.content in method.detection_by_metal:
        found.append(f"detection_by_metal.{family.metal.content}")
    return tuple(found)


def methods_at_work(programme: Programme) -> dict[str, Method]:
    """Methods that some team has, in the order of the file."""
    used = {team.method for team in programme.teams.values()}
    return {name: method for name, method in programme.methods.items() if name in used}


Group = tuple[Kind, tuple[Cells, ...]]
"""Kind of item, and what each method at work says of it."""


def detection_groups(programme: Programme, families: Mapping[str, Family]) -> dict[Group, list[str]]:
    """Families that no method tells apart, by what they have in common; in the order of the kinds."""
    methods = methods_at_work(programme)
    groups: dict[Group, list[str]] = {}
    for name, family in sorted(families.items(), key=lambda item: KINDS.index(item[1].kind)):
        groups.setdefault((family.kind, tuple(cells(m, name, family) for m in methods.values())), []).append(name)
    return groups


def detection_findings(s: Scenario, families: Mapping[str, Family], used: Iterable[str]) -> Iterator[Finding]:
    """Families that no method's detection fits, and methods' names of families that there are not."""
    in_use = {name: families[name] for name in sorted(used) if name in families}
    for name, method in s.programme.methods.items():
        for family in method.detection_by_family:
            loc = ("programme", "methods", name, "detection_by_family", family)
            yield from known(family, families, "family", loc, at_key=True)
    for name, method in methods_at_work(s.programme).items():
        for family, spec in in_use.items():
            if method.detection_by_metal and spec.metal is None and family not in method.detection_by_family:
                yield Finding(
                    ("programme", "methods", name, "detection_by_metal"),
                    f"nothing says how much metal there is in family {family!r}",
                    f"families.{family}.metal, or {family!r} in detection_by_family", at_key=True)
    groups = detection_groups(s.programme, in_use)
    if len(groups) > MOST_GROUPS:
        told = "; ".join(", ".join(names) for names in groups.values())
        yield Finding(("programme", "methods"), f"methods tell {len(groups)} groups of families apart: {told}",
                      f"at most {MOST_GROUPS}", at_key=True)
