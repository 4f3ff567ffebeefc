"""How kernels are compiled: decorators used everywhere in this folder."""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.core import cgutils, config
from numba.core.types import none
from numba.extending import intrinsic

from sim.core import CACHE

config.reload_config()  # numba may have been imported before the cache folder was chosen

COMPILED = not config.DISABLE_JIT  # type: ignore[attr-defined]  # a name that numba sets as it reads it
"""Whether kernels are compiled, or run as plain Python."""

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


def _prefetch(context: Any, array: Any, index: Any) -> Any:
    """Type and code of the call, as numba asks for them."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        elements = context.make_array(kind)(context, builder, arguments[0])
        place = cgutils.get_item_pointer(context, builder, kind, elements, [arguments[1]])
        llvm, pointer, word = cgutils.ir, cgutils.voidptr_t, cgutils.int32_t  # type: ignore[attr-defined]
        fetches = llvm.FunctionType(llvm.VoidType(), (pointer, word, word, word))
        fetch = builder.module.declare_intrinsic("llvm.prefetch", (pointer,), fetches)
        builder.call(fetch, [builder.bitcast(place, pointer), word(0), word(3), word(1)])  # to read, near, data
        return context.get_dummy_value()

    return none(array, index), code


prefetch: Any = intrinsic(_prefetch) if COMPILED else lambda array, index: None
"""prefetch(array, index): begin to fetch an element of a one-dimensional array, for which nobody waits. Changes nothing
but time: where it is called early for what will be read, waits for memory overlap instead of adding up."""
