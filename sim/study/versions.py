"""What a result depends on besides its scenarios: the versions of everything that computes, and the processor."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np

from sim import __version__

PACKAGES = ("numpy", "numba", "scipy", "simpy", "pandas", "pyarrow", "pydantic")
ROOMS = ("scenario", "world", "core", "programme", "study")

Versions = dict[str, str]


@cache
def versions() -> Versions:
    """Versions by name: of this program and its sources, Python, the packages that make numbers, the processor.

    Two processes where this is the same give the same bytes. The processor counts because numpy takes other
    instructions on another one, and its exp and log then differ in the last digit.
    """
    instructions = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    return {
        "demrisk": __version__, "engine": _engine(), "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES}, "processor": " ".join([platform.machine(), *instructions])}


def _engine() -> str:
    """SHA-256 (hex, its beginning) of the sources and data of every room that makes numbers."""
    digest, package = hashlib.sha256(), Path(str(files("sim")))
    for path in sorted(path for room in ROOMS for path in (package / room).rglob("*")):
        if path.suffix in (".py", ".yaml", ".csv"):
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def changes(before: Versions) -> list[str]:
    """What has another version here than it had, in words."""
    here = versions()
    return [f"{name} {before.get(name) or 'unknown'} there, {here[name]} here"
            for name in here if before.get(name) != here[name]]
