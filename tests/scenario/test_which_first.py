"""The study of which task comes first: taken over from the Ukraine scenario as its README says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sim.programme import PRIORITIES
from sim.scenario import LoadedStudy, digest, load, load_study, quantities, replace

HERE = Path(__file__).resolve().parents[2] / "scenarios" / "which_first"
GRADES = {"H", "M", "L", "D", "A"}


@pytest.fixture(scope="module")
def study() -> LoadedStudy:
    return load_study(HERE / "study.yaml")


def test_committed_tables_are_what_the_script_builds() -> None:
    command = [sys.executable, str(HERE / "derive.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_items_are_the_share_of_the_base_that_lies_here(study: LoadedStudy) -> None:
    sys.path.insert(0, str(HERE))
    try:
        from derive import shares
    finally:
        sys.path.remove(str(HERE))
    base = load(HERE.parent / "ukraine_2024" / "base.yaml")
    share = shares(base)
    here = study.scenarios["first_come_50"]
    assert set(here.contamination) == set(share) - {"land"}
    for name, part in here.contamination.items():
        theirs = base.contamination[name]
        for mine, whole in ((part.items.central, theirs.items.central), (part.items.high, theirs.items.high)):
            assert mine == pytest.approx(share[name] * whole, rel=0.01)
        assert set(part.families) == set(theirs.families)
        assert part.relative_density["land_use"] == theirs.relative_density["land_use"]
        assert part.clustering == theirs.clustering
    for kind, teams in here.programme.teams.items():
        last = base.programme.teams[kind].numbers[-1].teams
        assert teams.numbers[0].teams == pytest.approx(share["land"] * last, rel=0.01)


def test_five_policies_at_three_budgets_against_nothing(study: LoadedStudy) -> None:
    groups: dict[str, list[str]] = {}
    for name, variant in study.study.variants.items():
        groups.setdefault(variant.group, []).append(name)
    assert groups.pop("") == ["nothing"] == [study.study.baseline]
    assert [len(names) for names in groups.values()] == [5, 5, 5]
    for names in groups.values():
        scenarios = [study.scenarios[n] for n in names]
        policies = [s.programme.priority for s in scenarios]
        assert policies[0] == "first_come" and len(set(policies)) == 5
        assert set(policies) <= set(PRIORITIES)
        assert len({s.programme.budget.years[0].usd.central for s in scenarios}) == 1
        first, *others = (digest(replace(s, {"programme.priority": "random"})) for s in scenarios)
        assert set(others) == {first}  # nothing but the order of tasks differs


def test_every_number_says_where_it_comes_from(study: LoadedStudy) -> None:
    for name, scenario in study.scenarios.items():
        for path, q in quantities(scenario).items():
            assert q.grade in GRADES, (name, path)
            if q.grade == "A":
                assert q.note, (name, path)
            else:
                assert q.source in study.sources or q.source == "unsourced" and q.grade == "D", (name, path, q.source)
