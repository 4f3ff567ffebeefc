"""The run folder: chunks of results that appear whole or not at all, keyed by scenario and block of replicates."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.study.errors import StoreError
from sim.study.files import PART, locked, make_folder, store_faults, write_whole
from sim.study.metrics import METRICS, NATIONAL

if TYPE_CHECKING:
    import pandas as pd  # worker processes need none of it, and it takes long to import

BLOCK_DRAWS, BLOCK_REPLICATES = 5, 100
"""A chunk holds so many parameter draws, but not more than so many replicates: sizes that follow from the scenario
alone, so that the number of workers changes nothing and a worker's memory does not grow with the inner loop."""

LOCK = ".lock"
_log = logging.getLogger("demrisk")


@dataclass(frozen=True)
class Block:
    """Replicates [first, last) of one scenario; replicate = draw * per_draw + inner."""

    scenario: str
    first: int
    last: int

    @property
    def stem(self) -> str:
        """File name up to the checksum."""
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
        Replicates that failed: scenario, block, replicate, draw, inner, seed, error, traceback.
    money : dict
        Dollars by payer, line and flow, each (replicate, year) int64 (`sim.study.money`).
    """

    by_district: np.ndarray
    national: np.ndarray
    address: np.ndarray
    completed_years: np.ndarray
    failures: list[dict[str, Any]]
    money: dict[str, np.ndarray] = field(default_factory=dict)


def blocks_of(scenarios: list[str], draws: int, per_draw: int) -> list[Block]:
    """All blocks of a study, one scenario after the other, so that its tables are made while others are computed."""
    size, all_of_them = min(BLOCK_DRAWS * per_draw, BLOCK_REPLICATES), draws * per_draw
    return [Block(name, first, min(first + size, all_of_them))
            for name in scenarios for first in range(0, all_of_them, size)]


class RunFolder:
    """Files of one run.

    A chunk carries the beginning of its SHA-256 in its name: ``<scenario>-<first replicate>.<sha256>.parquet``.

    Parameters
    ----------
    path : Path
        Made by `at_work` where it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.chunks = path / "chunks"
        self._stored: dict[str, Path] = {}

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Hold the folder for one run: made where it is not there, what a killed run left half removed.

        Raises
        ------
        StoreError
            Where another run is at work in it, or it cannot be written.
        """
        with ExitStack() as stack:
            with store_faults(self.path):
                make_folder(self.chunks)
                stack.enter_context(locked(self.path / LOCK))
                for part in self.path.rglob(f".*{PART}"):
                    part.unlink()
                for path in self.find_chunks():
                    _log.warning("%s is damaged: its content is not that of its checksum; it is computed again", path)
                    path.unlink()
            yield

    def find_chunks(self) -> list[Path]:
        """Find the chunks that are as they were written; returns those that are damaged."""
        self._stored, damaged = {}, []
        for path in sorted(self.chunks.glob("*.parquet")):
            stem, _, checksum = path.name.removesuffix(".parquet").rpartition(".")
            if path.is_file() and _checksum(path.read_bytes()) == checksum:  # a pipe would be waited for
                self._stored[stem] = path
            else:
                damaged.append(path)
        return damaged

    @property
    def stored(self) -> dict[str, Path]:
        """Files of the chunks by the stem of their block."""
        return dict(self._stored)

    def has(self, block: Block) -> bool:
        """Whether the chunk of a block is there, and as it was written."""
        return block.stem in self._stored

    def write_text(self, name: str, text: str) -> None:
        """Write a text file whole or not at all."""
        self._write(self.path / name, text.encode())

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a CSV table whole or not at all."""
        from sim.study.csvfile import csv_bytes

        self._write(self.path / name, csv_bytes(table))

    def write_tables(self, tables: dict[str, pd.DataFrame]) -> None:
        """Write CSV tables by name, side by side: two of them are far larger than the rest."""
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda name: self.write_table(f"{name}.csv", tables[name]), tables))

    def _write(self, path: Path, data: bytes) -> None:
        with store_faults(self.path):
            write_whole(path, data)

    def write(self, block: Block, chunk: Chunk, years: tuple[int, ...]) -> None:
        """Store a chunk as Parquet (zstd), one row per replicate, year and district."""
        data = _encoded(chunk, years)
        path = self.chunks / f"{block.stem}.{_checksum(data)}.parquet"
        self._write(path, data)
        self._stored[block.stem] = path

    def read(self, block: Block, columns: Sequence[str]) -> dict[str, np.ndarray]:
        """Some columns of a chunk, (replicate, year, district) each."""
        import pyarrow.parquet as pq

        path = self._stored[block.stem]
        with _foreign_told(path), pq.ParquetFile(path) as file:
            table = file.read(columns=list(columns))
            shape = json.loads(table.schema.metadata[b"shape"])
            return {name: table.column(name).to_numpy().reshape(shape) for name in columns}

    def failures(self, block: Block) -> list[dict[str, Any]]:
        """Replicates of a chunk that failed."""
        import pyarrow.parquet as pq

        path = self._stored[block.stem]
        with _foreign_told(path):
            return list(json.loads(pq.read_schema(path).metadata[b"failures"]))


@contextmanager
def _foreign_told(path: Path) -> Iterator[None]:
    """Turn what a file raises that has the right checksum, and yet is none of ours, into a message."""
    try:
        yield
    except (KeyError, TypeError, ValueError, NotImplementedError, OSError) as error:
        raise StoreError(f"{path}: is no chunk of this program ({error}); remove it, and resume") from error


def _encoded(chunk: Chunk, years: tuple[int, ...]) -> bytes:
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
    national = {metric.column: chunk.national[:, i] for i, metric in enumerate(NATIONAL)}
    for name, values in {**national, **chunk.money}.items():
        first_district = np.zeros((replicates, n_years, n_districts), values.dtype)
        first_district[:, :, 0] = values
        frame[name] = first_district.ravel()
    frame["completed_years"] = np.repeat(chunk.completed_years, n_years * n_districts)
    table = pa.table(frame).replace_schema_metadata({
        "failures": json.dumps(chunk.failures), "shape": json.dumps([replicates, n_years, n_districts])})
    out = pa.BufferOutputStream()
    pq.write_table(table, out, compression="zstd", use_dictionary=False)
    return bytes(out.getvalue())


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
