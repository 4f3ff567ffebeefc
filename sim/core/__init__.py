"""Numerical core: random numbers, life of an item, encounters, clearance, expected values.

Arrays in, arrays out. Imports nothing of the project outside this folder, and only numpy and numba.

numba does not notice when a function that a cached kernel calls changes in another file, so the
cache folder is named by a hash of every kernel source and of the versions involved.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path


def kernel_fingerprint(folder: Path | None = None) -> str:
    """Hash of all kernel sources and of the Python and numba versions; names the compile cache."""
    from importlib.metadata import version

    digest = hashlib.sha256(f"{sys.version_info[:3]} {version('numba')} {version('numpy')}".encode())
    for source in sorted((folder or Path(__file__).parent).glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


def _choose_cache_folder() -> None:
    """Point numba at a cache folder of our own, within the one that the user chose; none if none is writable."""
    chosen, name = os.environ.pop("NUMBA_CACHE_DIR", ""), kernel_fingerprint()
    if Path(chosen).name == name:  # by the process that started this one
        chosen = str(Path(chosen).parent)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    for root in (Path(chosen),) if chosen else (Path(base) / "demrisk", Path(tempfile.gettempdir()) / "demrisk"):
        folder = root / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError:
            continue
        os.environ["NUMBA_CACHE_DIR"] = str(folder)
        return


_choose_cache_folder()
CACHE = bool(os.environ.get("NUMBA_CACHE_DIR"))
"""Whether compiled kernels can be kept; without a writable folder they are compiled at each start."""
