"""How the commands speak: faults as messages with an exit status, progress as a bar or plain lines."""

from __future__ import annotations

import resource
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

LEAST_ADDRESS_MB = 1_500
"""Numerical libraries and their threads reserve about so much; with less, some of them wait for ever or abort."""


def check_address_space() -> None:
    """Refuse to begin where a limit of this process (`ulimit -v`) leaves less than the libraries need to load."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < LEAST_ADDRESS_MB << 20:
        raise click.ClickException(f"the address space is limited to {limit >> 20:,} MB (ulimit -v), and the libraries "
                                   f"need {LEAST_ADDRESS_MB:,} MB of it, mostly without using them: raise that limit, "
                                   "or limit memory itself")


class InputFault(click.ClickException):
    """The input is wrong."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """One message per fault, nothing else."""
        click.echo(self.message, err=True)


@contextmanager
def faults_shown() -> Iterator[None]:
    """Turn faults into messages: exit status 2 where the input is wrong, 1 where a run cannot begin or go on."""
    from sim.scenario import ScenarioError
    from sim.study import RunError, Stopped

    try:
        yield
    except (ScenarioError, ValueError, FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InputFault(str(error)) from None
    except (RunError, OSError) as error:
        raise click.ClickException(str(error)) from None
    except Stopped as stop:
        raise click.ClickException(str(stop)) from None


def read_policies(files: Iterable[Path]) -> None:
    """Run the files that the user named as code, and say so; whatever that raises is a fault of the file."""
    from sim import programme
    from sim.scenario.yamlfile import read_text

    for file in files:
        read_text(file, str(file))  # no pipe without end, no text in another encoding
        try:
            names = programme.read_policies(file)
        except programme.PolicyError:
            raise
        except (Exception, SystemExit) as error:
            raise InputFault(f"{file}: {type(error).__name__}: {error}") from None
        click.echo(f"policies from {file.resolve()}, run as Python: {', '.join(names)}", err=True)


@contextmanager
def progress_shown(label: str) -> Iterator[Any]:
    """A progress bar with rate and time left; plain lines where the output is no terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    if not console.is_terminal:
        shown = [-1]

        def lines(done: int, total: int) -> None:
            tenth = 10 * done // max(total, 1)
            if tenth > shown[0]:
                shown[0] = tenth
                click.echo(f"{label}: {done} of {total} blocks", err=True)

        yield lines
        return
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
               TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
