"""Doing a finished run again, and saying what of it came out otherwise."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sim.study.errors import StoreError
from sim.study.executor import Workers
from sim.study.manifest import TABLES, is_finished, read_manifest
from sim.study.order import check_digests, read_order
from sim.study.runs import Progress, carry_out
from sim.study.sample import COLUMNS
from sim.study.store import Block, RunFolder
from sim.study.versions import changes


@dataclass(frozen=True)
class Comparison:
    """A run and its repetition.

    Attributes
    ----------
    differing : list of str
        What differs, a line each; empty where every byte is the same.
    other : list of str
        What has another version now, or the platform: no difference in itself, but what may be behind one.
    """

    differing: list[str]
    other: list[str]


def reproduce(folder: str | Path, workers: int | Workers | None = None, again: str | Path | None = None,
              progress: Progress | None = None) -> Comparison:
    """Run again what a finished run folder holds, and compare the bytes of chunks and tables.

    Parameters
    ----------
    folder : path
        A finished run; nothing in it is changed.
    workers : int or Workers, optional
    again : path, optional
        Where the second run is kept, a folder that does not exist yet; removed afterwards where not given.
    progress : callable, optional

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        Where a scenario in the folder is not the one that was run.
    StoreError
        Where the run is not finished, or ``again`` exists.
    """
    store = RunFolder(Path(folder))
    order = read_order(store)
    told = read_manifest(store.path)
    if told is None or not is_finished(told):
        raise StoreError(f"{store.path}: the run is not finished; to finish it: demrisk resume {store.path}")
    check_digests(order, store.path)
    with ExitStack() as stack:
        second = RunFolder(Path(again) if again is not None else
                           Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="demrisk-"))) / "run")
        if second.path.exists():
            raise StoreError(f"{second.path}: exists already; the second run needs a folder of its own")
        carry_out(order.here(), second, workers, progress)
        differing = [*_chunks_differ(store, second), *_tables_differ(store.path, second.path, told[TABLES])]
    platforms = told.get("platform"), order.here().asked["platform"]
    elsewhere = [f"platform {platforms[0]} there, {platforms[1]} here"] if platforms[0] != platforms[1] else []
    return Comparison(differing, [*changes(told["versions"]), *elsewhere])


def _chunks_differ(first: RunFolder, second: RunFolder) -> Iterator[str]:
    damaged = first.find_chunks()
    yield from (f"{path.name}: damaged, its content is not that of its checksum" for path in damaged)
    there, here = first.stored, second.stored
    for stem in sorted({**there, **here}):
        if stem not in here:
            yield f"chunk {stem}: does not belong to the run"
        elif stem not in there:
            if not any(path.name.startswith(f"{stem}.") for path in damaged):
                yield f"chunk {stem}: is missing"
        elif there[stem].name != here[stem].name:
            yield f"chunk {stem}: {_values_differ(first, second, stem)}"


def _values_differ(first: RunFolder, second: RunFolder, stem: str) -> str:
    name, _, replicate = stem.rpartition("-")
    block = Block(name, int(replicate), 0)
    a, b = (folder.read(block, [*COLUMNS, "draw", "inner", "completed_years"]) for folder in (first, second))
    if not all(np.array_equal(a[address], b[address]) for address in ("draw", "inner")):
        return "other replicates failed"
    columns = [column for column in a if not np.array_equal(a[column], b[column])]
    if not columns:
        return "the same values, stored otherwise"
    apart = {column: _relative(a[column], b[column]) for column in columns}
    worst = max(apart, key=apart.__getitem__)
    return f"{len(columns)} of {len(a)} columns differ, most of all {worst}, by {apart[worst]:.2g} of its value"


def _tables_differ(first: Path, second: Path, written: dict[str, str]) -> Iterator[str]:
    for name, checksum in written.items():
        data = (first / name).read_bytes() if (first / name).is_file() else b""
        if hashlib.sha256(data).hexdigest() != checksum:
            yield f"{name}: is not as the run wrote it"
        if data and data != (second / name).read_bytes():
            yield f"{name}: {_rows_differ(first / name, second / name) if name.endswith('.csv') else 'differs'}"


def _rows_differ(first: Path, second: Path) -> str:
    a, b = (pd.read_csv(path, dtype=str, keep_default_na=False) for path in (first, second))
    if a.shape != b.shape:
        return f"{len(a)} rows of {a.shape[1]} columns there, {len(b)} of {b.shape[1]} here"
    rows = np.flatnonzero((a.to_numpy() != b.to_numpy()).any(axis=1))
    if not len(rows):
        return "the same values, written otherwise"
    row = int(rows[0])
    column = next(c for c in a.columns if a[c][row] != b[c][row])
    return (f"{len(rows)} of {len(a)} rows differ, the first in line {row + 2}: {column} was {a[column][row]}, "
            f"is {b[column][row]}")


def _relative(a: np.ndarray, b: np.ndarray) -> float:
    """Largest difference of two values, over the larger of them; 1 where one is infinite."""
    with np.errstate(invalid="ignore"):
        apart = np.where(a == b, 0.0, np.abs(a - b) / np.maximum(np.abs(a), np.abs(b)))
    return float(np.nan_to_num(apart, nan=1.0).max())
