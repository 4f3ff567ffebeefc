"""The files of a trace: tables and figures of one replicate."""

from __future__ import annotations

from pathlib import Path

from sim.study.csvfile import csv_bytes
from sim.study.files import write_whole
from sim.study.trace import Trace


def write_trace(trace: Trace, folder: str | Path) -> list[Path]:
    """Write `stages.csv`, `land.csv`, `teams.svg` and `burn_down.svg` into a folder; returns their paths.

    Each file appears whole or not at all.
    """
    from sim.report.figures.style import svg
    from sim.report.figures.trace import plot_burn_down, plot_teams

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "stages.csv": csv_bytes(trace.stages),
        "land.csv": csv_bytes(trace.land),
        "teams.svg": svg(plot_teams(trace)),
        "burn_down.svg": svg(plot_burn_down(trace)),
    }
    for name, content in files.items():
        write_whole(folder / name, content)
    return [folder / name for name in files]
