"""The life of an item (MODEL section 4) against closed forms, and the facts of single items against the curves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from sim.core.life import active, gone, settle_life
from sim.core.records import LIFE

DEFAULT = {
    "armed": 1.0,
    "sd_fails": 1.0,
    "sd_from": np.inf,
    "sd_to": np.inf,
    "sda_fails": 1.0,
    "sda": np.inf,
    "age_floor": 0.0,
    "age_scale": np.inf,
    "age_shape": 1.0,
    "inert_weight": 0.0,
    "settles": np.inf,
}

LIVES = {
    "persistent": {},
    "ages": {"age_scale": 2000.0},
    "ages_to_a_floor": {"age_scale": 900.0, "age_shape": 2.5, "age_floor": 0.15},
    "treaty_limit": {"sd_fails": 0.1, "sd_from": 30.0, "sd_to": 30.0, "sda_fails": 0.01, "sda": 120.0},
    "field": {
        "sd_fails": 0.05,
        "sd_from": 15.0,
        "sd_to": 15.0,
        "sda_fails": 0.3,
        "sda": 90.0,
        "age_scale": 4000.0,
    },
    "no_backup": {"sd_fails": 0.08, "sd_from": 2.0, "sd_to": 2.0, "age_scale": 300.0},
    "window": {"sd_fails": 0.07, "sd_from": 1.0 / 24, "sd_to": 40.0 / 24},
    "window_over_battery": {
        "sd_fails": 0.2,
        "sd_from": 100.0,
        "sd_to": 140.0,
        "sda_fails": 0.25,
        "sda": 120.0,
        "age_scale": 500.0,
        "age_shape": 1.7,
    },
    "battery_first": {
        "sd_fails": 0.1,
        "sd_from": 150.0,
        "sd_to": 150.0,
        "sda_fails": 0.4,
        "sda": 120.0,
        "age_scale": 800.0,
    },
}
AGES = np.array(
    [
        0.0,
        0.04,
        1.0,
        1.9,
        2.0,
        14.9,
        15.0,
        29.9,
        30.0,
        95.0,
        110.0,
        119.9,
        120.0,
        130.0,
        145.0,
        150.0,
        400.0,
        5000.0,
    ]
)


def _life(name: str, **changes: float) -> np.void:
    row = {**DEFAULT, **LIVES[name], **changes}
    return np.array([tuple(row[field] for field in LIFE.names)], LIFE)[0]


def _ageing(life: np.void, age: float) -> float:
    c = life["age_floor"]
    return (
        1.0
        if np.isinf(life["age_scale"])
        else c + (1 - c) * np.exp(-((age / life["age_scale"]) ** life["age_shape"]))
    )


def _still_ticking(life: np.void, age: float) -> float:
    """1 - F_sd: by uniform windows, a step where the window is a point."""
    if np.isinf(life["sd_from"]) or age < life["sd_from"]:
        return 1.0
    return 0.0 if age >= life["sd_to"] else (life["sd_to"] - age) / (life["sd_to"] - life["sd_from"])


def _ends(life: np.void, age: float) -> float:
    """P(neither aged nor out of battery by then)."""
    return _ageing(life, age) * (life["sda_fails"] if age >= life["sda"] else 1.0)


def _s(life: np.void, age: float) -> float:
    f = life["sd_fails"]
    return _ends(life, age) * ((1 - f) * _still_ticking(life, age) + f)


def _g(life: np.void, age: float) -> float:
    """(1 - f_sd) times the mean of A·B over the moments of self-destruction up to then."""
    low, high = life["sd_from"], life["sd_to"]
    if np.isinf(low) or age < low:
        return 0.0
    if low == high:
        return (1 - life["sd_fails"]) * _ends(life, np.nextafter(low, 0.0))
    cuts = [life["sda"]] if low < life["sda"] < min(age, high) else None
    total, _ = quad(lambda t: _ends(life, t), low, min(age, high), points=cuts, epsabs=1e-13, limit=200)
    return (1 - life["sd_fails"]) * total / (high - low)


def _inert(life: np.void, age: float) -> float:
    """Function ended before the item could destroy itself: by ageing (density) or by the battery (a step).

    Independent of 1 - S - G: what conserves is then a finding, not a definition.
    """
    f, total = life["sd_fails"], 0.0

    def there(t: float) -> float:
        return (1 - f) * _still_ticking(life, t) + f

    if not np.isinf(life["age_scale"]):

        def density(t: float) -> float:
            x = t / life["age_scale"]
            k = life["age_shape"]
            survival = (1 - life["age_floor"]) * k / life["age_scale"] * x ** (k - 1) * np.exp(-(x**k))
            return survival * (life["sda_fails"] if t >= life["sda"] else 1.0) * there(t)

        kinks = sorted({float(life[n]) for n in ("sd_from", "sd_to", "sda") if life[n] < age})
        for low, high in zip([0.0, *kinks], [*kinks, age], strict=True):
            total += quad(density, low, high, epsabs=1e-13, limit=200)[0]
    if age >= life["sda"]:
        total += _ageing(life, life["sda"]) * (1 - life["sda_fails"]) * there(np.nextafter(life["sda"], 0.0))
    return total


@pytest.mark.parametrize("name", LIVES)
def test_active_and_gone_follow_the_formulas(name: str) -> None:
    life = _life(name)
    # Gauss-Legendre with three points over a window: exact for constant A, close for slow ageing.
    exact = np.isinf(life["age_scale"]) or life["sd_from"] == life["sd_to"]
    for age in AGES:
        assert active(life, age) == pytest.approx(_s(life, age), rel=1e-13, abs=1e-300)
        assert gone(life, age) == pytest.approx(_g(life, age), rel=1e-12 if exact else 1e-8, abs=1e-300)


@pytest.mark.parametrize("name", LIVES)
def test_every_armed_item_is_active_inert_or_gone(name: str) -> None:
    life = _life(name)
    inert = []
    for age in AGES:
        s, g, i = active(life, age), gone(life, age), _inert(life, age)
        assert s + g + i == pytest.approx(1.0, abs=1e-8)
        assert min(s, g, i) >= -1e-15
        inert.append(1.0 - s - g)
    assert (np.diff(inert) > -1e-12).all()


def test_conservation_needs_the_ageing_inside_the_integral() -> None:
    """Negative control: G = (1 - f_sd)·F_sd, as if aged items still destroyed themselves, does not add up."""
    life = _life("window_over_battery")
    naive = (1 - life["sd_fails"]) * (1 - _still_ticking(life, 200.0))
    assert abs(active(life, 200.0) + naive + _inert(life, 200.0) - 1.0) > 0.05


@pytest.mark.parametrize(
    ("age", "live"), [(0.0, 1.0), (29.99, 1.0), (30.0, 0.1), (119.99, 0.1), (120.0, 0.001), (3652.5, 0.001)]
)
def test_treaty_limit(age: float, live: float) -> None:
    """VALIDATION V2: at both limits 0.1 live at 30 days and 0.001 at 120, so the backup fails at 0.01."""
    assert active(_life("treaty_limit"), age) == pytest.approx(live, rel=1e-12)


def test_treaty_limit_in_a_thousand_items() -> None:
    """V2: 100 live at 30 days (95 %: 82-119); P(at least one live at 120 days) = 0.6323."""
    life = _life("treaty_limit")
    assert 1000 * active(life, 30.0) == pytest.approx(100.0)
    assert stats.binom.ppf([0.025, 0.975], 1000, active(life, 30.0)).tolist() == [82, 119]
    assert 1 - (1 - active(life, 120.0)) ** 1000 == pytest.approx(0.6323, abs=5e-5)
    assert gone(life, 30.0) == pytest.approx(0.9)
    assert 1 - active(life, 120.0) - gone(life, 120.0) == pytest.approx(0.099)


def test_ageing_alone_against_a_constant_hazard() -> None:
    """V1: exponential ageing at rate m against hazard h: h / (h + m) detonate in the end."""
    h, m = 0.01, 0.05
    life = _life("ages", age_scale=1.0 / m)
    total, _ = quad(lambda t: h * np.exp(-h * t) * active(life, t), 0.0, np.inf)
    assert total == pytest.approx(1.0 / 6.0, rel=1e-9)


def _settle(life: np.void, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ages at the end of activity and at disappearance of n items, (n,) float64 each."""
    u = np.random.default_rng(seed).uniform(size=(n, 5))
    ends = np.array([settle_life(life, life["sd_fails"], *row) for row in u])
    return ends[:, 0], ends[:, 1]


def _worst_z(counts: list[float], chances: list[float], n: int) -> float:
    p = np.clip(chances, 0.0, 1.0)
    spread = np.sqrt(np.maximum(n * p * (1 - p), 1e-9))
    return float(np.max(np.abs(np.array(counts) - n * p) / spread))


@pytest.mark.parametrize("name", LIVES)
def test_items_follow_the_curves(name: str) -> None:
    """Frequencies of active and gone items against S and G at every age, |z| < 4.

    With 8,000 items a share of 0.1 that is off by 0.02 is found with power 0.97 at a single age (a shift of 6 standard
    errors); the control below is that case."""
    n = 8_000
    life = _life(name)
    end, vanished = _settle(life, n, 11)
    for age in AGES:
        counts = [float((end > age).sum()), float((vanished <= age).sum())]
        assert _worst_z(counts, [_s(life, age), _g(life, age)], n) < 4.0


def test_items_of_another_failure_rate_are_told_apart() -> None:
    """Negative control: items whose self-destruction fails in 12 % do not pass for 10 %."""
    n = 8_000
    life = _life("treaty_limit")
    end, _ = _settle(_life("treaty_limit", sd_fails=0.12), n, 11)
    assert _worst_z([float((end > 60.0).sum())], [_s(life, 60.0)], n) > 4.0


def test_never_armed_items_are_inert_from_the_start() -> None:
    life = _life("field", armed=0.7)
    end, vanished = _settle(life, 4_000, 3)
    never = end == 0.0
    assert _worst_z([float(never.sum())], [0.3], 4_000) < 4.0
    assert np.isinf(vanished[never]).all()


@pytest.mark.parametrize(("field", "low", "high"), [("sd_fails", 0.04, 0.2), ("sda_fails", 0.05, 0.4)])
def test_a_lower_failure_rate_leaves_a_subset_active(field: str, low: float, high: float) -> None:
    """By the same draws, at every age and for every life with both mechanisms."""
    for name in ("treaty_limit", "field", "window_over_battery", "battery_first"):
        fewer, _ = _settle(_life(name, **{field: low}), 3_000, 5)
        more, _ = _settle(_life(name, **{field: high}), 3_000, 5)
        assert (fewer <= more).all()
        assert (fewer < more).any()


def test_independent_draws_leave_no_subset() -> None:
    """Negative control: with draws of their own many items outlive their twin at the higher failure rate."""
    fewer, _ = _settle(_life("field", sd_fails=0.04), 3_000, 5)
    more, _ = _settle(_life("field", sd_fails=0.2), 3_000, 6)
    assert (fewer > more).mean() > 0.02
