"""The study of toolboxes: every number with its origin, variants that differ in what they name and in nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import column, run_all

from sim.scenario import LoadedStudy, digest, load_study, quantities, replace
from sim.scenario.detection import cells

HERE = Path(__file__).resolve().parents[2] / "scenarios" / "toolboxes"
TEAMS = {"nts", "ts", "manual", "samplers"}


@pytest.fixture(scope="module")
def study() -> LoadedStudy:
    return load_study(HERE / "study.yaml")


def test_variants_differ_in_their_teams_and_the_metal(study: LoadedStudy) -> None:
    teams = {name: set(s.programme.teams) - TEAMS for name, s in study.scenarios.items()}
    assert teams == {
        "nothing": set(), "manual": set(), "manual_dogs": {"dogs"}, "flail_manual": {"flail"},
        "flail_manual_dogs": {"flail", "dogs"}, "minimum_manual": set(), "minimum_manual_dogs": {"dogs"}}
    for quiet in ("minimum_manual", "minimum_manual_dogs"):
        like = study.scenarios[quiet.removeprefix("minimum_")]
        metal = study.scenarios[quiet].families["ap_blast"].metal
        assert digest(replace(like, {"families.ap_blast.metal": metal})) == digest(study.scenarios[quiet])
        assert digest(like) != digest(study.scenarios[quiet])


def test_metal_is_heard_and_not_smelt(study: LoadedStudy) -> None:
    quiet = study.scenarios["minimum_manual_dogs"]
    mine = quiet.families["ap_blast"]
    assert cells(quiet.programme.methods["manual"], "ap_blast", mine) == ("detection.ap", "detection_by_metal.minimum")
    assert cells(quiet.programme.methods["dogs"], "ap_blast", mine) == ("detection.ap",)


def test_every_number_says_where_it_comes_from(study: LoadedStudy) -> None:
    for name, scenario in study.scenarios.items():
        for path, q in quantities(scenario).items():
            assert q.grade in "HMLDA", (name, path)
            assert q.note or q.grade != "A", (name, path)
            assert q.grade == "A" and q.source == "unsourced" or q.source in study.sources, (name, path, q.source)


@pytest.mark.parametrize(("mines", "least"), [("", 0.0), ("minimum_", 0.02)])
def test_dogs_find_more_at_a_price(study: LoadedStudy, mines: str, least: float) -> None:
    """The same four draws with and without dogs: in each they find more, of mines with hardly any metal much more."""
    without, with_dogs = (run_all(study.scenarios[f"{mines}manual{dogs}"], 4) for dogs in ("", "_dogs"))
    found, more = (column(chunk, "items_found").sum(axis=(1, 2)) for chunk in (without, with_dogs))
    assert (more > (1 + least) * found).all()
    usd, dearer = (column(chunk, "cost_clearance_usd").sum(axis=(1, 2)) for chunk in (without, with_dogs))
    assert (dearer > usd).sum() >= 3  # where inspection finds nothing land is not cleared twice
