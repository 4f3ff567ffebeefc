"""What `import sim` hands out: results that show themselves as tables, figures and a page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from sim import report, study
from sim.report.tables import number
from sim.scenario import LoadedStudy, Scenario
from sim.study.results import Results as Tables


class Results(Tables):
    """Results of a run with their tables, figures and report.

    The tables are those of `sim.study.results.Results`: summary, differences, parameters, drivers, ...
    """

    def table(self) -> pd.DataFrame:
        """One row per scenario: casualties, differences, inert items, area, cost; see `sim.report.overview`."""
        return report.overview(self)

    def report(self, folder: str | Path | None = None) -> Path:
        """Write the report page; returns its path."""
        return report.write_report(self, Path(folder) if folder is not None else self.folder)

    @property
    def plot(self) -> Plots:
        """Figures by name: ``results.plot.casualties()``."""
        return Plots(self)

    def _repr_html_(self) -> str:
        return str(self.table().to_html(index=False, float_format=number, na_rep="–"))


class Plots:
    """Figures of one set of results; ``dir()`` names them."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def __getattr__(self, name: str) -> Any:
        plot = getattr(report.figures, f"plot_{name}", None)
        if plot is None:
            raise AttributeError(f"no figure {name!r}; known: {', '.join(self.__dir__())}")
        return lambda ax=None, **options: plot(self._results, ax=ax, **options)

    def __dir__(self) -> list[str]:
        return sorted(n.removeprefix("plot_") for n in dir(report.figures) if n.startswith("plot_"))


def run(scenario: Scenario, draws: int | None = None, per_draw: int | None = None,
        workers: int | study.Workers | None = None, folder: str | Path | None = None) -> Results:
    """Run one scenario; see `sim.study.run`."""
    return _shown(study.run(scenario, draws, per_draw, workers, folder))


def compare(scenarios: dict[str, Scenario], baseline: str, draws: int | None = None, per_draw: int | None = None,
            workers: int | study.Workers | None = None, folder: str | Path | None = None) -> Results:
    """Run scenarios on the same draws and compare each with the baseline; see `sim.study.compare`."""
    return _shown(study.compare(scenarios, baseline, draws, per_draw, workers, folder))


def compare_study(loaded: LoadedStudy, quick: bool = False, draws: int | None = None, per_draw: int | None = None,
                  workers: int | study.Workers | None = None, folder: str | Path | None = None,
                  only: Iterable[str] | None = None) -> Results:
    """Run a study file; see `sim.study.compare_study`."""
    return _shown(study.compare_study(loaded, quick, draws, per_draw, workers, folder, only=only))


def read(folder: str | Path) -> Results:
    """Read a finished run folder."""
    return _shown(Tables.read(folder))


def _shown(tables: Tables) -> Results:
    return Results(**vars(tables))
