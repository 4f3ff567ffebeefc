"""Times that mean something on a noisy machine, lines through them, and the table of results."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

LEAST_SECONDS = 0.02
"""A turn that is over sooner is repeated."""


def seconds_of(work: Callable[[], object]) -> float:
    """Wall-clock time of one call [s]."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def best_of(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Best time of each contender over rounds in which all take turns [s].

    Parameters
    ----------
    contenders : mapping of str to callable
        Each does its work and returns the seconds that count.
    rounds : int
    """
    best = dict.fromkeys(contenders, math.inf)
    for _ in range(rounds):
        for name, turn in contenders.items():
            start = time.perf_counter()
            while True:
                best[name] = min(best[name], turn())
                if time.perf_counter() - start > LEAST_SECONDS:
                    break
    return best


@dataclass(frozen=True)
class Fit:
    """Seconds as a line in the number of items.

    Attributes
    ----------
    start, each : float
        Seconds at no items, and per item.
    worst : float
        Largest deviation of a measured time from the line, as a share of it.
    sizes : tuple of int
        Where it was measured.
    """

    start: float
    each: float
    worst: float
    sizes: tuple[int, ...]

    def at(self, items: float) -> float:
        """Seconds at a size."""
        return self.start + self.each * items

    def __str__(self) -> str:
        sizes = ", ".join(f"{n:,}" for n in self.sizes)
        return (f"{self.start:.2g} s + {self.each * 1e6:.3g} us x items, from {sizes}; off by {self.worst:.0%} at most")


def fit_line(sizes: Sequence[int], seconds: Sequence[float]) -> Fit:
    """Line through times, each weighted by its inverse so that all sizes count alike; never negative at no items."""
    if len(sizes) < 3 or len(set(sizes)) < len(sizes):
        raise ValueError("extrapolation needs three different sizes or more")
    n, t = np.array(sizes, float), np.array(seconds, float)
    rows = np.column_stack([1.0 / t, n / t])
    start, each = (float(v) for v in np.linalg.lstsq(rows, np.ones(len(t)), rcond=None)[0])
    if start < 0.0:
        start, each = 0.0, float((n / t).sum() / ((n / t) ** 2).sum())
    worst = float(np.abs((start + each * n) / t - 1.0).max())
    return Fit(start, each, worst, tuple(sizes))


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    section, what : str
    items, per_1000, areas : float
        The size of the problem; nan where it does not apply.
    value, unit : float, str
    ratio : float
        What ``against`` says, nan if nothing is compared.
    against : str
    target : str
        What the ratio or value is to reach, with whether it does.
    note : str
        ``~`` first where the value is extrapolated.
    """

    section: str
    what: str
    items: float
    per_1000: float
    areas: float
    value: float
    unit: str
    ratio: float = math.nan
    against: str = ""
    target: str = ""
    note: str = ""


def reach(value: float, least: float = -math.inf, most: float = math.inf) -> str:
    """A target and whether a value meets it."""
    bounds = [f">= {least:g}"] * (least > -math.inf) + [f"<= {most:g}"] * (most < math.inf)
    return f"{' and '.join(bounds)}: {'reached' if least <= value <= most else 'NOT reached'}"


def show(rows: Sequence[Row]) -> None:
    """Print rows as a table."""
    cells = [[f.name for f in fields(Row)], *([_text(v) for v in astuple(row)] for row in rows)]
    used = [j for j in range(len(cells[0])) if j > 0 and any(line[j] for line in cells[1:])]
    widths = {j: max(len(line[j]) for line in cells) for j in used}
    for line in cells:
        print("  ".join(line[j].ljust(widths[j]) for j in used).rstrip())
    print(flush=True)


def _text(value: object) -> str:
    if not isinstance(value, float | int):
        return str(value)
    if math.isnan(value):
        return ""
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.3g}"


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """All rows as CSV, numbers to six digits."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f.name for f in fields(Row)])
        for row in rows:
            writer.writerow([_cell(v) for v in astuple(row)])


def _cell(value: object) -> str:
    if not isinstance(value, float | int):
        return str(value)
    return "" if math.isnan(value) else f"{value:.6g}"
