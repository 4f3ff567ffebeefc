"""Quantities: their laws, what they accept, and their physical bounds."""

from __future__ import annotations

import math
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from sim.scenario.laws import number
from sim.scenario.quantity import Bounds, Quantity

SIZES = st.floats(1e-6, 1e6)
FACTORS = st.floats(1.01, 100)
PROBABILITIES = st.floats(1e-6, 1 - 1e-6)


def make(data: Any) -> Quantity:
    return Quantity.model_validate(data)


@st.composite
def quantities(draw: st.DrawFn) -> Quantity:
    a, b, c = sorted(draw(st.lists(st.floats(1e-3, 1e3), min_size=3, max_size=3, unique=True)))
    median, up, down = draw(SIZES), draw(FACTORS), draw(FACTORS)
    return make(
        draw(
            st.sampled_from(
                [
                    a,
                    {"lognormal": {"median": median, "p05": median / down, "p95": median * up}},
                    {"lognormal": {"median": median, "p95": median * up}},
                    {"lognormal": {"median": median, "p05": median / down}},
                    {"lognormal": {"median": median, "sigma": math.log(up), "at_most": median * up}},
                    {"uniform": {"low": a, "high": b}},
                    {"loguniform": {"low": a, "high": b}},
                    {"triangular": {"low": a, "mode": b, "high": c}},
                    {"triangular": {"low": a, "mode": a, "high": c}},
                    {"beta": {"mean": draw(st.floats(0.01, 0.99)), "concentration": draw(st.floats(2, 200))}},
                ]
            )
        )
    )


@settings(deadline=None)  # the first beta law imports scipy.special
@given(quantities(), PROBABILITIES, PROBABILITIES)
def test_quantiles_never_fall_and_stay_in_the_support(q: Quantity, u: float, v: float) -> None:
    u, v = min(u, v), max(u, v)
    low, high = q.support
    assert low <= q.quantile(u) <= q.quantile(v) <= high
    assert q.low <= q.central <= q.high


@given(SIZES, FACTORS, FACTORS)
def test_lognormal_hits_what_was_given(median: float, up: float, down: float) -> None:
    q = make({"lognormal": {"median": median, "p05": median / down, "p95": median * up}})
    assert q.quantile(0.05) == pytest.approx(median / down, rel=1e-12)
    assert q.quantile(0.5) == q.central == median
    assert q.quantile(0.95) == pytest.approx(median * up, rel=1e-12)


def test_lognormal_with_one_quantile_is_symmetric_in_the_logarithm() -> None:
    assert make({"lognormal": {"median": 2, "p95": 8}}).low == pytest.approx(0.5)
    assert make({"lognormal": {"median": 2, "p05": 0.5}}).high == pytest.approx(8)
    sigma = math.log(4) / 1.6448536269514722
    assert make({"lognormal": {"median": 2, "sigma": sigma}}).high == pytest.approx(8)


@pytest.mark.parametrize(
    ("law", "u", "expected"),
    [
        ({"uniform": {"low": 2, "high": 6}}, 0.25, 3),
        ({"loguniform": {"low": 0.01, "high": 1}}, 0.5, 0.1),
        ({"triangular": {"low": 0, "mode": 1, "high": 4}}, 0.25, 1),
        ({"triangular": {"low": 0, "mode": 1, "high": 4}}, 0.75, 4 - math.sqrt(0.25 * 12)),
        ({"beta": {"mean": 0.5, "concentration": 2}}, 0.3, 0.3),
        (0.7, 0.01, 0.7),
    ],
)
def test_quantiles_by_hand(law: Any, u: float, expected: float) -> None:
    assert make(law).quantile(u) == pytest.approx(expected)


@pytest.mark.parametrize("law", [{"uniform": {"low": 0, "high": 1}}, {"lognormal": {"median": 1, "p95": 2}}])
@pytest.mark.parametrize("u", [0.0, 1.0, -0.1, math.nan])
def test_a_probability_must_lie_between_0_and_1(law: Any, u: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        make(law).quantile(u)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (math.nan, "finite"),
        (math.inf, "finite"),
        (True, "not a quantity"),
        ("many", "not a quantity"),
        (None, "not a quantity"),
        ([1], "not a quantity"),
        (10**400, "not a quantity"),
        ({}, "no value given"),
        ({"value": 1, "uniform": {"low": 0, "high": 1}}, "value and uniform given"),
        ({"value": 1, "grade": "Z"}, "grade"),
        ({"value": 1, "grade": "H"}, "grade H needs a source"),
        ({"value": 1, "unit": "m"}, "unit"),
        ({"lognormal": {"median": 1}}, "p05, p95 or sigma"),
        ({"lognormal": {"median": 1, "p05": 2}}, "p05 < median"),
        ({"lognormal": {"median": 1, "p95": 1}}, "p95 > median"),
        ({"lognormal": {"median": 1, "p95": 2, "sigma": 1}}, "not both"),
        ({"lognormal": {"median": -1, "p95": 2}}, "greater than 0"),
        ({"lognormal": {"median": 1, "p95": math.inf}}, "finite"),
        ({"lognormal": {"median": 2, "p95": 3, "at_most": 1}}, "at_most > median"),
        ({"uniform": {"low": 1, "high": 1}}, "low < high"),
        ({"loguniform": {"low": 0, "high": 1}}, "greater than 0"),
        ({"triangular": {"low": 0, "mode": 3, "high": 2}}, "low <= mode <= high"),
        ({"beta": {"mean": 1, "concentration": 2}}, "less than 1"),
    ],
)
def test_what_is_no_quantity_is_refused(bad: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        make(bad)


def test_describe_is_for_readers() -> None:
    q = make({"lognormal": {"median": 0.7e6, "p05": 0.2e6, "p95": 2e6}})
    assert q.describe() == "lognormal, median 700,000 (5-95 %: 200,000-2,000,000)"
    assert make({"loguniform": {"low": 0.005, "high": 0.2}}).describe() == "log-uniform 0.005-0.2"
    assert make({"triangular": {"low": 1, "mode": 2, "high": 5}}).describe() == "triangular 1-5, mode 2"
    assert make(1500).describe() == "1,500"
    assert repr(make({"value": 3, "source": "x", "grade": "M"})) == "Quantity(3, grade M, source x)"
    assert number(6e-6) == "6e-06"
    assert number(-2500) == "-2,500"


def test_it_is_written_as_short_as_it_can_be_and_reads_back() -> None:
    assert make(0.3).model_dump() == 0.3
    full = {"lognormal": {"median": 2.0, "p95": 8.0}, "source": "x", "grade": "L", "note": "n"}
    assert make(full).model_dump() == full
    assert make(make(full).model_dump()) == make(full)
    assert make({"value": 2, "note": "why"}).model_dump() == {"value": 2.0, "note": "why"}


def test_nothing_changes_after_it_was_made() -> None:
    with pytest.raises(ValidationError):
        Quantity.point(1).value = 2  # type: ignore[misc]


class Limits(BaseModel):
    share: Annotated[Quantity, Bounds(0, 1)] = Quantity.point(0)
    rate: Annotated[Quantity, Bounds(0, None, above_low=True)] = Quantity.point(1)
    any_sign: Quantity = Quantity.point(0)
    by_name: dict[str, Annotated[Quantity, Bounds(0, None)]] = {}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"share": 1.4}, r"1.4 is out of bounds; expected >= 0 and <= 1"),
        ({"share": -0.1}, "out of bounds"),
        ({"share": {"uniform": {"low": 0.5, "high": 1.1}}}, "out of bounds"),
        ({"share": {"triangular": {"low": -0.1, "mode": 0.2, "high": 1}}}, "out of bounds"),
        ({"share": {"lognormal": {"median": 0.5, "p95": 1.2}}}, "95 % quantile, 1.2, is above 1"),
        ({"share": {"lognormal": {"median": 0.5, "p95": 0.9, "at_most": 2}}}, "out of bounds"),
        ({"rate": 0}, "expected > 0"),
        ({"rate": {"uniform": {"low": -1, "high": 1}}}, "expected > 0"),
        ({"by_name": {"x": -1}}, "out of bounds"),
    ],
)
def test_bounds(data: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Limits.model_validate(data)


def test_within_bounds() -> None:
    made = Limits.model_validate(
        {
            "share": {"beta": {"mean": 0.9, "concentration": 3}},
            "rate": {"uniform": {"low": 0, "high": 1}},
            "any_sign": -3,
        }
    )
    assert made.any_sign.central == -3


def test_the_tail_of_a_lognormal_share_is_cut_and_says_so() -> None:
    q = Limits.model_validate({"share": {"lognormal": {"median": 0.1, "p95": 0.8}}}).share
    assert q.high == pytest.approx(0.8)
    assert q.quantile(0.9999) == 1.0
    assert q.describe().endswith("at most 1)")
    assert q.model_dump() == {"lognormal": {"median": 0.1, "p95": 0.8, "at_most": 1.0}}


def test_json_schema_takes_a_number_or_a_mapping_and_tells_the_bounds() -> None:
    schema = TypeAdapter(Quantity).json_schema()
    assert schema["anyOf"][0] == {"type": "number"}
    assert "lognormal" in schema["anyOf"][1]["properties"]
    assert Limits.model_json_schema()["properties"]["share"]["bounds"] == [0, 1]
