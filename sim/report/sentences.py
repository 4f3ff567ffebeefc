"""The first screen in sentences, every one made from the numbers.

Nothing is written about a particular study: exchange two scenarios' results and the sentences change
sides. A sign is claimed only where the interval and the Monte Carlo error both carry it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.report import devices, direct, fit, parameters, programme, reading
from sim.report.devices import OTTAWA
from sim.report.reading import CASUALTIES, HAZARDOUS, Effect, quoted
from sim.report.shape import Results, select
from sim.report.tables import (
    area,
    change_text,
    counted,
    hazardous_text,
    interval,
    number,
    percent,
    reach_text,
    signed,
)

PEOPLE = "civilian casualties"
GRADE_WORDS = {
    "H": "official source",
    "M": "secondary source",
    "L": "weak source",
    "D": "derived",
    "A": "assumption",
    "U": "unsourced",
}
NOT_THIS = (
    "A run is not a clearance decision. Land is released only by survey and clearance on the ground.",
    "It is not a forecast of what will happen: it compares scenarios that share everything but "
    "what is named.",
    "People in it are civilians and deminers. It scores no military use, and contamination is an input, "
    "never something to optimise.",
    "It finds no mine: results are no finer than a district, and no position is computed or given out.",
    "Shares by women, men, girls and boys are inputs from registers, not findings.",
)
READING = (
    "Intervals are 90 %: in nine of ten draws of what is not known, the mean lies between the two numbers. "
    "The Monte Carlo error is what is left of chance in the mean itself and shrinks with more runs."
)


@dataclass(frozen=True)
class FirstScreen:
    """What a reader with one minute reads."""

    question: str
    answer: tuple[str, ...]
    transfers: tuple[direct.Transfer, ...]
    drivers: tuple[str, ...]
    assumed: tuple[str, ...]
    not_this: tuple[str, ...] = NOT_THIS


def first_screen(results: Results) -> FirstScreen:
    """Return question, answer, drivers, assumptions and what the result is not."""
    question = reading.plain(results.manifest.get("question") or "How do these scenarios differ?")
    head = reading.headline(results)
    return FirstScreen(
        question, tuple(answer(results)), direct.transfers(results, head) if head else (), tuple(drivers(results)),
        tuple(assumed(results)))


def answer(results: Results) -> list[str]:
    """Return the answer: the headline against the baseline, what it assumes, and the extremes beside it.

    A study with groups is about what differs within them, and that is told instead.
    """
    within = programme.sentences(results)
    if within:
        return within
    head, base = reading.headline(results), reading.baseline(results)
    effect = reading.effect(results, head, CASUALTIES) if head else None
    if head is None or effect is None:
        level = level_text(baseline_level(results))
        sentences = [
            f"With {quoted(results, base)} there are {level} {PEOPLE} over {reading.horizon(results)}."
        ]
        return sentences + self_destruct_sentences(results, base) + extreme_sentences(results)
    parts = direct.sentences(results, head)
    if parts:
        return [*parts, casualty_sentence(results, effect)]
    sentences = [casualty_sentence(results, effect)]
    sentences += self_destruct_sentences(results, head)
    return sentences + counted_sentences(results, effect) + extreme_sentences(results)


def casualty_sentence(results: Results, effect: Effect) -> str:
    """Return what a scenario does to civilian casualties, saying no more than interval and error carry."""
    name, base = quoted(results, effect.scenario), quoted(results, reading.baseline(results))
    years = reading.horizon(results)
    level = baseline_level(results)
    if effect.verdict == "same":
        return f"{name} is the same as {base} in every input, so nothing differs."
    if effect.verdict == "none":
        return (
            f"In none of {effect.n:,} runs did {name} change the number of {PEOPLE} over {years} compared "
            f"with {base}, where it is {level_text(level)}."
        )
    reach = f"90 % interval {reach_text(effect)}"
    chance = reading.mostly_chance(results, effect)
    if chance:
        reach += ", which is mostly chance and says little about what is not known"
    if effect.verdict == "unclear":
        reason = (
            f"; the Monte Carlo error is {number(effect.mc_error, 1)}, so more runs are needed to tell"
            if abs(effect.mean) <= 2 * effect.mc_error
            else ""
        )
        return (
            f"Between {name} and {base} there is no difference in {PEOPLE} that can be told from chance"
            f"{'' if chance else ' and from what is not known'}: best estimate {signed(effect.mean)} "
            f"over {years}, {reach}{reason}. "
            f"With {base} there are {level_text(level)}."
        )
    more = effect.verdict == "more"
    size = number(abs(effect.mean), 2)
    size = (
        f"less than one civilian casualty (killed or injured) over {years}: {size} on average ({reach})"
        if abs(effect.mean) < 1
        else f"about {size} {PEOPLE} (killed or injured) over {years} ({reach})"
    )
    share = f", {share_text(abs(effect.mean) / level[0])} {'more' if more else 'fewer'}" if level else ""
    return (
        f"Compared with {base}, {name} {'adds' if more else 'averts'} {size}{share}. "
        f"With {base} there are {level_text(level)}."
    )


def self_destruct_sentences(results: Results, scenario: str) -> list[str]:
    """Return what stands next to every transfer result: failures, inert items, hazardous area, the treaty."""
    sentences, beside = [], []
    inert = devices.inert_effects(results).get(scenario)
    added = reading.effect(results, scenario, HAZARDOUS)
    if inert and not inert.is_zero:
        beside.append(change_text(inert, "inert items that still have to be found and cleared"))
    if added and not added.is_zero:
        beside.append(hazardous_text(added))
    if beside:
        sentences.append("It brings " + " and ".join(beside) + ".")
    assumption = devices.self_destruct(results).get(scenario)
    if assumption:
        spread = (
            ""
            if assumption.low == assumption.high
            else f" (range {percent(assumption.low)} to {percent(assumption.high)})"
        )
        sentences.append(
            f"This assumes that {percent(assumption.central)} of the mines fail to self-destruct{spread}. "
            + OTTAWA
        )
    return sentences


def counted_sentences(results: Results, effect: Effect) -> list[str]:
    """Return the count beside an expected value."""
    text = counted(effect, reading.casualties_per_accident(results))
    if not text:
        return []
    why = ", too rare to count" if effect.counted and effect.counted.mean == 0 else ""
    return [
        f"The difference is an expected value computed along the runs; counted in the same {effect.n:,} runs "
        f"it is {text}{why}."
    ]


def extreme_sentences(results: Results) -> list[str]:
    """Return the variants that add and avert most, among those whose sign can be told."""
    head = reading.headline(results)
    others = [e for name, e in reading.effects(results, CASUALTIES).items() if name != head]
    more = max((e for e in others if e.verdict == "more"), key=lambda e: e.mean, default=None)
    fewer = min((e for e in others if e.verdict == "fewer"), key=lambda e: e.mean, default=None)
    parts = []
    if more:
        parts.append(f"{quoted(results, more.scenario)} adds most ({effect_text(results, more)})")
    if fewer:
        parts.append(f"{quoted(results, fewer.scenario)} averts most ({effect_text(results, fewer)})")
    if parts:
        return [f"Of the other {len(others)} variants, " + " and ".join(parts) + "."]
    if not others:
        return []
    return [
        "None of the other variants changes casualties by more than chance and what is not known explain."
    ]


def drivers(results: Results, most: int = 3) -> list[str]:
    """Return what drives the difference and the total, the largest shares of variance first."""
    sentences, titles = [], parameters.families(results)
    for is_difference in (True, False):
        found = parameters.drivers_of(results, is_difference)
        if found is None:
            continue
        words = parameters.driven(results, is_difference)
        words = words[:1].upper() + words[1:]
        rows = select(results.drivers, scenario=found[0], metric=found[1])
        rows = rows.sort_values("share_of_variance", ascending=False, kind="stable").head(most)
        named = [
            f"{lower_first(parameters.in_words(str(row['parameter']), titles))}, "
            f"{percent(float(row['share_of_variance']))} ({GRADE_WORDS.get(str(row['grade']), 'no grade')})"
            for row in rows.to_dict("records")
            if float(row["share_of_variance"]) > 0
        ]
        if named:
            sentences.append(f"{words}, by share of its variance: " + "; ".join(named) + ".")
    sentences += chance(results)
    return sentences or ["The runs were too few to tell which inputs drive the result."]


def chance(results: Results) -> list[str]:
    """Return how much of the spread of the baseline's total between runs is chance."""
    rows = select(results.spread, scenario=reading.baseline(results), metric="casualties_total", group="all")
    itself = rows["baseline"].isna() | (rows["baseline"] == "")
    shares = rows.loc[itself, "share_unknown"].dropna()
    return [
        f"Between single runs, {percent(float(share))} of the variance of the total under the baseline is what is not "
        f"known; the rest is chance."
        for share in shares
    ]


def assumed(results: Results) -> list[str]:
    """Return how much of the result rests on assumptions, and which ones weigh most."""
    sentences = []
    for is_difference in (True, False):
        found = parameters.drivers_of(results, is_difference)
        if found is None:
            continue
        share = parameters.rests_on(results, *found)
        words = parameters.driven(results, is_difference)
        rest = (
            f"; {percent(share.unresolved)} could not be put down to single inputs"
            if share.unresolved > 0.005
            else ""
        )
        sentences.append(
            f"{percent(share.assumed)} of the variance of {words} rests on inputs graded as assumption "
            f"or unsourced{rest}."
        )
    counts = parameters.grade_counts(results)
    weak = sum(counts.get(grade, 0) for grade in reading.ASSUMED_GRADES)
    sentences.append(
        f"{weak} of {sum(counts.values())} inputs are assumptions or unsourced; each is listed below with "
        "its range, source and grade."
    )
    return sentences + heaviest_assumption(results) + fit.missed(results)


def heaviest_assumption(results: Results) -> list[str]:
    """Return the assumption with the largest share of variance, with its range."""
    found = parameters.drivers_of(results, True) or parameters.drivers_of(results, False)
    if found is None:
        return []
    rows = select(results.drivers, scenario=found[0], metric=found[1], grade=reading.ASSUMED_GRADES)
    rows = rows[rows["share_of_variance"] > 0]
    rows = rows.sort_values("share_of_variance", ascending=False, kind="stable").head(1)
    known = results.parameters
    for path in rows["parameter"]:
        own = known[known["path"] == path]
        # One input may have other values in other scenarios: shown is the one that drives this result.
        users = [found[0] in devices.used_in(cell, reading.scenario_names(results)) for cell in own["used_in"]]
        spread = [str(text) for text in own[users]["distribution"]]
        if spread:
            words = parameters.in_words(str(path), parameters.families(results))
            return [f"The heaviest one is {lower_first(words)}: {parameters.in_percent(str(path), spread[0])}."]
    return []


def lower_first(text: str) -> str:
    """Return text that stands inside a sentence."""
    return text[:1].lower() + text[1:]


def baseline_level(results: Results) -> tuple[float, float, float] | None:
    """Return the baseline's casualties over the horizon: mean, low, high."""
    rows = reading.whole(reading.levels(results, CASUALTIES, reading.baseline(results)))
    if rows.empty or not rows["mean"].iloc[0]:
        return None
    return float(rows["mean"].iloc[0]), float(rows["p05"].iloc[0]), float(rows["p95"].iloc[0])


def level_text(level: tuple[float, float, float] | None) -> str:
    """Return "about 5,200 (3,100 to 8,300)"."""
    return "zero" if level is None else "about " + interval(*level)


def share_text(share: float) -> str:
    """Return a relative change in words a reader can place."""
    return "less than 0.1 %" if share < 0.001 else percent(share)


def effect_text(results: Results, effect: Effect) -> str:
    """Return a difference, and for a self-destruct variant everything that has to stand next to it."""
    text = f"{signed(effect.mean)}, 90 % interval {signed(effect.low)} to {signed(effect.high)}"
    assumption = devices.self_destruct(results).get(effect.scenario)
    if assumption is None:
        return text
    inert = devices.inert_effects(results).get(effect.scenario)
    added = reading.effect(results, effect.scenario, HAZARDOUS)
    text += f"; {percent(assumption.central)} assumed not to self-destruct"
    text += f"; inert items {signed(inert.mean)}" if inert else ""
    text += f"; hazardous area {area(added.mean)}" if added else ""
    return f"{text}; the Ottawa Treaty bans such mines all the same"
