"""Trials without a miss, through `import sim` (VALIDATION V10)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim

INSIDE = st.floats(0.001, 0.9999)


@pytest.mark.parametrize(("probability", "trials"), [(0.9, 29), (0.99, 299), (0.996, 748)])
def test_trials_without_miss(probability: float, trials: int) -> None:
    assert sim.trials_without_miss(probability) == trials
    assert sim.trials_without_miss(probability, confidence=0.9) < trials  # control: for less confidence fewer do


def test_a_whole_number_of_trials_is_not_one_more() -> None:
    """(1 - 0.75) is 0.5 squared, (1 - 0.875) cubed, and so on."""
    for n in range(1, 40):
        assert sim.trials_without_miss(0.5, 1 - 0.5**n) == n


def test_firings_without_a_failure() -> None:
    """No failure in 59 firings shows only at most 5 %; 58 do not show that (control)."""
    assert sim.failure_rate_shown(59) <= 0.05 < sim.failure_rate_shown(58)
    assert sim.failure_rate_shown(59) == pytest.approx(0.0495, abs=5e-5)
    assert sim.failure_rate_shown(0) == 1.0


@given(probability=INSIDE, confidence=INSIDE)
def test_one_trial_less_would_not_do(probability: float, confidence: float) -> None:
    n = sim.trials_without_miss(probability, confidence)
    assert n * math.log(probability) <= math.log1p(-confidence) * (1 - 1e-6)
    assert (n - 1) * math.log(probability) > math.log1p(-confidence) * (1 + 1e-6) or n == 1
    assert sim.failure_rate_shown(n, confidence) <= (1 - probability) * (1 + 1e-6)


@pytest.mark.parametrize("wrong", [0.0, 1.0, -0.1, 1.1, math.nan])
def test_what_is_no_probability(wrong: float) -> None:
    with pytest.raises(ValueError, match="probability: .* between 0 and 1"):
        sim.trials_without_miss(wrong)
    with pytest.raises(ValueError, match="confidence"):
        sim.failure_rate_shown(59, wrong)
    with pytest.raises(ValueError, match="trials: -1"):
        sim.failure_rate_shown(-1)
