"""Paths and far corners: parts of the land that people use more or less (MODEL section 5, VALIDATION V12)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from running import DATA, column, run_all
from scipy.special import roots_genlaguerre

import sim
from sim.scenario import Scenario

FILE = DATA / "constant_hazard.yaml"
VARIANCE, CUMULATED = 5.0, 1.0
V12, WITHOUT = 0.301, 0.632
REPLICATES, ITEMS = 15, 10_000


def _gamma_classes(number: int) -> list[dict[str, float]]:
    """Gauss-Laguerre classes of a Gamma distribution with mean 1: as many moments agree as classes allow."""
    x, w = roots_genlaguerre(number, 1.0 / VARIANCE - 1.0)
    return [{"share": float(share), "relative": float(relative)}
            for share, relative in zip(w / w.sum(), VARIANCE * x, strict=True)]


def _scenario(classes: list[dict[str, float]]) -> Scenario:
    """Ten thousand persistent items over ten years, with a cumulated hazard of 1 on average land."""
    base = sim.load(FILE)
    length = base.activities["walking"].length_m.central * CUMULATED / 0.1
    return sim.replace(base, {"exposure.classes": classes, "activities.walking.length_m": length,
                              "contamination.mines.items": ITEMS})


def _shares_met(scenario: Scenario) -> tuple[np.ndarray, ...]:
    done = run_all(scenario, 1, REPLICATES)
    return tuple(column(done, name).sum(axis=(1, 2)) / ITEMS for name in ("accidents", "accidents_expected"))


def test_gamma_distributed_exposure() -> None:
    """V12: 1 - (1 + θH)^(-1/θ) = 0.301 with θ = 5 and H = 1, by twelve classes, which give it to 1e-4. |z| < 4, by
    which 0.5 % more or less would be found with power 0.9. Control: without classes it is 0.632."""
    classes = _gamma_classes(12)
    mixture = math.fsum(-c["share"] * math.expm1(-c["relative"] * CUMULATED) for c in classes)
    exact = 1.0 - (1.0 + VARIANCE * CUMULATED) ** (-1.0 / VARIANCE)
    assert exact == pytest.approx(V12, abs=5e-4)
    assert mixture == pytest.approx(exact, abs=1e-4)
    for shares in _shares_met(_scenario(classes)):
        error = math.sqrt(mixture / ITEMS / REPLICATES)  # items are Poisson: so are those that are met
        assert abs(shares.mean() - mixture) / error < 4.0
        assert abs(shares.mean() - WITHOUT) / error > 40.0
    for shares in _shares_met(_scenario([])):
        assert abs(shares.mean() - WITHOUT) / math.sqrt(WITHOUT / ITEMS / REPLICATES) < 4.0


def test_one_class_is_no_class_but_for_the_random_address() -> None:
    alike = _scenario([{"share": 0.25, "relative": 1.0}, {"share": 0.75, "relative": 1.0}])
    expected = 1.0 - math.exp(-CUMULATED)
    for shares in _shares_met(alike):
        assert abs(shares.mean() - expected) / math.sqrt(expected / ITEMS / REPLICATES) < 4.0


def test_classes_that_do_not_add_up_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    classes = "[{share: 0.5, relative: 1}, {share: 0.4, relative: 2}]"
    file.write_text(f"{FILE.read_text()}\nexposure:\n  classes: {classes}\n")
    with pytest.raises(sim.ScenarioError, match=r"odd.yaml:\d+:\d+.*the shares add up to 0.9"):
        sim.load(file)
