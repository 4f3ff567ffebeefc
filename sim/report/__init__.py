"""Room six: results become sentences, tables, figures and one page. It computes no result.

`write_report(results, folder)` writes the page; `terminal_table(results)` ends a run in the terminal;
`overview(results)` is the same as plain numbers; `first_screen(results)` is the answer in sentences; every
figure is `plot_x(results, ax=None)` over a table `x_table(results)`, both in `sim.report.figures`. Nothing heavy
is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.report import figures
    from sim.report.numbers import overview
    from sim.report.page import write_report
    from sim.report.sentences import FirstScreen, first_screen
    from sim.report.shape import Results, condense
    from sim.report.tables import comparison
    from sim.report.terminal import terminal_table
    from sim.report.traces import write_trace

__all__ = [
    "FirstScreen",
    "Results",
    "comparison",
    "condense",
    "figures",
    "first_screen",
    "overview",
    "terminal_table",
    "write_report",
    "write_trace",
]

_HOMES = {
    "overview": "numbers",
    "write_report": "page",
    "Results": "shape",
    "condense": "shape",
    "FirstScreen": "sentences",
    "first_screen": "sentences",
    "comparison": "tables",
    "terminal_table": "terminal",
    "write_trace": "traces",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "figures":
        return import_module("sim.report.figures")
    if name in _HOMES:
        return getattr(import_module(f"sim.report.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
