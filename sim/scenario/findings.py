"""What a check finds: a fault that still has to be given its place in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sim.scenario.errors import Fault, nearest_name, one_of
from sim.scenario.shape import dotted
from sim.scenario.tree import Loc, Tree


@dataclass(frozen=True)
class Finding:
    """A fault whose place in a file is not yet known."""

    loc: Loc
    message: str
    expected: str = ""
    nearest: str = ""
    at_key: bool = False

    def fault(self, tree: Tree) -> Fault:
        """With its place."""
        place = tree.key_place(self.loc) if self.at_key else tree.place(self.loc)
        return Fault.at(place, f"{dotted(self.loc)}: {self.message}", self.expected, self.nearest)


def known(name: str, valid: Iterable[str], what: str, loc: Loc, at_key: bool = False) -> Iterator[Finding]:
    """A fault where a name is not among the valid ones."""
    valid = sorted(set(valid))
    if name not in valid:
        yield Finding(
            loc,
            f"there is no {what} {name!r}",
            one_of(valid) if valid else "",
            nearest_name(name, valid),
            at_key,
        )


def no_less_than_zero(weight: float, loc: Loc) -> Iterator[Finding]:
    """A fault where a relative number is negative."""
    if weight < 0:
        yield Finding(loc, f"{weight:g} is negative", "a relative number >= 0")
