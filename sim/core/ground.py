"""What is in the ground, and the little of it that a finished task reveals.

The programme talks to a ``GroundTruth`` only: it starts and ends tasks and is told what they found.
Nothing here tells it how many items there are, which sites hold them, or what will happen.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

import numpy as np

from sim.core.clearance import carry_out
from sim.core.companion import begin
from sim.core.described import describe
from sim.core.records import (
    BEGIN_SWEEP,
    CANCEL,
    END_SWEEP,
    LEAVE_OUTSIDE,
    MARK,
    MAX_SWEEPS,
    N_CLASSES,
    N_KINDS,
    N_LOG,
    ORDER,
    OVERFLOW,
    RELEASE,
    SPLIT,
    Ground,
)
from sim.core.survey import KEPT_FALSELY, come_out, first_look, second_look

_ORDERS = 256
_write = Struct("diIid").pack_into  # an ORDER; numpy takes three times as long


class OutOfRoom(Exception):
    """The arrays for candidates were too small; the replicate is run again with larger ones."""


class SurveyOutcome(NamedTuple):
    """Sites by what survey says of them."""

    dismissed: int
    suspected: int
    confirmed: int


class GroundTruth:
    """One replicate of one scenario under way.

    What the programme does is kept as dated orders; history is decided when somebody asks for it.

    Parameters
    ----------
    ground : Ground
        Arrays as built by ``sim.world``.
    """

    def __init__(self, ground: Ground) -> None:
        self._use(ground)
        self._now = float(ground.clock[0])
        self._orders = np.zeros(_ORDERS, ORDER)
        self._written = self._orders.view(np.uint8).data  # the same memory
        self._ordered = 0
        self._seed, self._replicate = (int(v) for v in ground.address)
        self._keys: list[int] = ground.areas["key"].tolist()
        self._sites: list[int] = ground.areas["sites"].tolist()
        self._with_items: list[int] = ground.areas["contaminated"].tolist()
        self._cohort_areas = ground.cohorts["area"].astype(np.int64)
        self._passes = [0] * len(ground.areas)
        self._suspected: dict[int, tuple[int, int]] = {}  # SHA sites by area: with items, without
        self._confirmed: dict[int, tuple[int, int]] = {}  # CHA sites by area: with items, without
        begin(self._description)

    def _use(self, arrays: Ground) -> None:
        self._arrays, self._description = arrays, describe(arrays)

    @property
    def arrays(self) -> Ground:
        """History decided up to now."""
        self._decide()
        return self._arrays

    @property
    def replicate(self) -> int:
        """Address of the replicate."""
        return self._replicate

    @property
    def now(self) -> float:
        """Date [days since 2000]."""
        return self._now

    def advance(self, until: float) -> None:
        """Let time pass."""
        if until > self._now:
            self._now = until

    def _order(self, what: int, area: int, number: int = 0, value: float = 0.0) -> None:
        if self._ordered == _ORDERS:
            self._decide()
        _write(self._written, self._ordered * ORDER.itemsize, self._now, what, area, number, value)
        self._ordered += 1

    def _decide(self) -> None:
        """Carry out what was ordered, up to now."""
        if self._ordered or self._arrays.clock[0] < self._now:
            carry_out(self._description, self._orders, self._ordered, self._now)
            self._ordered = 0
        if self._arrays.counters[OVERFLOW]:
            raise OutOfRoom

    def non_technical_survey(self, area: int, sensitivity: float, specificity: float,
                             indirect: float) -> SurveyOutcome:
        """NTS of a bundle of sites (section 7): what it says follows from the hidden state of each."""
        with_items, sites = self._with_items[area], self._sites[area]
        seen, false, *suspected = first_look(
            self._seed, self._replicate, self._keys[area], with_items, sites - with_items, sensitivity, specificity,
            indirect)
        confirmed = seen - suspected[0], false - suspected[1]
        self._suspected[area], self._confirmed[area] = (suspected[0], suspected[1]), confirmed
        self._order(SPLIT, area, value=1.0 - seen / with_items if with_items else 0.0)
        return SurveyOutcome(sites - seen - false, sum(suspected), sum(confirmed))

    def start_on_record(self, area: int) -> int:
        """An area that is on record as SHA from the start; returns its sites."""
        self._suspected[area] = self._with_items[area], self._sites[area] - self._with_items[area]
        self._order(SPLIT, area)
        return self._sites[area]

    def resurvey(self, area: int, sensitivity: float, specificity: float) -> SurveyOutcome:
        """Second survey of SHA sites: cancelled or confirmed."""
        with_items, without = self._suspected.pop(area)
        seen, false = second_look(
            self._seed, self._replicate, self._keys[area], with_items, without, sensitivity, specificity)
        total = self._with_items[area]
        self._order(CANCEL, area, value=(with_items - seen) / total if total else 0.0)
        before = self._confirmed.get(area, (0, 0))
        self._confirmed[area] = before[0] + seen, before[1] + false
        return SurveyOutcome(with_items + without - seen - false, 0, seen + false)

    def technical_survey(self, area: int, sensitivity: float, specificity: float, kept: float) -> float:
        """TS of the confirmed sites: share of their land that is kept for clearance."""
        with_items, without = self._confirmed[area]
        false = come_out(self._seed, self._replicate, self._keys[area], KEPT_FALSELY, without, 1.0 - specificity)
        self._order(LEAVE_OUTSIDE, area, value=1.0 - sensitivity)
        sites = with_items + without
        return (with_items * kept + false) / sites if sites else 0.0

    def use_methods(self, detection: np.ndarray, weights: np.ndarray) -> None:
        """Methods of clearance passes; P(detected by a pass) and shares of classes, (method, kind, class)."""
        self._use(self._arrays._replace(methods=detection, method_weights=weights))

    def use_eod(self, items_per_day: np.ndarray) -> None:
        """Spot tasks that EOD teams can attend, (quarter,) float64 [items/day]."""
        self._use(self._arrays._replace(eod=items_per_day))

    def use_education(self, entry: np.ndarray) -> None:
        """Risk education: factor on entry to suspected land, (access, quarter) float64."""
        self._use(self._arrays._replace(entry=self._arrays.entry * entry))

    def begin_sweep(self, area: int, until: float, method: int) -> None:
        """A team begins a pass that ends at `until`."""
        self._passes[area] += 1
        self._order(BEGIN_SWEEP, area, method, until)

    def end_sweep(self, area: int) -> list[int]:
        """The pass ends: finds by kind."""
        self._order(END_SWEEP, area)
        self._decide()
        finds: list[int] = self._arrays.finds.tolist()
        return finds

    def sweeps_left(self, area: int) -> int:
        """Passes that can still be made over this area."""
        return MAX_SWEEPS - self._passes[area]

    def release(self, area: int, branch: int) -> None:
        """People use this part of the area fully from now on."""
        self._order(RELEASE, area, branch, self._now)

    def take_back(self, area: int, branch: int) -> None:
        """This part of the area is suspected again."""
        self._order(RELEASE, area, branch, np.inf)

    def mark(self, area: int) -> None:
        """Marking of confirmed land."""
        self._order(MARK, area, value=self._now)

    def unmark(self, area: int) -> None:
        """Marking is gone."""
        self._order(MARK, area, value=np.inf)

    def reported_accidents(self, step: int, quarters: int) -> np.ndarray:
        """Accidents whose report came in the last quarters before one that has begun, (area,) int64."""
        if self._arrays.clock[0] < self._arrays.edges[step]:  # else they are decided already
            self._decide()
        recent: np.ndarray = self._arrays.reported[:, max(step - quarters, 0): step].sum(axis=1)
        return recent

    def spot_finds(self) -> np.ndarray:
        """Items destroyed by EOD spot tasks so far, as known at the last year's end, (area,) int64."""
        found = self.arrays.cohorts["found_spot"]
        return np.bincount(self._cohort_areas, found, len(self._keys)).astype(np.int64)

    @property
    def accidents(self) -> np.ndarray:
        """Accidents: date, area, cohort, item, casualties, reported on; by date. For results only."""
        log = self.arrays.log[: self._arrays.counters[N_LOG]]
        return log[np.argsort(log[:, 0], kind="stable")]


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


__all__ = ["GroundTruth", "OutOfRoom", "SurveyOutcome", "detection_classes", "detection_table"]
