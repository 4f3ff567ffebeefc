"""CCW Amended Protocol II, Technical Annex 3(a), over armed items, ageing left out."""

from __future__ import annotations

from typing import Any

import pytest

from sim.scenario import Family, catalogue_families, treaty_check

SHARES = {"width_m": {"foot": 0.3}, "p_trigger": {"foot": 0.5}}


def family(**life: Any) -> Family:
    return Family.model_validate({"title": "T", "kind": "ap", **SHARES, **life})


def test_the_limits_themselves() -> None:
    at_limit = treaty_check(catalogue_families()["sd_sda_treaty_limit"])
    assert at_limit.share_not_sd_30d == pytest.approx(0.10)
    assert at_limit.share_functioning_120d == pytest.approx(0.001)
    assert at_limit.meets_3a is True
    # 1,000 armed items at the limit: expected live at 30 days; at least one live at 120 days
    assert 1000 * at_limit.share_not_sd_30d == pytest.approx(100)
    assert 1 - (1 - at_limit.share_functioning_120d) ** 1000 == pytest.approx(0.6323, abs=5e-5)
    # implied failure of the back-up at both limits
    assert at_limit.share_functioning_120d / at_limit.share_not_sd_30d == pytest.approx(0.01)


def test_the_spread_at_the_limit() -> None:
    stats = pytest.importorskip("scipy.stats")
    live = stats.binom(1000, treaty_check(catalogue_families()["sd_sda_treaty_limit"]).share_not_sd_30d)
    assert (live.ppf(0.025), live.ppf(0.975)) == (82, 119)


@pytest.mark.parametrize(
    ("life", "not_sd", "functioning", "meets"),
    [
        ({"sd_hours": [360], "sd_failure": 0.05}, 0.05, 0.05, False),
        ({"sd_hours": [360], "sd_failure": 0.05, "sda_days": 120, "sda_failure": 0.01}, 0.05, 0.0005, True),
        ({"sd_hours": [360], "sd_failure": 0.05, "sda_days": 121, "sda_failure": 0.01}, 0.05, 0.05, False),
        ({"sd_hours": [720], "sd_failure": 0.1001, "sda_days": 90, "sda_failure": 0}, 0.1001, 0.0, False),
        ({"sd_hours": [721], "sda_days": 90, "sda_failure": 0}, 1.0, 0.0, False),
        ({"sd_hours": [24, 1416], "sda_days": 90, "sda_failure": 0}, 0.5, 0.0, False),
        ({"sd_hours": [24 * 110, 24 * 130]}, 1.0, 0.5, False),
        ({"sd_hours": [24 * 110, 24 * 130], "sda_days": 100, "sda_failure": 0.1}, 1.0, 0.05, False),
        ({}, 1.0, 1.0, False),
        ({"never_armed": 0.5, "sd_hours": [4], "ageing_half_life_years": 0.1}, 0.0, 0.0, True),
    ],
)
def test_by_hand(life: dict[str, Any], not_sd: float, functioning: float, meets: bool) -> None:
    check = treaty_check(family(**life))
    assert check.share_not_sd_30d == pytest.approx(not_sd)
    assert check.share_functioning_120d == pytest.approx(functioning)
    assert check.meets_3a is meets


def test_drawn_values_take_the_place_of_central_ones() -> None:
    field = catalogue_families()["sd_sda_field"]
    assert treaty_check(field).meets_3a is True
    assert treaty_check(field, {"sd_failure": 0.2}).meets_3a is False
    assert treaty_check(field, {"sda_failure": 0.5}).share_functioning_120d == pytest.approx(0.017 / 2)


def test_whom_the_rule_is_about() -> None:
    meets = {name: treaty_check(item).meets_3a for name, item in catalogue_families().items()}
    assert meets == {
        "ap_blast": False,
        "ap_fragmentation": False,
        "av": None,
        "sd_sda_claimed": True,
        "sd_sda_field": True,
        "sd_sda_treaty_limit": True,
        "sd_only": False,
        "pfm1s_like": False,
        "submunition": None,
        "erw": None,
    }
