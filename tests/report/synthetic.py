"""Made-up results in the shape of a finished study, so that the report can be tested alone.

No number here is a finding. The shapes, columns and units are those of `sim.study.results.Results`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from made_up import by_end, drivers, fit, map_of_districts, parameters, per_10000, spread, treaty
from variants import (
    DISTRICT_WEIGHTS,
    DISTRICTS,
    DRAWS,
    GROUPS,
    LEVELS,
    NATIONAL,
    PER_DRAW,
    SIX,
    YEARS,
    Made,
    change_of,
)

ALL_LEVELS = LEVELS | {"area_hazardous_added_m2": (0.0, "m2", "growing")}
DIFFERENCES = (
    *(
        "scenario",
        "metric",
        "unit",
        "period",
        "district",
        "group",
        "mean",
        "p05",
        "p50",
        "p95",
        "mc_error",
        "n",
    ),
    *("baseline", "estimator"),
)
TRANSFER_METRICS = ("casualties_total", "casualties_killed", "casualties_injured")


@dataclasses.dataclass(frozen=True)
class Synthetic:
    """The tables a report reads, made up."""

    manifest: dict[str, Any]
    summary: pd.DataFrame
    differences: pd.DataFrame
    parameters: pd.DataFrame
    drivers: pd.DataFrame
    spread: pd.DataFrame
    treaty: pd.DataFrame
    fit: pd.DataFrame | None
    by_end: pd.DataFrame
    per_10000: pd.DataFrame
    failures: pd.DataFrame
    map: dict[str, Any] | None
    completion: pd.DataFrame | None = None
    pairs: pd.DataFrame | None = None
    value: pd.DataFrame | None = None

    def but(self, **changes: Any) -> Synthetic:
        """Return the same results with some tables replaced."""
        return dataclasses.replace(self, **changes)


def _shape(kind: str, total: float) -> np.ndarray:
    """Return the yearly course of a metric whose total (flow) or final value (stock) is given."""
    age = np.arange(len(YEARS))
    if kind == "falling":
        course = np.exp(-age / 5.0) + 0.02
        return np.asarray(total * course / course.sum())
    if kind == "rising":
        course = 1 - np.exp(-(age + 1) / 3.0)
        return np.asarray(total * course / course.sum())
    if kind == "shrinking":
        return np.asarray(total * (1 + 2.6 * np.exp(-age / 4.0)))
    if kind == "growing":
        return np.asarray(total * (1 - np.exp(-(age + 1) / 6.0)) / (1 - np.exp(-len(YEARS) / 6.0)))
    return np.full(len(YEARS), total)


def _summary(chosen: dict[str, Made]) -> pd.DataFrame:
    keys: list[tuple[str, str, str, str, str]] = []
    blocks: list[np.ndarray] = []
    for name, made in chosen.items():
        for metric, (total, unit, kind) in ALL_LEVELS.items():
            change = change_of(metric, made)
            yearly = _shape(kind, total) + _shape(kind if kind != "shrinking" else "growing", change)
            whole = yearly.sum() if kind in ("falling", "rising") else yearly[-1]
            mean = np.append(yearly, whole)
            parts = [("all", "all", 1.0)]
            parts += [(d, "all", float(w)) for d, w in zip(DISTRICTS, DISTRICT_WEIGHTS, strict=True)]
            if metric == "casualties_total":
                parts += [("all", g, w) for g, w in GROUPS.items()]
            keys += [(name, metric, unit, district, group) for district, group, _ in parts]
            blocks += [share * mean for _, _, share in parts]
    periods = [*map(str, YEARS), "all"]
    columns = zip(("scenario", "metric", "unit", "district", "group"), zip(*keys, strict=True), strict=True)
    frame = pd.DataFrame({c: np.repeat(np.array(values, object), len(periods)) for c, values in columns})
    mean = np.concatenate(blocks)
    frame.insert(3, "period", np.tile(np.array(periods, object), len(blocks)))
    return frame.assign(
        mean=mean,
        p05=0.6 * mean,
        p50=0.96 * mean,
        p95=1.6 * mean,
        mc_error=0.01 * np.abs(mean),
        n=DRAWS * PER_DRAW,
    )


def _differences(chosen: dict[str, Made], baseline: str) -> pd.DataFrame:
    rows = []
    base = chosen[baseline]
    for name, made in chosen.items():
        if name == baseline:
            continue
        for metric, (_, unit, kind) in ALL_LEVELS.items():
            change = change_of(metric, made) - change_of(metric, base)
            low, high = 0.07 * change, 5.0 * change
            if metric == "casualties_total":
                reach = [a - b for a, b in zip(made.casualties, base.casualties, strict=True)]
                change, low, high = reach[0], min(reach), max(reach)
            low, high = min(low, high), max(low, high)
            estimators = ["counted"]
            if (made.devices or base.devices) and metric in TRANSFER_METRICS:
                estimators.append("expected")
            yearly = _shape(kind if kind != "shrinking" else "growing", 1.0)
            for estimator in estimators:
                rare = estimator == "counted" and "expected" in estimators and abs(change) < 0.02
                for period, part in zip([*map(str, YEARS), "all"], [*yearly, 1.0], strict=True):
                    scale = 0.0 if rare else float(part)
                    rows.append(
                        {
                            "scenario": name,
                            "metric": metric,
                            "unit": unit,
                            "period": period,
                            "district": "all",
                            "group": "all",
                            "mean": change * scale,
                            "p05": low * scale,
                            "p50": 0.9 * change * scale,
                            "p95": high * scale,
                            "mc_error": abs(change) * scale * (0.03 if estimator == "expected" else 0.2),
                            "n": DRAWS * PER_DRAW,
                            "baseline": baseline,
                            "estimator": estimator,
                        }
                    )
    return pd.DataFrame(rows, columns=DIFFERENCES)


@cache
def results(
    names: tuple[str, ...] = SIX,
    *,
    swap: tuple[str, str] | None = None,
    titles: tuple[tuple[str, str], ...] = (),
    headline: str = "transfer_field",
    study: str = "The transfer of November 2024",
) -> Synthetic:
    """Return made-up results.

    Parameters
    ----------
    names : tuple of str
        Variants of `NATIONAL` to include.
    swap : pair of str, optional
        Two variants whose inputs (and so whose results) change places; names and titles stay.
    titles : pairs of str
        Names and the titles they get.
    headline : str
        The variant that answers the question.
    study : str
        The study's title.
    """
    chosen = {name: NATIONAL[name] for name in names}
    if swap:
        a, b = swap
        chosen[a], chosen[b] = (
            chosen[b]._replace(title=chosen[a].title),
            chosen[a]._replace(title=chosen[b].title),
        )
    for name, title in titles:
        chosen[name] = chosen[name]._replace(title=title)
    digests = {name: hashlib.sha256(repr(made[1:-1]).encode()).hexdigest() for name, made in chosen.items()}
    manifest = {
        "study": study,
        "baseline": "baseline",
        "headline": headline,
        "seed": 20241120,
        "question": "What changes for civilians over twenty years if self-destructing anti-personnel mines "
        "are transferred to Ukraine and fail as often as they did in the field?",
        "replicates": {"draws": DRAWS, "per_draw": PER_DRAW},
        "scenarios": [
            {"name": name, "title": made.title, "digest": digests[name], "over": made.over}
            for name, made in chosen.items()
        ],
        "versions": {"demrisk": "0.1.0", "python": "3.11.9", "numpy": "2.4.6"},
        "seconds": 187.2,
        "peak_memory_mb": 640.0,
        "start": dt.date(2022, 2, 24).isoformat(),
        "horizon_years": 20.0,
        "estimator_note": "Expected values follow the compensator along the realised history of each run.",
    }
    return Synthetic(
        manifest=manifest,
        summary=_summary(chosen),
        differences=_differences(chosen, "baseline"),
        parameters=parameters(chosen),
        drivers=drivers(chosen, "baseline", headline),
        spread=spread(chosen, "baseline"),
        treaty=treaty(chosen),
        fit=fit(),
        by_end=by_end(chosen),
        per_10000=per_10000(chosen),
        failures=pd.DataFrame(columns=["scenario", "block", "replicate", "draw", "seed", "error", "traceback"]),
        map=map_of_districts(),
    )


def national() -> Synthetic:
    """Return made-up results of the size of the national study: 19 scenarios, 20 years, 10 districts."""
    return results(tuple(NATIONAL))
