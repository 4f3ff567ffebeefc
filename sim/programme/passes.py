"""Passes over the land: what each finds, and how much of it an inspection samples (MODEL section 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.ground import GroundTruth
from sim.programme.crews import Crew


@dataclass(frozen=True)
class Inspection:
    """Accept on zero: how much of a piece of land is sampled.

    Attributes
    ----------
    share : float
        Where no size is given: this share of the land.
    unit_m2, defective_share, confidence : float
        Else so many units that, if this share or more of all were defective, at least one of them would be among
        those sampled, with this confidence. A unit of 0 m2: no size is given.
    """

    share: float
    unit_m2: float = 0.0
    defective_share: float = 0.0
    confidence: float = 0.0

    def share_of(self, m2: int) -> float:
        """Share of a piece of land that is sampled."""
        if self.unit_m2 == 0.0:
            return self.share
        units = max(1, round(m2 / self.unit_m2))
        defective = max(1, int(np.ceil(units * self.defective_share - 1e-9)))
        return sample_size(units, defective, self.confidence) / units


def sample_size(units: int, defective: int, confidence: float) -> int:
    """Smallest sample that holds a defective unit with some confidence (hypergeometric, VALIDATION V11).

    Parameters
    ----------
    units : int
        In all.
    defective : int
        Of them, at least one.
    confidence : float
        P(at least one of them in the sample), below 1.
    """
    none, n = 1.0, 0
    while none > 1.0 - confidence and n < units:
        none *= max(units - defective - n, 0) / (units - n)
        n += 1
    return n


class Passes:
    """Rows of the table of detection: by kind of team, by that of the land's first pass, by the share searched.

    Items differ in how detectable they are, and those that one method misses most are those that another misses
    most. Their classes are those of the first pass; a later method's own classes are averaged over them, so that it
    finds as much as alone.
    """

    def __init__(self, crews: Sequence[Crew], ground: GroundTruth) -> None:
        self._crews, self._ground = crews, ground
        self._rows: dict[tuple[int, int, float], int] = {}
        self._detection: list[np.ndarray] = []
        self._weights: list[np.ndarray] = []

    def row(self, crew: int, first: int, share: float = 1.0) -> int:
        """Row of a pass by a kind of team over some share of the land, after a first pass by another."""
        key = crew, first, share
        if key not in self._rows:
            self._rows[key] = len(self._detection)
            classes = self._crews[first].weights
            own = self._crews[crew]
            self._detection.append(seen_by_classes(own.detection, own.weights, classes) * share)
            self._weights.append(classes)
            self._ground.use_methods(np.array(self._detection), np.array(self._weights))
        return self._rows[key]


def seen_by_classes(detection: np.ndarray, weights: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Detection of one method by the detectability classes of another, (kind, class) float64.

    Both rank items in the same order, the least detectable first. The mean over all items stays what it is.

    Parameters
    ----------
    detection, weights : (kind, class) float64
        By the method's own classes, and their shares.
    classes : (kind, class) float64
        Shares of the other's.
    """
    if np.array_equal(weights, classes):
        return detection
    upper, own_upper = classes.cumsum(axis=1), weights.cumsum(axis=1)
    high = np.minimum(upper[:, :, None], own_upper[:, None, :])
    low = np.maximum((upper - classes)[:, :, None], (own_upper - weights)[:, None, :])
    common = np.clip(high - low, 0.0, None)  # of each class of the one with each of the other
    seen: np.ndarray = (common * detection[:, None, :]).sum(axis=2) / classes
    return np.minimum(seen, 1.0)
