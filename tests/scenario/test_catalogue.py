"""The catalogue: every number has a source or says that it is assumed; families compare as they should."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from pydantic import BaseModel

from sim.scenario import Family, Quantity, catalogue_families, catalogue_sources

FAMILIES = catalogue_families()
SHARED = [
    "width_m",
    "p_trigger",
    "inert_hazard_weight",
    "case_fatality",
    "casualties_per_accident",
    "ageing_half_life_years",
    "never_armed",
]
SELF_DESTRUCTING = ["sd_sda_claimed", "sd_sda_field", "sd_sda_treaty_limit", "sd_only", "pfm1s_like"]


def numbers(here: Any, path: str) -> Iterator[tuple[str, Quantity]]:
    if isinstance(here, Quantity):
        yield path, here
    elif isinstance(here, BaseModel):
        for name in type(here).model_fields:
            yield from numbers(getattr(here, name), f"{path}.{name}")
    elif isinstance(here, dict):
        for key, child in here.items():
            yield from numbers(child, f"{path}.{key}")


ALL = [pair for name, family in FAMILIES.items() for pair in numbers(family, name)]


def test_the_families_of_the_model_are_there() -> None:
    assert set(FAMILIES) == {"ap_blast", "ap_fragmentation", "av", "submunition", "erw", *SELF_DESTRUCTING}
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in FAMILIES)


@pytest.mark.parametrize(("path", "quantity"), ALL)
def test_every_number_has_a_grade_a_source_and_if_assumed_a_reason(path: str, quantity: Quantity) -> None:
    assert quantity.grade in "HMLDA"
    assert quantity.source in catalogue_sources()
    assert quantity.note or quantity.grade not in "DA"
    assert quantity.source != "assumption" or quantity.grade == "A"


def test_every_source_is_used_and_can_be_looked_up() -> None:
    text = resources.files("sim.scenario.catalogue").joinpath("families.yaml").read_text()
    for name, source in catalogue_sources().items():
        assert re.search(rf"\b{name}\b", text), name
        assert name == "assumption" or re.search(r"https?://\S+$", source), name


def test_what_was_not_seen_in_the_primary_source_is_no_cited_fact() -> None:
    for path, quantity in ALL:
        if "not verified" in quantity.note or "claim" in quantity.note:
            assert quantity.grade == "A", path


def test_persistent_and_other_blast_mines_differ_by_their_life_alone() -> None:
    persistent = FAMILIES["ap_blast"]
    for name in SELF_DESTRUCTING:
        family = FAMILIES[name]
        for same in SHARED:
            assert getattr(family, same) == getattr(persistent, same), f"{name}.{same}"
        assert all(q.certain for q in (*family.width_m.values(), *family.p_trigger.values()))


def test_without_back_up_only_the_back_up_is_missing() -> None:
    field, only = FAMILIES["sd_sda_field"], FAMILIES["sd_only"]
    assert (only.sd_hours, only.sd_failure) == (field.sd_hours, field.sd_failure)
    assert only.sda_days is None
    assert only.sda_failure.central == 1


@pytest.mark.parametrize(
    ("name", "hours", "sd_failure", "days", "active"),
    [
        ("sd_sda_claimed", [360], 1e-4, 90, 6e-6),
        ("sd_sda_field", [360], 0.017, 120, 6e-6),
        ("sd_sda_treaty_limit", [720], 0.10, 120, 1e-3),
        ("sd_only", [360], 0.017, None, 0.017),
        ("pfm1s_like", [1, 40], 0.15, None, 0.15),
    ],
)
def test_central_values_give_the_published_shares_still_active(
    name: str, hours: list[float], sd_failure: float, days: float | None, active: float
) -> None:
    family = FAMILIES[name]
    assert (family.sd_hours, family.sda_days) == (hours, days)
    assert family.sd_failure.central == pytest.approx(sd_failure)
    assert family.sd_failure.central * family.sda_failure.central == pytest.approx(active, rel=0.03)


def test_what_is_handed_out_cannot_be_spoilt() -> None:
    families: dict[str, Family] = catalogue_families()
    families.clear()
    assert catalogue_families()
    assert math.isclose(FAMILIES["ap_blast"].width_m["foot"].central, 0.3)
