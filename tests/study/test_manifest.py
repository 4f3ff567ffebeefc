"""A run folder whose files are not as the run wrote them is told, file by file."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import TOY, manifest_of

from sim import study
from sim.scenario import load
from sim.study import Results

SQUARE = ('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name_en": "North"}, '
          '"geometry": {"type": "Polygon", "coordinates": [[[30, 50], [31, 50], [31, 51], [30, 50]]]}}]}')


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a map that begins with a byte order mark, as some editors write it."""
    folder = tmp_path_factory.mktemp("sealed")
    (folder / "map.geojson").write_text(SQUARE, encoding="utf-8-sig")
    (folder / "toy.yaml").write_text(TOY.read_text().replace("seed: 7", "seed: 7\nmap: map.geojson"))
    study.run(load(folder / "toy.yaml"), 2, 1, 1, folder / "run")
    return folder / "run"


def test_a_run_is_read_as_it_was_written(run: Path) -> None:
    results = Results.read(run)
    assert results.map is not None and len(results.map["features"]) == 1
    assert {"summary.csv", "failures.csv", "map.geojson"} <= set(results.manifest["tables"])


@pytest.mark.parametrize("name", ["summary.csv", "treaty.csv", "map.geojson", "manifest.json"])
def test_one_changed_character_is_seen(run: Path, name: str) -> None:
    whole = (run / name).read_text(encoding="utf-8")
    at = whole.index("0") if "0" in whole else whole.index("e")
    (run / name).write_text(f"{whole[:at]}1{whole[at + 1:]}", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"{name} is not as the run wrote it"):
        Results.read(run)
    (run / name).write_text(whole, encoding="utf-8")
    Results.read(run)


@pytest.mark.parametrize("name", ["summary.csv", "manifest.json"])
def test_a_file_that_is_gone_is_named(run: Path, name: str) -> None:
    whole = (run / name).read_bytes()
    (run / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{name} is missing"):
        Results.read(run)
    (run / name).write_bytes(whole)


@pytest.mark.parametrize(("key", "value"), [
    ("seconds", []), ("draws", 0), ("name", "../x"), ("versions", []), ("start", "soon"),
    ("horizon_years", float("nan")), ("baseline", "nobody"), ("districts", None)])
def test_a_manifest_that_says_what_cannot_be_is_refused(run: Path, key: str, value: object) -> None:
    """Also where its own checksum is right: by who knows how it is made. Control: unchanged it is read."""
    whole = (run / "manifest.json").read_text(encoding="utf-8")
    with manifest_of(run) as told:
        inside = {"draws": told["replicates"], "name": told["scenarios"][0]}.get(key, told)
        inside[key] = value
    with pytest.raises(ValueError, match=r"manifest\.json is not as the run wrote it"):
        Results.read(run)
    (run / "manifest.json").write_text(whole, encoding="utf-8")
    with manifest_of(run):
        pass
    Results.read(run)
