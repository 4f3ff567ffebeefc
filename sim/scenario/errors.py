"""What is wrong with an input file, where, and what was expected there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

MOST_SHOWN = 100
"""Faults in one message; a file of another kind has thousands."""
LONGEST = 1_000
"""Characters of each part of a fault in a message: a name may be as long as the file."""
LONGEST_NAME = 200
"""Characters of a name that is compared with others: comparing takes as long as both are long."""


@dataclass(frozen=True)
class Place:
    """A position in a file; `line` and `col` count from 1, 0 where there is no text to point at."""

    file: str
    line: int = 0
    col: int = 0


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Parameters
    ----------
    file, line, col : str, int, int
        Where; line and col count from 1 and are 0 where there is no text to point at.
    message : str
        What is wrong, naming the value or key.
    expected : str
        What would have been right; may be empty.
    nearest : str
        The most similar valid name; may be empty.
    """

    file: str
    line: int
    col: int
    message: str
    expected: str = ""
    nearest: str = ""

    @classmethod
    def at(cls, place: Place, message: str, expected: str = "", nearest: str = "") -> Fault:
        """A fault at a place."""
        return cls(place.file, place.line, place.col, message, expected, nearest)

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.col}" if self.line else self.file
        parts = [self.message]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.nearest:
            parts.append(f"did you mean {self.nearest!r}?")
        return f"{_shown(where)}: {'; '.join(_shown(part) for part in parts)}"


class ScenarioError(Exception):
    """The input is wrong. `faults` holds everything that was found, file by file, from top to bottom."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        told = tuple(dict.fromkeys(faults))
        files = list(dict.fromkeys(fault.file for fault in told))
        self.faults = tuple(sorted(told, key=lambda f: (files.index(f.file), f.line, f.col)))
        lines = [str(fault) for fault in self.faults[:MOST_SHOWN]]
        if len(self.faults) > MOST_SHOWN:
            lines.append(f"and {len(self.faults) - MOST_SHOWN:,} faults more")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[tuple[Fault, ...]]]:
        # Worker processes pickle it; the default would rebuild it from the message.
        return type(self), (self.faults,)


def _shown(text: str) -> str:
    """In one line that a terminal shows as it is, with its middle left out where it is long."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"


def nearest_name(name: object, valid: Iterable[str]) -> str:
    """The valid name most similar to `name`, or an empty string when none is similar."""
    wanted = str(name).lower()
    if len(wanted) > LONGEST_NAME:
        return ""
    # no other can be half the same
    by_lower = {v.lower(): v for v in valid if len(v) <= 3 * len(wanted) and len(wanted) <= 3 * len(v)}
    found = difflib.get_close_matches(wanted, by_lower, n=1, cutoff=0.5)
    return by_lower[found[0]] if found else ""


def one_of(valid: Iterable[str]) -> str:
    """`one of a, b, c`, for the expected part of a fault."""
    return "one of " + ", ".join(sorted(valid))
