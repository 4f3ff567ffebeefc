"""The toy scenario, and small edits of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from faulty import TOY, Write

from sim.scenario import Scenario, load


@pytest.fixture
def toy() -> Scenario:
    return load(TOY)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the toy scenario with some pieces of its text replaced; each must occur."""

    def _write(*edits: tuple[str, str], name: str = "scenario.yaml") -> Path:
        text = TOY.read_text()
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = tmp_path / name
        path.write_text(text)
        return path

    return _write
