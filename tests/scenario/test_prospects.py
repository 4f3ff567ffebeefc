"""A programme that can never finish is told before the run, with its place; and what is told is so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from running import DATA, TOY, edit, run_all, scenario_of

from sim.cli import main
from sim.scenario import load

BACKLOG = DATA / "backlog.yaml"
CLEAN = ("contaminated_share: 0.2", "contaminated_share: 0")
PAID = ("50000}", "50000, cost_usd_per_team_day: 100}")
BUDGET = "  budget: {years: [{year: 2022, usd: %d}], survey_share: 1, eod_share: 0}\n  teams:\n"
TOO_MUCH = "non-technical survey of 150 km2 is 1.6 times what all its teams can cover in 5 years"
CASES: dict[str, tuple[tuple[tuple[str, str], ...], str, str]] = {
    "nobody clears": ((), "teams:", "nobody does clearance on any land"),
    "no team ever": ((CLEAN, ("teams: 1}", "teams: 0}")), "teams:",
                     "non-technical survey on any land, so the programme cannot finish; walkers have no team"),
    "not on all land": ((CLEAN, ("[nts]", "[nts], land_uses: [steppe]")), "teams:",
                        "nobody does non-technical survey on gardens"),
    "too much land": ((CLEAN, ("horizon_years: 12", "horizon_years: 5")), "teams:", TOO_MUCH),
    "too little money": (
        (CLEAN, PAID, ("  teams:\n", BUDGET % 10_000)),
        "budget:", "survey costs 0.3 million USD at least, and gets 0.13 million by the end of 2034"),
    "out of reach": ((CLEAN, ("opens: 2022-01-01", "opens: 2034-05-01")), "2034-05-01",
                     "Plain, open opens after the run has ended (2034-01-01)"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_finish_is_told_and_does_not(name: str, tmp_path: Path) -> None:
    """`demrisk check` says so with the place, and goes on: it may be meant. In the run nothing finishes."""
    edits, points_at, says = CASES[name]
    scenario = scenario_of(edit(BACKLOG, *edits), tmp_path)
    fault = next(f for f in scenario.warnings if says in f.message)
    line = (tmp_path / "scenario.yaml").read_text().splitlines()[fault.line - 1]
    assert line[fault.col - 1:].startswith(points_at)
    done = CliRunner().invoke(main, ["check", str(tmp_path / "scenario.yaml")])
    assert done.exit_code == 0
    assert f"warning: {fault}" in done.output
    assert np.isinf(run_all(scenario, 2, 2).completed_years).all()


@pytest.mark.parametrize(
    "more", [(), (("horizon_years: 12", "horizon_years: 8.22"),), (PAID, ("  teams:\n", BUDGET % 40_000))])
def test_what_can_finish_is_not_warned_of(more: tuple[tuple[str, str], ...], tmp_path: Path) -> None:
    """150 km2 at 50,000 m2 a day are 8.214 years and 300,000 dollars."""
    scenario = scenario_of(edit(BACKLOG, CLEAN, *more), tmp_path)
    assert scenario.warnings == ()
    assert np.isfinite(run_all(scenario).completed_years).all()


def test_examples_have_no_warnings() -> None:
    for path in (TOY, DATA / "busy.yaml", Path("scenarios/ukraine_2024/base.yaml")):
        assert load(Path(__file__).parents[2] / path).warnings == ()


def test_a_study_names_the_variants_that_are_meant(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(edit(BACKLOG, CLEAN))
    (tmp_path / "study.yaml").write_text("""study: Two
base: base.yaml
baseline: whole
variants:
  whole: {}
  short: {set: {horizon_years: 5}}
""")
    done = CliRunner().invoke(main, ["check", str(tmp_path / "study.yaml")])
    assert done.exit_code == 0, done.output
    told = [line for line in done.output.splitlines() if line.startswith("warning: ")]
    assert len(told) == 1
    assert TOO_MUCH in told[0]
    assert told[0].endswith("(short)")
