"""Tables as CSV: numbers to ten digits, no cell that a spreadsheet would run as a formula."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV; cells that a spreadsheet would run as formulas are quoted."""
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
    return out.getvalue()


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
