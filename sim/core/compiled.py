"""How kernels are compiled: decorators used everywhere in this folder."""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.core import cgutils, config, types
from numba.core.imputils import lower_getattr_generic
from numba.core.types import none
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, models, register_model

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
"""The same for what only other kernels call: it has no door to Python, which would have to be compiled too."""

inlined = njit(**_WITHOUT_MEMORY, inline="always")
"""The same for parts of a kernel that stand in one place or two: else they would be compiled by themselves, and once
more with each kernel that calls them."""

allocating_kernel = njit(**_OPTIONS)
"""Compiled function that makes arrays of its own."""

_llvm: Any = cgutils.ir  # type: ignore[attr-defined]  # a name that numba imports


def _prefetch(context: Any, array: Any, index: Any) -> Any:
    """Type and code of the call, as numba asks for them."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        elements = context.make_array(kind)(context, builder, arguments[0])
        place = cgutils.get_item_pointer(context, builder, kind, elements, [arguments[1]])
        pointer, word = cgutils.voidptr_t, cgutils.int32_t
        fetches = _llvm.FunctionType(_llvm.VoidType(), (pointer, word, word, word))
        fetch = builder.module.declare_intrinsic("llvm.prefetch", (pointer,), fetches)
        builder.call(fetch, [builder.bitcast(place, pointer), word(0), word(3), word(1)])  # to read, near, data
        return context.get_dummy_value()

    return none(array, index), code


prefetch: Any = intrinsic(_prefetch) if COMPILED else lambda array, index: None
"""prefetch(array, index): begin to fetch an element of a one-dimensional array, for which nobody waits. Changes nothing
but time: where it is called early for what will be read, waits for memory overlap instead of adding up."""


class Reference(types.Type):
    """Where a tuple of arrays is, to the compiler: one word instead of the hundreds that each call would hand on."""

    def __init__(self, to: Any) -> None:
        self.to = to
        super().__init__(f"Reference({to})")


register_model(Reference)(models.OpaqueModel)


@infer_getattr
class _Fields(AttributeTemplate):
    """Types of the arrays."""

    key = Reference

    def generic_resolve(self, reference: Any, name: str) -> Any:  # type: ignore[override]  # as numba calls it
        return reference.to[reference.to.fields.index(name)] if name in reference.to.fields else None


@lower_getattr_generic(Reference)
def _field(context: Any, builder: Any, reference: Any, value: Any, name: str) -> Any:
    """Load the description of an array word by word: most words nobody needs."""
    whole = builder.bitcast(value, context.get_value_type(reference.to).as_pointer())
    index = reference.to.fields.index(name)
    kind = context.get_value_type(reference.to[index])
    described = _llvm.Constant(kind, _llvm.Undefined)
    for i in range(len(kind.elements)):
        word = builder.load(cgutils.gep_inbounds(builder, whole, 0, index, i))
        described = builder.insert_value(described, word, i)
    return described


def described_in(kind: Any) -> int:
    """Words of 8 bytes that describe a tuple of arrays: owner (two), size, element, place; shape and strides."""
    return sum(5 + 2 * array.ndim for array in kind)


def _put_down(context: Any, arrays: Any, memory: Any) -> Any:
    """Type and code of the call, as numba asks for them."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if context.get_abi_sizeof(arguments[0].type) != 8 * described_in(arrays):
            raise NotImplementedError("this version of numba describes arrays otherwise")
        place = context.make_array(signature.args[1])(context, builder, arguments[1]).data
        builder.store(arguments[0], builder.bitcast(place, arguments[0].type.as_pointer()))
        return context.get_dummy_value()

    return none(arrays, memory), code


put_down: Any = intrinsic(_put_down)
"""put_down(arrays, memory): describe the arrays of a tuple in memory of so many words, see `described_in`."""


def reference_at(kind: Any) -> Any:
    """Give a function for kernels, of memory into which `put_down` has written a tuple of arrays of this type."""

    def refer(context: Any, memory: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place = context.make_array(signature.args[0])(context, builder, arguments[0]).data
            return builder.bitcast(place, cgutils.voidptr_t)

        return Reference(kind)(memory), code

    return intrinsic(refer) if COMPILED else lambda arrays: arrays
