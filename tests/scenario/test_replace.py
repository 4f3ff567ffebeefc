"""Variants of a scenario by dotted paths."""

# ruff: noqa: E501  (a case reads best in one line)

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import numpy as np
import pytest
from faulty import TOY, Write

from sim.scenario import Quantity, Scenario, ScenarioError, catalogue_families, digest, load, replace
from sim.scenario.schema import Transfer

GIFT = {
    "family": "sd_sda_field",
    "devices": 100,
    "since": dt.date(2022, 6, 1),
    "until": dt.date(2023, 6, 1),
    "zones": ["front"],
    "districts": {"North": 1.0},
    "land_uses": {"arable": 1.0},
    "mined_density_per_km2": 500,
}
EOD_TEAMS = {"numbers": [{"since": "2022-05-01", "teams": 3}]}


def fault(scenario: Scenario, **changes: Any) -> Any:
    with pytest.raises(ScenarioError) as caught:
        replace(scenario, {path.replace("__", "."): value for path, value in changes.items()})
    assert len(caught.value.faults) == 1, str(caught.value)
    return caught.value.faults[0]


def test_a_change_makes_a_new_scenario_and_leaves_the_old_one(toy: Scenario) -> None:
    before = toy.model_dump(), digest(toy)
    changes = {"exposure.scale": 0.1, "contamination.mines.families": {"av": 1}}
    given = copy.deepcopy(changes)
    changed = replace(toy, changes)
    assert changed.exposure.scale.central == 0.1
    assert list(changed.contamination["mines"].families) == ["av"]
    assert (toy.model_dump(), digest(toy)) == before
    assert changes == given
    assert digest(changed) != digest(toy)
    assert changed.folder == toy.folder


def test_no_change_and_a_change_to_the_same_keep_the_digest(toy: Scenario) -> None:
    assert digest(replace(toy, {})) == digest(toy)
    assert digest(replace(toy, {"exposure.scale": 0.05})) == digest(toy)


@pytest.mark.parametrize(
    ("path", "value", "seen"),
    [
        ("strata.2.residents", 5, lambda s: s.strata[2].residents == 5),
        ("return.final_share", 0.1, lambda s: s.return_.final_share.central == 0.1),
        ("contamination.mines.items.lognormal.median", 2000, lambda s: s.contamination["mines"].items.central == 2000),
        ("programme.teams.deminers.numbers.0.teams", 9, lambda s: s.programme.teams["deminers"].numbers[0].teams == 9),
        ("programme.eod.teams", EOD_TEAMS, lambda s: s.programme.eod.teams.numbers[0].teams == 3),
        ("laying_ends", {"date": "2024-11-20", "kinds": ["ap"]}, lambda s: s.laying_ends.date == dt.date(2024, 11, 20)),
        ("programme.budget", None, lambda s: s.programme.budget is None),
        ("exposure.scale", Quantity.point(3), lambda s: s.exposure.scale == Quantity.point(3)),
        ("exposure.scale", np.float64(2.5), lambda s: s.exposure.scale.central == 2.5),
        ("hostilities.end", "2025-06-30", lambda s: s.hostilities.end == dt.date(2025, 6, 30)),
        ("transfers.gift", GIFT, lambda s: s.transfers["gift"].devices.central == 100),
        ("transfers.gift", Transfer.model_validate(GIFT), lambda s: s.transfers["gift"].devices.central == 100),
        ("families.sd_sda_field.sd_hours", [4], lambda s: s.families["sd_sda_field"].sd_hours == [4]),
    ],
)  # fmt: skip
def test_what_a_path_can_reach(toy: Scenario, path: str, value: Any, seen: Any) -> None:
    assert seen(replace(toy, {path: value}))


def test_a_family_of_the_catalogue_keeps_the_rest_of_its_numbers(toy: Scenario) -> None:
    changed = replace(toy, {"families.sd_sda_field.sd_hours": [4]}).families["sd_sda_field"]
    assert changed == catalogue_families()["sd_sda_field"].model_copy(update={"sd_hours": [4.0]})
    assert catalogue_families()["sd_sda_field"].sd_hours == [360]


def test_changes_are_made_in_order(toy: Scenario) -> None:
    changed = replace(toy, {"transfers.gift": GIFT, "transfers.gift.devices": 7})
    assert changed.transfers["gift"].devices.central == 7


def test_an_unknown_path_comes_with_the_nearest(toy: Scenario) -> None:
    toy = replace(toy, {"transfers.us_2024": GIFT})
    assert fault(toy, exposure__scal=1).nearest == "exposure.scale"
    assert fault(toy, exposures__scale=1).nearest == "exposure.scale"
    assert fault(toy, programme__teams__deminer__method="manual").nearest == "programme.teams.deminers.method"
    assert fault(toy, transfers__us_2042__devices=1).nearest == "transfers.us_2024.devices"
    assert fault(toy, transfers__us_2024__sd_failure=0.05).nearest == "families.sd_sda_field.sd_failure"
    assert fault(toy, families__sd_sda_feild__sd_failure=0.05).nearest == "families.sd_sda_field.sd_failure"
    assert fault(toy, strata__9__residents=1).expected == "0 to 5"
    assert "single value" in fault(toy, seed__x=1).message


def test_a_value_is_validated_like_a_file(toy: Scenario) -> None:
    wrong = fault(toy, exposure__entry_suspected=1.2)
    assert str(wrong) == "changes: exposure.entry_suspected: 1.2 is out of bounds; expected >= 0 and <= 1"
    assert fault(toy, contamination__mines__families={"ap_blats": 1}).nearest == "ap_blast"
    assert "true or false" in fault(toy, exposure__memory_years=True).message
    assert fault(toy, transfers={"gift": {**GIFT, "devcies": 3}}).nearest == "devices"


def test_all_wrong_changes_are_told_at_once(toy: Scenario) -> None:
    with pytest.raises(ScenarioError) as caught:
        replace(toy, {"exposure.scal": 1, "hostilities.end": "soon", "programme.priority": "No Name"})
    assert len(caught.value.faults) == 3


def test_files_that_a_change_names_lie_beside_the_scenario(write: Write) -> None:
    scenario = load(write())
    assert scenario.folder is not None
    (scenario.folder / "usd.csv").write_text("year,usd\n2022,1e6\n")
    changed = replace(scenario, {"programme.budget.years": {"table": "usd.csv"}})
    assert changed.programme.budget is not None
    assert changed.programme.budget.years[0].usd.central == 1e6


def test_the_toy_is_where_it_says() -> None:
    assert load(str(TOY)).folder == TOY.parent
