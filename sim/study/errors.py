"""Why a run ended that was not finished. What is wrong with an input is told by `ScenarioError` and `ValueError`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class RunError(RuntimeError):
    """A run cannot begin or go on; the message says why, and what can be done."""


class StoreError(RunError):
    """A run folder cannot be used as it is."""


class Stopped(KeyboardInterrupt):
    """The user stopped a run.

    Attributes
    ----------
    folder : Path
        Run folder in which it can go on.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(f"stopped; to go on: demrisk resume {folder}")
        self.folder = folder


@contextmanager
def failure_told(what: str) -> Iterator[None]:
    """Turn any error of a replicate that is done outside a run into a `RunError`; in a run it becomes a row."""
    try:
        yield
    except (Exception, SystemExit) as error:
        raise RunError(f"{what} fails: {type(error).__name__}: {error}; to see where: demrisk run FILE "
                       "--only-replicate and its number") from error
