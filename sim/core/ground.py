"""What is in the ground, and the little of it that a finished task reveals.

The programme talks to a ``GroundTruth`` only: it starts and ends tasks and is told what they found.
Nothing here tells it how many items there are, which sites hold them, or what will happen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core import clearance, encounters
from sim.core.companion import begin
from sim.core.inverse import binomial_inverse
from sim.core.random import STREAM_SITE, uniform
from sim.core.records import (
    CLEARED,
    MAX_SWEEPS,
    N_CLASSES,
    N_KINDS,
    N_LOG,
    OVERFLOW,
    STEP,
    Ground,
)


class OutOfRoom(Exception):
    """The arrays for candidates were too small; the replicate is run again with larger ones."""


@dataclass(frozen=True)
class SurveyOutcome:
    """Sites by what survey says of them."""

    dismissed: int
    suspected: int
    confirmed: int


class GroundTruth:
    """One replicate of one scenario under way.

    Parameters
    ----------
    ground : Ground
        Arrays as built by ``sim.world``.
    """

    def __init__(self, ground: Ground) -> None:
        self.arrays = ground
        n = len(ground.areas)
        self._suspected = np.zeros((n, 2), np.int64)  # SHA sites: with items, without
        self._confirmed = np.zeros((n, 2), np.int64)  # CHA sites: with items, without
        begin(ground)

    @property
    def now(self) -> float:
        """Date up to which history has been decided [days since 2000]."""
        return float(self.arrays.clock[0])

    def advance(self, until: float) -> None:
        """Let time pass."""
        if until <= self.arrays.clock[0]:
            return
        encounters.advance(self.arrays, until)
        if self.arrays.counters[OVERFLOW]:
            raise OutOfRoom

    def _share(self, area: int, stage: int, n: int, p: float) -> int:
        """Binomial(n, p) at the area's address: how many of n sites come out one way."""
        g = self.arrays
        u = uniform(g.address[0], g.address[1], STREAM_SITE, g.areas[area]["key"], stage, 0)
        return int(binomial_inverse(u, int(n), float(p)))

    def non_technical_survey(self, area: int, sensitivity: float, specificity: float,
                             indirect: float) -> SurveyOutcome:
        """NTS of a bundle of sites (section 7): what it says follows from the hidden state of each."""
        record = self.arrays.areas[area]
        with_items, sites = int(record["contaminated"]), int(record["sites"])
        seen = self._share(area, 1, with_items, sensitivity)
        false = self._share(area, 2, sites - with_items, 1.0 - specificity)
        suspected = self._share(area, 3, seen, indirect), self._share(area, 4, false, indirect)
        self._suspected[area] = suspected
        self._confirmed[area] = seen - suspected[0], false - suspected[1]
        clearance.split_sites(self.arrays, area, 1.0 - seen / with_items if with_items else 0.0)
        return SurveyOutcome(sites - seen - false, sum(suspected), int(self._confirmed[area].sum()))

    def start_on_record(self, area: int) -> int:
        """An area that is on record as SHA from the start; returns its sites."""
        record = self.arrays.areas[area]
        self._suspected[area] = record["contaminated"], record["sites"] - record["contaminated"]
        clearance.split_sites(self.arrays, area, 0.0)
        return int(record["sites"])

    def resurvey(self, area: int, sensitivity: float, specificity: float) -> SurveyOutcome:
        """Second survey of SHA sites: cancelled or confirmed."""
        with_items, without = (int(v) for v in self._suspected[area])
        seen = self._share(area, 5, with_items, sensitivity)
        false = self._share(area, 6, without, 1.0 - specificity)
        total = int(self.arrays.areas[area]["contaminated"])
        clearance.cancel_sites(self.arrays, area, (with_items - seen) / total if total else 0.0)
        self._confirmed[area] += seen, false
        self._suspected[area] = 0
        return SurveyOutcome(with_items + without - seen - false, 0, seen + false)

    def technical_survey(self, area: int, sensitivity: float, specificity: float, kept: float) -> float:
        """TS of the confirmed sites: share of their land that is kept for clearance."""
        with_items, without = (int(v) for v in self._confirmed[area])
        false = self._share(area, 7, without, 1.0 - specificity)
        clearance.leave_outside(self.arrays, area, 1.0 - sensitivity)
        sites = with_items + without
        return (with_items * kept + false) / sites if sites else 0.0

    def begin_sweep(self, area: int, until: float, detection: np.ndarray, weights: np.ndarray) -> None:
        """A team begins a pass that ends at `until`; detection, weights: (kind, class)."""
        clearance.begin_sweep(self.arrays, area, until, detection, weights)

    def end_sweep(self, area: int) -> np.ndarray:
        """The pass ends: finds by kind, (kind,) int64."""
        return clearance.end_sweep(self.arrays, area)

    def sweeps_left(self, area: int) -> int:
        """Passes that can still be made over this area."""
        return MAX_SWEEPS - int(self.arrays.areas[area]["sweeps"])

    def release(self, area: int, branch: int) -> None:
        """People use this part of the area fully from now on."""
        clearance.release(self.arrays, area, branch)

    def mark(self, area: int) -> None:
        """Marking of confirmed land."""
        clearance.mark(self.arrays, area)

    def reported_accidents(self, since: float, until: float) -> np.ndarray:
        """Reported accidents by area, (area,) float64, whose report came in (since, until]."""
        counts = np.zeros(len(self.arrays.areas))
        clearance.reported_accidents(self.arrays, since, until, counts)
        return counts

    def attend_sightings(self, step: int, share: np.ndarray) -> None:
        """Share of the reported items that EOD teams attend in a future step, (access,)."""
        if step <= self.arrays.counters[STEP]:
            raise ValueError("EOD capacity can only be set for a quarter that has not begun")
        clearance.set_sighting(self.arrays, step, share)

    def spot_finds(self) -> np.ndarray:
        """Items destroyed by EOD spot tasks so far, as known at the last year's end, (area,) int64."""
        g = self.arrays
        return np.bincount(g.cohorts["area"], weights=g.cohorts["found_spot"], minlength=len(g.areas)).astype(
            np.int64)

    @property
    def accidents(self) -> np.ndarray:
        """Log of accidents: date, area, cohort, item, casualties, reported on. For results only."""
        return self.arrays.log[: self.arrays.counters[N_LOG]]


def detection_classes(mean: float, concentration: float) -> tuple[np.ndarray, np.ndarray]:
    """Detectability classes of items: Beta-distributed detection as three nodes (MODEL section 7, V13).

    Gauss-Jacobi nodes reproduce the probability of being missed by up to five passes exactly.

    Parameters
    ----------
    mean : float
        Mean probability of being found on one pass.
    concentration : float
        Beta concentration (alpha + beta); 0 stands for no difference between items.

    Returns
    -------
    (class,) float64, (class,) float64
        Detection probability and share of each class, least detectable first.
    """
    if concentration <= 0.0 or mean <= 0.0 or mean >= 1.0:
        return np.full(N_CLASSES, mean), np.full(N_CLASSES, 1.0 / N_CLASSES)
    a, b = mean * concentration - 1.0, (1.0 - mean) * concentration - 1.0  # weight x^a (1-x)^b
    n = np.arange(N_CLASSES)
    s = 2 * n + a + b
    with np.errstate(divide="ignore", invalid="ignore"):
        diagonal = np.where(n == 0, (a - b) / (a + b + 2), (a * a - b * b) / (s * (s + 2)))
        k = n[1:]
        s = 2 * k + a + b
        side = 4 * k * (k + a) * (k + b) * (k + a + b) / (s * s * (s + 1) * (s - 1))
        side[0] = 4 * (1 + a) * (1 + b) / ((2 + a + b) ** 2 * (3 + a + b))
    matrix = np.diag(diagonal) + np.diag(np.sqrt(side), 1) + np.diag(np.sqrt(side), -1)
    nodes, vectors = np.linalg.eigh(matrix)
    return (nodes + 1.0) / 2.0, vectors[0] ** 2


def detection_table(means: np.ndarray, concentration: float) -> tuple[np.ndarray, np.ndarray]:
    """Classes for every kind: (kind, class) detection and shares."""
    pairs = [detection_classes(float(m), concentration) for m in means]
    if len(pairs) != N_KINDS:
        raise ValueError(f"one detection probability for each of {N_KINDS} kinds")
    return np.array([p for p, _ in pairs]), np.array([w for _, w in pairs])


__all__ = ["CLEARED", "GroundTruth", "OutOfRoom", "SurveyOutcome", "detection_classes", "detection_table"]
