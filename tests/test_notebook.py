"""The notebooks run from the first cell to the last, on a small size, and show what they say they show."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
FIRST_RUN = ROOT / "notebooks" / "01_first_run.ipynb"
SMALL = "draws, per_draw = 2, 1"


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook and check its form."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebooks_are_kept_without_outputs(path: Path) -> None:
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert code
    assert not [cell for cell in code if cell.outputs or cell.execution_count is not None]


def test_ten_short_cells() -> None:
    cells = read(FIRST_RUN).cells
    assert len(cells) == 10
    assert max(len(cell.source.splitlines()) for cell in cells) <= 8


@pytest.mark.slow
def test_first_run(tmp_path: Path) -> None:
    notebook = read(FIRST_RUN)
    (sizes,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert "draws, per_draw =" in sizes.source
    sizes.source = SMALL
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    (tmp_path / "notebooks").mkdir()
    where = {"metadata": {"path": str(tmp_path / "notebooks")}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where).execute()

    shown = [{kind for out in cell.outputs for kind in out.get("data", {})} for cell in notebook.cells[1:]]
    figures, tables = (sum(kind in kinds for kinds in shown) for kind in ("image/svg+xml", "text/html"))
    assert figures == 2  # casualties, differences
    assert tables == 2  # the comparison, inert items
    assert list((tmp_path / "notebooks" / "runs").glob("*/report.html"))
