"""What other rooms ask of a scenario: quantities, families, digest, text, JSON Schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from faulty import TOY, Write

from sim.scenario import (
    Quantity,
    Scenario,
    catalogue_families,
    digest,
    json_schema,
    load,
    load_study,
    quantities,
    replace,
    resolved_families,
    to_yaml,
)
from sim.scenario.yamlfile import read_yaml


def test_quantities_are_all_there_by_sorted_path(toy: Scenario) -> None:
    found = quantities(toy)
    assert list(found) == sorted(found)
    assert found["contamination.mines.items"].describe().startswith("lognormal, median 3,000")
    assert found["return.final_share"] == Quantity.point(0.8)
    assert found["programme.budget.years.1.usd"].central == 5e6
    assert found["programme.methods.manual.detection.ap"].central == 0.99
    assert found["exposure.eore_effect"].central == 0  # a default
    assert found["families.ap_blast.width_m.foot"].central == 0.3
    assert not [path for path in found if path.startswith("families.") and "ap_blast" not in path]


def test_every_path_can_be_given_to_replace(toy: Scenario) -> None:
    for path, quantity in quantities(toy).items():
        assert quantities(replace(toy, {path: quantity}))[path] == quantity, path


def test_a_scenario_may_replace_a_family_of_the_catalogue(toy: Scenario) -> None:
    changed = replace(toy, {"families.ap_blast.case_fatality": 0.5, "families.av.title": "Not used"})
    assert list(resolved_families(changed)) == ["ap_blast"]
    assert resolved_families(changed)["ap_blast"].case_fatality.central == 0.5
    assert resolved_families(toy)["ap_blast"] == catalogue_families()["ap_blast"]


@pytest.mark.parametrize(
    ("path", "value"),
    [("title", "Other"), ("question", "?"), ("notes", {"a": 1}), ("replicates.draws", 9)],
)
def test_what_changes_no_number_keeps_the_digest(toy: Scenario, path: str, value: Any) -> None:
    assert digest(replace(toy, {path: value})) == digest(toy)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seed", 8),
        ("strata.0.residents", 1),
        ("exposure.scale", 0.051),
        ("families.ap_blast.width_m.foot", 0.31),
    ],
)
def test_what_can_change_a_number_changes_the_digest(toy: Scenario, path: str, value: Any) -> None:
    assert digest(replace(toy, {path: value})) != digest(toy)


def test_the_digest_is_the_same_in_another_process(toy: Scenario) -> None:
    code = f"from sim.scenario import digest, load; print(digest(load({str(TOY)!r})))"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digest(toy)


def test_the_resolved_text_reads_back_as_the_same_scenario(write: Write, tmp_path: Path) -> None:
    scenario = load(
        write(("scale: 0.05", "scale: {loguniform: {low: 1.0e-5, high: 0.1}, source: x, grade: L}"))
    )
    text = to_yaml(scenario)
    (tmp_path / "resolved.yaml").write_text(text)
    again = load(tmp_path / "resolved.yaml")
    assert digest(again) == digest(scenario)
    assert quantities(again) == quantities(scenario)
    assert to_yaml(again) == text
    assert again.model_dump(exclude={"families"}) == scenario.model_dump(exclude={"families"})


def test_the_text_of_a_study_reads_back(tmp_path: Path) -> None:
    """Long notes with colons included; what was written before is taken again."""
    study = load_study(Path(__file__).parents[2] / "scenarios" / "ukraine_2024" / "study.yaml")
    written: dict[str, str] = {}
    parts = []
    for name in ("baseline", "transfer_field"):
        text = to_yaml(study.scenarios[name], written)
        assert text == to_yaml(study.scenarios[name])
        (tmp_path / "one.yaml").write_text(text)
        assert digest(load(tmp_path / "one.yaml")) == digest(study.scenarios[name])
        parts.append(len(written))
    assert parts[0] > 20
    assert parts[1] - parts[0] == 1  # the transfer


def test_the_json_schemas_accept_what_loads(write: Write) -> None:
    schemas = json.loads(json.dumps(json_schema()))
    assert set(schemas) == {"scenario", "study"}
    assert schemas["scenario"]["properties"]["strata"]["anyOf"][1]["required"] == ["table"]
    assert schemas["scenario"]["$defs"]["Transfer"]["properties"]["compliance"]["bounds"] == [0, 1]
    jsonschema = pytest.importorskip("jsonschema")
    checker = jsonschema.Draft202012Validator(schemas["scenario"])
    data = json.loads(json.dumps(read_yaml(TOY, "toy.yaml")[0].data, default=str))
    assert not list(checker.iter_errors(data))
    data["strata"] = {"table": "strata.csv"}
    data["exposure"]["calibration"] = {"file": "fit.yaml"}
    assert not list(checker.iter_errors(data))
    data["exposure"]["scal"] = 1
    assert list(checker.iter_errors(data))


def test_importing_the_room_is_cheap() -> None:
    heavy = "{'pydantic', 'ruamel.yaml', 'scipy', 'numpy'}"
    code = f"import sys, sim.scenario; print(sorted({heavy} & set(sys.modules)))"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_room_has_no_other_names() -> None:
    import sim.scenario

    for name in sim.scenario.__all__:
        assert getattr(sim.scenario, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        sim.scenario.laod  # noqa: B018
