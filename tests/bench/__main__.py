"""``python -m tests.bench``: see the package's docstring."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

from . import __doc__ as about
from .sections import SECTIONS, run
from .timing import show, write_csv


def main() -> None:
    """Measure, print, write the table."""
    parser = argparse.ArgumentParser("python -m tests.bench", description=about,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two minutes instead of fifteen")
    parser.add_argument("--only", action="append", choices=list(SECTIONS), default=[], help="this section alone")
    parser.add_argument("--out", type=Path, default=Path("bench.csv"), help="the table as CSV")
    options = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    write_csv(run(options.quick, options.only, show), options.out)
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
