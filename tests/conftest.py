"""Lets the tests in the folders below import `running`; small edits of the scenarios in `data`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from running import TOY, edit

Edited = Callable[..., Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    """Write a scenario file with some pieces of its text replaced; each must occur. Returns its path."""

    def _edited(*edits: tuple[str, str], source: Path = TOY, name: str = "scenario.yaml") -> Path:
        path = tmp_path / name
        path.write_text(edit(source, *edits))
        return path

    return _edited
