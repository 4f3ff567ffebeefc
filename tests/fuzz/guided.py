"""One door, with cases that follow what they reach in the code: ``python -m tests.fuzz.guided texts -runs=100000``.

Needs the extra `fuzz`. What follows the name of the door goes to atheris (libFuzzer): `-max_total_time=600`, `-seed=1`.
Begins with the corpus of the door; ends at the first case that is not handled, and keeps it as `crash-...`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sim.scenario", "sim.study.calibrate"]):
    from .doors import go_through
from .watch import quiet_folder

BYTES = ("texts", "strata", "observations", "maps")


def main(name: str, options: list[str]) -> None:
    """Never returns: atheris ends the process."""
    with quiet_folder() as folder:
        place, found = Path(folder) / "case", Path(folder) / "found"
        found.mkdir()  # the first folder is the one that new cases are added to
        atheris.Setup([sys.argv[0], *options, str(found), str(Path(__file__).parent / "corpus" / name)],
                      lambda case: go_through(name, case, place))
        atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in BYTES:
        sys.exit(f"usage: python -m tests.fuzz.guided {{{','.join(BYTES)}}} [options of libFuzzer]")
    main(sys.argv[1], sys.argv[2:])
