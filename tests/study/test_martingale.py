"""VALIDATION V14: accidents minus their compensator have mean zero, whatever reacts to what.

z = sum(accidents - expected) / sqrt(sum expected), compared with 4. A sampler or companion that is off by a
share d gives z = d sqrt(sum expected): with N accidents a share of 5.3 / sqrt(N) is found with power 0.9.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from running import DATA, TOY, column, edit, martingale_z, run_all, scenario_of

from sim.scenario import load
from sim.study.store import Chunk

BUSY = DATA / "busy.yaml"
FIELD = DATA / "constant_hazard.yaml"


@pytest.fixture(scope="module")
def dense(tmp_path_factory: pytest.TempPathFactory) -> Chunk:
    """The toy country at 1 accident per active item and year on released land: most items are met, many repeatedly."""
    text = edit(TOY, ("scale: 0.05", "scale: 3.5"))
    return run_all(scenario_of(text, tmp_path_factory.mktemp("dense")), 25, 2)


@pytest.fixture(scope="module")
def busy() -> Chunk:
    return run_all(load(BUSY), 25, 4)


def _pair(chunk: Chunk) -> tuple[np.ndarray, np.ndarray]:
    return column(chunk, "accidents"), column(chunk, "accidents_expected")


def test_toy_with_learning_marking_and_a_policy_that_follows_reports() -> None:
    """About 3,000 accidents: power 0.9 against 10 %."""
    accidents, expected = _pair(run_all(load(TOY), 40, 3))
    assert accidents.sum() > 2500
    assert abs(martingale_z(accidents, expected)) < 4.0


def test_dense(dense: Chunk) -> None:
    """About 35,000 accidents: power 0.9 against 3 %. In this regime a fact drawn anew at a second meeting shows."""
    accidents, expected = _pair(dense)
    assert accidents.sum() > 20_000
    assert abs(martingale_z(accidents, expected)) < 4.0


def test_dense_rejects_five_per_cent(dense: Chunk) -> None:
    """Negative control (power above 0.999): a companion that is 5 % too high, or too low."""
    accidents, expected = _pair(dense)
    assert martingale_z(accidents, 1.05 * expected) < -4.0
    assert martingale_z(accidents, 0.95 * expected) > 4.0


def test_everything_at_once(busy: Chunk) -> None:
    """Spot tasks, repeated passes, sampling, technical survey, timers, lots, inert items, stand-downs, two kinds of
    people's ways: about 37,000 accidents, power 0.9 against 2.8 %."""
    accidents, expected = _pair(busy)
    assert accidents.sum() > 30_000
    assert abs(martingale_z(accidents, expected)) < 4.0
    assert abs(martingale_z(accidents, 1.05 * expected)) > 4.0  # negative control, power above 0.999


def test_by_year_and_district(busy: Chunk, dense: Chunk) -> None:
    """The martingale holds from any date to any other: every year in every district, |z| < 4.5 (36 + 44 cells).
    Power 0.9 against 15 % in a cell of 1,500 accidents. Control: the districts' companions exchanged."""
    for chunk in (busy, dense):
        accidents, expected = _pair(chunk)
        years = [y for y in range(accidents.shape[1]) if expected[:, y].sum() > 50.0]
        z = [martingale_z(accidents[:, y, d], expected[:, y, d]) for y in years for d in range(2)]
        assert np.abs(z).max() < 4.5
        swapped = [martingale_z(accidents[:, y, d], expected[:, y, 1 - d]) for y in years for d in range(2)]
        assert np.abs(swapped).max() > 4.5


def test_casualties_by_kind_and_outcome(busy: Chunk) -> None:
    """Casualties, killed and reported ones against their companions, by kind of item too. Their gaps are martingales
    as well, with a variance larger than the accidents'; it is taken from the replicates. |z| < 4; power 0.9 against 5 %
    at 20,000 casualties of 1.5 per accident. Control: the killed of twice the case fatality."""
    pairs = [
        ("casualties_total", "casualties_expected"),
        ("casualties_killed", "casualties_killed_expected"),
        ("casualties_reported", "casualties_reported_expected"),
        ("casualties_ap", "casualties_ap_expected"),
        ("casualties_submunition", "casualties_submunition_expected"),
    ]

    def z(counted: str, expected: str, times: float = 1.0) -> float:
        gap = (
            (column(busy, counted) - times * column(busy, expected))
            .reshape(len(busy.address), -1)
            .sum(axis=1)
        )
        return float(gap.mean() / (gap.std(ddof=1) / np.sqrt(len(gap))))

    for counted, expected in pairs:
        assert abs(z(counted, expected)) < 4.0, counted
        assert abs(z(counted, expected, 1.1)) > 4.0, counted


def test_groups_add_up(busy: Chunk) -> None:
    total = column(busy, "casualties_total")
    groups = sum(column(busy, f"casualties_total.{g}") for g in ("women", "men", "girls", "boys"))
    assert np.array_equal(total, groups)
    assert np.array_equal(total, column(busy, "casualties_killed") + column(busy, "casualties_injured"))
    kinds = sum(column(busy, f"casualties_{k}") for k in ("ap", "av", "submunition", "erw"))
    assert np.array_equal(total.sum(axis=2), kinds)


def test_the_integral_without_feedback_is_biased(tmp_path: Path, busy: Chunk) -> None:
    """Negative control of the whole idea: the companion of people who do not learn is no companion of those who do."""
    accidents, _ = _pair(busy)
    deaf = scenario_of(edit(BUSY, ("learning_floor: 0.2", "learning_floor: 1")), tmp_path)
    _, expected = _pair(run_all(deaf, 10, 4))
    assert martingale_z(accidents[: len(expected)], expected) < -4.0


def test_people_beside_a_self_destruction(tmp_path: Path) -> None:
    """A radius of 500 m, so that one self-destruction in 500 hurts somebody: 200,000 devices cause 480 accidents, 400
    of them in this way (power above 0.999 against their absence). Control: without a radius there are 80."""
    timer = "p_trigger: *steps, sd_hours: [360]"
    text = edit(FIELD, ("{persistent: 1}", "{sd: 1}"), ("items: 1000,", "items: 20000,"))
    beside = text.replace(f"{timer}}}", f"{timer}, bystander_radius_m: 500}}")
    accidents, expected = _pair(run_all(scenario_of(beside, tmp_path), 1, 10))
    assert expected.sum() > 400.0
    assert abs(martingale_z(accidents, expected)) < 4.0
    alone, _ = _pair(run_all(scenario_of(text, tmp_path), 1, 10))
    assert martingale_z(alone, expected) < -4.0
