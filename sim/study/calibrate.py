"""Fitting one exposure scale to reported casualties (MODEL section 8; the field's registers).

For every parameter draw the scale is found at which the expected reported casualties match the observed
ones in the mean of the logarithms over the years used. Draws with many items in the ground need a low
scale: ln scale is regressed on the normal scores of the uncertain parameters, and the rest, together
with the disagreement between registers, becomes its spread. The reporting fraction is a prior and is
not fitted; case fatality, groups and everything else stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sim.scenario import digest, replace
from sim.scenario.schema import Calibration, Scenario
from sim.study.executor import Workers, workers_for
from sim.study.files import write_whole

REGISTER_SPREAD = 0.25
"""Standard deviation of ln(register / truth reported): registers of the same year differ by about this
much (Ukraine, to the end of 2023: one has a quarter fewer casualties than another). An assumption."""

STARTS = (0.003, 0.03)


@dataclass(frozen=True)
class Fit:
    """A fitted scale and how well it does.

    Attributes
    ----------
    calibration : Calibration
    table : DataFrame
        year, observed, p10, p50, p90, used_in_fit.
    explained : float
        Share of the variance of ln scale over draws that the parameters explain.
    """

    calibration: Calibration
    table: pd.DataFrame
    explained: float


def calibrate(scenario: Scenario, observations: pd.DataFrame, draws: int = 200, workers: int | Workers | None = None,
              check: Scenario | None = None) -> Fit:
    """Fit the exposure scale of a scenario.

    Parameters
    ----------
    scenario : Scenario
        Its own calibration, if any, is put aside.
    observations : DataFrame
        Columns year, casualties_reported, used_in_fit.
    draws : int
        Parameter draws.
    check : Scenario, optional
        Another start with the same draws, for years before the scenario begins; never used in the fit.

    Raises
    ------
    ValueError
        Where no observed year that is used lies in the run, or too few draws are given.
    """
    plain = replace(scenario, {"exposure.calibration": None})
    used = observations[observations["used_in_fit"]]
    first = scenario.start.year
    used = used[used["year"] >= first]
    if used.empty:
        raise ValueError("no observed year that is used in the fit lies in the scenario's horizon")
    horizon = float(used["year"].max() + 1 - first) + 0.01
    short = replace(plain, {"horizon_years": min(horizon, scenario.horizon_years)})
    log_scale, scores = _fit_draws(short, used, draws, workers)
    slopes, intercept, spread, explained = _regress(log_scale, scores)
    total = float(np.sqrt(spread**2 + REGISTER_SPREAD**2 / len(used)))
    fitted = Calibration(
        log_scale=intercept, spread=total, slopes=slopes,
        fitted_to={int(y): float(v) for y, v in zip(used["year"], used["casualties_reported"], strict=True)},
        scenario_digest=digest(plain), source="demrisk calibrate", grade="D")
    table = _predict(short, fitted, observations, draws, workers, check)
    return Fit(fitted, table, explained)


def with_calibration(scenario: Scenario, calibration: Calibration) -> Scenario:
    """The scenario with a fitted scale."""
    return replace(scenario, {"exposure.calibration": calibration.model_dump()})


def _expected_reported(scenario: Scenario, draws: int,
                       workers: int | Workers | None) -> tuple[np.ndarray, tuple[int, ...]]:
    """Expected reported casualties by draw and year, (draw, year) float64."""
    from sim.study.metrics import METRICS
    from sim.study.store import blocks_of
    from sim.world import make_frame

    column = next(i for i, m in enumerate(METRICS) if m.name == "casualties_reported_expected")
    years = make_frame(scenario).years
    result = np.zeros((draws, len(years)))
    blocks = blocks_of(["fit"], draws, 1)
    with workers_for(len(blocks), workers) as pool:
        for block, chunk, _ in pool.run({"fit": scenario}, blocks, 1):
            if chunk.failures:
                raise RuntimeError(f"a replicate failed while fitting: {chunk.failures[0]['error']}")
            result[block.first: block.last] = chunk.by_district[:, column].sum(axis=2)
    return result, years


def _fit_draws(scenario: Scenario, used: pd.DataFrame, draws: int,
               workers: int | Workers | None) -> tuple[np.ndarray, pd.DataFrame]:
    """ln scale for every draw, by interpolation of ln(expected / observed) between two scales."""
    from sim.world import draw_parameters

    observed = np.log(used["casualties_reported"].to_numpy(float))
    gaps = []
    for scale in STARTS:
        expected, years = _expected_reported(replace(scenario, {"exposure.scale": scale}), draws, workers)
        pick = [years.index(int(y)) for y in used["year"]]
        gaps.append((np.log(np.maximum(expected[:, pick], 1e-9)) - observed).mean(axis=1))
    x0, x1 = np.log(STARTS[0]), np.log(STARTS[1])
    slope = (gaps[1] - gaps[0]) / (x1 - x0)
    log_scale = x0 - gaps[0] / np.maximum(slope, 0.2)
    scores = pd.DataFrame([draw_parameters(scenario, d).scores for d in range(draws)])
    return log_scale, scores


def _regress(log_scale: np.ndarray, scores: pd.DataFrame) -> tuple[dict[str, float], float, float, float]:
    """Slopes of ln scale on the parameters that matter (forward selection by cross-validated error)."""
    n = len(log_scale)
    if n < 20:
        raise ValueError(f"{n} draws are too few to fit: at least 20")
    chosen: list[str] = []
    best = _left_out_error(np.ones((n, 1)), log_scale)
    while len(chosen) < min(n // 8, scores.shape[1]):
        residual = log_scale - _predict_in(scores[chosen].to_numpy(), log_scale)
        correlation = {p: abs(np.corrcoef(residual, scores[p])[0, 1]) for p in scores.columns if p not in chosen}
        path = max(sorted(correlation), key=correlation.__getitem__)
        error = _left_out_error(np.column_stack([np.ones(n), scores[[*chosen, path]].to_numpy()]), log_scale)
        if error >= best * 0.985:
            break
        best = error
        chosen.append(path)
    design = np.column_stack([np.ones(n), scores[chosen].to_numpy()])
    beta, *_ = np.linalg.lstsq(design, log_scale, rcond=None)
    explained = 1.0 - best / float(np.var(log_scale))
    return {p: float(b) for p, b in zip(chosen, beta[1:], strict=True)}, float(beta[0]), float(np.sqrt(best)), explained


def _predict_in(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    design = np.column_stack([np.ones(len(y)), x])
    beta, *_ = np.linalg.lstsq(design, y, rcond=None)
    return np.asarray(design @ beta)


def _left_out_error(design: np.ndarray, y: np.ndarray) -> float:
    """Mean squared error of leave-one-out prediction."""
    hat = design @ np.linalg.pinv(design)
    residual = (y - hat @ y) / (1.0 - np.clip(np.diag(hat), 0.0, 0.999))
    return float(np.mean(residual**2))


def _predict(scenario: Scenario, fitted: Calibration, observations: pd.DataFrame, draws: int,
             workers: int | Workers | None, check: Scenario | None) -> pd.DataFrame:
    """Expected reported casualties of every observed year under the fitted scale, 80 % interval.

    The interval holds the parameters, the fitted scale, Poisson-like chance (casualties come in accidents)
    and the disagreement between registers.
    """
    rows = []
    runs = [with_calibration(scenario, fitted)]
    if check is not None:
        runs.append(with_calibration(check, fitted))
    for run in runs:
        expected, years = _expected_reported(run, draws, workers)
        for _, o in observations.iterrows():
            if int(o["year"]) not in years or (run is not runs[0]) == bool(o["used_in_fit"]):
                continue
            mean = expected[:, years.index(int(o["year"]))]
            p10, p50, p90 = _register_quantiles(mean)
            rows.append((int(o["year"]), float(o["casualties_reported"]), p10, p50, p90, bool(o["used_in_fit"])))
    table = pd.DataFrame(rows, columns=["year", "observed", "p10", "p50", "p90", "used_in_fit"])
    return table.sort_values("year", ignore_index=True)


def _register_quantiles(mean: np.ndarray) -> tuple[float, float, float]:
    """10, 50, 90 % of what a register would show, given the expected numbers by draw."""
    from scipy.special import ndtri

    z = ndtri((np.arange(41) + 0.5) / 41)
    noise = np.sqrt(REGISTER_SPREAD**2 + 1.5 / np.maximum(mean, 1.0))
    values = (mean[:, None] * np.exp(noise[:, None] * z[None, :])).ravel()
    p10, p50, p90 = np.quantile(values, [0.1, 0.5, 0.9])
    return float(p10), float(p50), float(p90)


def write_calibration(fit: Fit, folder: Path) -> list[Path]:
    """Write calibration.yaml (named by `exposure.calibration`) and calibration_fit.csv."""
    c = fit.calibration
    lines = [
        "# Written by `demrisk calibrate`: ln scale = log_scale + sum of slope x normal score + spread x normal.",
        f"log_scale: {c.log_scale:.6g}", f"spread: {c.spread:.6g}",
        "slopes:" if c.slopes else "slopes: {}",
        *(f"  {path}: {slope:.6g}" for path, slope in sorted(c.slopes.items())),
        "fitted_to: {" + ", ".join(f"{year}: {value:g}" for year, value in c.fitted_to.items()) + "}",
        f"scenario_digest: {c.scenario_digest}", f"source: {c.source}", f"grade: {c.grade}", ""]
    scale, table = folder / "calibration.yaml", folder / "calibration_fit.csv"
    write_whole(scale, "\n".join(lines).encode())
    write_whole(table, fit.table.to_csv(index=False, float_format="%.1f").encode())
    return [scale, table]
