"""Inverse distribution functions for sampling by inversion (MODEL section 11).

Inversion at an addressed uniform keeps scenarios paired: a larger mean, number or probability never
gives a smaller count at the same uniform. Small cases are summed from zero; large ones start from a
normal approximation, take the exact distribution function there (incomplete gamma or beta function by
continued fraction, Numerical Recipes section 6) and walk to the answer.
"""

from __future__ import annotations

import math

from sim.core.compiled import kernel

_SMALL = 20.0  # below this mean (or variance) summation from zero is fastest
_EPS = 1e-11  # relative: a wrong count has a probability of this order
_TINY = 1e-300


@kernel
def normal_inverse(u: float) -> float:
    """Standard normal quantile to 4.5e-4 (Abramowitz and Stegun 26.2.23): a starting point only."""
    t = math.sqrt(-2.0 * math.log(min(u, 1.0 - u)))
    x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (
        1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    return -x if u < 0.5 else x


@kernel
def gamma_upper(a: float, x: float) -> float:
    """Regularised upper incomplete gamma function Q(a, x), relative accuracy about 1e-10."""
    if x <= 0.0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1.0:
        term = total = 1.0 / a
        n = a
        while term > total * _EPS:
            n += 1.0
            term *= x / n
            total += term
        return 1.0 - total * front
    b = x + 1.0 - a
    c, d = 1.0 / _TINY, 1.0 / b
    h = d
    i = 0
    while True:
        i += 1
        an = -i * (i - a)
        b += 2.0
        d = an * d + b
        d = 1.0 / (d if abs(d) > _TINY else _TINY)
        c = b + an / c
        c = c if abs(c) > _TINY else _TINY
        h *= d * c
        if abs(d * c - 1.0) < _EPS or i > 100_000:
            return front * h


@kernel
def beta_lower(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b), relative accuracy about 1e-10."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - front * _beta_fraction(b, a, 1.0 - x) / b
    return front * _beta_fraction(a, b, x) / a


@kernel
def _beta_fraction(a, b, x):
    c = 1.0
    d = 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    h = d
    m = 0
    while True:
        m += 1
        an = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        d = 1.0 + an * d
        d = 1.0 / (d if abs(d) > _TINY else _TINY)
        c = 1.0 + an / c
        c = c if abs(c) > _TINY else _TINY
        h *= d * c
        an = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        d = 1.0 + an * d
        d = 1.0 / (d if abs(d) > _TINY else _TINY)
        c = 1.0 + an / c
        c = c if abs(c) > _TINY else _TINY
        h *= d * c
        if abs(d * c - 1.0) < _EPS or m > 100_000:
            return h


@kernel
def poisson_inverse(u: float, mean: float) -> int:
    """Smallest k with P(X <= k) >= u for X ~ Poisson(mean)."""
    if mean <= 0.0:
        return 0
    if mean < _SMALL:
        k, term = 0, math.exp(-mean)
        cumulative = term
        while cumulative < u and (term > 1e-18 or k < mean):
            k += 1
            term *= mean / k
            cumulative += term
        return k
    z = normal_inverse(u)
    k = max(0, int(mean + math.sqrt(mean) * z + (z * z - 1.0) / 6.0))
    cumulative = gamma_upper(k + 1.0, mean)
    term = math.exp(k * math.log(mean) - mean - math.lgamma(k + 1.0))
    while cumulative < u and term > 0.0:
        k += 1
        term *= mean / k
        cumulative += term
    while k > 0 and cumulative - term >= u:
        cumulative -= term
        term *= k / mean
        k -= 1
    return k


@kernel
def binomial_inverse(u: float, n: int, p: float) -> int:
    """Smallest k with P(X <= k) >= u for X ~ Binomial(n, p)."""
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    ratio = p / (1.0 - p)
    variance = n * p * (1.0 - p)
    if n * p < _SMALL:
        k, term = 0, math.exp(n * math.log1p(-p))
        cumulative = term
        while cumulative < u and k < n and (term > 1e-18 or k < n * p):
            term *= (n - k) * ratio / (k + 1)
            k += 1
            cumulative += term
        return k
    z = normal_inverse(u)
    k = int(n * p + math.sqrt(variance) * z + (1.0 - 2.0 * p) * (z * z - 1.0) / 6.0)
    k = min(max(k, 0), n)
    cumulative = beta_lower(n - k + 0.0, k + 1.0, 1.0 - p) if k < n else 1.0
    term = math.exp(math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)
                    + k * math.log(p) + (n - k) * math.log1p(-p))
    while cumulative < u and k < n and term > 0.0:
        term *= (n - k) * ratio / (k + 1)
        k += 1
        cumulative += term
    while k > 0 and cumulative - term >= u:
        cumulative -= term
        term *= k / ((n - k + 1) * ratio)
        k -= 1
    return k


@kernel
def binomial_counts(u, n, p, counts):
    """Binomial counts by inversion for arrays: u, p (k,) float64; n, counts (k,) int64, counts written."""
    for i in range(len(n)):
        counts[i] = binomial_inverse(u[i], n[i], p[i])


@kernel
def poisson_counts(u, means, counts):
    """Poisson counts by inversion for arrays: u, means (n,) float64; counts (n,) int64, written."""
    for i in range(len(means)):
        counts[i] = poisson_inverse(u[i], means[i])
