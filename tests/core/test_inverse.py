"""Counts by inversion: equal to scipy's quantiles, and never smaller for a larger mean, number or probability."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.core.inverse import binomial_inverse, poisson_counts, poisson_inverse

MEANS = np.array([1e-6, 0.01, 0.5, 1.0, 7.3, 19.999, 20.0, 20.001, 55.5, 400.0, 12_345.6, 3e6])
CASES = [
    (1, 0.3),
    (5, 0.999),
    (40, 0.5),
    (40, 0.501),
    (100, 0.9999),
    (1000, 0.0199),
    (1000, 0.0201),
    (1000, 0.98),
    (30_000, 1e-5),
    (30_000, 0.1),
    (2_000_000, 1e-6),
    (2_000_000, 3e-5),
    (2_000_000, 0.4),
    (2_000_000, 0.99999),
]


def _uniforms(n: int, smallest: float = 1e-9) -> np.ndarray:
    """Uniforms with many in both tails."""
    rng = np.random.default_rng(2)
    tails = 10.0 ** rng.uniform(np.log10(smallest), -2, n // 2)
    return np.concatenate([rng.uniform(size=n), tails, 1.0 - tails])


@pytest.mark.parametrize("mean", MEANS)
def test_poisson_equals_scipy(mean: float) -> None:
    # beyond 4.5 standard deviations scipy sums 2,000 terms of a series that needs more at large means
    u = _uniforms(500, 1e-9 if mean < 1e5 else 1e-5)
    assert [poisson_inverse(v, mean) for v in u] == stats.poisson.ppf(u, mean).astype(int).tolist()


@pytest.mark.parametrize(("n", "p"), CASES)
def test_binomial_equals_scipy(n: int, p: float) -> None:
    u = _uniforms(500)
    assert [binomial_inverse(v, n, p) for v in u] == stats.binom.ppf(u, n, p).astype(int).tolist()


def test_a_rounded_normal_quantile_is_told_from_them() -> None:
    """Negative control: the usual approximation differs from exact inversion already at a mean of 400."""
    u = _uniforms(500)
    approximate = np.round(400.0 + 20.0 * stats.norm.ppf(u)).astype(int)
    assert (approximate != stats.poisson.ppf(u, 400.0)).mean() > 0.1


def test_edges() -> None:
    assert poisson_inverse(0.5, 0.0) == poisson_inverse(0.999, -1.0) == 0
    assert binomial_inverse(0.5, 0, 0.5) == binomial_inverse(0.999, 10, 0.0) == 0
    assert binomial_inverse(1e-9, 10, 1.0) == 10
    assert 0 <= poisson_inverse(1.0 - 2.0**-54, 3.0) < 60
    assert binomial_inverse(1.0 - 2.0**-54, 5, 0.2) == 5


@pytest.mark.parametrize("u", [1e-7, 0.01, 0.31, 0.5, 0.83, 0.999, 1.0 - 1e-9])
def test_more_never_gives_less(u: float) -> None:
    """Monotone in the mean, in n and in p, also where the method changes (mean 20)."""
    means = np.concatenate([np.linspace(0.0, 60.0, 1500), np.geomspace(60.0, 1e6, 300)])
    assert (np.diff([poisson_inverse(u, m) for m in means]) >= 0).all()
    for p in (0.003, 0.3, 0.97):
        assert (np.diff([binomial_inverse(u, n, p) for n in range(0, 3000, 7)]) >= 0).all()
    for n in (3, 50, 4000, 1_000_000):
        assert (np.diff([binomial_inverse(u, n, p) for p in np.linspace(0.0, 1.0, 700)]) >= 0).all()


def test_other_ways_to_draw_are_not_monotone() -> None:
    """Negative control: counts drawn by a sequential generator with one seed go down as the mean goes up."""
    counts = [np.random.default_rng(5).poisson(m) for m in np.linspace(5.0, 60.0, 300)]
    assert (np.diff(counts) < 0).any()


def test_arrays_are_written_in_place() -> None:
    u, means = np.array([0.2, 0.5, 0.9]), np.array([0.0, 3.0, 500.0])
    counts = np.zeros(3, np.int64)
    poisson_counts(u, means, counts)
    assert counts.tolist() == [0, *stats.poisson.ppf(u[1:], means[1:]).astype(int)]
