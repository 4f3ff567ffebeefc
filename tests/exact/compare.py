"""Whether two sets of samples follow one law: z of means, variances and covariances.

Every z is a difference of two independent means over its standard error, normal for as many replicates as are used
here. A mean is taken of x - b·(laid - E laid), b being fitted on both sets together: chance in the number of items is
no part of what is compared, and without it differences show three times earlier.
"""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np

from sim.world import World

from .samples import LEFT, SCALARS, STOCKS, YEARLY

LIMIT = 5.5
"""For every |z|: two-sided 3.8e-8. A file with 2,500 of them gives a false alarm with a probability below 1e-4."""

FEW = 40
"""Replicates with anything to count, on either side, below which nothing is compared: z would not be normal."""

PAIRS = (("before", "swept"), ("after", "swept"), ("before", "after"), ("accidents", "spotted"),
         ("swept", "spotted"), ("accidents", "released"), ("accidents", "deminers"))


class Verdicts:
    """All z of a file, and by name over scenarios: their sum over the square root of their number is one more z."""

    def __init__(self) -> None:
        self.by_name: dict[str, list[float]] = defaultdict(list)

    def add(self, found: dict[str, float]) -> None:
        """The z of one scenario."""
        for name, z in found.items():
            self.by_name[name].append(z)

    def pooled(self) -> dict[str, float]:
        """One z for each name: small differences of one sign add up."""
        return {name: sum(zs) / math.sqrt(len(zs)) for name, zs in self.by_name.items()}


def compare(world: World, names: list[str], engine: np.ndarray, plain: np.ndarray) -> dict[str, float]:
    """z by name, engine minus plain."""
    a, b = (dict(zip(names, rows.T, strict=True)) for rows in (engine, plain))
    laid = _mean_laid(world)
    counted = [*SCALARS[1:], *(n for n in names if n.startswith(tuple(f"{y} in year" for y in YEARLY)))]
    stocks = [n for n in names if n.startswith(tuple(f"{s} in year" for s in STOCKS))]
    out: dict[str, float] = {}
    for name in [*counted, *stocks, LEFT]:
        if _enough(a[name], b[name]):
            out[f"mean {name}"] = z_of_means(a[name], b[name], a["laid"], b["laid"], laid)
    for name in counted:
        if _enough(a[name], b[name]):
            out[f"variance {name}"] = _z(_product(a[name], a[name]), _product(b[name], b[name]))
    for one, other in PAIRS:
        if all(_enough(a[n], b[n]) for n in (one, other)):
            out[f"covariance {one}, {other}"] = _z(_product(a[one], a[other]), _product(b[one], b[other]))
    if _enough(a["accidents"], b["accidents"]):
        expected = z_of_means(a["expected"], b["accidents"], a["laid"], b["laid"], laid)
        out["expected against counted by the plain simulator"] = expected
        gap = a["accidents"] - a["expected"]
        out["martingale"] = float(gap.mean() / gap.std(ddof=1) * math.sqrt(len(gap)))
    return out


def z_of_means(a: np.ndarray, b: np.ndarray, laid_a: np.ndarray, laid_b: np.ndarray, mean: float) -> float:
    """z of two means, chance in the numbers of items laid being left out; ``mean``: the expected number."""
    return _z(*_without_numbers(a, b, laid_a, laid_b, mean))


def worst(found: dict[str, float]) -> tuple[str, float]:
    """The z that is furthest from zero; one that is not a number is further than all."""
    name = max(found, key=lambda n: abs(found[n]) if math.isfinite(found[n]) else math.inf)
    return name, found[name]


def _mean_laid(world: World) -> float:
    """Expected number of items; a device that a broken pledge moves is one device."""
    return math.fsum({c.items: float(m) for c, m in zip(world.frame.cohorts, world.means, strict=True)}.values())


def _enough(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether both sides vary in enough replicates."""
    return bool(min(np.count_nonzero(x != np.median(x)) for x in (a, b)) >= FEW)


def _without_numbers(a: np.ndarray, b: np.ndarray, laid_a: np.ndarray, laid_b: np.ndarray,
                     mean: float) -> tuple[np.ndarray, np.ndarray]:
    laid = np.concatenate([laid_a, laid_b])
    centred = np.concatenate([a - a.mean(), b - b.mean()])
    variance = float(laid.var())
    slope = float((centred * (laid - laid.mean())).mean()) / variance if variance > 0.0 else 0.0
    return a - slope * (laid_a - mean), b - slope * (laid_b - mean)


def _product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Products of deviations, whose mean is the covariance without bias."""
    deviations: np.ndarray = (x - x.mean()) * (y - y.mean()) * (len(x) / (len(x) - 1.0))
    return deviations


def _z(a: np.ndarray, b: np.ndarray) -> float:
    return float((a.mean() - b.mean()) / math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))
