"""Tables of casualties by year: what was observed, and a model fitted to it. Read, and checked row by row."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from sim.scenario import Fault, ScenarioError
from sim.scenario.tablefile import read_table

MOST_CASUALTIES = 1e7  # in a year: more is a slip of the pen


def read_observations(path: str | Path) -> pd.DataFrame:
    """Observed casualties by year: a CSV with columns year, casualties_reported, used_in_fit.

    Other columns are passed over.

    Raises
    ------
    ScenarioError
        With every fault: file, line and column, and what was expected.
    """
    return _read(path, {"year": _YEAR, "casualties_reported": _OBSERVED, "used_in_fit": _TRUTH})


def read_fitted(path: str | Path) -> pd.DataFrame:
    """The model beside what was observed, as `write_calibration` writes it: year, observed, p10, p50, p90, used_in_fit.

    Raises
    ------
    ScenarioError
        As in `read_observations`.
    """
    return _read(path, {"year": _YEAR, "observed": _OBSERVED, "p10": _MODELLED, "p50": _MODELLED, "p90": _MODELLED,
                        "used_in_fit": _TRUTH})


_Column = tuple[str, Callable[[str], Any]]
"""What is expected, and the value of a text; None where it is not valid."""


def _read(path: str | Path, expected: dict[str, _Column]) -> pd.DataFrame:
    tree, faults = read_table(Path(path), str(path))
    read: dict[str, list[Any]] = {name: [] for name in expected}
    columns = tree.headers.get((), {})
    faults += [Fault.at(tree.root, f"missing column {name!r}", meaning) for name, (meaning, _) in expected.items()
               if tree.headers and name not in columns]
    for i, row in enumerate(tree.data):
        for name in expected.keys() & columns.keys():
            meaning, understood = expected[name]
            text = row.get(name, "").strip()
            if understood(text) is None:
                faults.append(Fault.at(tree.place((i, name)), f"{name}: {text[:40]!r} is not valid", meaning))
            read[name].append(understood(text))
    if not faults and not tree.data:
        faults.append(Fault.at(tree.root, "no year was observed", "a line for each year"))
    if faults:
        raise ScenarioError(faults)
    return pd.DataFrame(read)


def _year(text: str) -> int | None:
    return int(text) if re.fullmatch(r"(19|20|21|22)\d\d", text, re.ASCII) else None


def _casualties(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number <= MOST_CASUALTIES else None


def _truth(text: str) -> bool | None:
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower())


_YEAR = "a year such as 2022", _year
_OBSERVED = "a number above 0", lambda text: _casualties(text) or None
_MODELLED = "a number, 0 or more", _casualties
_TRUTH = "true or false", _truth
