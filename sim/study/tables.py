"""All tables of a run, from its chunks: each scenario's part once it is finished."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sim.scenario import Scenario
from sim.study import explain, progress
from sim.study.errors import RunError
from sim.study.money import money_table
from sim.study.order import Order
from sim.study.sample import Sample
from sim.study.spread import spread
from sim.study.store import Block, RunFolder
from sim.study.summary import DIFFERENCE_COLUMNS, derived, differences, matched, summarise
from sim.world.size import districts_of, years_of

PER_DEVICE_METRICS = (
    "casualties_transferred_expected", "items_inert_transferred", "items_active_transferred",
    "area_hazardous_added_m2", "cost_usd")
BY_END_METRICS = ("casualties_total", "casualties_expected", "area_released_m2", "cost_usd")
FAILURE_COLUMNS = ["scenario", "block", "replicate", "draw", "inner", "seed", "error", "traceback"]


@dataclass
class _Part:
    """What one scenario adds to the tables."""

    failures: list[dict[str, Any]]
    summary: list[pd.DataFrame] = field(default_factory=list)
    differences: list[pd.DataFrame] = field(default_factory=list)
    per_10000: list[pd.DataFrame] = field(default_factory=list)
    drivers: list[pd.DataFrame] = field(default_factory=list)
    spread: list[pd.DataFrame] = field(default_factory=list)
    completion: list[pd.DataFrame] = field(default_factory=list)
    pairs: list[pd.DataFrame] = field(default_factory=list)
    value: list[pd.DataFrame] = field(default_factory=list)
    money: list[pd.DataFrame] = field(default_factory=list)
    totals: dict[str, np.ndarray] = field(default_factory=dict)


def make_tables(store: RunFolder, order: Order, blocks: list[Block], finished: Iterable[str],
                drawn: Iterable[dict[str, np.ndarray]]) -> dict[str, pd.DataFrame]:
    """All tables by name: each scenario's part once it is finished, one in memory at a time beside the baseline.

    Parameters
    ----------
    store : RunFolder
    order : Order
    blocks : list of Block
        Of all scenarios, the baseline's first.
    finished : iterable of str
        Scenarios, in the order of the blocks, once all their chunks are there.
    drawn : iterable of dict of str to (draw,) float64
        Of each scenario of the order (`sim.study.drawn`).

    Raises
    ------
    RunError
        Where no replicate of the baseline finished.
    """
    scenarios, baseline = order.scenarios, order.baseline
    parameters, treaty = explain.parameter_table(scenarios), explain.treaty_table(scenarios)
    years, districts = years_of(scenarios[baseline]), districts_of(scenarios[baseline])
    finished = iter(finished)
    base = _sample(store, blocks, next(finished))  # the baseline is the first
    if len(base.draws) == 0:
        raise RunError(f"no replicate of {baseline} finished; the first ended so:\n{base.failures[0]['traceback']}")
    values = dict(zip(scenarios, drawn, strict=True))
    parts = {baseline: _baseline_part(scenarios[baseline], base, years, districts)}
    firsts: dict[str, Sample] = {}  # of the groups; the baseline may be one of them
    _compare_in_group(parts[baseline], base, base, firsts, order, years, districts)
    for name in finished:
        sample = _sample(store, blocks, name)
        parts[name] = _Part(sample.failures)
        if len(sample.draws):
            parts[name] = _variant_part(
                scenarios[name], sample, base, values[name], years, districts, name == order.headline)
            _compare_in_group(parts[name], sample, base, firsts, order, years, districts)
    from_baseline = [parts[baseline], *(parts[name] for name in scenarios if name != baseline)]
    in_order = [parts[name] for name in scenarios]
    empty = pd.DataFrame(columns=["scenario", "metric", "mean", "p05", "p95"])
    paired = [pd.DataFrame(columns=DIFFERENCE_COLUMNS), *(table for part in in_order for table in part.differences)]
    tables = {
        "summary": pd.concat([table for part in in_order for table in part.summary], ignore_index=True),
        "differences": pd.concat(paired[1:] or paired, ignore_index=True),
        "parameters": parameters,
        "drivers": pd.concat([table for part in from_baseline for table in part.drivers], ignore_index=True),
        "spread": pd.concat([table for part in from_baseline for table in part.spread], ignore_index=True),
        "treaty": treaty,
        "by_end": explain.by_end({name: part.totals for name, part in zip(scenarios, in_order, strict=True)},
                                 explain.end_years(scenarios[baseline], values[baseline], np.unique(base.draws))),
        "per_10000": pd.concat([empty, *(table for part in in_order for table in part.per_10000)], ignore_index=True),
        "failures": pd.DataFrame([failure for part in from_baseline for failure in part.failures],
                                 columns=FAILURE_COLUMNS),
    }
    for name in ("completion", "pairs", "value", "money"):
        found = [table for part in in_order for table in getattr(part, name)]
        if found:
            tables[name] = pd.concat(found, ignore_index=True)
    return tables


def _sample(store: RunFolder, blocks: list[Block], name: str) -> Sample:
    return Sample(store, name, [block for block in blocks if block.scenario == name])


def _compare_in_group(part: _Part, sample: Sample, base: Sample, firsts: dict[str, Sample], order: Order,
                      years: tuple[int, ...], districts: tuple[str, ...]) -> None:
    """What a study with a deadline or groups adds for one scenario; the first of a group is kept for the others."""
    if order.deadline is not None:
        part.completion.append(progress.completion(sample, years, order.deadline))
    group = order.groups[sample.name]
    if group:
        first = firsts.setdefault(group, sample)
        if first is not sample:
            part.pairs.append(progress.pairs(sample, first, years, districts))
        if sample is not base:
            part.value.append(progress.value(sample, base))


def _baseline_part(scenario: Scenario, base: Sample, years: tuple[int, ...], districts: tuple[str, ...]) -> _Part:
    part = _levels(scenario, base, years, districts)
    total = explain.national_total(base, "casualties_expected")
    part.drivers.append(explain.drivers(scenario, base, total, "casualties_total"))
    part.spread.append(spread(scenario, base))
    return part


def _variant_part(scenario: Scenario, sample: Sample, base: Sample, drawn: dict[str, np.ndarray],
                  years: tuple[int, ...], districts: tuple[str, ...], is_headline: bool) -> _Part:
    part = _levels(scenario, sample, years, districts)
    part.spread.append(spread(scenario, sample))
    if not matched(sample, base)[0].any():
        return part  # no replicate that both have
    part.differences.append(differences(sample, base, years, districts))
    part.spread.append(spread(scenario, sample, base))
    if np.array_equal(np.unique(sample.draws), np.unique(base.draws)):
        change = {
            m: explain.national_total(sample, m) - explain.national_total(base, m) for m in PER_DEVICE_METRICS}
        table = explain.per_10000(scenario, sample.name, change, drawn, np.unique(base.draws))
        part.per_10000 += [table] if len(table) else []
        if is_headline:
            part.drivers.append(_headline_drivers(scenario, sample, base))
    return part


def _levels(scenario: Scenario, sample: Sample, years: tuple[int, ...], districts: tuple[str, ...]) -> _Part:
    """What baseline and variants have in common."""
    return _Part(sample.failures, [summarise(sample, years, districts), derived(sample)],
                 money=[money_table(scenario, sample, years)] if scenario.programme.budget is not None else [],
                 totals={m: explain.national_total(sample, m) for m in BY_END_METRICS})


def _headline_drivers(scenario: Scenario, sample: Sample, base: Sample) -> pd.DataFrame:
    """What drives the headline: harm by the transferred devices themselves, where there are any.

    The difference of totals is mostly teams and people acting differently, and drowns in chance.
    """
    direct = explain.national_total(sample, "casualties_transferred_expected")
    if direct.any():
        return explain.drivers(scenario, sample, direct, "casualties_transferred_expected")
    more = explain.national_total(sample, "casualties_expected") - explain.national_total(base, "casualties_expected")
    return explain.drivers(scenario, sample, more, "casualties_total_difference")
