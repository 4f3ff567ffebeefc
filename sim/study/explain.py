"""What drives a result: shares of its variance by uncertain input, results by end of hostilities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.core.records import YEAR_DAYS
from sim.scenario import Quantity, quantities, resolved_families, treaty_check
from sim.scenario.schema import Family, Scenario
from sim.study.drawn import END_DELAY, devices_of
from sim.study.metrics import METRICS, NATIONAL
from sim.study.sample import Sample
from sim.study.summary import by_draw, ratio_of_means
from sim.world.calendar import to_days

FEWEST_DRAWS = 40
"""With fewer parameter draws shares of variance are mostly accident and are not given."""

MOST_DRAWS = 10_000
"""More of them tell no share better than to a few per mille, and the parameters of all would fill the memory."""

END_BINS = ((-np.inf, 2028), (2028, 2030), (2030, 2034), (2034, np.inf))


def national_total(sample: Sample, column: str) -> np.ndarray:
    """Whole-run national total (or final stock) by draw, (draw,) float64."""
    metric = next(m for m in (*METRICS, *NATIONAL) if m.column == column)
    return by_draw(sample.total(metric)[:, -1, 0], sample.draws)


def drivers(scenario: Scenario, sample: Sample, values: np.ndarray, metric: str) -> pd.DataFrame:
    """First-order shares of the variance over draws, by uncertain parameter.

    Squared rank correlation of the result with each parameter's draw, less what unrelated parameters
    would show by accident (1 / (draws - 1)). Parameters are drawn independently, so shares add up to
    at most one but for sampling error; what is missing is interaction and chance.
    """
    columns = ["scenario", "metric", "parameter", "grade", "share_of_variance", "rank_correlation"]
    draws, values = np.unique(sample.draws)[:MOST_DRAWS], values[:MOST_DRAWS]
    if len(draws) < FEWEST_DRAWS or np.ptp(values) == 0.0:
        return pd.DataFrame(columns=columns)
    from sim.world import draw_parameters

    names = list(draw_parameters(scenario, int(draws[0])).scores)
    rows = [np.fromiter(draw_parameters(scenario, int(d)).scores.values(), float) for d in draws]
    scores = pd.DataFrame(np.stack(rows), columns=names)
    ranks = pd.Series(values).rank()
    known = quantities(scenario)
    shares = []
    for path in scores.columns:
        r = float(np.corrcoef(ranks, scores[path].rank())[0, 1])
        share = max(0.0, (r * r - 1.0 / (len(draws) - 1)) / (1.0 - 1.0 / (len(draws) - 1)))
        if r * r < 9.0 / len(draws):  # three standard errors: of 150 inputs less than one by accident
            share = 0.0
        grade = known[path].grade if path in known else "D"
        shares.append((sample.name, metric, path, grade, share, r))
    table = pd.DataFrame(shares, columns=columns)
    return table.sort_values(["share_of_variance", "parameter"], ascending=[False, True], ignore_index=True)


def end_years(scenario: Scenario, drawn: dict[str, np.ndarray], draws: np.ndarray) -> np.ndarray:
    """Year in which hostilities end, by draw, (draw,) float64; ``drawn`` as in `sim.study.drawn`."""
    years: np.ndarray = 2000.0 + to_days(scenario.hostilities.end) / YEAR_DAYS + drawn[END_DELAY][draws]
    return years


def by_end(totals: dict[str, dict[str, np.ndarray]], ends: np.ndarray) -> pd.DataFrame:
    """Whole-run results by the year in which hostilities end; ``totals`` by scenario and metric, over draws."""
    rows = []
    for low, high in END_BINS:
        pick = (ends >= low) & (ends < high)
        if pick.sum() < 2:
            continue
        for name, of_scenario in totals.items():
            for metric, values in of_scenario.items():
                if len(values) != len(ends):
                    continue
                v = values[pick]
                rows.append((name, low, high, metric, v.mean(), *np.quantile(v, [0.05, 0.95]), int(pick.sum())))
    return pd.DataFrame(rows, columns=["scenario", "end_from", "end_to", "metric", "mean", "p05", "p95", "n_draws"])


def per_10000(scenario: Scenario, name: str, diffs: dict[str, np.ndarray], drawn: dict[str, np.ndarray],
              draws: np.ndarray) -> pd.DataFrame:
    """Differences per 10,000 transferred devices: ratios of means over draws; ``drawn`` as in `sim.study.drawn`."""
    columns = ["scenario", "metric", "mean", "p05", "p95"]
    devices = np.zeros(len(draws))
    for path in devices_of(scenario):
        devices += drawn[path][draws]
    if devices.sum() == 0.0:
        return pd.DataFrame(columns=columns)
    rows = [(name, metric, *(1e4 * v for v in ratio_of_means(values, devices))) for metric, values in diffs.items()]
    return pd.DataFrame(rows, columns=columns)


def parameter_table(scenarios: dict[str, Scenario]) -> pd.DataFrame:
    """Every parameter with distribution, central value, range, source and grade; variants' own values apart."""
    known: dict[tuple[str, str], tuple[Quantity, list[str]]] = {}
    for name, scenario in scenarios.items():
        for path, q in quantities(scenario).items():
            known.setdefault((path, q.model_dump_json()), (q, []))[1].append(name)
    table = pd.DataFrame([{
        "path": path, "distribution": q.describe(), "central": q.central, "low": q.low, "high": q.high,
        "source": q.source, "grade": q.grade, "note": q.note,
        "used_in": "all" if len(names) == len(scenarios) else ", ".join(names),
    } for (path, _), (q, names) in known.items()])
    return table.sort_values("path", kind="stable", ignore_index=True)


def treaty_table(scenarios: dict[str, Scenario]) -> pd.DataFrame:
    """CCW AP II, Technical Annex 3(a), for every family in use.

    A family that a scenario changes has a row for each of its forms: the first under its own name, others
    as "family (scenario)", after the first scenario that uses them.
    """
    forms: dict[str, list[Family]] = {}
    rows = []
    for used_in, scenario in scenarios.items():
        for name, spec in resolved_families(scenario).items():
            known = forms.setdefault(name, [])
            if spec in known:
                continue
            check = treaty_check(spec)
            label = f"{name} ({used_in})" if known else name
            title = f"{spec.title}; changed in {used_in}" if known else spec.title
            rows.append((label, title, check.share_not_sd_30d, check.share_functioning_120d, check.meets_3a))
            known.append(spec)
    columns = ["family", "title", "share_not_sd_30d", "share_functioning_120d", "meets_3a"]
    return pd.DataFrame(rows, columns=columns)
