"""Whose money went where: every dollar of the ledger by payer, line of the budget and year (MODEL sections 7 and 9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.programme.ledger import LINES, Ledger
from sim.scenario.programme import OWN_MONEY
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd  # worker processes need none of it

    from sim.study.sample import Sample
    from sim.study.store import Block, RunFolder
    from sim.world.frame import Frame

FLOWS = ("came_in", "paid", "lost")
LEFT, OWED, ALL = "left", "owed", "all"

Cell = tuple[str, str, str]
"""Payer, line, and flow or stock."""


def accounts_of(ledger: Ledger) -> dict[str, np.ndarray]:
    """Money of one replicate by column of the chunks, each (year,) int64; none where nobody's money is limited."""
    flows = dict(zip(FLOWS, (ledger.income_usd, ledger.paid_usd, ledger.lost_usd), strict=True))
    payers = {name: i for i, name in enumerate(ledger.payers)}
    return {
        _column(cell): ledger.owed_usd[:, line] if cell[2] == OWED else flows[cell[2]][:, payers[cell[0]], line]
        for cell, line in _cells(ledger.payers)}


def money_of(replicates: list[dict[str, np.ndarray]], frame: Frame) -> dict[str, np.ndarray]:
    """Money of several replicates of one scenario by column of the chunks, each (replicate, year) int64."""
    return {
        name: np.array([r[name] for r in replicates], np.int64).reshape(-1, len(frame.years))
        for name in map(_column, dict(_cells(_payers(frame.scenario))))}


def money_table(scenario: Scenario, sample: Sample, years: tuple[int, ...]) -> pd.DataFrame:
    """Mean and quantiles over replicates of what came in, was paid, lost, left and owed [usd].

    By payer and line, with totals as "all". ``came_in``, ``paid`` and ``lost`` are flows, the whole run's under period
    "all"; ``left`` and ``owed`` stand at a year's end. In every year, to the dollar: left at its beginning + came in =
    paid + lost + left at its end.

    Parameters
    ----------
    scenario : Scenario
        With a budget.
    sample : Sample
    years : tuple of int
    """
    import pandas as pd

    from sim.study.sample import SLAB_BYTES
    from sim.study.summary import chance_error

    cells = list(dict(_cells(_payers(scenario))))
    draws = sample.draws
    # few cells at a time where there are very many replicates: memory does not grow with them
    together = max(SLAB_BYTES // (8 * len(draws) * (len(years) + 1)), 1)
    periods = [*map(str, years), ALL]
    tables = []
    for told in _batches(_told(cells), together):
        # (replicate, row, year)
        usd = np.concatenate([_usd_of(told, cells, sample.store, block) for block in sample.blocks])
        payer, line, flow = (np.array(names) for names in zip(*told, strict=True))
        last = np.where(np.isin(flow, FLOWS), usd.sum(axis=2), usd[:, :, -1])
        values = np.concatenate([usd, last[:, :, None]], axis=2).reshape(len(draws), -1).astype(float)
        low, mid, high = np.quantile(values, [0.05, 0.5, 0.95], axis=0)
        tables.append(pd.DataFrame({
            "scenario": sample.name, "payer": np.repeat(payer, len(periods)),
            "line": np.repeat(line, len(periods)), "flow": np.repeat(flow, len(periods)), "unit": "usd",
            "period": periods * len(told), "mean": values.mean(axis=0), "p05": low, "p50": mid, "p95": high,
            "mc_error": chance_error(values, draws), "n": len(values)}))
    return pd.concat(tables, ignore_index=True)


def _batches(cells: list[Cell], size: int) -> Iterator[list[Cell]]:
    return (cells[first: first + size] for first in range(0, len(cells), size))


def _told(cells: list[Cell]) -> list[Cell]:
    """Rows of the table: what is stored, with what is left, and totals over lines and payers."""
    payers = list(dict.fromkeys(payer for payer, _, flow in cells if flow != OWED))
    lines = [*dict.fromkeys(line for _, line, _ in cells), ALL]
    return [*((payer, line, flow) for payer in (*payers, ALL) for line in lines for flow in (*FLOWS, LEFT)),
            *((ALL, line, OWED) for line in lines)]


def _usd_of(told: Sequence[Cell], cells: list[Cell], store: RunFolder, block: Block) -> np.ndarray:
    """Dollars of some rows in a block, (replicate, row, year) int64."""
    def parts(cell: Cell, flow: str) -> list[str]:
        return [_column(c) for c in cells if c[2] == flow and cell[0] in (c[0], ALL) and cell[1] in (c[1], ALL)]

    flows = [FLOWS if flow == LEFT else (flow,) for _, _, flow in told]
    columns = [[parts(cell, flow) for flow in of] for cell, of in zip(told, flows, strict=True)]
    usd = {name: column[:, :, 0] for name, column in store.read(block, list(dict.fromkeys(
        name for of in columns for names in of for name in names))).items()}
    summed = [[np.sum([usd[name] for name in names], axis=0) for names in of] for of in columns]
    return np.stack([s[0] if len(s) == 1 else np.cumsum(s[0] - s[1] - s[2], axis=1) for s in summed], axis=1)


def _payers(scenario: Scenario) -> tuple[str, ...]:
    budget = scenario.programme.budget
    return () if budget is None else (OWN_MONEY, *budget.donors)


def _cells(payers: tuple[str, ...]) -> list[tuple[Cell, int]]:
    """What is stored, with the number of its line. Debts have no payer: whoever has money first will pay them."""
    of_payers = [((payer, line, flow), i) for payer in payers for i, line in enumerate(LINES) for flow in FLOWS]
    return [*of_payers, *(((ALL, line, OWED), i) for i, line in enumerate(LINES) if payers)]


def _column(cell: Cell) -> str:
    return ".".join(("money", *cell))
