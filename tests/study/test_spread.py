"""What we do not know and chance, told apart by nested draws (MODEL section 10)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from running import TOY

import sim
from sim.scenario import quantities
from sim.study.spread import split_variance

UNKNOWN, CHANCE = 4.0, 9.0  # variances


def _estimates(runs: int) -> np.ndarray:
    """Both parts, and the variance of the means alone, of 20 draws with 3 replicates each, many times."""
    rng = np.random.default_rng(1)
    draws = np.repeat(np.arange(20), 3)
    found = []
    for _ in range(runs):
        values = np.repeat(rng.normal(0, math.sqrt(UNKNOWN), 20), 3) + rng.normal(0, math.sqrt(CHANCE), 60)
        found.append((*split_variance(values, draws), values.reshape(20, 3).mean(axis=1).var(ddof=1)))
    return np.array(found)


def _z(values: np.ndarray, expected: float) -> float:
    return float((values.mean() - expected) / values.std(ddof=1) * math.sqrt(len(values)))


def test_both_parts_are_estimated_without_bias() -> None:
    """|z| < 4 of 2,000 estimates: a bias of 0.2 of either part is found with power 0.9. Cutting at zero acts here in
    one of 150. Control: the variance of the means alone, which holds a third of chance, is rejected."""
    chance, unknown, means = _estimates(2000).T
    assert abs(_z(chance, CHANCE)) < 4.0
    assert abs(_z(unknown, UNKNOWN)) < 4.0
    assert abs(_z(means, UNKNOWN)) > 20.0


def test_one_replicate_a_draw_cannot_tell_them_apart() -> None:
    assert all(math.isnan(v) for v in split_variance(np.arange(5.0), np.arange(5)))


@pytest.fixture(scope="module")
def scenarios() -> dict[str, sim.Scenario]:
    base = sim.load(TOY)
    certain = sim.replace(base, {path: q.central for path, q in quantities(base).items() if not q.certain})
    unknown = sim.replace(certain, {"exposure.scale": {"lognormal": {"median": certain.exposure.scale.central,
                                                                     "p95": 4 * certain.exposure.scale.central}}})
    return {"certain": certain, "unknown": unknown}


def test_with_all_numbers_certain_the_unknown_part_is_exactly_zero(
        scenarios: dict[str, sim.Scenario], tmp_path: Path) -> None:
    found = sim.compare(scenarios, "certain", draws=12, per_draw=4, workers=1, folder=tmp_path / "run").spread
    levels = found[found["baseline"].isna()].set_index(["scenario", "metric", "group"])
    certain, unknown = levels.loc["certain"], levels.loc["unknown"]
    assert (certain["sd_unknown"] == 0.0).all() and (certain["share_unknown"] == 0.0).all()
    assert certain.loc[("casualties_total", "all"), "sd_chance"] > 0.0
    assert unknown.loc[("casualties_expected", "all"), "share_unknown"] > 0.5  # four times the exposure, or a quarter
    assert set(found.loc[found["baseline"] == "certain", "scenario"]) == {"unknown"}
