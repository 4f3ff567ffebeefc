"""Which scenarios transfer devices, and what they assume about self-destruction.

Next to every self-destruct result stand the failure rate it assumes, the inert items still to be cleared,
and that the Ottawa Treaty bans such mines all the same; so the report has to know which results those are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

from sim.report.reading import Effect, baseline, effects, levels, plain, scenario_names, whole
from sim.report.shape import DIRECT, INERT, INERT_TRANSFERRED, Results, once

OTTAWA = "The Ottawa Treaty bans such mines all the same."


def used_in(value: object, everywhere: Sequence[str] = ()) -> set[str]:
    """Return the variant names in a `used_in` cell; `everywhere` for "all"."""
    names = (
        re.split(r"[,;\s]+", value)
        if isinstance(value, str)
        else [str(v) for v in cast(Sequence[Any], value)]
    )
    return set(everywhere) if "all" in names else {name for name in names if name}


@once
def transfers(results: Results) -> list[str]:
    """Return the scenarios in which devices are transferred, in the study's order."""
    names = scenario_names(results)
    rows = results.parameters
    rows = rows[rows["path"].astype(str).str.fullmatch(r"transfers\.[^.]+\.devices") & (rows["high"] > 0)]
    found = {name for cell in rows["used_in"] for name in used_in(cell, names)}
    found |= set(results.per_10000["scenario"]) if len(results.per_10000) else set()
    return [name for name in names if name in found]


@once
def harm(results: Results) -> dict[str, tuple[float, float, float]]:
    """Return people hurt by transferred devices over the horizon, by scenario: mean, low, high."""
    moved = set(transfers(results))
    return {
        str(row["scenario"]): (float(row["mean"]), float(row["p05"]), float(row["p95"]))
        for row in whole(levels(results, DIRECT)).to_dict("records")
        if row["scenario"] in moved and row["mean"] > 0
    }


@once
def inert_effects(results: Results) -> dict[str, Effect]:
    """Return the difference in inert items by scenario: of the transferred devices where there are any.

    Over all items the difference of a transfer is mostly other items found earlier or later, which is chance.
    """
    own, moved = effects(results, INERT_TRANSFERRED), set(transfers(results))
    return {
        name: own[name] if name in own and name in moved else effect
        for name, effect in (own | effects(results, INERT)).items()
        if name in moved or effect.metric == INERT
    }


def number_assumed(results: Results, scenario: str) -> tuple[float, float, float] | None:
    """Return how many devices a scenario transfers, summed over transfers: median, 5 % and 95 %."""
    rows = _inputs(results, "devices", scenario)
    total = rows[["central", "low", "high"]].astype(float).sum()
    return (total["central"], total["low"], total["high"]) if total["high"] > 0 else None


def promise_kept(results: Results) -> dict[str, float]:
    """Return the smallest share of devices for which the promise on where they are laid holds, by scenario."""
    found = {}
    for name in transfers(results):
        rows = _inputs(results, "compliance", name)
        if len(rows):
            found[name] = float(rows["central"].min())
    return found


def _inputs(results: Results, leaf: str, scenario: str) -> pd.DataFrame:
    """Return one input of all transfers as a scenario uses it."""
    rows, names = results.parameters, scenario_names(results)
    rows = rows[rows["path"].astype(str).str.fullmatch(rf"transfers\.[^.]+\.{leaf}")]
    return rows[[scenario in used_in(cell, names) for cell in rows["used_in"]]]


@dataclass(frozen=True)
class SelfDestruct:
    """What a scenario assumes about the self-destruction of transferred devices.

    `central`, `low` and `high` are the share that fails to self-destruct: median and 5-95 % range;
    `failure` is the input as it is described in the table of inputs.
    """

    scenario: str
    family: str
    failure: str
    central: float
    low: float
    high: float


@once
def self_destruct(results: Results) -> dict[str, SelfDestruct]:
    """Return the assumed failure of self-destruction by scenario.

    A scenario counts if devices of a self-destructing family are transferred in it: as the manifest says
    (`transferred_families`), or, where it does not say, if it uses such a family and the baseline does not.
    Families of which nothing is destroyed by day 30 (all persistent ones) are left out. Where devices are
    transferred in the baseline itself, its own families count, and of several the one that fails most often.
    """
    names, moved, base = scenario_names(results), transfers(results), baseline(results)
    declared = {s["name"]: s.get("transferred_families") for s in results.manifest["scenarios"]}
    treaty = results.treaty
    never = set(treaty[treaty["share_not_sd_30d"] >= 1.0]["family"])
    rows = results.parameters
    rows = rows[rows["path"].astype(str).str.fullmatch(r"families\.[^.]+\.sd_failure")]
    found: dict[str, SelfDestruct] = {}
    for row in rows.sort_values("central", kind="stable").to_dict("records"):
        family, users = str(row["path"]).split(".")[1], used_in(row["used_in"], names)
        if family in never:
            continue
        for name in users & set(moved):
            told = declared.get(name)
            if family not in told if told is not None else base in users and base not in moved:
                continue
            found[name] = SelfDestruct(
                name,
                family,
                plain(row["distribution"]),
                float(row["central"]),
                float(row["low"]),
                float(row["high"]),
            )
    return found
