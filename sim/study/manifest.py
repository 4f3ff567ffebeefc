"""`manifest.json`: what a run is to compute, written before the work; at its end what it took, and its tables.

It carries a checksum of itself and, once the run is finished, one of every table: whoever reads a run folder sees at
once when a file is not as the run wrote it. That is no signature: it tells damage, not intent, and so what stands in
a manifest is looked at before it is used. The checksums of chunks are in their names (`sim.study.store`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any

from sim.study.errors import StoreError
from sim.study.files import store_faults, write_whole
from sim.study.versions import changes

MANIFEST = "manifest.json"
TABLES, SEAL = "tables", "seal"
"""Checksums of tables and drawings that are there, all of them when the run is finished; that of the manifest."""
SAME = ("baseline", "seed", "replicates", "scenarios")
"""What two runs have in common that may share a folder."""
LONGEST_NAME = 100


def is_name(text: Any) -> bool:
    """Whether a scenario may have this name, which becomes part of file names."""
    return isinstance(text, str) and text.isprintable() and "/" not in text and not text.startswith(".") \
        and 0 < len(text.encode("utf-8", "replace")) <= LONGEST_NAME


def _is_date(text: Any) -> bool:
    try:
        return bool(dt.date.fromisoformat(text))
    except (TypeError, ValueError):
        return False


def _is_count(number: Any) -> bool:
    return isinstance(number, int) and 0 < number <= 1_000_000


def _is_years(number: Any) -> bool:
    return isinstance(number, int | float) and math.isfinite(number) and 0 < number <= 1_000


_WORDS = str | None
SHAPE: dict[str, Any] = {
    "study": str, "question": str, "baseline": is_name, "headline": _WORDS, "seed": int, "start": _is_date,
    "horizon_years": _is_years, "replicates": {"draws": _is_count, "per_draw": _is_count},
    "scenarios": [{"name": is_name, "title": str, "digest": str, "over": _WORDS, "group": str, "policy": str,
                   "transferred_families": [str]}],
    "deadline": dict | None, "districts": [str], "estimator_note": str, "sources": {str: str}, "inputs": {str: str},
    "versions": {str: str}, "platform": str, TABLES: {str: str}}
"""What stands in every manifest: by key a type, what has to be true of it, or the same of what is in it."""


TOOK: dict[str, Any] = {
    "begun": str, "finished": str, "processes": int, "seconds": int | float, "replicates_computed": int,
    "replicates_per_second": int | float, "peak_memory_mb": int}
"""What stands only in that of a finished run."""


def _fits(value: Any, shape: Any) -> bool:
    if isinstance(shape, list):
        return isinstance(value, list) and all(_fits(item, shape[0]) for item in value)
    if isinstance(shape, dict):
        if str in shape:
            return isinstance(value, dict) and all(_fits(item, shape[str]) for item in value.values())
        return isinstance(value, dict) and all(key in value and _fits(value[key], shape[key]) for key in shape)
    return bool(isinstance(value, shape) if isinstance(shape, type | UnionType) else shape(value))


def write_manifest(folder: Path, asked: dict[str, Any], tables: Iterable[str], took: tuple[Any, ...] = ()) -> None:
    """Write the manifest of a run that begins, or of one that is finished.

    Parameters
    ----------
    folder : Path
    asked : dict
        What the run is to compute.
    tables : iterable of str
        Names of the tables and drawings that are there.
    took : tuple
        Of a finished run, in the order of `TOOK`.
    """
    with store_faults(folder):
        sums = {name: _checksum((folder / name).read_bytes()) for name in sorted(tables)}
        told = {**asked, **(dict(zip(TOOK, took, strict=True)) if took else {}), TABLES: sums}
        text = json.dumps({**told, SEAL: checksum_of(told)}, indent=1, ensure_ascii=False)
        write_whole(folder / MANIFEST, (text + "\n").encode())


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What the manifest of a run says, finished or not; None where there is none.

    Raises
    ------
    ValueError
        Where it is not as a run wrote it.
    """
    file = folder / MANIFEST
    try:
        if not file.is_file():
            if file.is_symlink() or file.exists():
                raise ValueError("a pipe or a device might never end")
            return None
        told = json.loads(file.read_text(encoding="utf-8"))
        whole = told.pop(SEAL) == checksum_of(told) and _fits(told, SHAPE) and (
            not is_finished(told) or _fits(told, TOOK)) and any(
            scenario["name"] == told["baseline"] for scenario in told["scenarios"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise ValueError(f"{file} is not as the run wrote it, and without it nobody knows what the chunks beside it "
                         "belong to: begin anew in another --folder")
    return dict(told)


def is_finished(manifest: dict[str, Any]) -> bool:
    """Whether a run came to its end."""
    return "finished" in manifest


def asked_in(manifest: dict[str, Any]) -> dict[str, Any]:
    """What the run is to compute, without what it took."""
    return {key: value for key, value in manifest.items() if key not in (*TOOK, TABLES)}


def read_finished(folder: Path) -> dict[str, Any]:
    """The manifest of a finished run, whose tables are as the run wrote them.

    Raises
    ------
    FileNotFoundError
        Where this is no run folder, the run is not finished, or a table is gone.
    ValueError
        Where a file is not as the run wrote it.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise FileNotFoundError(f"{folder} is not a finished run folder: {MANIFEST} is missing")
    if not is_finished(manifest):
        raise FileNotFoundError(f"{folder}: the run is not finished; to finish it: demrisk resume {folder}")
    check_tables(manifest, folder, manifest[TABLES], f"demrisk resume {folder}")
    return manifest


def check_tables(manifest: dict[str, Any], folder: Path, names: Iterable[str], again: str) -> None:
    """Raise `FileNotFoundError` or `ValueError` where a table is gone or changed; ``again`` is what writes it anew."""
    for name in names:
        if not (folder / name).is_file():
            raise FileNotFoundError(f"{folder / name} is missing; to have it written again: {again}")
        if _checksum((folder / name).read_bytes()) != manifest[TABLES][name]:
            raise ValueError(f"{folder / name} is not as the run wrote it; to have it written again: {again}")


def check_versions(manifest: dict[str, Any], folder: Path) -> None:
    """Raise `StoreError` where a run was begun with other versions: its chunks might not fit together."""
    found = changes(manifest["versions"])
    if found:
        raise StoreError(f"{folder}: the run was begun with other versions ({'; '.join(found)}), and half of the "
                         "results with each would be neither's. Use those versions, or begin anew in another --folder")


def check_same(asked: dict[str, Any], there: dict[str, Any], folder: Path) -> None:
    """Raise `ValueError` where the run in a folder is not the one that is asked for."""
    differing = [f"{what} {a} there, {b} asked for" for what, a, b in _pairs(there, asked) if a != b]
    if differing:
        raise ValueError(f"{folder}: holds another run ({'; '.join(differing)}); give another --folder")


def _pairs(there: dict[str, Any], asked: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for what in SAME:
        a, b = there[what], asked[what]
        if what == "scenarios":
            a, b = ({s["name"]: s["digest"][:12] for s in side} for side in (a, b))
        yield what, a, b


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def checksum_of(manifest: dict[str, Any]) -> str:
    """Of what a manifest says, however it is set."""
    return _checksum(json.dumps(manifest, sort_keys=True).encode())
