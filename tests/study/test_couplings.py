"""Scenarios that differ in one thing share their fates in everything else (MODEL sections 11 and 12)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import plain_python
import pytest
from exact.scenarios import Changes, small
from running import DATA, TOY, play, run_all, scenario_of

from sim.core.ground import detection_table
from sim.core.items import swept
from sim.core.life import settle_life
from sim.core.records import AREA, FOUND, LIFE, N_KINDS, N_TOUCHED, TOUCHED
from sim.scenario import Scenario, load, replace

FIELD = DATA / "constant_hazard.yaml"
SMALL = {"contamination.mines.items": 300.0, "horizon_years": 5.0, "exposure.scale": 3.0}


@pytest.fixture(scope="module")
def uncompiled() -> dict[str, object]:
    return plain_python.run(TOY, SMALL)


def test_compiled_kernels_say_what_their_source_says(uncompiled: dict[str, object]) -> None:
    """Accidents, finds and expected values of a replicate with survey, clearance, learning and a following queue."""
    _, ground, ledger = play(replace(load(TOY), SMALL))
    assert ground.accidents.tolist() == uncompiled["accidents"]
    assert ground.arrays.cohorts["found"].tolist() == uncompiled["found"]
    assert int(ground.arrays.counters[N_TOUCHED]) == uncompiled["met"] > 50
    assert len(ledger.releases) == uncompiled["released"] > 5
    assert ground.arrays.kinds == pytest.approx(np.array(uncompiled["expected"]), rel=1e-12)


def test_bounds_may_be_tripled(uncompiled: dict[str, object]) -> None:
    tripled = plain_python.run(TOY, SMALL, 3.0)
    assert tripled["listed"] > 2 * uncompiled["listed"]  # type: ignore[operator]
    assert {**tripled, "listed": 0} == {**uncompiled, "listed": 0}


def test_a_bound_that_is_too_low_loses_accidents(uncompiled: dict[str, object]) -> None:
    """Negative control: a bound below the hazard is no bound."""
    lowered = plain_python.run(TOY, SMALL, 0.5)
    assert len(lowered["accidents"]) < len(uncompiled["accidents"])  # type: ignore[arg-type]


def _accidents(scenario: Scenario, inner: int = 0) -> dict[int, float]:
    """Date of each item's accident, by item."""
    _, ground, _ = play(scenario, inner=inner)
    return {int(row[3]): float(row[0]) for row in ground.accidents}


def _field(items: int, **family: float) -> Scenario:
    changes = {f"families.sd_fails.{name}": value for name, value in family.items()}
    return replace(load(FIELD), {
        "contamination.mines.items": float(items), "contamination.mines.families": {"sd_fails": 1},
        "exposure.scale": 20.0, **changes})


@pytest.mark.parametrize("inner", range(3))
def test_more_items_leave_the_earlier_ones_their_fates(inner: int) -> None:
    few, many = _accidents(_field(2_000), inner), _accidents(_field(6_000), inner)
    assert len(few) > 80 and len(many) > 2 * len(few)
    last = max(few)
    assert {i: t for i, t in many.items() if i <= last} == few


@pytest.mark.parametrize("inner", range(3))
def test_fewer_failures_leave_a_subset_that_harms(inner: int) -> None:
    rare, often = (_accidents(_field(6_000, sd_failure=f), inner) for f in (0.05, 0.3))
    assert 50 < len(rare) < len(often)
    assert rare.items() <= often.items()


def test_fewer_failures_leave_a_subset_active_item_by_item() -> None:
    """Of a thousand items none functions for longer where self-destruction fails more rarely."""
    life = np.zeros(1, LIFE)[0]
    life["armed"], life["sd_from"], life["sd_to"], life["sda"], life["sda_fails"] = 0.97, 10.0, 30.0, 120.0, 0.1
    life["age_scale"], life["age_shape"] = 5000.0, 1.0
    for u in np.random.default_rng(1).uniform(size=(1000, 5)):
        ends = [settle_life(life, fails, *u)[0] for fails in (0.0, 0.05, 0.3, 1.0)]
        assert ends == sorted(ends)


def test_the_number_of_draws_in_a_block_changes_nothing() -> None:
    whole, first, rest = run_all(load(TOY), 4, 2), run_all(load(TOY), 1, 2), run_all(load(TOY), 3, 2, first=1)
    joined = np.concatenate([first.by_district, rest.by_district])
    assert np.array_equal(whole.by_district, joined)


def _missed(detection: float, key: int) -> list[bool]:
    """Of a thousand items in a site that was gone over twice, those that both passes missed."""
    area, item = np.zeros(1, AREA)[0], np.zeros(1, TOUCHED)[0]
    classes, shares = detection_table(np.full(N_KINDS, detection), 4.0)
    area["diverged"], area["sweeps"], area["class_weight"] = 1, 2, shares
    area["sweep_from"][:2], area["sweep_to"][:2] = (0.0, 20.0), (10.0, 30.0)
    area["detect"][:2] = classes
    item["site"], item["keep"], item["gone"] = 0.5, 0.5, np.inf
    address, out = np.array([3, 0]), []
    for i, (place, klass) in enumerate(np.random.default_rng(1).uniform(size=(1000, 2))):
        item["id"], item["place"], item["klass"] = i, place, klass
        out.append(not swept(address, area, key, 0, item, 40.0, 2))
    return out


def test_better_detection_misses_a_subset_item_by_item() -> None:
    """Two passes, with misses in common. Control: with draws of its own an item is found by the worse and not by the
    better pass in more than fifty cases."""
    worse, better, best = (_missed(p, 7) for p in (0.5, 0.7, 0.9))
    assert sum(worse) > sum(better) > sum(best) > 10
    assert all(few <= many for few, many in zip(better, worse, strict=True))
    assert all(few <= many for few, many in zip(best, better, strict=True))
    assert sum(few > many for few, many in zip(_missed(0.7, 8), worse, strict=True)) > 50


# -- the same through scenario files -----------------------------------------------------------------------------

NOBODY_SEARCHES: Changes = {
    "programme.methods": {}, "programme.teams": {}, "exposure.entry_suspected": 1.0, "contamination.mines.items": 600,
    "families.mine": {
        "title": "Mine", "kind": "ap", "width_m": {"foot": 0.3}, "p_trigger": {"foot": 0.5}, "sd_hours": [240],
        "sd_failure": 0.5, "sda_days": 60, "sda_failure": 0.2}}
ONE_PASS: Changes = {
    "horizon_years": 2, "contamination.mines.items": 500, "exposure.scale": 8.0,
    "families.mine.never_armed": 1.0, "families.mine.inert_hazard_weight": 0.02,
    "programme.starts": "2023-01-01", "programme.teams.probers": None, "programme.teams.samplers": None,
    "programme.survey": {"site_km2": 0.1, "contaminated_share": 1.0, "nts_sensitivity": 1.0, "indirect_evidence": 0.0},
    "programme.methods.manual": {"stages": ["clearance"], "rate_m2_per_day": 20000, "detection": {"ap": 0.5}}}
"""Everything was met before the pass, for what does not function is met and rarely goes off: settled one by one."""


def _harmed(changes: Changes, folder: Path, seed: int) -> dict[tuple[int, int], float]:
    """Date of each item's accident, by cohort and item."""
    _, ground, _ = play(scenario_of(json.dumps({**small({**NOBODY_SEARCHES, **changes}), "seed": seed}), folder))
    return {(int(row[2]), int(row[3])): float(row[0]) for row in ground.accidents}


@pytest.mark.parametrize("failure", ["sd_failure", "sda_failure"])
def test_fewer_failures_harm_a_subset_in_a_scenario(failure: str, tmp_path: Path) -> None:
    """Timer and battery, feedback off: the same accidents on the same dates, and fewer. Control: another seed."""
    rare, often = ({f"families.mine.{failure}": share} for share in (0.1, 0.7))
    for seed in range(3):
        few, many = _harmed(rare, tmp_path, seed), _harmed(often, tmp_path, seed)
        assert 5 < len(few) < len(many)
        assert few.items() <= many.items()
        assert not few.items() <= _harmed(often, tmp_path, seed + 10).items()


def _found_one_by_one(detection: float, folder: Path, seed: int) -> tuple[set[int], int]:
    """Items that the pass found of those that people had met, and how many these are."""
    changes = {**ONE_PASS, "programme.methods.manual.detection.ap": detection}
    _, ground, _ = play(scenario_of(json.dumps({**small(changes), "seed": seed}), folder))
    met = ground.arrays.met[: ground.arrays.counters[N_TOUCHED]]
    return {int(name) for name in met["name"][met["state"] == FOUND]}, len(met)


def test_better_detection_finds_a_superset_in_a_scenario(tmp_path: Path) -> None:
    """Control: another seed."""
    for seed in range(3):
        worse, better, best = (_found_one_by_one(p, tmp_path, seed) for p in (0.4, 0.7, 0.95))
        assert worse[1] > 400
        assert 100 < len(worse[0]) < len(better[0]) < len(best[0])
        assert worse[0] <= better[0] <= best[0]
        assert not worse[0] <= _found_one_by_one(0.7, tmp_path, seed + 10)[0]
