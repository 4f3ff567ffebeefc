"""The smaller made-up tables behind `synthetic`: inputs, drivers, treaty, fit, map."""

from __future__ import annotations

from typing import Any

import pandas as pd
from variants import DISTRICTS, Made, change_of


def parameters(chosen: dict[str, Made]) -> pd.DataFrame:
    rows = [
        (
            "hostilities.end_delay_years",
            "lognormal, median 1.5 (5-95 %: 0.28-8)",
            1.5,
            0.28,
            8.0,
            "assumption",
            "A",
            "Nobody knows when the fighting ends.",
            "all",
        ),
        (
            "contamination.russian_mines.items",
            "lognormal, median 700,000 (5-95 %: 200,000-2,000,000)",
            7e5,
            2e5,
            2e6,
            "assumption",
            "A",
            "Published totals count munitions of all kinds.",
            "all",
        ),
        (
            "exposure.entry_suspected",
            "log-uniform 0.02-0.5",
            0.1,
            0.02,
            0.5,
            "assumption",
            "A",
            "How much people still enter suspected land has never been measured.",
            "all",
        ),
        (
            "programme.survey.contaminated_share",
            "log-uniform 0.005-0.2",
            0.03,
            0.005,
            0.2,
            "mykolaiv2024",
            "L",
            "Two published outcomes of survey, an order of magnitude apart.",
            "all",
        ),
        (
            "reporting.government",
            "beta, mean 0.8 (5-95 %: 0.6-0.95)",
            0.8,
            0.6,
            0.95,
            "monitor2023",
            "M",
            "",
            "all",
        ),
        ("programme.budget.years.0.usd", "162,000,000", 162e6, 162e6, 162e6, "monitor2023", "H", "", "all"),
        (
            "return.final_share",
            "beta, mean 0.7 (5-95 %: 0.5-0.85)",
            0.7,
            0.5,
            0.85,
            "iom2024",
            "M",
            "",
            "all",
        ),
        ("families.persistent_blast.sd_failure", "0", 0.0, 0.0, 0.0, "unsourced", "U", "", "all"),
        (
            "families.persistent_blast.case_fatality",
            "beta, mean 0.3 (5-95 %: 0.22-0.39)",
            0.3,
            0.22,
            0.39,
            "registers",
            "M",
            "",
            "all",
        ),
    ]
    devices = [name for name, made in chosen.items() if made.devices]
    if devices:
        rows.append(
            (
                "transfers.us_2024.devices",
                "lognormal, median 30,000 (5-95 %: 3,000-300,000)",
                3e4,
                3e3,
                3e5,
                "assumption",
                "A",
                "The number was not published.",
                ", ".join(devices),
            )
        )
    for failure in sorted({made.failure for made in chosen.values() if made.failure is not None}):
        users = ", ".join(name for name, made in chosen.items() if made.failure == failure)
        text = "lognormal, median 0.017 (5-95 %: 0.005-0.1)" if failure == 0.017 else f"{failure:g}"
        low, high = (0.005, 0.1) if failure == 0.017 else (failure, failure)
        family = f"sd_{failure:g}".replace(".", "_")
        rows.append(
            (
                f"families.{family}.sd_failure",
                text,
                failure,
                low,
                high,
                "https://www.govinfo.gov/content/pkg/GAOREPORTS-GAO-02-1003/html/GAOREPORTS-GAO-02-1003.htm",
                "L",
                "Items found unexploded in one sector over items used.",
                users,
            )
        )
    columns = ["path", "distribution", "central", "low", "high", "source", "grade", "note", "used_in"]
    return pd.DataFrame(rows, columns=columns)


def drivers(chosen: dict[str, Made], baseline: str, headline: str) -> pd.DataFrame:
    total = [
        ("hostilities.end_delay_years", "A", 0.44, 0.71),
        ("contamination.russian_mines.items", "A", 0.23, 0.5),
        ("exposure.entry_suspected", "A", 0.12, 0.33),
        ("return.final_share", "M", 0.06, 0.2),
        ("programme.survey.contaminated_share", "L", 0.03, -0.1),
        ("reporting.government", "M", 0.01, 0.02),
    ]
    change = [
        ("transfers.us_2024.devices", "A", 0.61, 0.8),
        ("exposure.entry_suspected", "A", 0.14, 0.3),
        ("families.sd_0_017.sd_failure", "L", 0.13, 0.35),
        ("hostilities.end_delay_years", "A", 0.03, 0.1),
    ]
    rows = [(baseline, "casualties_total", *row) for row in total]
    if headline in chosen:
        rows += [(headline, "casualties_total difference", *row) for row in change]
    return pd.DataFrame(
        rows, columns=["scenario", "metric", "parameter", "grade", "share_of_variance", "rank_correlation"]
    )


def spread(chosen: dict[str, Made], baseline: str) -> pd.DataFrame:
    columns = ["scenario", "baseline", "metric", "unit", "group", "sd", "sd_chance", "sd_unknown", "share_unknown"]
    rows = [(name, other, "casualties_total", "persons", "all", 500.0, 300.0, 400.0, 0.64)
            for name in chosen for other in ("", baseline) if name != other]
    return pd.DataFrame(rows, columns=columns)


def treaty(chosen: dict[str, Made]) -> pd.DataFrame:
    rows: list[tuple[str, str, float, float, Any]] = [
        ("persistent_blast", "Persistent blast mine", 1.0, 1.0, False),
        ("anti_vehicle", "Anti-vehicle mine", 1.0, 1.0, float("nan")),
    ]
    for failure in sorted({made.failure for made in chosen.values() if made.failure is not None}):
        rows.append(
            (
                f"sd_{failure:g}".replace(".", "_"),
                f"Self-destructing mine, failures {failure:g}",
                failure,
                failure * 0.001,
                failure <= 0.1,
            )
        )
    return pd.DataFrame(
        rows, columns=["family", "title", "share_not_sd_30d", "share_functioning_120d", "meets_3a"]
    )


def fit() -> pd.DataFrame:
    years = [2021, 2022, 2023]
    return pd.DataFrame(
        {
            "year": years,
            "observed": [58, 608, 580],
            "p10": [22.0, 470, 390],
            "p50": [39.0, 590, 520],
            "p90": [71.0, 740, 690],
            "used_in_fit": [False, True, True],
        }
    )


def by_end(chosen: dict[str, Made]) -> pd.DataFrame:
    spans = [(2027.0, 2027.5), (2027.5, 2028.5), (2028.5, 2031.0), (2031.0, 2045.0)]
    rows = []
    for name, made in chosen.items():
        for step, (begin, end) in enumerate(spans):
            mean = (3300 + 1100 * step) + made.casualties[0]
            rows.append((name, begin, end, "casualties_total", mean, 0.7 * mean, 1.5 * mean, 25))
    return pd.DataFrame(
        rows, columns=["scenario", "end_from", "end_to", "metric", "mean", "p05", "p95", "n_draws"]
    )


def per_10000(chosen: dict[str, Made]) -> pd.DataFrame:
    rows = [
        (
            name,
            metric,
            change_of(metric, made) / 3,
            0.5 * change_of(metric, made) / 3,
            2.2 * change_of(metric, made) / 3,
        )
        for name, made in chosen.items()
        if made.devices
        for metric in ("casualties_total", "items_inert", "area_hazardous_added_m2")
    ]
    return pd.DataFrame(rows, columns=["scenario", "metric", "mean", "p05", "p95"])


def map_of_districts() -> dict[str, Any]:
    features = []
    for i, name in enumerate([*DISTRICTS, "Lviv", "Odesa"]):
        x, y = 30.0 + 2.0 * (i % 4), 47.0 + 1.4 * (i // 4)
        ring = [[x, y], [x + 1.9, y], [x + 1.9, y + 1.3], [x, y + 1.3], [x, y]]
        shape: dict[str, Any] = {"type": "Polygon", "coordinates": [ring]}
        if name == "Kherson":
            shape = {"type": "MultiPolygon", "coordinates": [[ring]]}
        features.append(
            {"type": "Feature", "properties": {"name_en": name, "pcode": f"UA{i:02d}"}, "geometry": shape}
        )
    return {"type": "FeatureCollection", "features": features}
