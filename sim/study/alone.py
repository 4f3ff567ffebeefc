"""One replicate alone, by its number: to see why it failed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.scenario import Scenario
from sim.study.estimate import check_possible, estimate
from sim.study.executor import run_block
from sim.study.metrics import METRICS, NATIONAL, Metric
from sim.study.order import policy_file, scenario_file
from sim.study.results import Results
from sim.study.store import Block, Chunk

MOST_DRAWS = 1_000_000  # as the schema has it


@dataclass(frozen=True)
class Alone:
    """What came of one replicate.

    Attributes
    ----------
    address : str
        Its number, draw, inner number and seed, in words.
    totals : list of (metric, unit, value)
        Of the whole country and the whole run; stocks at its end. Empty where it failed.
    failure : dict or None
        Its row of failures.csv.
    """

    address: str
    totals: list[tuple[str, str, float]]
    failure: dict[str, Any] | None


def run_alone(scenario: Scenario, number: int, per_draw: int | None = None) -> Alone:
    """Run one replicate in this process; nothing is written.

    Parameters
    ----------
    scenario : Scenario
    number : int
        Replicate, counted from 0: draw * per_draw + inner.
    per_draw : int, optional
        The scenario's own where not given; that of the run in which it failed.

    Raises
    ------
    ValueError
        Where there is no such draw.
    RunError
        Where this machine has not what it needs.
    """
    per_draw = per_draw or scenario.replicates.per_draw
    draw, inner = divmod(number, per_draw)
    if draw >= MOST_DRAWS:
        raise ValueError(f"replicate {number} would be of draw {draw}; expected at most {MOST_DRAWS * per_draw - 1}")
    check_possible(estimate({scenario.title: scenario}, 1, 1), 1, Path("runs"))
    chunk = run_block(scenario, Block("scenario", number, number + 1), per_draw)
    address = f"replicate {number}: draw {draw}, chance {inner} of {per_draw}, seed {scenario.seed}"
    if chunk.failures:
        return Alone(address, [], chunk.failures[0])
    return Alone(address, [(m.column, m.unit, _total(chunk, m)) for m in (*METRICS, *NATIONAL)], None)


def command_of_failure(results: Results) -> str:
    """The command that does the first replicate alone that failed in a run."""
    failed = results.failures.iloc[0]
    words = f"demrisk run {results.folder / scenario_file(failed['scenario'], results.scenarios)}"
    policies = {told["name"]: told["policy"] for told in results.manifest["scenarios"]}
    own = results.folder / policy_file(policies[failed["scenario"]])
    return f"{words} --only-replicate {failed['replicate']}{f' --policy {own}' if own.is_file() else ''}"


def _total(chunk: Chunk, metric: Metric) -> float:
    if metric in METRICS:
        by_year = chunk.by_district[0, METRICS.index(metric)].sum(axis=1)
    else:
        by_year = chunk.national[0, NATIONAL.index(metric)]
    return float(by_year.sum() if metric.kind == "flow" else by_year[-1])
