"""Detection by kind, metal content and family, against what each pass should find, through the YAML door."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from running import DATA, TOY, column, differing, edit, martingale_z, play, run_all, scenario_of

from sim.core.records import N_KINDS
from sim.scenario import ScenarioError, catalogue_families
from sim.scenario.detection import MOST_GROUPS

BODY = "width_m: {foot: 0.3}, p_trigger: {foot: 0.5}"
LAID = 20_000  # of each family
FIELD = (
    ("walk: {stages: [nts], rate_m2_per_day: 50000}",
     "walk: {stages: [resurvey], rate_m2_per_day: 1e+12}\n    dig: {stages: [clearance], rate_m2_per_day: 50000, HOW}"),
    ("residents: 100, to_survey_km2: 100", "residents: 100, to_survey_km2: 0, suspected_km2: 10"),
    ("residents: 9000, to_survey_km2: 50", "residents: 9000, to_survey_km2: 0"),
    ("contaminated_share: 0.2", "contaminated_share: 1"),
    ("    walkers:", "    diggers: {method: dig, numbers: [{since: 2022-01-01, teams: 1}]}\n    walkers:"),
    ("length_m: 100", "length_m: 0"),
    ("items: 0, families: {ap_blast: 1}", f"items: {3 * LAID}, families: {{loud: 1, quiet: 1, drum: 1}}"),
    ("contamination:", f"""families:
  loud: {{title: Loud, kind: ap, metal: {{content: high}}, {BODY}}}
  quiet: {{title: Quiet, kind: ap, metal: {{content: minimum}}, {BODY}}}
  drum: {{title: Drum, kind: av, metal: {{content: high}}, {BODY}}}

contamination:"""))
"""All of 10 km2 on record is confirmed and cleared once: what is found is what the pass finds."""
BY_METAL = "detection: {ap: 0.9, av: 0.8}, detection_by_metal: {minimum: 0.7}"


def _text(how: str, *edits: tuple[str, str]) -> str:
    return edit(DATA / "backlog.yaml", *FIELD, ("HOW", how), *edits)


def _found(folder: Path, how: str) -> tuple[np.ndarray, np.ndarray]:
    """Items laid and found by family: loud, quiet, drum."""
    world, ground, _ = play(scenario_of(_text(how), folder))
    cohorts = ground.arrays.cohorts
    names = [name for name, _ in world.frame.families]
    order = [names.index(name) for name in ("loud", "quiet", "drum")]
    laid, found = (np.bincount(cohorts["family"], n, len(names))[order]
                   for n in (cohorts["id_to"] - cohorts["id_from"], cohorts["found"]))
    return laid, found


def _z(laid: np.ndarray, found: np.ndarray, p: list[float]) -> np.ndarray:
    share = np.array(p)
    return np.asarray((found - laid * share) / np.sqrt(laid * share * (1 - share)))


@pytest.mark.parametrize(("how", "p"), [
    (BY_METAL, [0.9, 0.9 * 0.7, 0.8]),
    ("detection_by_metal: {minimum: 0.7, high: 0.95}", [0.95, 0.7, 0.95]),
    (BY_METAL + ", detection_by_family: {quiet: 0.4}", [0.9, 0.4, 0.8]),
    (BY_METAL + ", shared_misses: 6", [0.9, 0.9 * 0.7, 0.8])])
def test_a_pass_finds_by_kind_metal_and_family(tmp_path: Path, how: str, p: list[float]) -> None:
    """One pass over 20,000 items of each family: |z| < 4 for all three. Control: were metal not heeded, quiet items
    would be found as loud ones are; rejected with power above 0.999."""
    laid, found = _found(tmp_path, how)
    assert np.abs(_z(laid, found, p)).max() < 4
    assert abs(_z(laid, found, [p[0], p[0], p[2]])[1]) > 4


def test_people_are_counted_by_kind_whatever_detectors_tell_apart(tmp_path: Path) -> None:
    """Half of the anti-personnel mines have a row of their own in the kernels: casualties by kind are theirs too,
    counted and expected, and accidents follow the hazard of what was missed (VALIDATION V14), |z| < 4."""
    met = (("length_m: 0", "length_m: 3000"), ("trips_per_day: 0.5", "trips_per_day: 2"),
           ("residents: 100,", "residents: 4000,"))
    chunk = run_all(scenario_of(_text(BY_METAL, *met), tmp_path), 3, 2)
    people = column(chunk, "casualties_total").sum(axis=2)
    by_kind = [column(chunk, f"casualties_{kind}") for kind in ("ap", "av", "submunition", "erw")]
    assert np.array_equal(sum(by_kind), people)
    assert people.sum() > 500
    assert by_kind[0].sum() > 1.7 * by_kind[1].sum() > 0
    assert not np.any(by_kind[2:])
    expected = column(chunk, "casualties_expected").sum(axis=2)
    assert sum(column(chunk, f"casualties_{k}_expected") for k in ("ap", "av")) == pytest.approx(expected, rel=1e-9)
    assert abs(martingale_z(column(chunk, "accidents"), column(chunk, "accidents_expected"))) < 4


def test_what_no_method_tells_apart_changes_nothing(tmp_path: Path) -> None:
    """The same detection for every metal content, given one by one: families get rows of their own, and no number
    changes. Control: another detection of one content does change some."""
    laid = ("families: {ap_blast: 1}", "families: {ap_blast: 1, ap_fragmentation: 1}")
    by_metal = "detection: {ap: 0.99}\n      detection_by_metal: {low: 1, high: %s}"
    plain, same, other = (
        run_all(scenario_of(edit(TOY, laid, ("detection: {ap: 0.99}", text)), tmp_path), 3, 2)
        for text in ("detection: {ap: 0.99}", by_metal % 1, by_metal % 0.5))
    assert not differing(plain, same)
    assert "items_found" in differing(plain, other)


def test_every_family_of_the_catalogue_has_a_metal_content() -> None:
    for name, family in catalogue_families().items():
        assert family.metal is not None, name
        assert family.metal.grade != "U", name
        assert family.metal.note, name


def test_faults_of_detection_name_their_place(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"scenario.yaml:\d+:\d+: .*detection_by_family.quite: there is no family "
                                            r"'quite'.*did you mean 'quiet'"):
        scenario_of(_text("detection_by_family: {quite: 0.5}"), tmp_path)
    silent = ("metal: {content: minimum}, ", "")
    with pytest.raises(ScenarioError, match=r"scenario.yaml:\d+:\d+: .*nothing says how much metal there is in family "
                                            r"'quiet'"):
        scenario_of(_text(BY_METAL, silent), tmp_path)
    scenario_of(_text(BY_METAL + ", detection_by_family: {quiet: 0.4}", silent), tmp_path)  # control: no need to know
    with pytest.raises(ScenarioError, match="'tiny'"):
        scenario_of(_text(BY_METAL.replace("minimum", "tiny")), tmp_path)


def test_more_groups_than_there_is_room_for_are_a_fault(tmp_path: Path) -> None:
    assert MOST_GROUPS == N_KINDS
    names = [f"mine{i}" for i in range(MOST_GROUPS + 1)]
    laid = [("families: {loud: 1, quiet: 1, drum: 1}", f"families: {{{', '.join(f'{n}: 1' for n in names)}}}"),
            ("families:\n", "families:\n" + "".join(f"  {n}: {{title: M, kind: ap, {BODY}}}\n" for n in names))]
    told = [f"{n}: 0.{i + 3}" for i, n in enumerate(names)]
    with pytest.raises(ScenarioError, match=f"methods tell {MOST_GROUPS + 1} groups of families apart: mine0; mine1"):
        scenario_of(_text(f"detection_by_family: {{{', '.join(told)}}}", *laid), tmp_path)
    scenario_of(_text(f"detection_by_family: {{{', '.join(told[2:])}}}", *laid), tmp_path)  # control: two left together


def test_the_catalogues_own_families_need_nothing(tmp_path: Path) -> None:
    """Metal content comes with the catalogue: a method may ask for it at once."""
    text = edit(TOY, ("detection: {ap: 0.99}", "detection_by_metal: {low: 0.98, high: 0.99, minimum: 0.9}"))
    same = edit(TOY, ("detection: {ap: 0.99}", "detection: {ap: 0.98}"))  # mines of the toy country are low in metal
    assert not differing(run_all(scenario_of(text, tmp_path)), run_all(scenario_of(same, tmp_path)))
