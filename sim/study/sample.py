"""All replicates of one scenario, read from their chunks a few metrics at a time: memory does not grow with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter

import numpy as np

from sim.study.metrics import METRICS, NATIONAL, Metric
from sim.study.store import Block, RunFolder

SLAB_BYTES = 1 << 24
"""Numbers of one scenario that are in memory together, about; of one metric at least one district's."""

COLUMNS = [metric.column for metric in (*METRICS, *NATIONAL)]
_PLACE = {column: i for i, column in enumerate(COLUMNS)}


class Sample:
    """All replicates of one scenario, in the order of (draw, inner).

    Parameters
    ----------
    store : RunFolder
    name : str
        The scenario.
    blocks : list of Block
        All of it, in order.

    Attributes
    ----------
    draws, inner : (replicate,) int64
    completed_years : (replicate,) float64
    failures : list of dict
        Replicates that failed and are in none of the arrays.
    """

    def __init__(self, store: RunFolder, name: str, blocks: list[Block]) -> None:
        self.name = name
        self.store, self.blocks = store, blocks
        parts = [store.read(block, ("draw", "inner", "completed_years")) for block in blocks]
        self._years, self._districts = parts[0]["draw"].shape[1:]
        self.draws, self.inner, self.completed_years = (
            np.concatenate([part[column][:, 0, 0] for part in parts])
            for column in ("draw", "inner", "completed_years"))
        self.failures = [failure for block in blocks for failure in store.failures(block)]
        # From the replicates that were asked for, so that scenarios compared have slabs of the same width.
        bytes_each = 8 * self._years * sum(block.last - block.first for block in blocks)
        self._width = min(max(SLAB_BYTES // bytes_each, 1), self._districts)
        self._together = max(SLAB_BYTES // (bytes_each * self._districts), 1)
        self._groups: dict[int, dict[str, np.ndarray]] = {}

    def slabs(self, metric: Metric) -> Iterator[np.ndarray]:
        """Values with the total of the periods appended, (replicate, year + 1, place).

        Places are the districts and their total, in one slab or, where there are very many replicates, in
        several. National metrics have one place.
        """
        if _is_national(metric):
            yield _with_last(self._column(metric.column)[:, :, :1], metric)
        elif self._width == self._districts:
            values = self._column(metric.column)
            yield _with_last(np.concatenate([values, values.sum(axis=2, keepdims=True)], axis=2), metric)
        else:
            for first in range(0, self._districts, self._width):
                places = slice(first, first + self._width)
                yield _with_last(self._gather(metric.column, itemgetter((slice(None), slice(None), places))), metric)
            yield self.total(metric)

    def total(self, metric: Metric) -> np.ndarray:
        """Values of the whole country with the total of the periods appended, (replicate, year + 1, 1)."""
        if _is_national(metric):
            return _with_last(self._column(metric.column)[:, :, :1], metric)
        return _with_last(self._gather(metric.column, lambda v: v.sum(axis=2, keepdims=True)), metric)

    def _column(self, column: str) -> np.ndarray:
        """All values of a column; its neighbours are read with it. Two such groups are kept: a metric and its
        expected value may lie far apart."""
        group = _PLACE[column] // self._together
        if group not in self._groups:
            while len(self._groups) > 1:
                del self._groups[next(iter(self._groups))]
            names = COLUMNS[group * self._together: (group + 1) * self._together]
            parts = [self.store.read(block, names) for block in self.blocks]
            self._groups[group] = {name: np.concatenate([part[name] for part in parts]) for name in names}
        return self._groups[group][column]

    def _gather(self, column: str, cut: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """A part of the values of a column, cut from each chunk."""
        known = self._groups.get(_PLACE[column] // self._together)
        if known is not None:
            return cut(known[column])
        return np.concatenate([cut(self.store.read(block, (column,))[column]).copy() for block in self.blocks])


def _is_national(metric: Metric) -> bool:
    return _PLACE[metric.column] >= len(METRICS)


def _with_last(values: np.ndarray, metric: Metric) -> np.ndarray:
    """Append the sum over the years, one after the other, or the last year of a stock."""
    if metric.kind == "stock":
        return np.concatenate([values, values[:, -1:]], axis=1)
    return np.concatenate([values, np.add.accumulate(values, axis=1)[:, -1:]], axis=1)
