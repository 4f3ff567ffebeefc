"""Made-up results shared by the tests of the report; drawing and writing them once is enough."""

from __future__ import annotations

from pathlib import Path

import pytest
import synthetic

from sim.report import write_report


@pytest.fixture(scope="session")
def six() -> synthetic.Synthetic:
    """Return six scenarios."""
    return synthetic.results()


@pytest.fixture(scope="session")
def national() -> synthetic.Synthetic:
    """Return nineteen scenarios, twenty years, ten districts."""
    return synthetic.national()


@pytest.fixture(scope="session")
def written(six: synthetic.Synthetic, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of the six scenarios."""
    return write_report(six, tmp_path_factory.mktemp("run"))
