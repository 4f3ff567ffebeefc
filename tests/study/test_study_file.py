"""A study file from its text to all tables of the run folder, headline and devices included."""

from __future__ import annotations

from pathlib import Path

import sim
from sim.study import Results

STUDY = """\
study: devices
base: busy.yaml
baseline: none
headline: moved
variants:
  none: {set: {transfers.devices_2023.devices: 0}}
  moved: {}
"""


def test_a_study_with_a_headline_fills_every_table(tmp_path: Path) -> None:
    data = Path(__file__).parents[1] / "data"
    for name in ("busy.yaml",):
        (tmp_path / name).write_text((data / name).read_text())
    base = sim.load(tmp_path / "busy.yaml")
    transfer = next(iter(base.transfers))
    (tmp_path / "study.yaml").write_text(STUDY.replace("devices_2023", transfer))
    results = sim.compare_study(sim.load_study(tmp_path / "study.yaml"), draws=2, per_draw=1, workers=1,
                                folder=tmp_path / "run")
    assert isinstance(results, Results)
    assert set(results.per_10000["scenario"]) == {"moved"}
    assert "casualties_transferred_expected" in set(results.per_10000["metric"])
    assert set(results.differences["scenario"]) == {"moved"}
    assert results.table().shape[0] == 2
    assert results.report().is_file()
