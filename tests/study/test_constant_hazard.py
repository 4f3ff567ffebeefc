"""VALIDATION V1 through the YAML front door: how long an item lives against how often it is met.

Three kinds of check. The companion given the history it was computed along is exact (1e-9): with the
accidents of a replicate at t1 < t2 < ..., it has to be the sum of (items - accidents so far) x the rise of
-ln(1 - P(t)) between them, with P the closed form. Its mean over replicates and the counted accidents are the
closed form within z < 4.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from running import DATA, column, edit, play, run_all, scenario_of

from sim import study
from sim.scenario import Scenario

FILE = DATA / "constant_hazard.yaml"
YEAR = 365.25
HORIZON = 10.0

# Family of the file: shares of items and the ages at which they end [days].
LIVES = {
    "persistent": [(1.0, math.inf)],
    "sd": [(1.0, 15.0)],
    "sd_fails": [(0.95, 15.0), (0.05, math.inf)],
    "sd_backup": [(0.95, 15.0), (0.05 * 0.99, 120.0), (0.05 * 0.01, math.inf)],
    "treaty_limit": [(0.9, 30.0), (0.1 * 0.99, 120.0), (0.1 * 0.01, math.inf)],
}
# VALIDATION V1: detonations per 1,000 items in ten years, at 0.001 and 0.01 per item and year.
TABLE = {
    "persistent": (9.9502, 95.1626),
    "sd": (0.0411, 0.4106),
    "sd_fails": (0.5365, 5.1482),
    "sd_backup": (0.0602, 0.6000),
    "treaty_limit": (0.1164, 1.1588),
}
HAZARDS = (0.001, 0.01)
CASES = [(family, h) for family in TABLE for h in HAZARDS]


def _detonates(family: str, h: float, years: float = HORIZON) -> float:
    """P(an item detonates within so many years)."""
    return -math.fsum(p * math.expm1(-h * min(age / YEAR, years)) for p, age in LIVES[family])


def _length_m(h: float) -> float:
    """Metres per trip at which one item meets this hazard per year: 100 people, half a trip a day, 100 km2, 0.15 m."""
    return h / YEAR / (100 * 0.5 / 1e8 * 0.3 * 0.5)


def _scenario(tmp_path: Path, family: str, h: float, items: float) -> Scenario:
    return scenario_of(
        edit(
            FILE,
            ("length_m: 365.0467716", f"length_m: {_length_m(h)!r}"),
            ("{persistent: 1}", f"{{{family}: 1}}"),
            ("items: 1000,", f"items: {items!r},"),
        ),
        tmp_path,
    )


@pytest.mark.parametrize("family", TABLE)
def test_the_closed_form_is_the_published_table(family: str) -> None:
    for h, per_1000 in zip(HAZARDS, TABLE[family], strict=True):
        assert 1000 * _detonates(family, h) == pytest.approx(per_1000, abs=5e-5)


@pytest.mark.parametrize(("family", "h"), CASES)
def test_the_companion_is_exact_along_its_history(tmp_path: Path, family: str, h: float) -> None:
    """To 1e-9, whatever accidents happened: a few items in many replicates, and many items in a few."""
    for items in (20.0, 3000.0):
        scenario = _scenario(tmp_path, family, h, items)
        for inner in range(4):
            world, ground, _ = play(scenario, inner=inner)
            g = ground.arrays
            n = int(g.cohorts["id_to"].sum())
            start = world.frame.edges[0]
            dates = np.sort(ground.accidents[:, 0])
            marks = [0.0, *((dates - start) / YEAR), HORIZON]
            risen = np.diff([-math.log1p(-_detonates(family, h, t)) for t in marks])
            expected = math.fsum((n - k) * rise for k, rise in enumerate(risen))
            counted = float(g.tallies[:, :, 0].sum())
            assert counted == len(dates)
            assert float(g.tallies[:, :, 8].sum()) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("family", "h"), CASES)
def test_counted_and_expected_accidents_are_the_table(tmp_path: Path, family: str, h: float) -> None:
    """Accidents among N items in 20 replicates are Binomial(N, P): |z| < 4, N such that about 500 are expected.

    Power: a device whose detonations differ by 25 % (5.6 standard errors) is told apart with probability 0.94; the
    rows of V1 differ by 46 % and more, so that every other row of the same column is rejected (power above 0.999).
    The expected-value companion has the same mean; its scatter over replicates is estimated from them.
    """
    p = _detonates(family, h)
    items = math.ceil(500.0 / p / 20)
    chunk = run_all(_scenario(tmp_path, family, h, float(items)), per_draw=20)
    laid = column(chunk, "items_laid")[:, -1, 0]
    counted = column(chunk, "accidents").sum(axis=(1, 2))
    expected = column(chunk, "accidents_expected").sum(axis=(1, 2))
    n = laid.sum()

    def z(chance: float) -> float:
        return float((counted.sum() - n * chance) / math.sqrt(n * chance * (1 - chance)))

    assert abs(z(p)) < 4.0
    gap = expected - laid * p
    assert abs(gap.mean()) < 4.0 * max(gap.std(ddof=1) / math.sqrt(len(gap)), 1e-9 * laid.mean() * p)
    for other in TABLE:  # negative control
        if other != family:
            assert abs(z(_detonates(other, h))) > 4.0, other


def test_ageing_against_a_constant_hazard(tmp_path: Path) -> None:
    """V1: exponential ageing at 0.05 per year against 0.01: 1/6 detonate in the end. Counted among 4,000 items with
    |z| < 4 over 150 years (all but 1.2e-4 of the sixth); without ageing it would be 0.78 (control, z > 50)."""
    text = edit(
        FILE,
        ("{persistent: 1}", "{ages: 1}"),
        ("items: 1000,", "items: 4000,"),
        ("horizon_years: 10", "horizon_years: 150"),
        ("length_m: 365.0467716", f"length_m: {_length_m(0.01)!r}"),
    )
    world, ground, _ = play(scenario_of(text, tmp_path))
    g = ground.arrays
    n = int(g.cohorts["id_to"].sum())

    def until(t: float) -> float:
        return -math.expm1(-0.06 * t) / 6.0

    counted = len(ground.accidents)
    chance = until(150.0)
    assert chance == pytest.approx(1 / 6, rel=2e-4)
    assert abs(counted - n * chance) < 4.0 * math.sqrt(n * chance * (1 - chance))
    assert abs(counted - n * -math.expm1(-1.5)) > 50.0 * math.sqrt(n * 0.2)
    marks = [0.0, *((np.sort(ground.accidents[:, 0]) - world.frame.edges[0]) / YEAR), 150.0]
    risen = np.diff([-math.log1p(-until(t)) for t in marks])
    assert float(g.tallies[:, :, 8].sum()) == pytest.approx(
        math.fsum((n - k) * rise for k, rise in enumerate(risen)), rel=1e-8
    )


def test_the_published_results_carry_the_same_numbers(tmp_path: Path) -> None:
    """`study.run`: the summary of the run folder holds the mean of the companion and the items that were laid."""
    scenario = _scenario(tmp_path, "sd_fails", 0.01, 50_000.0)
    results = study.run(scenario, 1, 10, 1, tmp_path / "run")
    chunk = run_all(scenario, per_draw=10)
    rows = results.summary[(results.summary["period"] == "all") & (results.summary["district"] == "all")]
    mean = rows.set_index(["metric", "group"])["mean"]
    for name in ("accidents", "accidents_expected"):
        assert mean[name, "all"] == pytest.approx(column(chunk, name).sum(axis=(1, 2)).mean(), rel=1e-9)
    laid = mean["items_laid", "all"]
    assert mean["accidents_expected", "all"] / laid == pytest.approx(TABLE["sd_fails"][1] / 1000, rel=0.02)
    assert mean["items_active", "all"] / laid == pytest.approx(0.05 * math.exp(-0.1), rel=0.02)


def test_twice_the_trips_are_twice_the_hazard(tmp_path: Path) -> None:
    """Laws: exactly 1 - exp(-2H) for a persistent item without feedback, read from the companion of a quiet run."""
    for trips, times in (("0.5", 1), ("1.0", 2)):
        text = edit(FILE, ("trips_per_day: 0.5", f"trips_per_day: {trips}"), ("items: 1000,", "items: 2,"))
        scenario = scenario_of(text, tmp_path)
        quiet = next(
            g
            for inner in range(50)
            for _, g, _ in [play(scenario, inner=inner)]
            if len(g.accidents) == 0 and g.arrays.cohorts["id_to"].sum() > 0
        )
        each = float(quiet.arrays.tallies[:, :, 8].sum()) / float(quiet.arrays.cohorts["id_to"].sum())
        assert -math.expm1(-each) == pytest.approx(-math.expm1(-times * 0.1), rel=1e-9)
