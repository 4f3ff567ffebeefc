"""The run folder: chunks of results that appear whole or not at all, keyed by scenario and block of draws."""

from __future__ import annotations

import io
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.study.metrics import METRICS, NATIONAL

if TYPE_CHECKING:
    import pandas as pd  # worker processes need none of it, and it takes long to import

BLOCK_DRAWS = 5
"""Parameter draws in one chunk: a fixed size, so that the number of workers changes nothing."""


@dataclass(frozen=True)
class Block:
    """Draws [first, last) of one scenario."""

    scenario: str
    first: int
    last: int

    @property
    def stem(self) -> str:
        """File name without ending."""
        return f"{self.scenario}-{self.first:06d}"


@dataclass(frozen=True)
class Chunk:
    """Results of one block.

    Attributes
    ----------
    by_district : (replicate, metric, year, district) float64
    national : (replicate, metric, year) float64
    address : (replicate, 2) int64
        Draw and inner number of each replicate.
    completed_years : (replicate,) float64
    failures : list of dict
        Replicates that failed: draw, inner, seed, error.
    """

    by_district: np.ndarray
    national: np.ndarray
    address: np.ndarray
    completed_years: np.ndarray
    failures: list[dict[str, Any]]


def blocks_of(scenarios: list[str], draws: int) -> list[Block]:
    """All blocks of a study, one scenario after the other, so that its tables are made while others are computed."""
    return [Block(name, first, min(first + BLOCK_DRAWS, draws))
            for name in scenarios for first in range(0, draws, BLOCK_DRAWS)]


class RunFolder:
    """Files of one run.

    Parameters
    ----------
    path : Path
        Created where it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.chunks = path / "chunks"

    def create(self) -> None:
        """Make the folders."""
        self.chunks.mkdir(parents=True, exist_ok=True)

    def write_text(self, name: str, text: str) -> None:
        """Write a text file whole or not at all."""
        self._replace(name, text.encode())

    def write_json(self, name: str, data: Any) -> None:
        """Write a JSON file whole or not at all."""
        self.write_text(name, json.dumps(data, indent=1, ensure_ascii=False, default=str) + "\n")

    def _replace(self, name: str, data: bytes) -> None:
        target = self.path / name
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        temporary.write_bytes(data)
        os.replace(temporary, target)

    def has(self, block: Block) -> bool:
        """Whether the chunk of a block is there."""
        return (self.chunks / f"{block.stem}.parquet").exists()

    def write(self, block: Block, chunk: Chunk, years: tuple[int, ...]) -> None:
        """Store a chunk as Parquet (zstd), one row per replicate, year and district."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        replicates, _, n_years, n_districts = chunk.by_district.shape
        frame: dict[str, np.ndarray] = {
            "draw": np.repeat(chunk.address[:, 0], n_years * n_districts),
            "inner": np.repeat(chunk.address[:, 1], n_years * n_districts),
            "year": np.tile(np.repeat(np.array(years), n_districts), replicates),
            "district": np.tile(np.arange(n_districts), replicates * n_years),
        }
        for i, metric in enumerate(METRICS):
            frame[metric.column] = chunk.by_district[:, i].ravel()
        for i, metric in enumerate(NATIONAL):
            first_district = np.zeros((replicates, n_years, n_districts))
            first_district[:, :, 0] = chunk.national[:, i]
            frame[metric.column] = first_district.ravel()
        frame["completed_years"] = np.repeat(chunk.completed_years, n_years * n_districts)
        table = pa.table(frame).replace_schema_metadata({
            "failures": json.dumps(chunk.failures), "shape": json.dumps([replicates, n_years, n_districts])})
        target = self.chunks / f"{block.stem}.parquet"
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        pq.write_table(table, temporary, compression="zstd", use_dictionary=False)
        os.replace(temporary, target)

    def read(self, block: Block) -> Chunk:
        """Read a chunk back."""
        import pyarrow.parquet as pq

        table = pq.read_table(self.chunks / f"{block.stem}.parquet")
        meta = table.schema.metadata
        shape = tuple(json.loads(meta[b"shape"]))
        data = {name: table.column(name).to_numpy() for name in table.column_names}
        cell = (slice(None), 0, 0)
        return Chunk(
            np.stack([data[m.column].reshape(shape) for m in METRICS], axis=1),
            np.stack([data[m.column].reshape(shape)[:, :, 0] for m in NATIONAL], axis=1),
            np.stack([data["draw"].reshape(shape)[cell], data["inner"].reshape(shape)[cell]], axis=1),
            data["completed_years"].reshape(shape)[cell], json.loads(meta[b"failures"]))

    def write_tables(self, tables: dict[str, pd.DataFrame]) -> None:
        """Write CSV tables by name, side by side: two of them are far larger than the rest."""
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda name: self.write_table(f"{name}.csv", tables[name]), tables))

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a CSV table whole or not at all, numbers to ten digits.

        Cells that a spreadsheet would run as formulas are quoted.
        """
        import pandas as pd
        import pyarrow as pa
        from pyarrow import csv

        columns: dict[str, Any] = {}
        for column in table.columns:
            values = table[column]
            if values.dtype.kind == "f":
                columns[column] = pa.array(_ten_digits(values.to_numpy()), from_pandas=True)
            elif values.dtype.kind in "OU":
                row, distinct = pd.factorize(values)  # missing: row -1
                cells = pa.array([_harmless(v) for v in distinct])
                columns[column] = cells.take(pa.array(row, mask=row < 0))
            else:
                columns[column] = pa.array(values)
        out = io.BytesIO()
        csv.write_csv(pa.table(columns), out, csv.WriteOptions(quoting_style="needed"))
        self._replace(name, out.getvalue())


def _ten_digits(values: np.ndarray) -> np.ndarray:
    """Numbers rounded to ten significant digits, so that they are written with no more."""
    with np.errstate(divide="ignore", invalid="ignore"):
        places = 9 - np.floor(np.log10(np.abs(values)))
        places = np.clip(np.where(np.isfinite(places), places, 0.0), -22, 22)
        up, down = 10.0 ** np.maximum(places, 0.0), 10.0 ** np.maximum(-places, 0.0)
        rounded = np.round(values * up / down) / up * down
    return np.where(np.isfinite(values), rounded, values)


_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")  # also behind spaces, and as East Asian keyboards write it


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
