"""The laws a quantity may follow: a few parameters in, a monotone quantile function out.

Every law is scalar code on `math` (and `scipy.special` for the beta alone, imported when first used), because
a study draws some hundred quantities a few hundred times and must not pay for `scipy.stats`.
"""

from __future__ import annotations

import math
from functools import cached_property
from statistics import NormalDist
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

_NORMAL = NormalDist()
_Z95 = _NORMAL.inv_cdf(0.95)
_NO_PROBABILITY = "a quantile is asked for at a probability between 0 and 1 (exclusive), not {}"

Positive = Annotated[float, Field(gt=0)]


def standard_normal(u: float) -> float:
    """Quantile of the standard normal at probability `u` in (0, 1)."""
    if not 0.0 < u < 1.0:
        raise ValueError(_NO_PROBABILITY.format(u))
    return _NORMAL.inv_cdf(u)


def number(x: float) -> str:
    """A number as a reader wants it: thousands grouped, four significant digits when small."""
    if x != 0 and not 1e-4 <= abs(x) < 1e15:
        return f"{x:.4g}"
    if abs(x) >= 1000:
        return f"{x:,.0f}"
    return f"{x:.4g}"


class Law(BaseModel):
    """Base of the laws: immutable, finite, nothing unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def quantile(self, u: float) -> float:
        """Value below which the law lies with probability `u`, 0 < u < 1."""
        raise NotImplementedError

    @property
    def support(self) -> tuple[float, float]:
        """Smallest and largest value the law can give."""
        raise NotImplementedError

    def describe(self) -> str:
        """The law in words and numbers."""
        raise NotImplementedError


class Lognormal(Law):
    """Median with a 5 % and/or 95 % quantile, or with `sigma`, the standard deviation of the logarithm.

    With both quantiles the law has two pieces: the logarithm spreads below the median as p05 says and above
    it as p95 says. `at_most` cuts the upper tail: what would lie above is put there.
    """

    median: Positive
    p05: Positive | None = None
    p95: Positive | None = None
    sigma: Positive | None = None
    at_most: Positive | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Lognormal:
        if self.sigma is not None and (self.p05 is not None or self.p95 is not None):
            raise ValueError("lognormal takes p05 and/or p95, or sigma, not both")
        if self.sigma is None and self.p05 is None and self.p95 is None:
            raise ValueError("lognormal needs p05, p95 or sigma beside the median")
        if self.p05 is not None and self.p05 >= self.median:
            raise ValueError("lognormal needs p05 < median")
        if self.p95 is not None and self.p95 <= self.median:
            raise ValueError("lognormal needs p95 > median")
        if self.at_most is not None and self.at_most <= self.median:
            raise ValueError("lognormal needs at_most > median")
        return self

    @cached_property
    def _factors(self) -> tuple[float, float]:
        """95 % quantile over median, above the median and (inverted) below it."""
        if self.sigma is not None:
            return (math.exp(self.sigma * _Z95),) * 2
        above = None if self.p95 is None else self.p95 / self.median
        below = None if self.p05 is None else self.median / self.p05
        # One quantile alone stands for both sides: exactly one of the two can be missing here.
        return above or below or 1.0, below or above or 1.0

    def quantile(self, u: float) -> float:
        z = standard_normal(u) / _Z95
        above, below = self._factors
        # Powers of the given ratios hit p05, the median and p95 without a detour through logarithms.
        x: float = self.median * above**z if z >= 0 else self.median / below**-z
        return x if self.at_most is None else min(x, self.at_most)

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf if self.at_most is None else self.at_most

    def describe(self) -> str:
        low, high = number(self.quantile(0.05)), number(self.quantile(0.95))
        cut = "" if self.at_most is None else f", at most {number(self.at_most)}"
        return f"lognormal, median {number(self.median)} (5-95 %: {low}-{high}{cut})"


class Uniform(Law):
    """Every value from `low` to `high` equally likely."""

    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.low >= self.high:
            raise ValueError("uniform needs low < high")
        return self

    def quantile(self, u: float) -> float:
        _check(u)
        return self.low * (1.0 - u) + self.high * u

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def describe(self) -> str:
        return f"uniform {number(self.low)}-{number(self.high)}"


class Loguniform(Law):
    """Every factor between `low` and `high` equally likely."""

    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _ordered(self) -> Loguniform:
        if self.low >= self.high:
            raise ValueError("loguniform needs low < high")
        return self

    def quantile(self, u: float) -> float:
        _check(u)
        x: float = self.low * (self.high / self.low) ** u
        return min(self.high, x)

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def describe(self) -> str:
        return f"log-uniform {number(self.low)}-{number(self.high)}"


class Triangular(Law):
    """From `low` to `high`, most likely near `mode`."""

    low: float
    mode: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Triangular:
        if not self.low <= self.mode <= self.high or self.low >= self.high:
            raise ValueError("triangular needs low <= mode <= high and low < high")
        return self

    def quantile(self, u: float) -> float:
        _check(u)
        width = self.high - self.low
        if u * width <= self.mode - self.low:
            return min(self.mode, self.low + math.sqrt(u * width * (self.mode - self.low)))
        return max(self.mode, self.high - math.sqrt((1.0 - u) * width * (self.high - self.mode)))

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def describe(self) -> str:
        return f"triangular {number(self.low)}-{number(self.high)}, mode {number(self.mode)}"


class Beta(Law):
    """A share with a mean; the higher the `concentration` (a + b), the closer to it."""

    mean: Annotated[float, Field(gt=0, lt=1)]
    concentration: Positive

    def quantile(self, u: float) -> float:
        _check(u)
        from scipy.special import betaincinv  # here: 0.3 s that only a study with a beta law pays

        return float(betaincinv(self.mean * self.concentration, (1.0 - self.mean) * self.concentration, u))

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, 1.0

    def describe(self) -> str:
        low, high = number(self.quantile(0.05)), number(self.quantile(0.95))
        return f"beta, mean {number(self.mean)} (5-95 %: {low}-{high})"


def _check(u: float) -> None:
    if not 0.0 < u < 1.0:
        raise ValueError(_NO_PROBABILITY.format(u))
