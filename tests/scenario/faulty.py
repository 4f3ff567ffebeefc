"""Helpers of the scenario tests: what is wrong with a file, and where the fault points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.scenario import Fault, ScenarioError, load

TOY = Path(__file__).parent.parent / "data" / "toy.yaml"

Write = Callable[..., Path]


def faults_of(path: Path) -> tuple[Fault, ...]:
    """Everything that is wrong with a scenario file."""
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return caught.value.faults


def only_fault(path: Path) -> Fault:
    """The one thing that is wrong with a scenario file."""
    faults = faults_of(path)
    assert len(faults) == 1, [str(f) for f in faults]
    return faults[0]


def pointed_text(fault: Fault) -> str:
    """The text from the position of a fault to the end of its line."""
    return Path(fault.file).read_text().splitlines()[fault.line - 1][fault.col - 1 :]
