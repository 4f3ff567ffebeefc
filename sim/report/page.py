"""The report: one self-contained page and its figures, written whole or not at all."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.report import behind, devices, exhibits, parameters, programme, reading, sentences, tables
from sim.report.captions import CAPTIONS, WORDS, caption_of
from sim.report.devices import OTTAWA
from sim.report.reading import CASUALTIES, HAZARDOUS
from sim.report.shape import INERT, INERT_TRANSFERRED, Condensed, Results, condense
from sim.report.tables import Table
from sim.study.files import make_folder, write_whole

if TYPE_CHECKING:
    import jinja2

    from sim.study import Workers

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Picture:
    """A figure as the page holds it."""

    key: str
    heading: str
    caption: str
    alt: str
    source: str
    width: int
    height: int
    data: Table | None
    folded: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page: pictures beside each other, with a small table among them, tables below.

    `drawn` names the pictures; they come last, for drawing takes longer than all the rest.
    """

    key: str
    heading: str
    intro: str
    drawn: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    aside: Table | None = None
    pictures: tuple[Picture, ...] = ()


def write_report(results: Results, folder: str | Path, workers: Workers | None = None) -> Path:
    """Write `report.html` and `figures/*.svg` into a folder.

    Parameters
    ----------
    results : Results
        A finished study.
    folder : str or Path
        Created where it does not exist. Each file appears whole or not at all.
    workers : Workers, optional
        Processes that draw; otherwise this one does.

    Returns
    -------
    Path
        The page, which needs no other file.
    """
    folder = Path(folder)
    content = pickle.dumps(condense(results))
    do: Callable[..., Iterator[Any]] = workers.map if workers else map
    text, drawings = do(_words, [content]), do(partial(_drawing, content), CAPTIONS)
    pictures = {}
    make_folder(folder / "figures")
    for picture, svg in filter(None, drawings):
        write_whole(folder / "figures" / f"{picture.key}.svg", svg)
        pictures[picture.key] = picture
    page = folder / "report.html"
    write_whole(page, _page(next(text), pictures).encode())
    return page


@lru_cache(maxsize=1)
def _results(content: bytes) -> Condensed:
    """Return the results that a process was given, kept for the next figure with what was looked up in them."""
    results: Condensed = pickle.loads(content)
    return results


def _words(content: bytes) -> dict[str, Any]:
    return words(_results(content))


def _drawing(content: bytes, key: str) -> tuple[Picture, bytes] | None:
    return drawing(_results(content), key)


def drawing(results: Results, key: str) -> tuple[Picture, bytes] | None:
    """Draw a figure; return it for the page and as SVG, or None where it has no data."""
    from sim.report.figures import FIGURES
    from sim.report.figures.style import svg

    plot = FIGURES[key]
    frame = plot.table(results)
    if frame.empty:
        return None
    figure = plot.draw(results)
    image = svg(figure)
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    heading, caption = caption_of(results, key)
    # The panels repeat what summary.csv holds; nineteen columns of it help nobody on a page.
    data = None if key == "all_casualties" else behind.data_table(frame, heading)
    picture = Picture(
        key,
        heading,
        caption,
        plot.alt(frame),
        "data:image/svg+xml;base64," + base64.b64encode(image).decode(),
        width,
        height,
        data,
        folded=key == "all_casualties",
    )
    return picture, image


def render(results: Results, pictures: dict[str, Picture]) -> str:
    """Return the page as HTML; titles and names of users are only ever data in it."""
    return _page(words(results), pictures)


def words(results: Results) -> dict[str, Any]:
    """Return everything on the page but the pictures."""
    return {
        "study": reading.plain(results.manifest["study"]),
        "first": sentences.first_screen(results),
        "horizon": reading.horizon(results),
        "beside": beside(results),
        "sections": sections(results),
        "reading": sentences.READING,
        "version": reading.plain(results.manifest["versions"]["demrisk"]),
        "words": WORDS,
        "ottawa": OTTAWA,
    }


def _page(text: dict[str, Any], pictures: dict[str, Picture]) -> str:
    """Return the page as HTML; parts without content are left out."""
    filled = (
        replace(part, pictures=tuple(pictures[key] for key in part.drawn if key in pictures))
        for part in text["sections"]
    )
    shown = [part for part in filled if part.pictures or part.tables or part.aside]
    return environment().get_template("report.html.j2").render({**text, "sections": shown})


def environment() -> jinja2.Environment:
    """Return the template environment: everything is escaped, an unknown name is an error."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def beside(results: Results) -> list[tuple[str, str, str]]:
    """Return the numbers beside the answer: what, value, interval."""
    head = reading.headline(results)
    rows: list[tuple[str, str, str]] = []
    level = sentences.baseline_level(results)
    if level:
        rows.append(
            (
                f"Civilian casualties, {reading.title(results, reading.baseline(results))}",
                tables.number(level[0], 2),
                f"{tables.number(level[1], 2)} to {tables.number(level[2], 2)}",
            )
        )
    if head is None:
        return rows
    ratio, hurt = reading.casualties_per_accident(results), devices.harm(results).get(head)
    for metric, words in (
        (CASUALTIES, "Civilian casualties, difference"),
        (INERT, "Inert items to be cleared, difference"),
        (HAZARDOUS, "Hazardous area added"),
    ):
        effect = devices.inert_effects(results).get(head) if metric == INERT else reading.effect(results, head, metric)
        if metric == CASUALTIES and hurt:
            low, high = (tables.number(value, 2) for value in hurt[1:])
            rows.append(("Hurt by the transferred devices themselves", tables.number(hurt[0], 2), f"{low} to {high}"))
            continue
        if effect and effect.metric == INERT_TRANSFERRED:
            words = "Transferred devices inert in the ground at the end, to be cleared"
        if effect is None or (metric == HAZARDOUS and effect.is_zero):
            continue
        unit, factor = tables.shown_unit(effect.unit)
        after = f" {unit}" if metric == HAZARDOUS else ""
        reach = f"{tables.signed(effect.low * factor)} to {tables.signed(effect.high * factor)}{after}"
        counted = tables.counted(effect, ratio)
        rows.append(
            (
                words,
                tables.signed(effect.mean * factor) + after,
                reach + (f"; counted {counted}" if counted else ""),
            )
        )
    assumption = devices.self_destruct(results).get(head)
    if assumption:
        rows.append(
            (
                "Assumed not to self-destruct",
                tables.percent(assumption.central),
                f"{tables.percent(assumption.low)} to {tables.percent(assumption.high)}. {OTTAWA}"
                if assumption.low < assumption.high
                else OTTAWA,
            )
        )
    return rows


def sections(results: Results) -> list[Section]:
    """Return the parts of the page in order, with the names of their pictures."""

    def part(
        key: str,
        heading: str,
        intro: str,
        drawn: tuple[str, ...] = (),
        *shown: Table | None,
        aside: Table | None = None,
    ) -> Section:
        return Section(
            key,
            heading,
            intro,
            drawn,
            tuple(table for table in shown if table is not None),
            aside,
        )

    counts = parameters.grade_counts(results)
    return [
        part(
            "programme",
            "Side by side",
            "Variants of one group, each compared with the first: same draws, same chance. Land is done with when it "
            "is released, or surveyed and without evidence.",
            ("completion", "deadline", "pairs"),
            programme.value_table(results),
            programme.benefits_table(results),
            programme.districts_table(results),
        ),
        part(
            "differences",
            "What each scenario changes",
            sentences.READING,
            ("differences", "inert_differences"),
            tables.comparison(results),
        ),
        part(
            "self-destruct",
            "Self-destruction: what fails, what stays, what is banned",
            "A mine that destroys itself is gone; one whose mechanism fails stays in the ground, functioning "
            "until its battery is exhausted and inert after that, and has to be found like any other. "
            + OTTAWA,
            ("items_added",),
            exhibits.per_10000_table(results),
            aside=exhibits.treaty_table(results),
        ),
        part(
            "casualties",
            "Casualties",
            "Killed and injured civilians. Deminers are counted apart.",
            ("casualties", "by_end", "groups", "map", "all_casualties"),
        ),
        part(
            "land",
            "Ordnance and land",
            "How much is in the ground, and how land becomes usable again.",
            ("land", "recorded_land", "items"),
            aside=exhibits.land_states_table(results),
        ),
        part(
            "money",
            "Money",
            "What survey, clearance, EOD spot tasks, marking and risk education cost.",
            ("cost",),
            aside=exhibits.money_table(results),
        ),
        part(
            "trust",
            "How far this can be trusted",
            "How much of the result each uncertain input explains, and how the model meets what was "
            "observed. An input graded as assumption is a range that was argued for, not measured.",
            ("drivers", "total_drivers", "fit"),
            exhibits.failure_table(results),
            aside=parameters.grade_table(results),
        ),
        part("results", "All results", "", (), exhibits.results_table(results)),
        part(
            "inputs",
            "Every input",
            f"{sum(counts.values())} inputs with value or distribution, source and grade.",
            (),
            parameters.parameter_table(results),
        ),
        part(
            "run", "Scenarios and run", "", (), exhibits.scenario_table(results), exhibits.run_table(results)
        ),
    ]
