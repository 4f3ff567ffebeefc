"""Why a run ended that was not finished. What is wrong with an input is told by `ScenarioError` and `ValueError`."""

from __future__ import annotations

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
