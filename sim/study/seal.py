"""A finished run is sealed: its manifest holds a checksum of every table, and one of itself.

Whoever reads a run folder sees at once when a file is not as the run wrote it. It is no signature: it tells damage,
not intent.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
TABLES, SEAL = SEALS = "tables", "seal"
AGAIN = "the same run into the same folder writes it again"


def sealed(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A manifest with the checksums of the tables and drawings that lie in a folder, and its own."""
    files = sorted([*folder.glob("*.csv"), *folder.glob("*.geojson")])
    told = {**manifest, TABLES: {file.name: _sum(file.read_bytes()) for file in files}}
    return {**told, SEAL: _sum_of(told)}


def opened(folder: Path) -> dict[str, Any]:
    """The manifest of a finished run, whose files are as the run wrote them.

    Raises
    ------
    FileNotFoundError
        Where this is no run folder, or a table is gone.
    ValueError
        Where a file is not as the run wrote it.
    """
    file = folder / MANIFEST
    if not file.is_file():
        raise FileNotFoundError(f"{folder} is not a finished run folder: {MANIFEST} is missing")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        if SEAL not in manifest and "finished" not in manifest:
            raise FileNotFoundError(f"{folder}: the run is not finished; to finish it: demrisk resume {folder}")
        written = manifest.pop(SEAL)
        whole = bool(written == _sum_of(manifest))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise ValueError(f"{file} is not as the run wrote it; {AGAIN}")
    for name, checksum in manifest[TABLES].items():
        if not (folder / name).is_file():
            raise FileNotFoundError(f"{folder} is not a finished run folder: {name} is missing; {AGAIN}")
        if _sum((folder / name).read_bytes()) != checksum:
            raise ValueError(f"{folder / name} is not as the run wrote it; {AGAIN}")
    return manifest


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sum_of(manifest: dict[str, Any]) -> str:
    """Of what a manifest says, however it is set."""
    return _sum(json.dumps(manifest, sort_keys=True, default=str).encode())
