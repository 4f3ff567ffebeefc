"""Passes of a search: independent ones (VALIDATION V5) and with misses in common (V13)."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.ground import detection_classes, detection_table
from sim.core.records import AREA, MAX_SWEEPS, N_CLASSES, N_KINDS
from sim.core.sweeps import missed_by_sweeps


def _found(mean: float, concentration: float, passes: int) -> float:
    """P(found by so many passes) as the programme lays them down in a hazard area."""
    area = np.zeros(1, AREA)
    detection, weights = detection_table(np.r_[mean, np.full(N_KINDS - 1, 0.5)], concentration)
    area["class_weight"][0] = weights
    for j in range(passes):
        area["detect"][0, j] = detection
    area["sweeps"] = passes
    return 1.0 - float(missed_by_sweeps(area[0], 0, passes, np.inf))


def _beta(mean: float, concentration: float, passes: int) -> float:
    """1 - E (1 - p)^k for p ~ Beta with this mean and concentration, as a product."""
    b = (1.0 - mean) * concentration
    return 1.0 - float(np.prod([(b + i) / (concentration + i) for i in range(passes)]))


@pytest.mark.parametrize(("passes", "expected"), [(1, 0.8), (2, 0.96), (3, 0.992), (4, 0.9984)])
def test_independent_passes(passes: int, expected: float) -> None:
    assert _found(0.8, 0.0, passes) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("passes", "expected"), [(1, 0.8), (2, 0.945), (3, 0.982)])
def test_shared_misses(passes: int, expected: float) -> None:
    assert _found(0.8, 10.0, passes) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("mean", [0.3, 0.8, 0.95, 0.996])
@pytest.mark.parametrize("concentration", [0.5, 3.0, 10.0, 200.0])
def test_shared_misses_equal_the_beta_distribution_up_to_five_passes(
    mean: float, concentration: float
) -> None:
    for passes in range(1, 6):
        assert _found(mean, concentration, passes) == pytest.approx(
            _beta(mean, concentration, passes), abs=1e-10
        )


def test_independent_passes_are_told_from_shared_misses() -> None:
    """Negative control: the independent answer misses V13 by far more than its tolerance, and is always better."""
    assert abs(_found(0.8, 0.0, 2) - 0.945) > 0.01
    for passes in range(2, MAX_SWEEPS + 1):
        assert _found(0.8, 10.0, passes) < _found(0.8, 0.0, passes)


def test_certain_detection_and_none() -> None:
    assert _found(1.0, 10.0, 1) == 1.0
    assert _found(0.0, 10.0, 3) == 0.0
    p, w = detection_classes(0.8, 10.0)
    assert (np.diff(p) > 0).all()
    assert ((p > 0) & (p < 1) & (w > 0)).all()
    assert len(p) == N_CLASSES


def test_one_probability_for_each_kind() -> None:
    with pytest.raises(ValueError, match=str(N_KINDS)):
        detection_table(np.array([0.8, 0.9]), 0.0)
