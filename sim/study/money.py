"""Whose money went where: every dollar of the ledger by payer, line of the budget and year (MODEL sections 7 and 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.programme.ledger import LINES, Ledger
from sim.scenario.programme import OWN_MONEY
from sim.scenario.schema import Scenario
from sim.world.frame import Frame

if TYPE_CHECKING:
    import pandas as pd  # worker processes need none of it

    from sim.study.store import Block, RunFolder

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


def money_table(store: RunFolder, blocks: list[Block], scenario: Scenario, years: tuple[int, ...]) -> pd.DataFrame:
    """Mean and quantiles over replicates of what came in, was paid, lost, left and owed [usd].

    By payer and line, with totals as "all". ``came_in``, ``paid`` and ``lost`` are flows, the whole run's under period
    "all"; ``left`` and ``owed`` stand at a year's end. In every year, to the dollar: left at its beginning + came in =
    paid + lost + left at its end.

    Parameters
    ----------
    store : RunFolder
    blocks : list of Block
        All of the scenario.
    scenario : Scenario
        With a budget.
    years : tuple of int
    """
    import pandas as pd

    from sim.study.summary import chance_error

    cells = list(dict(_cells(_payers(scenario))))
    parts = [store.read(block, ("draw", *map(_column, cells))) for block in blocks]
    draws = np.concatenate([part["draw"][:, 0, 0] for part in parts])
    by_cell = _with_totals({cell: np.concatenate([part[_column(cell)][:, :, 0] for part in parts]) for cell in cells})
    payer, line, flow = (np.array(names) for names in zip(*by_cell, strict=True))
    usd = np.stack(list(by_cell.values()), axis=1)  # (replicate, cell, year)
    last = np.where(np.isin(flow, FLOWS), usd.sum(axis=2), usd[:, :, -1])
    values = np.concatenate([usd, last[:, :, None]], axis=2).reshape(len(draws), -1).astype(float)
    low, mid, high = np.quantile(values, [0.05, 0.5, 0.95], axis=0)
    periods = [*map(str, years), ALL]
    return pd.DataFrame({
        "scenario": blocks[0].scenario, "payer": np.repeat(payer, len(periods)), "line": np.repeat(line, len(periods)),
        "flow": np.repeat(flow, len(periods)), "unit": "usd", "period": periods * len(by_cell),
        "mean": values.mean(axis=0), "p05": low, "p50": mid, "p95": high, "mc_error": chance_error(values, draws),
        "n": len(values)})


def _payers(scenario: Scenario) -> tuple[str, ...]:
    budget = scenario.programme.budget
    return () if budget is None else (OWN_MONEY, *budget.donors)


def _cells(payers: tuple[str, ...]) -> list[tuple[Cell, int]]:
    """What is stored, with the number of its line. Debts have no payer: whoever has money first will pay them."""
    of_payers = [((payer, line, flow), i) for payer in payers for i, line in enumerate(LINES) for flow in FLOWS]
    return [*of_payers, *(((ALL, line, OWED), i) for i, line in enumerate(LINES) if payers)]


def _column(cell: Cell) -> str:
    return ".".join(("money", *cell))


def _with_totals(by_cell: dict[Cell, np.ndarray]) -> dict[Cell, np.ndarray]:
    """With what is left, and sums over lines and payers, each (replicate, year)."""
    cells = dict(by_cell)
    for payer, line, flow in by_cell:
        if flow == FLOWS[0]:
            came, paid, lost = (by_cell[payer, line, f] for f in FLOWS)
            cells[payer, line, LEFT] = np.cumsum(came - paid - lost, axis=1)
    for (payer, line, flow), usd in list(cells.items()):
        for total in {(payer, ALL, flow), (ALL, line, flow), (ALL, ALL, flow)} - {(payer, line, flow)}:
            cells[total] = cells.get(total, 0) + usd
    return dict(sorted(cells.items(), key=lambda cell: [name == ALL for name in cell[0][:2]]))
