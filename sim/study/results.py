"""Results of a run, as tables; read from a run folder or just computed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from sim.study.manifest import read_finished

TABLES = ("summary", "differences", "parameters", "drivers", "spread", "treaty", "by_end", "per_10000", "failures")
OPTIONAL_TABLES = ("fit", "completion", "pairs", "value", "money")  # of studies that have them


@dataclass
class Results:
    """Tables of a run (see the README for their columns).

    Attributes
    ----------
    folder : Path
        The run folder.
    manifest : dict
        Study, versions, digests, seed, replicates.
    summary, differences, parameters, drivers, spread, treaty, by_end, per_10000, failures : DataFrame
    fit : DataFrame or None
        Fitted against observed casualties by year.
    completion, pairs, value : DataFrame or None
        Of studies with a deadline: share of land done with by year. Of studies with groups: differences from the
        first variant of the group; casualties averted for the money.
    money : DataFrame or None
        Of scenarios with a budget: what came in, was paid, lost, left and owed, by payer, line and year.
    map : dict or None
        GeoJSON of schematic districts, for drawing only.
    """

    folder: Path
    manifest: dict[str, Any]
    summary: pd.DataFrame
    differences: pd.DataFrame
    parameters: pd.DataFrame
    drivers: pd.DataFrame
    spread: pd.DataFrame
    treaty: pd.DataFrame
    by_end: pd.DataFrame
    per_10000: pd.DataFrame
    failures: pd.DataFrame
    fit: pd.DataFrame | None = None
    completion: pd.DataFrame | None = None
    pairs: pd.DataFrame | None = None
    value: pd.DataFrame | None = None
    money: pd.DataFrame | None = None
    map: dict[str, Any] | None = field(default=None, repr=False)

    @classmethod
    def read(cls, folder: str | Path) -> Results:
        """Read a finished run folder.

        Raises
        ------
        FileNotFoundError, ValueError
            Where a file is missing or not as the run wrote it (`sim.study.manifest`).
        """
        folder = Path(folder)
        manifest = read_finished(folder)
        text = {"period": str, "district": str, "group": str, "source": str, "note": str, "used_in": str}

        def table(name: str) -> pd.DataFrame:
            return pd.read_csv(folder / f"{name}.csv", dtype=text, keep_default_na=True)

        with ThreadPoolExecutor() as threads:  # side by side: two of them are far larger than the rest
            tables = dict(zip(TABLES, threads.map(table, TABLES), strict=True))
        for column in ("source", "note"):
            tables["parameters"][column] = tables["parameters"][column].fillna("")
        optional = {name: table(name) for name in OPTIONAL_TABLES if (folder / f"{name}.csv").is_file()}
        drawing = folder / "map.geojson"
        return cls(
            folder, manifest, **tables, **optional,
            map=json.loads(drawing.read_text()) if drawing.is_file() else None)

    @property
    def scenarios(self) -> list[str]:
        """Names of the scenarios, in the study's order."""
        return [s["name"] for s in self.manifest["scenarios"]]

    def to_xarray(self, metric: str, scenario: str | None = None) -> Any:
        """Mean of a metric as an array with named dimensions and its unit in the attributes."""
        rows = self.summary[(self.summary["metric"] == metric) & (self.summary["group"] == "all")]
        if scenario is not None:
            rows = rows[rows["scenario"] == scenario]
        array = rows.set_index(["scenario", "period", "district"])["mean"].to_xarray()
        array.attrs["units"] = rows["unit"].iloc[0]
        return array
