"""Studies: variants of a base, and faults in either."""

# ruff: noqa: E501  (a case reads best in one line)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from faulty import Write, pointed_text

from sim.scenario import Fault, ScenarioError, digest, load, load_study

STUDY = """study: toy study
question: What if?
base: scenario.yaml
baseline: baseline
headline: gift
sources: {mine: a book of my own}
variants:
  gift_broken:
    over: gift
    set: {transfers.gift.compliance: 0.5}
  baseline: {title: As it is}
  gift:
    set:
      transfers.gift:
        family: sd_sda_field
        devices: 1000
        since: 2022-06-01
        until: 2023-06-01
        zones: [front, open]
        districts: {North: 1}
        land_uses: {arable: 1}
        mined_density_per_km2: 500
  gift_4h:
    over: gift
    set: {families.sd_sda_field.sd_hours: [4]}
  gift_bigger:
    over: gift_4h
    set:
      transfers.gift.devices: 2000
      programme.budget.years: {table: usd.csv}
"""

Make = Callable[..., Path]


@pytest.fixture
def make(write: Write, tmp_path: Path) -> Make:
    """Write the study with some pieces of its text replaced, beside the toy scenario with some of its own."""

    def _make(*edits: tuple[str, str], base: tuple[tuple[str, str], ...] = ()) -> Path:
        write(*base)
        (tmp_path / "usd.csv").write_text("year,usd\n2022,1e6\n")
        text = STUDY
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = tmp_path / "study.yaml"
        path.write_text(text)
        return path

    return _make


def faults_of(path: Path) -> tuple[Fault, ...]:
    with pytest.raises(ScenarioError) as caught:
        load_study(path)
    return caught.value.faults


def test_variants_in_the_order_of_the_file(make: Make) -> None:
    path = make()
    loaded = load_study(path)
    assert list(loaded.scenarios) == ["gift_broken", "baseline", "gift", "gift_4h", "gift_bigger"]
    assert digest(loaded.scenarios["baseline"]) == digest(load(path.parent / "scenario.yaml"))
    broken, bigger = loaded.scenarios["gift_broken"], loaded.scenarios["gift_bigger"]
    assert broken.transfers["gift"].compliance.central == 0.5
    assert broken.transfers["gift"].devices.central == 1000
    assert bigger.families["sd_sda_field"].sd_hours == [4]
    assert bigger.transfers["gift"].devices.central == 2000
    assert bigger.programme.budget is not None
    assert [year.usd.central for year in bigger.programme.budget.years] == [1e6]
    assert loaded.path == path


def test_changes_include_those_of_the_variants_below(make: Make) -> None:
    changes = load_study(make()).changes
    assert changes["baseline"] == {}
    assert list(changes["gift_bigger"]) == [
        "transfers.gift",
        "families.sd_sda_field.sd_hours",
        "transfers.gift.devices",
        "programme.budget.years",
    ]
    assert changes["gift_bigger"]["transfers.gift.devices"] == 2000


def test_what_is_set_anew_replaces_what_lay_below(make: Make) -> None:
    path = make(
        ("set: {families.sd_sda_field.sd_hours: [4]}", "set: {transfers: {}}"),
        ("transfers.gift.devices: 2000", "exposure.scale: 1"),
    )
    changes = load_study(path).changes
    assert changes["gift_4h"] == {"transfers": {}}
    assert list(changes["gift_bigger"]) == ["transfers", "exposure.scale", "programme.budget.years"]


def test_a_change_within_a_section_stays_with_its_variant(make: Make) -> None:
    """`gift` sets a whole section; three variants over it each change something inside, before and after it."""
    gifts = {name: s.transfers.get("gift") for name, s in load_study(make()).scenarios.items()}
    assert gifts.pop("baseline") is None
    inside = {name: (g.compliance.central, g.devices.central) for name, g in gifts.items() if g is not None}
    assert inside == {"gift_broken": (0.5, 1000), "gift": (1, 1000), "gift_4h": (1, 1000), "gift_bigger": (1, 2000)}


def test_sources_of_catalogue_folder_and_study(make: Make) -> None:
    path = make()
    (path.parent / "sources.yaml").write_text("mine: other\nun_2024: United Nations 2024\n")
    sources = load_study(path).sources
    assert sources["mine"] == "a book of my own"
    assert sources["un_2024"] == "United Nations 2024"
    assert "CCW Amended Protocol II" in sources["ccw_ap2"]
    (path.parent / "sources.yaml").write_text("mine: [1]\n")
    assert [f.message for f in faults_of(path)] == ["mine: not a text"]


@pytest.mark.parametrize(
    ("old", "new", "points_at", "says", "near"),
    [
        ("headline: gift", "headline: gfit", "gfit", "headline: there is no variant 'gfit'", "gift"),
        ("baseline: baseline", "baseline: basline", "basline", "baseline: there is no variant", "baseline"),
        ("over: gift_4h", "over: gift_5h", "gift_5h", "variants.gift_bigger.over: there is no variant", "gift_4h"),
        ("over: gift\n", "over: gift_broken\n", "gift_broken", "leads in a circle", ""),
        ("base: scenario.yaml", "base: scenari.yaml", "scenari.yaml", "there is no such file", "scenario.yaml"),
        ("question:", "qestion:", "qestion", "unknown key 'qestion'", "question"),
        ("    over: gift\n", "    ovr: gift\n", "ovr", "unknown key 'ovr' in variants.gift_broken", "over"),
        ("transfers.gift.devices", "transfers.gfit.devices", "transfers.gfit", "there is no 'gfit'", "transfers.gift.devices"),
        ("transfers.gift.compliance", "transfers.gift.complianse", "transfers.gift.c", "there is no", "transfers.gift.compliance"),
        ("compliance: 0.5", "compliance: 1.5", "1.5", "transfers.gift.compliance: 1.5 is out of bounds", ""),
        ("sd_hours: [4]", "sd_hours: [4, 2]", "families.sd_sda_field.sd_hours", "families.sd_sda_field: sd_hours takes", ""),
        ("zones: [front, open]", "zones: [frnt, open]", "frnt", "transfers.gift.zones.0: there is no zone 'frnt'", "front"),
        ("        devices: 1000\n", "", "transfers.gift", "missing key 'devices' in transfers.gift", ""),
    ],
)  # fmt: skip
def test_a_fault_of_a_study(make: Make, old: str, new: str, points_at: str, says: str, near: str) -> None:
    path = make((old, new))
    fault = next((f for f in faults_of(path) if says in f.message), None)
    assert fault is not None, [str(f) for f in faults_of(path)]
    assert fault.file == str(path)
    assert points_at in pointed_text(fault)
    assert fault.nearest == near


def test_a_fault_of_the_base_is_told_once(make: Make) -> None:
    faults = faults_of(make(("devices: 2000", "devices: -1"), base=(("learning_floor", "learning_flor"),)))
    assert [(Path(f.file).name, f.nearest) for f in faults] == [
        ("scenario.yaml", "learning_floor"),
        ("study.yaml", ""),
    ]


def test_base_and_study_are_told_together(make: Make) -> None:
    faults = faults_of(make(("question:", "qestion:"), base=(("learning_floor", "learning_flor"),)))
    assert {Path(f.file).name for f in faults} == {"scenario.yaml", "study.yaml"}


def test_a_variant_that_breaks_the_base_names_itself(make: Make) -> None:
    faults = faults_of(
        make(("set: {families.sd_sda_field.sd_hours: [4]}", "set: {hostilities.end: 2021-01-01}"))
    )
    assert all(
        "gift_4h" in f.message or "gift_bigger" in f.message or f.file.endswith("study.yaml") for f in faults
    )
    assert any(f.message.startswith("in variant 'gift_4h': contamination.mines.until") for f in faults)
