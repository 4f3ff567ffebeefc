"""What the sections of the benchmark share: how much is measured, the main case, rows of the table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from . import apart
from .model import Case
from .timing import Fit, Row

UKRAINE = apart.ROOT / "scenarios" / "ukraine_2024"
LARGE = apart.ROOT / "tests" / "data" / "large.yaml"
TARGET = Case(2e6, 2.0)
NAN = math.nan
REPLICATES = 6  # of the engine in one turn, so that no single replicate decides


@dataclass
class Setting:
    """How much is measured, and what sections share.

    Attributes
    ----------
    quick : bool
    folder : Path
        For compiled code and results that nobody keeps.
    fits : dict of str to Fit
        Lines of the peers that are extrapolated, by name.
    """

    quick: bool
    folder: Path
    fits: dict[str, Fit]

    @property
    def rounds(self) -> int:
        """Rounds in which all contenders take turns."""
        return 4 if self.quick else 8

    def pick(self, quick: tuple[float, ...], full: tuple[float, ...]) -> tuple[float, ...]:
        """Sizes for a short or a whole run."""
        return quick if self.quick else full


def row(section: str, what: str, case: Case | None, value: float, unit: str, **more: object) -> Row:
    """One row of the table; of a case, or of none."""
    size = (case.items, case.per_1000, float(case.areas)) if case else (NAN, NAN, NAN)
    return Row(section, what, *size, value, unit, **more)  # type: ignore[arg-type]
