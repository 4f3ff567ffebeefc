"""Preparation, passes by several methods, inspection and handing over: what can be worked out by hand, through YAML."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from running import DATA, column, edit, play, run_all, scenario_of
from scipy import stats

from sim.core.ground import detection_classes
from sim.programme.passes import sample_size, seen_by_classes
from sim.scenario import ScenarioError

BACKLOG = DATA / "backlog.yaml"
DIG = "dig: {stages: [clearance], rate_m2_per_day: 5000}"
ON_RECORD = (
    ("walk: {stages: [nts], rate_m2_per_day: 50000}",
     f"walk: {{stages: [resurvey], rate_m2_per_day: 1.0e+12}}\n    {DIG}"),
    ("residents: 100, to_survey_km2: 100", "residents: 100, to_survey_km2: 0, suspected_km2: 10"),
    ("residents: 9000, to_survey_km2: 50", "residents: 9000, to_survey_km2: 0"),
    ("contaminated_share: 0.2", "contaminated_share: 1"),
    ("    walkers:", "    diggers: {method: dig, numbers: [{since: 2022-01-01, teams: 1}]}\n    walkers:"),
    ("horizon_years: 12", "horizon_years: 20"))
"""10 km2 on record, confirmed at once and cleared by one team in 2,000 days."""
DAYS = 10e6 / 5_000


def _text(method: str = DIG, more: str = "", teams: str = "", *edits: tuple[str, str]) -> str:
    """The same with another way to clear, further methods and their teams: one of each, from the start."""
    methods = f"{method}\n    {more}" if more else method
    text = edit(BACKLOG, *ON_RECORD, *edits)
    assert DIG in text
    for name in teams.split():
        text += f"    {name}_team: {{method: {name}, numbers: [{{since: 2022-01-01, teams: 1}}]}}\n"
    return text.replace(DIG, methods)


def _days(text: str, folder: Path) -> float:
    world, _, ledger = play(scenario_of(text, folder))
    return float(ledger.completed_on - world.frame.edges[0])


# -- inspection -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("defective", "sizes"), [(51, (44, 56, 85)), (50, (44, 57, 86))])
def test_sample_sizes_of_accept_on_zero(defective: int, sizes: tuple[int, ...]) -> None:
    """VALIDATION V11: 1,000 units at 90, 95 and 99 % confidence."""
    assert tuple(sample_size(1000, defective, c) for c in (0.90, 0.95, 0.99)) == sizes


def test_a_sample_is_large_enough_and_no_larger() -> None:
    """Against the hypergeometric law itself, in lots of all sizes; one unit less would not do."""
    rng = np.random.default_rng(3)
    for units in np.unique(np.round(10.0 ** rng.uniform(0.3, 5, 60))).astype(int):
        defective = int(rng.integers(1, max(2, units // 3)))
        n = sample_size(int(units), defective, 0.95)
        assert stats.hypergeom.pmf(0, units, defective, n) <= 0.05 * (1 + 1e-9)
        assert stats.hypergeom.pmf(0, units, defective, n - 1) > 0.05


def test_inspection_is_sized_from_the_land(tmp_path: Path) -> None:
    """10 km2 in units of 1 ha: 1,000 units. To exclude 5.1 % of them 44, 56 or 85 are sampled, by confidence: money and
    time of the inspection say so."""
    sample = "look: {stages: [sampling], rate_m2_per_day: 1.0e+4, cost_usd_per_m2: 1}"
    for confidence, units in ((0.9, 44), (0.95, 56), (0.99, 85)):
        sampling = f"  sampling: {{unit_m2: 1.0e+4, defective_share: 0.051, confidence: {confidence}}}\n  methods:\n"
        chunk = run_all(scenario_of(_text(DIG, sample, "look", ("  methods:\n", sampling)), tmp_path))
        assert column(chunk, "cost_usd").sum() == units * 10_000
        assert chunk.completed_years[0] * 365.25 == pytest.approx(DAYS + units, abs=1e-4)


def test_two_sizes_of_one_inspection_are_a_fault(tmp_path: Path) -> None:
    both = "  sampling_share: 0.1\n  sampling: {defective_share: 0.05}\n  methods:\n"
    with pytest.raises(ScenarioError, match=r"scenario.yaml:\d+:\d+: programme.sampling: sampling_share is above 0"):
        scenario_of(_text(DIG, "", "", ("  methods:\n", both)), tmp_path)


# -- preparation ----------------------------------------------------------------------------------------------

FLAIL = "flail: {stages: [preparation], rate_m2_per_day: 20000, cost_usd_per_m2: 0.1}"
THEN_FAST = "dig: {stages: [clearance], rate_m2_per_day: 5000, rate_after_preparation: 2.5}"


def test_prepared_land_is_cleared_faster(tmp_path: Path) -> None:
    """A flail over all of it, then clearance at two and a half times its speed; the flail finds nothing."""
    world, _, ledger = play(scenario_of(_text(THEN_FAST, FLAIL, "flail"), tmp_path), trace=True)
    assert ledger.completed_on - world.frame.edges[0] == pytest.approx(10e6 / 20_000 + DAYS / 2.5, abs=1e-4)
    assert [s.stage for s in ledger.stages] == ["resurvey", "preparation", "clearance"]
    assert ledger.cost_usd.sum() == 1_000_000
    assert _days(_text(THEN_FAST), tmp_path) == pytest.approx(DAYS, abs=1e-4)  # nobody prepares: no faster


def test_land_that_nobody_prepares_is_cleared_as_it_is(tmp_path: Path) -> None:
    elsewhere = FLAIL.replace("[preparation]", "[preparation], land_uses: [gardens]")
    assert _days(_text(THEN_FAST, elsewhere, "flail"), tmp_path) == pytest.approx(DAYS, abs=1e-4)


def test_preparation_before_nothing_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="teams for preparation, and none that clears"):
        scenario_of(_text(DIG.replace("clearance", "ts"), FLAIL, "flail"), tmp_path)


# -- several methods one after the other ----------------------------------------------------------------------

MEANS, CONCENTRATIONS = (0.8, 0.7), (10.0, 4.0)


def _both_miss() -> float:
    """P(missed by both) where the ranks of detectability are the same in both, on a fine grid of ranks."""
    u = (np.arange(400_000) + 0.5) / 400_000
    seen = []
    for mean, concentration in zip(MEANS, CONCENTRATIONS, strict=True):
        p, w = detection_classes(mean, concentration)
        seen.append(p[np.minimum(np.searchsorted(np.cumsum(w), u), 2)])
    classes = np.minimum(np.searchsorted(np.cumsum(detection_classes(MEANS[0], CONCENTRATIONS[0])[1]), u), 2)
    second = np.array([seen[1][classes == k].mean() for k in range(3)])[classes]
    return float(((1 - seen[0]) * (1 - second)).mean())


def test_methods_one_after_the_other_share_misses(tmp_path: Path) -> None:
    """Dogs behind manual clearance: found is 1 - P(missed by both), of 20,000 items, |z| < 4. Controls: without shared
    misses it would be 1 - 0.2 x 0.3 = 0.94, and by the first alone 0.8: both rejected with power above 0.999."""
    dig = "dig: {stages: [clearance], rate_m2_per_day: 50000, detection: {ap: 0.8}, shared_misses: 10}"
    dogs = "dogs: {stages: [follow_up], rate_m2_per_day: 50000, detection: {ap: 0.7}, shared_misses: 4}"
    laid = (("items: 0", "items: 20000"), ("length_m: 100", "length_m: 0"))
    world, ground, ledger = play(scenario_of(_text(dig, dogs, "dogs", *laid), tmp_path), trace=True)
    assert [s.stage for s in ledger.stages] == ["resurvey", "clearance", "follow_up"]
    items = int((ground.arrays.cohorts["id_to"] - ground.arrays.cohorts["id_from"]).sum())
    found = int(ledger.items_found.sum())

    def z(p: float) -> float:
        return float((found - items * p) / np.sqrt(items * p * (1 - p)))

    expected = 1 - _both_miss()
    assert expected < 0.93
    assert abs(z(expected)) < 4
    assert min(abs(z(0.94)), abs(z(0.8))) > 4


def test_a_second_method_finds_as_much_as_alone() -> None:
    """Whatever the classes of the first method, the second's mean stays; their order is one, so misses are shared."""
    rng = np.random.default_rng(8)
    for _ in range(50):
        first, second = (detection_classes(rng.uniform(0.3, 0.95), rng.uniform(0.5, 30)) for _ in range(2))
        seen = seen_by_classes(second[0][None], second[1][None], first[1][None])[0]
        assert (first[1] * seen).sum() == pytest.approx((second[0] * second[1]).sum(), abs=1e-12)
        assert (np.diff(seen) >= -1e-12).all()
        missed = (first[1] * (1 - first[0]) * (1 - seen)).sum()
        assert missed >= (first[1] @ (1 - first[0])) * (second[1] @ (1 - second[0])) - 1e-12  # V5: never better


# -- handing over ---------------------------------------------------------------------------------------------


def test_people_get_the_land_when_it_is_handed_over(tmp_path: Path) -> None:
    """Sixty days of papers: released, and used by people, sixty days later; no team is kept."""
    late = ("  methods:\n", "  handover_days: 60\n  methods:\n")
    now, then = (play(scenario_of(_text(DIG, "", "", *more), tmp_path))[2] for more in ((), (late,)))
    assert then.completed_on - now.completed_on == 60
    assert then.releases[-1][0] - now.releases[-1][0] == 60
    assert np.array_equal(then.land_m2, now.land_m2)
