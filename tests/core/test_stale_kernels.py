"""A compiled kernel never outlives an edit of what it calls, in whatever file that stands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sim

NUMBA_FIRST = "import numba; numba.njit(lambda x: x)(1); "
ASK = "from sim.core.survey import come_out; print(come_out(1, 2, 3, 4, 1000, 0.3))"
EDIT = ("    if n <= 0 or p <= 0.0:\n        return 0\n", "    if n > 0:\n        return n\n")
"""In the binomial that `come_out` calls, which stands in another file: everything comes out."""


@pytest.fixture()
def copy(tmp_path: Path) -> Path:
    """The package, to be edited."""
    package = Path(sim.__file__).parent
    return Path(shutil.copytree(package, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))).parent


def ask(folder: Path, before: str = "", **environment: str) -> int:
    """What a new process answers, with a compile cache that is kept from one process to the next."""
    known = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT")}
    done = subprocess.run(
        [sys.executable, "-c", before + ASK], cwd=folder, capture_output=True, text=True, timeout=120, check=True,
        env={**known, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **environment})
    return int(done.stdout)


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / "sim" / "core" / file
    text = path.read_text()
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(("variable", "start"), [
    ("XDG_CACHE_HOME", ""), ("NUMBA_CACHE_DIR", ""), ("XDG_CACHE_HOME", NUMBA_FIRST)])
def test_an_edit_is_seen_through_another_file(copy: Path, variable: str, start: str) -> None:
    cache = {"before": start, variable: str(copy / "cache")}
    before = ask(copy, **cache)
    assert 250 < before < 350
    assert list((copy / "cache").rglob("*.nbc")), "nothing was kept, so nothing could be stale"
    assert ask(copy, **cache) == before
    edit(copy, "inverse.py", *EDIT)
    assert ask(copy, **cache) == 1000


def test_without_the_fingerprint_it_would_be_stale(copy: Path) -> None:
    """Negative control: numba looks only at the file of the function that is called."""
    edit(copy, "__init__.py", "    return digest.hexdigest()[:16]", '    return "always the same"')
    cache = {"XDG_CACHE_HOME": str(copy / "cache")}
    before = ask(copy, **cache)
    edit(copy, "inverse.py", *EDIT)
    assert ask(copy, **cache) == before
