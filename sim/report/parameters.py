"""Inputs as the reader meets them: in words, with distribution, source and grade; what drives the result."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin

from sim.report import devices, reading
from sim.report.reading import ASSUMED_GRADES, CASUALTIES, GRADES
from sim.report.shape import DIRECT, Results, select
from sim.report.tables import Cell, Table, percent

# What the inputs that most often drive a result are called when people talk; others are named by their path.
WORDS = {
    "access_delay_months": "Months until land opens after the end of hostilities",
    "bystander_radius_m": "Radius in which self-destruction hurts a bystander (m)",
    "calibration": "Exposure scale, fitted to registered casualties",
    "case_fatality": "Share of casualties who are killed",
    "casualties_per_accident": "People hurt per accident",
    "compliance": "Share of devices for which the pledge holds",
    "contaminated_share": "Share of surveyed sites that hold items",
    "devices": "Number of devices transferred",
    "end_delay_years": "When hostilities end",
    "entry_suspected": "How much people enter suspected land",
    "eore_coverage": "Reach of risk education",
    "eore_effect": "Effect of risk education",
    "final_share": "Share of displaced people who return",
    "first_year_entry": "Entry of people in their first year back",
    "frailty_variance": "Spread of exposure within a stratum",
    "half_time_years": "How fast displaced people return (years)",
    "inert_hazard_weight": "Hazard of an inert item",
    "inside_suspected": "Share of transferred devices in land already to be surveyed",
    "items": "Number of items laid or left",
    "items_per_year": "Number of items laid or left per year",
    "learning_floor": "Entry that remains after accidents, set by need",
    "learning_per_accident": "How fast people learn from reported accidents",
    "marking_effect": "Effect of marking",
    "mined_density_per_km2": "Devices per km² of mined area",
    "polygon_factor": "Recorded area over mined area",
    "scale": "Exposure scale (fitted)",
    "sd_failure": "Share that fails to self-destruct",
    "sda_failure": "Share whose battery back-up fails",
    "sighted_per_year": "Rate at which items are seen and reported",
}
# Parts of names that nobody says aloud
SHORT = {
    "ap": "anti-personnel",
    "av": "anti-vehicle",
    "donbas": "Donbas",
    "eod": "EOD",
    "eore": "risk education",
    "erw": "explosive remnants",
    "m": "(m)",
    "nts": "non-technical survey",
    "sd": "self-destruct",
    "sda": "self-deactivation",
    "ts": "technical survey",
    "us": "US",
    "usd": "USD",
}
PROBABILITIES = (
    r"(_failure|_share|_sensitivity|_specificity|_coverage|_effect|_fatality|_floor|_credit)$"
    r"|^(compliance|never_armed|occupied|government|inside_suspected|indirect_evidence)$"
)
SHARES_OF = r"\.(p_trigger|participation|detection)\.|^contamination\..*\.families\."
SMALL_NUMBER = r"(?<![\d.,])(?:\d(?:\.\d+)?e-\d+|0(?:\.\d+)?|1(?:\.0+)?)(?![\d.]|,\d|\s?%)"
UNITS = (
    ("_usd_per_m2", "USD per m²"),
    ("_m2_per_day", "m² per day"),
    ("_per_km2", "per km²"),
    ("_per_year", "per year"),
    ("_per_day", "per day"),
    ("_years", "years"),
    ("_months", "months"),
    ("_days", "days"),
    ("_hours", "hours"),
    ("_km2", "km²"),
    ("_m2", "m²"),
    ("_usd", "USD"),
    ("_m", "m"),
)


def in_words(path: str, families: Mapping[str, str] | None = None) -> str:
    """Return a dotted path in words; `families` gives titles to families' names.

    `families.sd_field.sd_failure` → "Share that fails to self-destruct (sd field)"; what has no words of its
    own is named by its path: `programme.methods.nts.rate_m2_per_day` → "Programme, methods,
    nts: rate (m² per day)".
    """
    *parents, leaf = reading.plain(path).split(".")
    titles = families if families and parents[:1] == ["families"] else {}
    context = [titles.get(part) or spoken(part) for part in parents]
    if parents[-1:] == ["p_trigger"]:
        how = "on foot" if leaf == "foot" else f"by {spoken(leaf)}"
        return f"Chance that a passage {how} sets it off ({', '.join(context[1:-1])})"
    if leaf in WORDS:
        return WORDS[leaf] + (f" ({', '.join(context[1:])})" if context[1:] else "")
    unit = next(((ending, words) for ending, words in UNITS if leaf.endswith(ending)), ("", ""))
    words = spoken(leaf.removesuffix(unit[0])) + (f" ({unit[1]})" if unit[1] else "")
    text = f"{', '.join(context)}: {words}" if context else words
    return text[:1].upper() + text[1:]


def spoken(part: str) -> str:
    """Return one part of a path in words: "ts_specificity" → "technical survey specificity"."""
    text = " ".join(SHORT.get(word, word) for word in part.strip("_").split("_"))
    return re.sub(r"\b(\d{4}) (\d{4})\b", r"\1–\2", text)


def in_percent(path: str, distribution: str) -> str:
    """Return a distribution as described; of an input that is a share or a chance, in per cent."""
    text = reading.plain(distribution)
    if not re.search(PROBABILITIES, path.split(".")[-1]) and not re.search(SHARES_OF, path):
        return text
    return re.sub(SMALL_NUMBER, lambda found: percent(float(found[0]), 3), text)


def families(results: Results) -> dict[str, str]:
    """Return the titles of families by name."""
    return {
        str(name): reading.plain(title)
        for name, title in zip(results.treaty["family"], results.treaty["title"], strict=True)
    }


@cache
def meaning(path: str) -> str:
    """Return what the schema says about a dotted path, or nothing."""
    from sim.scenario.schema import Scenario

    model: Any = Scenario
    text = ""
    for part in path.split("."):
        fields: Mapping[str, Any] = getattr(model, "model_fields", {})
        found = fields.get(part) or fields.get(part + "_")
        if found is None:
            model = _inner(model)  # the name of a family, a method, an index: step into its model
            continue
        text, model = found.description or "", found.annotation
    return str(text)


def described(path: str) -> str:
    """Return a path with what the schema says about it."""
    text = meaning(path)
    return f"{path}: {text}" if text else path


def _inner(annotation: Any) -> Any:
    """Return the model inside dict[str, X], list[X] or X | None."""
    while get_origin(annotation) is not None and not hasattr(annotation, "model_fields"):
        arguments = [a for a in get_args(annotation) if a is not type(None)]
        if not arguments:
            break
        annotation = arguments[-1] if get_origin(annotation) is dict else arguments[0]
    return annotation


@dataclass(frozen=True)
class Rests:
    """How much of one result's variance rests on what.

    `assumed` is the share of variance that rests on inputs graded assumption or unsourced, `unresolved`
    the share that no single input explains (inputs acting together, and chance).
    """

    scenario: str
    metric: str
    assumed: float
    unresolved: float


def drivers_of(results: Results, difference: bool) -> tuple[str, str] | None:
    """Return (scenario, metric) of the drivers of the headline's difference, or of the baseline's total."""
    name = reading.headline(results) if difference else reading.baseline(results)
    rows = select(results.drivers, scenario=name)
    known = dict.fromkeys(str(m) for m in rows["metric"])
    metrics = [m for m in known if difference and m == DIRECT] or [m for m in known if m.startswith(CASUALTIES)]
    return (str(name), metrics[0]) if name and metrics else None


def driven(results: Results, difference: bool) -> str:
    """Return in words the result whose drivers are given by `drivers_of`."""
    found = drivers_of(results, difference)
    if not difference:
        return "the total under the baseline"
    return "the harm by the transferred devices themselves" if found and found[1] == DIRECT else "the difference"


def rests_on(results: Results, scenario: str, metric: str) -> Rests:
    """Return the share of one result's variance that rests on assumption-grade inputs."""
    rows = select(results.drivers, scenario=scenario, metric=metric)
    shares = rows["share_of_variance"].clip(lower=0)
    # Shares estimated one by one can add up to a little more than one.
    scale = max(1.0, float(shares.sum()))
    assumed = float(shares[rows["grade"].isin(ASSUMED_GRADES)].sum()) / scale
    return Rests(scenario, metric, assumed, max(0.0, 1.0 - float(shares.sum()) / scale))


def grade_counts(results: Results) -> dict[str, int]:
    """Return how many inputs carry each grade."""
    counts = Counter(str(grade) for grade in results.parameters["grade"])
    return {grade: counts[grade] for grade in (*GRADES, *sorted(set(counts) - set(GRADES))) if counts[grade]}


def parameter_table(results: Results) -> Table:
    """Return every input with its value or distribution, source and grade."""
    sources: Mapping[str, str] = results.manifest.get("sources") or {}
    titles = families(results)
    rows: list[list[Cell | str]] = []
    for row in results.parameters.sort_values("path", kind="stable").to_dict("records"):
        source, users = reading.plain(row["source"]), devices.used_in(row["used_in"])
        text = reading.plain(sources.get(source, source))
        link = re.search(r"https?://[^\s<>\"']+", text)
        note = reading.plain(row["note"]) if isinstance(row["note"], str) else ""
        rows.append(
            [
                Cell(in_words(str(row["path"]), titles), described(str(row["path"]))),
                in_percent(str(row["path"]), str(row["distribution"])),
                Cell(shorten(text), note, link.group(0) if link else ""),
                str(row["grade"]),
                ", ".join(sorted(users)) or "all",
            ]
        )
    caption = f"All {len(rows)} inputs"
    return Table(
        caption,
        ["Input", "Value or distribution", "Source", "Grade", "Used in"],
        rows,
        text=frozenset({0, 1, 2, 3, 4}),
        stack=True,
        fold=True,
    )


def shorten(text: str) -> str:
    """Return a bare address as its host, which a narrow column can hold; other text as it is."""
    host = re.fullmatch(r"https?://(?:www\.)?([^/\s]+)\S*", text)
    return host.group(1) if host else text


def grade_table(results: Results) -> Table:
    """Return what the grades mean and how many inputs carry each."""
    counts = grade_counts(results)
    total = sum(counts.values())
    rows = [
        [grade, GRADES.get(grade, "no meaning declared"), str(count), percent(count / total)]
        for grade, count in counts.items()
    ]
    return Table(
        "How well the inputs are known", ["Grade", "Meaning", "Inputs", "Share"], rows, frozenset({0, 1})
    )
