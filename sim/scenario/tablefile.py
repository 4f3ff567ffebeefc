"""Reading a CSV table so that every cell keeps its line and column."""

from __future__ import annotations

import re
from pathlib import Path

from sim.scenario.errors import Fault, Place
from sim.scenario.tree import Loc, Tree, checksum
from sim.scenario.yamlfile import read_text

_CELL = re.compile(r'[ \t]*(?:"((?:[^"]|"")*)"[ \t]*|([^,"\r\n]*))(,|\r\n|\r|\n|\Z)')


def read_table(path: Path, shown: str) -> tuple[Tree, list[Fault]]:
    """The rows of a CSV file as mappings from column to text, with positions, and what is wrong with it.

    The first line names the columns. Commas separate; a cell with a comma, a quote or a line break stands in
    double quotes. Blank lines are passed over, an empty cell counts as not given.
    """
    text = read_text(path, shown)
    records, faults = _records(text, shown)
    if not records:
        return Tree([], Place(shown, 1, 1)), [
            *faults,
            Fault(shown, 1, 1, "the table is empty", "a line with column names"),
        ]
    header: dict[str, Place] = {}
    columns: list[str] = []
    for name, place in records[0]:
        if not name:
            faults.append(Fault.at(place, "a column has no name", "a name in every cell of the first line"))
        elif name in header:
            faults.append(Fault.at(place, f"column {name!r} is given twice", "it once"))
        columns.append(name)
        header.setdefault(name, place)
    rows: list[dict[str, str]] = []
    values: dict[Loc, Place] = {}
    for record in records[1:]:
        if len(record) != len(columns):
            message = f"the row has {len(record)} cells"
            faults.append(Fault.at(record[0][1], message, f"{len(columns)}, as in the first line"))
        cells = list(zip(columns, record, strict=False))
        values[(len(rows),)] = record[0][1]
        values.update({(len(rows), column): place for column, (_, place) in cells})
        rows.append({column: cell for column, (cell, _) in cells if cell and column})
    return Tree(rows, Place(shown, 1, 1), values, {}, {(): header}, checksum(shown, text)), faults


def _records(text: str, shown: str) -> tuple[list[list[tuple[str, Place]]], list[Fault]]:
    """Cells with their places, by record."""
    records: list[list[tuple[str, Place]]] = []
    record: list[tuple[str, Place]] = []
    line, line_start, at = 1, 0, 0
    while at < len(text):
        found = _CELL.match(text, at)
        place = Place(shown, line, at - line_start + 1)
        if found is None:
            return records, [
                Fault.at(place, "a quote is not closed, or stands inside a cell", 'a cell as "text"')
            ]
        quoted, plain, end = found.groups()
        record.append((plain.strip() if quoted is None else quoted.replace('""', '"'), place))
        at = found.end()
        if end != ",":
            if len(record) > 1 or record[0][0]:
                records.append(record)
            record = []
        breaks = [m.end() for m in re.finditer(r"\r\n|\r|\n", found.group())]
        if breaks:
            line, line_start = line + len(breaks), found.start() + breaks[-1]
    if record:
        # The text ends with a comma: one more, empty, cell.
        records.append([*record, ("", Place(shown, line, at - line_start + 1))])
    return records, []
