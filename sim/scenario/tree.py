"""Plain data together with the place in a file where each key and value was written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sim.scenario.errors import Place

Loc = tuple[str | int, ...]
T = TypeVar("T")


@dataclass
class Tree:
    """What one or more files say, and where.

    Parameters
    ----------
    data : Any
        Nested dicts, lists and scalars.
    root : Place
        Where the data begin.
    values, keys : dict of Loc to Place
        Where the value at a location, and its key, are written.
    headers : dict of Loc to dict of str to Place
        For a list that was read from a table: its columns.
    files : dict of str to str
        Name of each file that was read -> SHA-256 of its text.
    """

    data: Any
    root: Place
    values: dict[Loc, Place] = field(default_factory=dict)
    keys: dict[Loc, Place] = field(default_factory=dict)
    headers: dict[Loc, dict[str, Place]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def place(self, loc: Loc) -> Place:
        """Where the value at `loc` is, or the nearest thing around it."""
        for end in range(len(loc), 0, -1):
            if loc[:end] in self.values:
                return self.values[loc[:end]]
        return self.root

    def key_place(self, loc: Loc) -> Place:
        """Where the key of `loc` is, or its value when it has none."""
        return self.keys.get(loc) or self.place(loc)

    def __contains__(self, loc: Loc) -> bool:
        return len(self.existing(loc)) == len(loc)

    def existing(self, loc: Loc) -> Loc:
        """The longest beginning of `loc` that leads to something in the data."""
        here = self.data
        for i, part in enumerate(loc):
            if isinstance(here, list):
                there = isinstance(part, int) and 0 <= part < len(here)
            else:
                there = isinstance(here, dict) and part in here
            if not there:
                return loc[:i]
            here = here[part]
        return loc

    def get(self, loc: Loc) -> Any:
        """The data at `loc`, which must exist."""
        here = self.data
        for part in loc:
            here = here[part]
        return here

    def cut(self, loc: Loc) -> Tree:
        """The part below `loc` as a tree of its own."""
        n = len(loc)
        return Tree(
            self.get(loc),
            self.place(loc),
            {at[n:]: place for at, place in self.values.items() if at[:n] == loc},
            {at[n:]: place for at, place in self.keys.items() if at[:n] == loc},
            {at[n:]: columns for at, columns in self.headers.items() if at[:n] == loc},
        )

    def graft(self, loc: Loc, part: Tree) -> None:
        """Put a copy of `part` at `loc`, whose container must exist; positions included."""
        _graft(self.values, part.values, loc)
        _graft(self.keys, part.keys, loc)
        _graft(self.headers, part.headers, loc)
        self.files.update(part.files)
        self.values[loc] = self.keys[loc] = part.root
        self.get(loc[:-1])[loc[-1]] = copied(part.data)

    def copy(self) -> Tree:
        """A copy that shares nothing mutable with this one."""
        return Tree(
            copied(self.data),
            self.root,
            dict(self.values),
            dict(self.keys),
            dict(self.headers),
            dict(self.files),
        )


def copied(data: Any) -> Any:
    """A copy of plain data; what holds nothing else is not changed by anybody, and stays."""
    if isinstance(data, dict):
        return {key: copied(child) for key, child in data.items()}
    if isinstance(data, list):
        return [copied(child) for child in data]
    return data


def checksum(shown: str, text: str) -> dict[str, str]:
    """The entry of a file in `Tree.files`."""
    return {Path(shown).name: hashlib.sha256(text.encode()).hexdigest()}


def _graft(mine: dict[Loc, T], theirs: dict[Loc, T], loc: Loc) -> None:
    for old in [at for at in mine if at[: len(loc)] == loc]:
        del mine[old]
    mine.update({loc + at: what for at, what in theirs.items()})
