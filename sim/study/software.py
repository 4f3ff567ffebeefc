"""What decides the bytes that a process computes: versions, sources, processor."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from sim import __version__

ROOMS = ("scenario", "world", "core", "programme", "study")
PACKAGES = ("numpy", "numba", "scipy", "simpy", "pydantic")

Software = dict[str, str]


@cache
def software() -> Software:
    """Software and processor of this process, by name.

    Two processes where this is the same give the same bytes. The processor counts because numpy takes other
    instructions on another one, and its exp and log then differ in the last digit.
    """
    package, sources = Path(__file__).parents[1], hashlib.sha256()
    for source in sorted(p for room in ROOMS for p in (package / room).rglob("*") if p.suffix in (".py", ".yaml")):
        sources.update(source.relative_to(package).as_posix().encode() + b"\0" + source.read_bytes())
    instructions = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    return {
        "demrisk": __version__, "its sources": sources.hexdigest()[:12], "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES}, "processor": " ".join([platform.machine(), *instructions])}
