"""What trials without a miss show: of a detector, a team, a mechanism (MODEL section 7, VALIDATION V10)."""

from __future__ import annotations

import math

_ROUNDING = 1e-9  # a number of trials that is whole but for rounding is that number


def trials_without_miss(probability: float, confidence: float = 0.95) -> int:
    """Trials that all have to succeed to show that success has at least this probability (one-sided).

    Such as targets that a method has to find without missing one: were its probability of detection lower,
    it would have come so far with probability 1 - confidence at most.

    Parameters
    ----------
    probability, confidence : float
        Between 0 and 1, both excluded.

    Returns
    -------
    int
        Smallest n with probability^n <= 1 - confidence.
    """
    _between_0_and_1(probability=probability, confidence=confidence)
    return math.ceil(math.log1p(-confidence) / math.log(probability) - _ROUNDING)


def failure_rate_shown(trials: int, confidence: float = 0.95) -> float:
    """Rate of failure above which so many trials would hardly have gone without one (one-sided).

    Parameters
    ----------
    trials : int
        Without a failure; 0 show nothing.
    confidence : float
        Between 0 and 1, both excluded.

    Returns
    -------
    float
        Failures are at most so frequent; nothing more is shown.
    """
    _between_0_and_1(confidence=confidence)
    if trials < 0:
        raise ValueError(f"trials: {trials} is not a number of trials, expected 0 or more")
    return -math.expm1(math.log1p(-confidence) / trials) if trials else 1.0


def _between_0_and_1(**values: float) -> None:
    for name, value in values.items():
        if not 0.0 < value < 1.0:
            raise ValueError(f"{name}: {value} is not between 0 and 1, both excluded")
