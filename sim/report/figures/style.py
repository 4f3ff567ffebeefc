"""How every figure looks: palette, sizes, axes, and the drawing that carries its own guardrail note.

Figures are made without pyplot, so nothing global is left behind, and at 4.3 inches wide, so that the
letters stay readable on a phone.
"""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from sim.report import devices, reading
from sim.report.devices import OTTAWA
from sim.report.shape import Results
from sim.report.tables import NBSP, number, percent

# Okabe and Ito's palette, told apart with every common colour blindness
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
INK, MUTED, RULE = "#1f2933", "#5b6773", "#d9dee3"
# baseline, headline, two increases, two decreases: colour, dash and mark all differ, for prints in grey
LINES = (
    (INK, "-", "o"),
    (BLUE, (0, (5, 2)), "s"),
    (VERMILION, "-", "^"),
    (ORANGE, (0, (3, 1, 1, 1)), "v"),
    (GREEN, "-", "D"),
    (SKY, (0, (2, 1)), "P"),
)
WIDTH = 4.3
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.labelsize": 9.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "figure.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "demrisk",
    # Titles are written by users: a dollar sign in them is money, not mathematics.
    "text.parse_math": False,
}


class Drawing(Figure):
    """A figure that shows itself in a notebook without pyplot."""

    def _repr_svg_(self) -> str:
        return svg(self).decode()


@contextmanager
def canvas(ax: Axes | None, height: float, note: str = "") -> Iterator[Axes]:
    """Yield axes to draw on, in the report's style.

    Without `ax` a new figure is made, `height` inches high and more for the note, a small text under the
    picture that travels with it when it is copied elsewhere.
    """
    lines = textwrap.wrap(note, 72)
    with matplotlib.rc_context(STYLE):
        if ax is not None:
            yield ax
            return
        figure = Drawing(figsize=(WIDTH, height + 0.135 * len(lines)), layout="constrained")
        if lines:
            figure.supxlabel("\n".join(lines), fontsize=7.5, color=MUTED, x=0.01, ha="left", parse_math=False)
        yield figure.add_subplot()


def svg(figure: Figure) -> bytes:
    """Return a figure as SVG with its letters as outlines: it looks the same everywhere."""
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        # The canvas directly: Figure.savefig draws everything twice when it lays out.
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()


def figure_of(ax: Axes) -> Figure:
    """Return the figure that holds the axes."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def wrap(text: str, width: int, lines: int = 2) -> str:
    """Return text broken into at most `lines` lines, shortened with an ellipsis."""
    return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder=" …")) or " "


def name(results: Results, scenario: str, width: int = 46, lines: int = 2, what: str = "") -> str:
    """Return a scenario's title for a legend; a self-destruct variant carries its assumed failure rate."""
    assumption = devices.self_destruct(results).get(scenario)
    after = (failure_mark(assumption.central) if assumption else "") + (f":{NBSP}{what}" if what else "")
    room = width * lines - len(after) - 8
    title = wrap(short_title(results, scenario, room), room, 1)
    return wrap(title + after, width, lines)


def short_title(results: Results, scenario: str, room: int) -> str:
    """Return a title; one that is too long with only the start of the clause it shares with another."""
    title = reading.title(results, scenario)
    others = [reading.title(results, other) for other in reading.scenario_names(results) if other != scenario]
    if len(title) <= room:
        return title
    shared = max((len(os.path.commonprefix([title, other])) for other in others if other != title), default=0)
    clause = title[:shared].rfind(", ")
    start = " ".join(title.split()[:2])
    return f"{start} … {title[clause + 2 :]}" if clause > len(start) else title


def failure_mark(share: float) -> str:
    """Return the assumed failure rate as it stands behind a title, never broken or shortened away."""
    return f" †{NBSP}({percent(share)}{NBSP}fail)"


def self_destruct_note(results: Results, scenarios: Iterable[str]) -> str:
    """Return what stands next to every self-destruct result, or nothing where none is shown."""
    assumptions = devices.self_destruct(results)
    shown = [s for s in dict.fromkeys(scenarios) if s in assumptions]
    if not shown:
        return ""
    parts = ["† self-destructing mines, with the share assumed to fail."]
    for scenario in shown if len(shown) <= 2 else [s for s in shown if s == reading.headline(results)]:
        inert = devices.inert_effects(results).get(scenario)
        added = reading.effect(results, scenario, reading.HAZARDOUS)
        bill = [f"{number(inert.mean, 2)} more inert items to clear"] if inert else []
        bill += [f"{number(added.mean / 1e6, 2)} km² more hazardous land"] if added else []
        if bill:
            parts.append(f"“{reading.title(results, scenario)}”: {', '.join(bill)}.")
    return " ".join([*parts, OTTAWA])


def thousands(axis: Any, marks: int = 6) -> None:
    """Write an axis's numbers with thousands separators, at few round values."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 6)))
    axis.set_major_locator(MaxNLocator(nbins=marks, steps=[1, 2, 5, 10]))


def years_axis(ax: Axes, years: Sequence[int], marks: int = 6) -> None:
    """Set a time axis with whole years."""
    ax.xaxis.set_major_locator(MaxNLocator(nbins=marks, integer=True, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    ax.set_xlabel("year")
    if len(years):
        ax.set_xlim(min(years) - 0.3, max(years) + 0.3)


def legend_below(ax: Axes, inches: float = 0.5, *, backwards: bool = False) -> None:
    """Set the legend so many inches under the axes, from the figure's left edge: there it covers nothing."""
    figure = figure_of(ax)
    handles, labels = ax.get_legend_handles_labels()
    step = -1 if backwards else 1
    place = blended_transform_factory(figure.transFigure, ax.transAxes)
    legend = ax.legend(
        handles[::step],
        labels[::step],
        loc="upper left",
        bbox_to_anchor=(0.02, 0.0),
        bbox_transform=place + ScaledTranslation(0, -inches, figure.dpi_scale_trans),
        borderaxespad=0,
        handlelength=2.6,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def legend_height(labels: Iterable[str]) -> float:
    """Return the height in inches of the axis label and a legend with these labels under it."""
    return 0.55 + 0.19 * sum(1 + label.count("\n") for label in labels)
