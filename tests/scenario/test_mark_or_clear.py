"""The study of marking, teaching and clearance: the same dollars for one thing each, priors that begin at no effect."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from running import Chunk, column, differing, run_all

from sim.scenario import LoadedStudy, digest, load_study, quantities, replace
from sim.scenario.schema import Contamination, Scenario, Stratum
from sim.study.metrics import METRICS

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
GROUP = {"more_clearance", "marking", "fencing", "education", "both"}
DISTRICT = "Mykolaiv"
DRAWS = 3


@pytest.fixture(scope="module")
def study() -> LoadedStudy:
    return load_study(SCENARIOS / "mark_or_clear" / "study.yaml")


@pytest.fixture(scope="module")
def chunks(study: LoadedStudy) -> dict[str, Chunk]:
    return {name: run_all(scenario, DRAWS) for name, scenario in study.scenarios.items()}


def test_land_ordnance_and_teams_are_the_share_of_which_first(study: LoadedStudy) -> None:
    whole = load_study(SCENARIOS / "which_first" / "study.yaml").scenarios["first_come_20"]
    here = study.scenarios["no_more"]
    assert here.strata == [s for s in whole.strata if s.district == DISTRICT]
    assert here.access == [a for a in whole.access if a.district == DISTRICT]
    assert set(here.contamination) == set(whole.contamination)
    for name, part in here.contamination.items():
        theirs = whole.contamination[name]
        share = sum(_items(theirs, s) for s in here.strata) / sum(_items(theirs, s) for s in whole.strata)
        for at in (0.05, 0.5, 0.95):
            assert part.items.quantile(at) == pytest.approx(share * theirs.items.quantile(at), rel=0.01)
        assert part.families == theirs.families
        assert (part.relative_density, part.clustering) == (theirs.relative_density, theirs.clustering)
    land = sum(s.to_survey_km2 for s in here.strata) / sum(s.to_survey_km2 for s in whole.strata)
    for kind, teams in whole.programme.teams.items():
        assert here.programme.teams[kind].numbers[0].teams == round(land * teams.numbers[0].teams)
    assert _own(here) == pytest.approx(land * _own(whole), rel=0.01)


def _items(part: Contamination, stratum: Stratum) -> float:
    """Relative number of items in a stratum, as the model spreads them."""
    return (stratum.to_survey_km2 + stratum.suspected_km2) * part.relative_density["land_use"][stratum.land_use]


def _own(s: Scenario) -> float:
    assert s.programme.budget is not None
    return s.programme.budget.years[0].usd.central


def test_the_same_dollars_for_one_thing_each(study: LoadedStudy) -> None:
    """Variants differ in teams, in what the donor's money is for, and in what is believed of signs and of fences."""
    variants = study.study.variants
    assert {name for name, v in variants.items() if v.group == "USD 10 million more"} == GROUP
    assert {*variants} - GROUP == {study.study.baseline} == {"no_more"}
    plain = study.scenarios["no_more"]
    money = {}
    for name in GROUP:
        s = study.scenarios[name]
        money[name] = s.programme.budget.donors["friends"].years
        like = replace(s, {
            "programme.teams": plain.programme.teams, "programme.education.numbers": plain.programme.education.numbers,
            "programme.budget": plain.programme.budget,
            "programme.marking_renewed_years": plain.programme.marking_renewed_years,
            "exposure.marking_effect": plain.exposure.marking_effect,
            "exposure.marking_half_life_years": plain.exposure.marking_half_life_years})
        assert digest(like) == digest(plain), name
    assert all(years == money["marking"] for years in money.values())
    assert [(y.year, y.usd.central) for y in money["marking"]] == [(2023, 2e6), (2028, 0)]


def test_no_effect_at_all_is_among_what_is_believed(study: LoadedStudy) -> None:
    for name, s in study.scenarios.items():
        assert s.exposure.marking_effect.support[0] == 0.0 < s.exposure.marking_effect.support[1], name
        assert s.exposure.eore_effect.support[0] == 0.0 < s.exposure.eore_effect.support[1], name


def test_every_number_says_where_it_comes_from(study: LoadedStudy) -> None:
    for name, scenario in study.scenarios.items():
        for path, q in quantities(scenario).items():
            assert q.grade in "HMLDA", (name, path)
            assert q.note or q.grade != "A", (name, path)
            assert q.grade == "A" and q.source == "unsourced" or q.source in study.sources, (name, path, q.source)


def test_money_goes_where_it_is_meant_to(chunks: dict[str, Chunk]) -> None:
    """Nobody spends more on marking or teaching than was given for it; with debts of the last stage, a little more."""
    for name, chunk in chunks.items():
        spent = {line: column(chunk, f"cost_{line}_usd").sum(axis=(1, 2)) for line in ("marking", "education")}
        for line, given in (("marking", {"marking": 10e6, "fencing": 10e6, "both": 5e6}),
                            ("education", {"education": 10e6, "both": 5e6})):
            most = given.get(name, 0.0)
            assert (spent[line] <= 1.2 * most).all() and (spent[line] > 0).all() == (most > 0), (name, line)
        taught = column(chunk, "people_taught").sum(axis=(1, 2))
        assert (taught > 0).all() == (name in ("education", "both")), name
        assert "items_laid" not in differing(chunk, chunks["no_more"]), name  # contamination is an input


def test_marking_and_teaching_avert_casualties_where_they_have_an_effect(
    study: LoadedStudy, chunks: dict[str, Chunk]
) -> None:
    """Fewer in all draws together; and with an effect of 0 nothing differs but what was paid, to rounding."""
    for name, effect in (("marking", "exposure.marking_effect"), ("education", "exposure.eore_effect")):
        hurt, without = (column(chunks[n], "casualties_expected").sum() for n in (name, "no_more"))
        assert hurt < 0.99 * without, name
        useless, plain = (
            run_all(replace(study.scenarios[n], {effect: 0.0}), DRAWS) for n in (name, "no_more"))
        paid = {"cost_usd", f"cost_{name}_usd"}
        assert paid < set(differing(useless, plain)) | {"people_taught"}, name
        for metric in {m.column for m in METRICS} - paid - {"people_taught"}:
            ours, theirs = column(useless, metric), column(plain, metric)
            assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-9), (name, metric)
