"""The benchmark's sections, one after the other."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from . import against, own
from .setting import TARGET, Setting
from .timing import Row

SECTIONS: dict[str, Callable[[Setting], list[Row]]] = {
    "agree": against.agree, "peers": against.contenders, "persistent": against.persistent, "items": against.by_items,
    "areas": against.by_areas, "encounters": against.by_encounters, "replicates": own.by_replicates,
    "shares": own.by_shares, "estimators": own.by_estimators, "workers": own.by_workers, "memory": own.by_memory,
    "starts": own.by_starts}


def run(quick: bool, only: list[str], show: Callable[[list[Row]], None]) -> list[Row]:
    """Sections one after the other, each shown when it is done."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        setting = Setting(quick, Path(folder), {})
        for function in against.MEASURED.values():
            function(10, TARGET.hazard, 0)  # compiled before any time is taken
        for name, section in SECTIONS.items():
            if only and name not in only:
                continue
            start = time.perf_counter()
            new = section(setting)
            print(f"{name}: {(section.__doc__ or '').splitlines()[0]} [{time.perf_counter() - start:.0f} s]")
            show(new)
            rows += new
    return rows
