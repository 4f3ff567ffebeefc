"""Rows of VALIDATION (V2 to V6, V11) through the YAML front door: what a run hands out against the published numbers.

The closed forms themselves stand in `tests/core`. Each test is |z| < 4 and states what it rejects with which power.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from running import DATA, column, edit, play, run_all, scenario_of
from scipy import stats

from sim.study.store import Chunk

FIELD = DATA / "constant_hazard.yaml"
BACKLOG = DATA / "backlog.yaml"


def _z(count: float, n: float, p: float) -> float:
    """Of a count that is Binomial(n, p)."""
    return float((count - n * p) / np.sqrt(n * p * (1 - p)))


def _each(chunk: Chunk, name: str) -> np.ndarray:
    """A flow over the whole run, (replicate,) float64."""
    return column(chunk, name).sum(axis=(1, 2))


# -- V2: limits of the treaty ---------------------------------------------------------------------------------


def _live_at(folder: Path, opens: str, *edits: tuple[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Items laid on 1 March 2022, and those that live when people come and meet every item five times a year.

    Quarters begin on 2 April and 2 July, 32 and 123 days later: nobody comes before, each one meets its end after.
    """
    text = edit(
        FIELD,
        ("{persistent: 1}", "{treaty_limit: 1}"),
        ("since: 2021-12-31, until: 2022-01-02", "since: 2022-02-28, until: 2022-03-02"),
        ("opens: 2022-01-01, held: government, present_before_opening: 1",
         f"opens: {opens}, held: government, present_before_opening: 0"),
        ("hostilities:", "return: {settling_years: 0}\n\nhostilities:"),
        ("length_m: 365.0467716", "length_m: 182523.4"),
        ("horizon_years: 10", "horizon_years: 2"),
        *edits,
    )
    chunk = run_all(scenario_of(text, folder), per_draw=200)
    return column(chunk, "items_laid")[:, -1, 0], _each(chunk, "accidents")


def test_at_the_limit_of_the_treaty_a_tenth_lives_after_30_days(tmp_path: Path) -> None:
    """V2: of 1,000 items 100, and 82-119 in 95 % of runs; 47-169 where the failures of a lot are correlated at 0.01.

    Each of 200 replicates is held against the quantiles and the variance for its own number of items: mean, variance
    (in logarithms) and the number of replicates between the quantiles are |z| < 4. The other law's variance is rejected
    (control): a factor of 11, which is 24 standard errors.
    """
    laws = {"": stats.binom(1000, 0.1), ", lot_correlation: 0.01": stats.betabinom(1000, 9.9, 89.1)}
    assert [law.ppf([0.025, 0.975]).tolist() for law in laws.values()] == [[82, 119], [47, 169]]
    no_battery = "sd_failure: 0.1,\n     sda_days: 120, sda_failure: 0.01}"
    for lots, correlation, other in (("", 0.0, 0.01), (", lot_correlation: 0.01", 0.01, 0.0)):
        laid, live = _live_at(tmp_path, "2022-04-02", (no_battery, f"sd_failure: 0.1{lots}}}"))
        n, runs = laid.astype(int), len(live)

        def spread_z(rho: float, live: np.ndarray = live, n: np.ndarray = n, runs: int = runs) -> float:
            squares = (live - 0.1 * n) ** 2 / (0.09 * n * (1 + (n - 1) * rho))
            return float(np.log(squares.mean()) * np.sqrt(runs / 2))

        law = stats.betabinom(n, 9.9, 89.1) if lots else stats.binom(n, 0.1)
        low, high = law.ppf(0.025), law.ppf(0.975)
        chance = law.cdf(high) - law.cdf(low - 1)
        inside = ((live >= low) & (live <= high)) - chance
        assert abs((live - 0.1 * n).mean()) < 4.0 * law.std().mean() / np.sqrt(runs)
        assert abs(inside.sum()) < 4.0 * np.sqrt((chance * (1 - chance)).sum())
        assert abs(spread_z(correlation)) < 4.0
        assert abs(spread_z(other)) > 4.0


def test_at_the_limit_of_the_treaty_one_lives_after_120_days(tmp_path: Path) -> None:
    """V2: P(at least one of 1,000 functions at 120 days) = 0.6323. A battery that fails twice as often is rejected
    (control): 0.86 instead, 6.7 standard errors, power 0.99."""
    laid, live = _live_at(tmp_path, "2022-07-02")

    def z(failure: float) -> float:
        some = 1 - (1 - 0.1 * failure) ** laid
        return float(((live > 0) - some).sum() / np.sqrt((some * (1 - some)).sum()))

    at_least_one = 1 - (1 - 0.1 * 0.01) ** 1000
    assert at_least_one == pytest.approx(0.6323, abs=5e-5)
    assert abs(z(0.01)) < 4.0
    assert abs(z(0.02)) > 4.0


# -- V3: the strip walk ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("per_km2", "some", "other"), [(100, 0.0296, 0.2067), (772, 0.2067, 0.0296)])
def test_the_strip_walk(tmp_path: Path, per_km2: int, some: float, other: float) -> None:
    """V3: one person, one day, one kilometre, a strip of 0.3 m in which every item goes off. The mean is exact, but for
    an item that is gone after an accident; the days on which something happens are |z| < 4 of 1,000, the other row is
    rejected (33 and 14 standard errors)."""
    text = edit(
        FIELD,
        ("residents: 100,", "residents: 1,"),
        ("trips_per_day: 0.5", "trips_per_day: 1"),
        ("length_m: 365.0467716", "length_m: 1000"),
        ("p_trigger: &steps {foot: 0.5}", "p_trigger: &steps {foot: 1}"),
        ("horizon_years: 10", f"horizon_years: {1 / 365.25!r}"),
        ("items: 1000,", f"items: {100 * per_km2},"),
    )
    chunk = run_all(scenario_of(text, tmp_path), per_draw=1000)
    mean = per_km2 * 1e-6 * 0.3 * 1000.0
    assert -np.expm1(-mean) == pytest.approx(some, abs=5e-5)
    density = column(chunk, "items_laid")[:, -1, 0] / 100.0
    assert _each(chunk, "accidents_expected") == pytest.approx(density * 0.3e-3, rel=3e-4)
    happened = int((_each(chunk, "accidents") > 0).sum())
    assert abs(_z(happened, 1000, some)) < 4.0
    assert abs(_z(happened, 1000, other)) > 4.0


# -- V4: thinning by reports ----------------------------------------------------------------------------------


def test_reports_are_a_thinned_poisson_number(tmp_path: Path) -> None:
    """V4: accidents are Poisson with mean 40 (1 - e^(-0.5)) of 40 items that are met 0.5 times a year, reported ones
    with 0.3 of it: mean and dispersion over 1,000 replicates are |z| < 4. Rejected (controls) are a fraction of 0.4 (20
    standard errors) and, with items in clusters, a dispersion of 1 (variance half as large again, 10)."""

    def dispersion_z(counts: np.ndarray) -> float:
        return float((counts.var(ddof=1) / counts.mean() - 1.0) * np.sqrt((len(counts) - 1) / 2))

    edits = (
        ("length_m: 365.0467716", "length_m: 18252.34"),
        ("horizon_years: 10", "horizon_years: 1"),
        ("items: 1000,", "items: 40,"),
        ("contamination:", "reporting: {government: 0.3}\n\ncontamination:"),
    )
    reported = _each(run_all(scenario_of(edit(FIELD, *edits), tmp_path), per_draw=1000), "casualties_reported")
    mean = -40 * np.expm1(-0.5)

    def z(fraction: float) -> float:
        return float((reported.mean() - fraction * mean) / np.sqrt(fraction * mean / len(reported)))

    assert abs(z(0.3)) < 4.0
    assert abs(dispersion_z(reported)) < 4.0
    assert abs(z(0.4)) > 4.0
    clusters = edit(FIELD, *edits, ("until: 2022-01-02}", "until: 2022-01-02, clustering: 0.1}"))
    assert dispersion_z(_each(run_all(scenario_of(clusters, tmp_path), per_draw=1000), "casualties_reported")) > 4.0


# -- V5 and V13: passes ---------------------------------------------------------------------------------------

SEARCH = """
programme:
  starts: 2022-01-01
  survey: {site_km2: 0.1, contaminated_share: 1}
  sampling_share: 1
  max_passes: 2
  methods:
    look: {stages: [resurvey], rate_m2_per_day: 1.0e+9}
    search: {stages: [clearance], rate_m2_per_day: 1.0e+9, detection: {ap: 0.8}, shared_misses: 0}
    again: {stages: [sampling], rate_m2_per_day: 100000, detection: {ap: 0.8}, shared_misses: 0}
  teams:
    lookers: {method: look, numbers: [{since: 2022-01-01, teams: 1}]}
    searchers: {method: search, numbers: [{since: 2022-01-01, teams: 1}]}
    inspectors: {method: again, numbers: [{since: 2022-01-01, teams: 1}]}
"""
PASSES = {(0.2, 2): 1, (1.0, 1): 2, (0.3, 2): 3, (1.0, 2): 4}
"""Years, most passes of each kind -> passes that are over by then: clearance takes no time, inspection 100 days."""


@pytest.mark.parametrize("shared", [0, 10])
def test_passes(tmp_path: Path, shared: int) -> None:
    """V5: 1, 2, 3 and 4 passes of 0.8 find 0.8, 0.96, 0.992 and 0.9984 where they are independent; V13: with misses in
    common 0.8, 0.945, 0.982, 0.992. Of 40,000 items, |z| < 4; the other law is rejected from the second pass on (15
    standard errors and more)."""
    law = {0: (0.8, 0.96, 0.992, 0.9984), 10: (0.8, 0.94545, 0.98182, 0.99301)}
    text = FIELD.read_text()
    text = text[: text.index("\nprogramme:")] + SEARCH.replace("shared_misses: 0", f"shared_misses: {shared}")
    for old, new in (
        ("to_survey_km2: 10", "to_survey_km2: 0, suspected_km2: 10"),
        ("items: 1000,", "items: 40000,"),
        ("length_m: 365.0467716", "length_m: 0.001"),
    ):
        text = text.replace(old, new)
    for (years, most), passes in PASSES.items():
        until = text.replace("horizon_years: 10", f"horizon_years: {years}")
        scenario = scenario_of(until.replace("max_passes: 2", f"max_passes: {most}"), tmp_path)
        _, ground, ledger = play(scenario, trace=True)
        assert sum(r.stage in ("clearance", "sampling") for r in ledger.stages) == passes
        laid, found = int(ground.arrays.cohorts["id_to"].sum()), int(ledger.items_found.sum())
        assert abs(_z(found, laid, law[shared][passes - 1])) < 4.0
        assert passes == 1 or abs(_z(found, laid, law[10 - shared][passes - 1])) > 4.0


# -- V6: a clean survey ---------------------------------------------------------------------------------------

CONFIRMED = (
    ("    walk: {stages: [nts], rate_m2_per_day: 50000}",
     "    walk: {stages: [nts], rate_m2_per_day: 1.0e+12}\n    dig: {stages: [clearance], rate_m2_per_day: 1.0e+12}"),
    ("    walkers:", "    diggers: {method: dig, numbers: [{since: 2022-01-01, teams: 9}]}\n    walkers:"),
    ("horizon_years: 12", "horizon_years: 1"),
    ("length_m: 100}", "length_m: 0}"),
)
"""Land is surveyed at once, and what survey confirmed is cleared at once; nobody is hurt."""


@pytest.mark.parametrize(("sensitivity", "posterior", "other"), [(0.8, 0.0476, 0.0123), (0.95, 0.0123, 0.0476)])
def test_what_a_clean_survey_leaves(tmp_path: Path, sensitivity: float, posterior: float, other: float) -> None:
    """V6: prior 0.2, and of the land without evidence so much holds items all the same: 0.2 (residual items / items
    laid) / (land without evidence / land). Over 40 replicates of 15,000 sites |z| < 4 by batches; the other row and the
    prior are rejected (50 standard errors and more)."""
    survey = f"{{site_km2: 0.01, contaminated_share: 0.2, nts_sensitivity: {sensitivity}}}"
    text = edit(
        BACKLOG, *CONFIRMED, ("{site_km2: 0.1, contaminated_share: 0.2}", survey), ("items: 0,", "items: 20000,"))
    chunk = run_all(scenario_of(text, tmp_path), per_draw=40)
    missed = column(chunk, "items_residual")[:, -1, 0] / column(chunk, "items_laid")[:, -1, 0]
    dismissed = column(chunk, "area_no_evidence_m2")[:, -1, 0] / 150e6
    left = 0.2 * missed / dismissed
    error = left.std(ddof=1) / np.sqrt(len(left))
    exact = 0.2 * (1 - sensitivity) / (1 - 0.2 * sensitivity)
    assert exact == pytest.approx(posterior, abs=5e-5)
    assert abs(left.mean() - exact) < 4.0 * error
    assert min(abs(left.mean() - other), abs(left.mean() - 0.2)) > 4.0 * error


# -- V11: accept on zero --------------------------------------------------------------------------------------


def test_accept_on_zero(tmp_path: Path) -> None:
    """V11: a piece of 1,000 units with 51 defects or more has to show one among 56 of them with 95 % confidence.

    In the programme a piece of land is accepted if the inspection of that share of it finds nothing. 1,500 pieces hold
    51 items on average, all left over by a clearance that finds nothing, and each is accepted with (1 - 0.056)^items:
    |z| < 4, and 5.6 standard errors from what a sample of 44 units, for 90 %, would accept (control, power 0.98). Land
    is no urn: with 51 items that is 0.053, where 56 of 1,000 units drawn without replacement give 0.048.
    """
    units = stats.hypergeom(1000, 51, 56)
    assert units.pmf(0) < 0.05 < stats.hypergeom(1000, 51, 55).pmf(0)
    assert units.pmf(0) < (1 - 0.056) ** 51 < 1.11 * units.pmf(0)
    dig, look = (f"{name}: {{stages: [{stage}], rate_m2_per_day: 1.0e+12"
                 for name, stage in (("dig", "clearance"), ("look", "sampling")))
    text = edit(
        BACKLOG, *CONFIRMED,
        ("contaminated_share: 0.2}", "contaminated_share: 1}\n  sampling_share: 0.056"),
        ("bundle_km2: 10", "bundle_km2: 0.1"),
        ("items: 0,", "items: 76500,"),
        (f"{dig}}}", f"{dig}, detection: {{ap: 0}}}}\n    {look}}}"),
        ("    walkers:", "    lookers: {method: look, numbers: [{since: 2022-01-01, teams: 9}]}\n    walkers:"),
    )
    _, ground, ledger = play(scenario_of(text, tmp_path), trace=True)
    g = ground.arrays
    items = np.bincount(g.cohorts["area"], g.cohorts["id_to"] - g.cohorts["id_from"], len(g.areas))
    cleared = np.bincount([r.area for r in ledger.stages if r.stage == "clearance"], minlength=len(g.areas))
    assert len(items) == 1500
    assert cleared.min() == 1
    accepted = int((cleared == 1).sum())

    def z(share: float) -> float:
        chance = (1 - share) ** items
        return float((accepted - chance.sum()) / np.sqrt((chance * (1 - chance)).sum()))

    assert abs(z(0.056)) < 4.0
    assert abs(z(0.044)) > 4.0
