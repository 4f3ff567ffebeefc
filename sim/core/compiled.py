"""How kernels are compiled: decorators used everywhere in this folder."""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.core.config import reload_config

from sim.core import CACHE

reload_config()  # numba may have been imported before the cache folder was chosen

_OPTIONS: dict[str, Any] = {"cache": CACHE, "error_model": "numpy"}
_WITHOUT_MEMORY: dict[str, Any] = {**_OPTIONS, "_nrt": False, "no_cfunc_wrapper": True}
_FOR_KERNELS: dict[str, Any] = {**_WITHOUT_MEMORY, "no_cpython_wrapper": True}

kernel = njit(**_WITHOUT_MEMORY)
"""Compiled function that allocates nothing. It goes without numba's memory manager, whose atomic
counts of array references took a sixth of a run; numba refuses it if it allocates after all."""

inner_kernel = njit(**_FOR_KERNELS)
"""The same for what only other kernels call: a door to Python for 50 arrays takes a second to compile."""

inlined = njit(**_WITHOUT_MEMORY, inline="always")
"""The same for parts of a hot loop: handing many arrays on would cost more than the work itself."""

allocating_kernel = njit(**_OPTIONS)
"""Compiled function that makes arrays of its own."""
