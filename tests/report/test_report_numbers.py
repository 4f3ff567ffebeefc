"""Numbers as text, the rules of look-up, and what may be said about a difference."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from synthetic import Synthetic, results

from sim.report import devices, overview, reading
from sim.report.shape import condense
from sim.report.tables import area, counted, interval, number, percent, signed


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 3, "0"),
        (8143, 3, "8,140"),
        (1_234_567, 2, "1,200,000"),
        (0.0312, 2, "0.031"),
        (0.30, 2, "0.3"),
        (-4.25, 2, "−4.2"),
        (99.96, 3, "100"),
        (4.2e-5, 2, "0.000042"),
        (3e-9, 2, "<0.000001"),
        (math.nan, 2, "not known"),
        (math.inf, 2, "∞"),
    ],
)
def test_numbers_are_written_out_with_separators(value: float, digits: int, text: str) -> None:
    assert number(value, digits) == text


def test_intervals_signs_shares_and_areas() -> None:
    assert interval(0.31, 0.02, 1.9) == "0.31 (0.02 to 1.9)"
    assert interval(-420, -1100, -60, sign=True) == "−420 (−1,100 to −60)"
    assert signed(0) == "0" and signed(3) == "+3"
    assert percent(0.017) == "1.7\u00a0%" and percent(6e-6) == "0.0006\u00a0%"
    assert area(24e6) == "24 km² (2,400 ha)"
    assert area(0.31e6) == "31 ha"


def effect(low: float, mean: float, high: float, error: float, same: bool = False) -> reading.Effect:
    return reading.Effect("x", "casualties_total", "persons", mean, low, high, error, 200, "counted", same)


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (effect(1, 3, 9, 0.2), "more"),
        (effect(-9, -3, -1, 0.2), "fewer"),
        (effect(-1, 3, 9, 0.2), "unclear"),
        (effect(1, 3, 9, 2.0), "unclear"),  # the interval excludes zero, the Monte Carlo error does not
        (effect(0, 3, 9, 0.2), "unclear"),
        (effect(0, 0, 0, 0), "none"),
        (effect(0, 0, 0, 0, same=True), "same"),
    ],
)
def test_a_sign_needs_interval_and_monte_carlo_error(given: reading.Effect, verdict: str) -> None:
    assert given.verdict == verdict


def test_nothing_counted_has_an_upper_limit() -> None:
    # the classical rule of three: no event in n runs excludes a mean above 3/n at 95 %
    assert reading.zero_bound(effect(0, 0, 0, 0)) == pytest.approx(2.9957 / 200, rel=1e-4)
    assert reading.zero_bound(effect(0, 0, 0, 0), 1.5) == pytest.approx(1.5 * 2.9957 / 200, rel=1e-4)


def test_the_expected_value_is_shown_with_the_count_beside_it(six: Synthetic) -> None:
    found = reading.effect(six, "transfer_field", "casualties_total")
    assert found is not None and found.counted is not None
    assert (found.estimator, found.mean, found.counted.mean) == ("expected", 0.006, 0)
    assert counted(found, 1.0) == "0 (95\u00a0% ≤\u00a00.015)"
    plain = reading.effect(six, "ottawa", "casualties_total")
    assert plain is not None and plain.estimator == "counted" and counted(plain, 1.0) == ""


@pytest.mark.parametrize(("times", "shown"), [(1.4, "expected"), (1.6, "counted")])
def test_a_clearly_more_exact_count_is_preferred_to_an_expected_value(
    six: Synthetic, times: float, shown: str
) -> None:
    """A little more exact is not enough: errors are estimates, and chance would choose between the two."""
    rows = six.differences.copy()
    of = (rows["scenario"] == "transfer_persistent") & (rows["metric"] == "casualties_total")
    rows.loc[of & (rows["estimator"] == "expected"), "mc_error"] = times
    rows.loc[of & (rows["estimator"] == "counted"), "mc_error"] = 1.0
    found = reading.effect(six.but(differences=rows), "transfer_persistent", "casualties_total")
    assert found is not None and found.estimator == shown


def test_chosen_are_baseline_headline_and_the_largest_changes(national: Synthetic) -> None:
    assert reading.chosen(national) == [
        "baseline",
        "transfer_field",
        "persistent_broken_50",
        "persistent_broken_10",
        "ottawa",
        "return_late",
    ]


def test_self_destruct_variants_are_found_with_their_failure_rates(national: Synthetic) -> None:
    found = devices.self_destruct(national)
    assert {
        name: sd.central for name, sd in found.items() if "timer" not in name and "pledge" not in name
    } == {
        "transfer_claimed": 1e-4,
        "transfer_field": 0.017,
        "transfer_treaty_limit": 0.1,
        "transfer_no_backup": 0.017,
    }
    assert (found["transfer_field"].low, found["transfer_field"].high) == (0.005, 0.1)


def test_a_stock_without_a_total_is_read_at_its_last_year(six: Synthetic) -> None:
    rows = reading.levels(six, "items_inert", "baseline")
    years = rows[rows["period"] != "all"]
    assert reading.whole(years)["mean"].item() == rows[rows["period"] == "2041"]["mean"].item()


def test_a_last_year_outside_the_simulated_time_is_left_out_of_flows(six: Synthetic) -> None:
    rows = reading.levels(six, "casualties_total", "baseline")
    stub = rows[rows["period"] == "2041"].assign(period="2042")
    more = pd.concat([rows, stub])
    assert (
        reading.flows(six, more)["year"].max() == 2041
    )  # 24 February 2022 and 20 years end in February 2042
    longer = six.but(manifest={**six.manifest, "horizon_years": 20.8})
    assert reading.flows(longer, more)["year"].max() == 2042


def test_condensing_changes_no_number_that_is_shown(six: Synthetic) -> None:
    short = condense(six)
    assert len(short.summary) < 0.3 * len(six.summary)
    for metric in ("casualties_total", "items_inert", "cost_usd"):
        assert reading.effects(short, metric) == reading.effects(six, metric)
        before = reading.whole(reading.levels(six, metric, district=None, group=None))
        pd.testing.assert_frame_equal(
            reading.whole(reading.levels(short, metric, district=None, group=None)), before
        )


def test_results_read_back_with_categories_give_the_same(six: Synthetic) -> None:
    columns = ["scenario", "metric", "unit", "period", "district", "group"]
    packed = six.but(summary=six.summary.astype(dict.fromkeys(columns, "category")))
    np.testing.assert_array_equal(
        reading.flows(packed, reading.levels(packed, "casualties_total", "ottawa"))["mean"],
        reading.flows(six, reading.levels(six, "casualties_total", "ottawa"))["mean"],
    )


def test_equal_inputs_are_known_by_their_digest() -> None:
    assert reading.same_inputs(results()) == {"baseline", "policy_2022"}


def test_a_transfer_in_the_only_scenario_still_carries_its_failure_rate(six: Synthetic) -> None:
    rows = six.parameters.assign(used_in="all")
    alone = six.but(
        manifest={**six.manifest, "headline": None, "scenarios": six.manifest["scenarios"][:1]},
        parameters=rows,
        per_10000=six.per_10000.iloc[:0],
    )
    assert devices.transfers(alone) == ["baseline"]
    assert devices.self_destruct(alone)["baseline"].central == 0.017
    none = alone.but(
        parameters=rows.assign(high=rows["high"].where(~rows["path"].str.contains("devices"), 0.0))
    )
    assert devices.transfers(none) == [] and devices.self_destruct(none) == {}


def test_the_overview_holds_the_same_as_plain_numbers(six: Synthetic) -> None:
    table = overview(six).set_index("scenario")
    assert list(table.index) == reading.scenario_names(six)
    assert all(table[column].dtype == float for column in table.columns.drop(["title", "note"]))
    assert (table.loc["baseline", "difference":"cost_million_usd"] == 0).all()
    effect, row = reading.effect(six, "transfer_field", "casualties_total"), table.loc["transfer_field"]
    assert effect is not None
    assert (row["difference"], row["p05"], row["p95"]) == (effect.mean, effect.low, effect.high)
    assert row["inert_items"] == 512 and row["hazardous_area_km2"] == 19
    assert row["self_destruct_fails"] == 0.017 and row["note"] == devices.OTTAWA
    assert set(table["note"].dropna().index) == set(devices.self_destruct(six))
