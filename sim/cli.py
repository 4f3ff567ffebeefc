"""The shell's front door: ``demrisk``. Thin: every command calls one function of a room.

Exit status: 0 done; 2 the input is wrong (one message per fault); 1 anything else.
"""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from sim import __version__
from sim.shell import check_address_space, faults_shown, progress_shown, read_policies

WORKERS = click.option("--workers", type=click.IntRange(1, 1024), help="Processes; all cores where not given.")
DRAWS = click.option("--draws", type=click.IntRange(1, 1_000_000), help="Parameter draws (outer loop).")
PER_DRAW = click.option("--per-draw", type=click.IntRange(1, 4096), help="Chance replicates per draw (inner loop).")
CLUSTER = click.option("--cluster", metavar="ADDRESS", help="Compute on a Dask cluster: tcp://host:port of its "
                       "scheduler, or local:4 to start one of four processes here.")
FOLDER = click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Run folder.")
POLICY = click.option("--policy", "policies", multiple=True, type=click.Path(path_type=Path, dir_okay=False),
                      help="Python file with policies of your own; it is run as code. May be repeated.")
FILE = click.argument("file", type=click.Path(path_type=Path))
RUN = click.argument("folder", type=click.Path(path_type=Path))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="demrisk")
def main() -> None:
    """What mines do to civilians after they are laid: simulate, compare, report.

    A run compares policies under stated assumptions. It is not a clearance decision.
    """
    check_address_space()
    gc.set_threshold(50_000)  # hardly anything made here goes in circles, and to look for that takes a while


@main.command()
@FILE
@POLICY
def check(file: Path, policies: tuple[Path, ...]) -> None:
    """Validate a scenario or study; print its size and what a run would take."""
    with faults_shown():
        from sim.study.estimate import check_possible, estimate, timed_replicate
        from sim.world import make_frame

        read_policies(policies)
        scenarios, _ = _load_any(file)
        _check_policies(scenarios.values())
        first = next(iter(scenarios.values()))
        sizes = first.replicates
        check_possible(estimate(scenarios, sizes.draws, sizes.per_draw), None, Path("runs"))
        for name, scenario in scenarios.items():
            frame = make_frame(scenario)
            own = scenario.replicates
            click.echo(
                f"{name}: {len(frame.districts)} districts, {len(frame.strata)} strata, "
                f"{len(frame.areas)} hazard areas, {len(frame.cohorts)} cohorts, "
                f"{scenario.horizon_years:g} years, {own.draws} x {own.per_draw} replicates")
        for text, names in _warnings(scenarios).items():
            whose = "" if len(names) == len(scenarios) else f" ({', '.join(names)})"
            click.echo(f"warning: {text}{whose}")
        needed = estimate(scenarios, sizes.draws, sizes.per_draw, timed_replicate(first))
        click.echo(f"estimate on one core: {needed.seconds:.0f} s, {needed.memory_mb(1):.0f} MB of memory, "
                   f"{needed.disk_mb:.0f} MB on the disk; each further process {needed.worker_mb:.0f} MB of memory")


@main.command()
@FILE
@DRAWS
@PER_DRAW
@WORKERS
@CLUSTER
@FOLDER
@click.option("--only-replicate", type=click.IntRange(0), metavar="N",
              help="Only this replicate, as failures.csv names it: prints its totals or its error, writes nothing.")
@POLICY
def run(file: Path, draws: int | None, per_draw: int | None, workers: int | None, cluster: str | None,
        folder: Path | None, only_replicate: int | None, policies: tuple[Path, ...]) -> None:
    """Run one scenario and write its report."""
    if only_replicate is not None:
        _run_one(file, only_replicate, per_draw, policies)
        return
    with faults_shown(), _workers(workers, cluster) as pool:
        from sim import study
        from sim.scenario import load

        read_policies(policies)
        scenario = load(file)
        _check_policies([scenario])
        pool.warm_up()
        with progress_shown("running") as progress:
            results = study.run(scenario, draws, per_draw, pool, folder, progress)
        _finish(results, pool)


@main.command()
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--quick", is_flag=True, help="The study's small size, for a first look.")
@click.option("--only", multiple=True, help="Only this variant (and the baseline); may be repeated.")
@DRAWS
@PER_DRAW
@WORKERS
@CLUSTER
@FOLDER
@POLICY
def compare(files: tuple[Path, ...], quick: bool, only: tuple[str, ...], draws: int | None, per_draw: int | None,
            workers: int | None, cluster: str | None, folder: Path | None, policies: tuple[Path, ...]) -> None:
    """Compare the variants of a study file, or several scenario files (the first is the baseline)."""
    with faults_shown(), _workers(workers, cluster) as pool:
        from sim import study
        from sim.scenario import load

        read_policies(policies)
        if len(files) == 1:
            loaded = _load_study(files[0])
            unknown = set(only) - set(loaded.scenarios)
            if unknown:
                raise ValueError(
                    f"--only: no variant {', '.join(sorted(unknown))}; known: {', '.join(loaded.scenarios)}")
            _check_policies(loaded.scenarios.values())
            fit = files[0].parent / "calibration_fit.csv"
            pool.warm_up()
            with progress_shown("comparing") as progress:
                results = study.compare_study(loaded, quick, draws, per_draw, pool, folder, progress, only or None,
                                              fit if fit.is_file() else None)
        else:
            scenarios = {f.stem: load(f) for f in files}
            if len(scenarios) < len(files):
                raise ValueError("two scenario files have the same name: names tell scenarios apart")
            _check_policies(scenarios.values())
            pool.warm_up()
            with progress_shown("comparing") as progress:
                results = study.compare(scenarios, files[0].stem, draws, per_draw, pool, folder, progress)
        _finish(results, pool)


@main.command()
@FILE
@click.option("--observations", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True,
              help="CSV with columns year, casualties_reported, used_in_fit.")
@click.option("--draws", type=click.IntRange(20, 1_000_000), default=200, show_default=True)
@click.option("--check", "check_file", type=click.Path(path_type=Path),
              help="Scenario (or study, its last variant) that starts earlier, for years to check.")
@WORKERS
@CLUSTER
@POLICY
def calibrate(file: Path, observations: Path, draws: int, check_file: Path | None, workers: int | None,
              cluster: str | None, policies: tuple[Path, ...]) -> None:
    """Fit the exposure scale to reported casualties; writes calibration.yaml beside the scenario."""
    with faults_shown(), _workers(workers, cluster) as pool:
        from sim.scenario import load
        from sim.study.calibrate import calibrate as fit_scale
        from sim.study.calibrate import write_calibration
        from sim.study.observations import read_observations

        read_policies(policies)
        scenario = load(file)
        observed = read_observations(observations)
        pool.warm_up()
        check = list(_load_any(check_file)[0].values())[-1] if check_file else None
        fit = fit_scale(scenario, observed, draws, pool, check)
        paths = write_calibration(fit, file.parent)
        c = fit.calibration
        click.echo(f"scale: median {math.exp(c.log_scale):.4g} at central parameters, spread of its logarithm "
                   f"{c.spread:.2f}; parameters explain {fit.explained:.0%} of its variance")
        for row in fit.table.itertuples():
            click.echo(f"{row.year}: observed {row.observed:.0f}, fitted {row.p50:.0f} "
                       f"(80 %: {row.p10:.0f}-{row.p90:.0f}){'' if row.used_in_fit else ', not used in the fit'}")
        click.echo("written: " + ", ".join(str(p) for p in paths))


@main.command()
@RUN
@WORKERS
@CLUSTER
@POLICY
def resume(folder: Path, workers: int | None, cluster: str | None, policies: tuple[Path, ...]) -> None:
    """Finish a run that was stopped, from its folder alone: what is there is kept, what is missing is computed."""
    with faults_shown(), _workers(workers, cluster) as pool:
        from sim import study

        read_policies(policies)
        pool.warm_up()
        with progress_shown("resuming") as progress:
            results = study.resume(folder, pool, progress)
        _finish(results, pool)


@main.command()
@RUN
@WORKERS
@CLUSTER
@POLICY
@click.option("--folder", "again", type=click.Path(path_type=Path, file_okay=False),
              help="Keep the second run in this new folder; it is removed where none is given.")
def reproduce(folder: Path, workers: int | None, cluster: str | None, policies: tuple[Path, ...],
              again: Path | None) -> None:
    """Do a finished run again and compare every byte of its results; exit status 1 where one differs."""
    with faults_shown(), _workers(workers, cluster) as pool:
        from sim import study

        read_policies(policies)
        pool.warm_up()
        with progress_shown("reproducing") as progress:
            found = study.reproduce(folder, pool, again, progress)
    for line in found.other:
        click.echo(line)
    for line in found.differing:
        click.echo(line)
    if found.differing:
        raise SystemExit(1)
    click.echo("the same bytes: chunks and tables")


@main.command()
@RUN
def report(folder: Path) -> None:
    """Write the report page of a finished run folder."""
    with faults_shown(), _workers(None, first="sim.report.figures") as pool:
        from sim.study import Results

        _finish(Results.read(folder), pool)


@main.command()
@FILE
@click.option("--variant", help="Which variant of a study; its baseline where not given.")
@click.option("--draw", type=click.IntRange(0), default=0, show_default=True, help="Parameter draw.")
@click.option("--replicate", type=click.IntRange(0), default=0, show_default=True, help="Chance replicate of the draw.")
@FOLDER
@POLICY
def trace(file: Path, variant: str | None, draw: int, replicate: int, folder: Path | None,
          policies: tuple[Path, ...]) -> None:
    """Write one replicate's stages, a Gantt chart of teams and a burn-down of land."""
    with faults_shown():
        from sim.report import write_trace
        from sim.study.trace import trace as run_traced

        read_policies(policies)
        scenarios, loaded = _load_any(file)
        name = variant or (loaded.study.baseline if loaded else file.stem)
        if name not in scenarios:
            raise ValueError(f"--variant: no variant {name!r}; known: {', '.join(scenarios)}")
        traced = run_traced(scenarios[name], draw, replicate, loaded.study.variants[name].title if loaded else None)
        for path in write_trace(traced, folder or Path("runs") / f"trace-{name}-{draw}-{replicate}"):
            click.echo(f"written: {path}")


@main.command()
def warmup() -> None:
    """Compile the numerical kernels, so that later runs start at once."""
    with _workers(1) as pool:
        pool.warm_up()
    click.echo("kernels are compiled")


@main.command()
def schema() -> None:
    """Print the JSON Schema of scenario and study files."""
    import json

    from sim.scenario import json_schema

    click.echo(json.dumps(json_schema(), indent=1))


def _run_one(file: Path, number: int, per_draw: int | None, policies: tuple[Path, ...]) -> None:
    """One replicate in this process, where a debugger can follow it."""
    with faults_shown():
        from sim.scenario import load
        from sim.study.alone import run_alone

        read_policies(policies)
        scenario = load(file)
        _check_policies([scenario])
        replicate = run_alone(scenario, number, per_draw)
    click.echo(replicate.address)
    if replicate.failure is not None:
        click.echo(replicate.failure["traceback"], err=True)
        raise SystemExit(1)
    for metric, unit, value in replicate.totals:
        click.echo(f"{metric:36} {value:18,.6g} {unit}")


def _load_any(file: Path) -> tuple[dict[str, Any], Any]:
    from sim.scenario import ScenarioError, load, load_study
    from sim.scenario.yamlfile import read_text

    try:
        is_study = "\nstudy:" in "\n" + read_text(file, str(file))
    except ScenarioError:
        is_study = False  # the loader says what is wrong
    if is_study:
        loaded = load_study(file)
        return dict(loaded.scenarios), loaded
    return {file.stem: load(file)}, None


def _load_study(file: Path) -> Any:
    scenarios, loaded = _load_any(file)
    if loaded is None:
        raise ValueError(
            f"{file}: one file to compare must be a study (with `study:` and `variants:`); this is a scenario")
    return loaded


def _warnings(scenarios: dict[str, Any]) -> dict[str, list[str]]:
    """Each warning once, with the scenarios that it is about."""
    found: dict[str, list[str]] = {}
    for name, scenario in scenarios.items():
        for fault in scenario.warnings:
            found.setdefault(str(fault), []).append(name)
    return found


def _check_policies(scenarios: Iterable[Any]) -> None:
    from sim.programme import check_policies

    check_policies(scenarios)


def _workers(count: int | None, cluster: str | None = None, first: str = "sim.study.ready") -> Any:
    """Processes that start now, compute with what is imported first, and draw the figures at the end."""
    from sim.study import Cluster, Workers

    return Cluster(cluster, count) if cluster is not None else Workers(count, first, afterwards="sim.report.figures")


def _finish(results: Any, pool: Any) -> None:
    """Table and answer in the terminal, report page, exit status 1 where replicates failed."""
    from rich.console import Console
    from rich.text import Text

    from sim.report import condense, first_screen, terminal_table, write_report

    short = condense(results)
    terminal = Console(width=None if sys.stdout.isatty() else 150)
    terminal.print(terminal_table(short), Text(first_screen(short).answer[0]))
    page = write_report(short, results.folder, pool)
    click.echo(f"report: {page}")
    if len(results.failures):
        from sim.study.alone import command_of_failure

        click.echo(f"{len(results.failures)} replicates failed; see {results.folder / 'failures.csv'}\n"
                   f"the first alone: {command_of_failure(results)}", err=True)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
