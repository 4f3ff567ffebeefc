"""Philox 4x32-10: random words as a function of a counter and a key.

Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic

from sim.core.compiled import COMPILED, kernel

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)
_UNIT32 = 2.0**-32
_LANES = 4  # of a vector; a fourth costs nothing, and nobody needs it


@kernel
def philox(c0, c1, c2, c3, k0, k1):
    """Philox 4x32 with ten rounds; all words uint64 holding 32 bits."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = (p1 >> _32) ^ c1 ^ k0, p1 & _LOW, (p0 >> _32) ^ c3 ^ k1, p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


def _philox_side_by_side(context: Any, c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Type and code of the call, as numba asks for them: the lines of `philox` on vectors of words."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        llvm: Any = cgutils.ir  # type: ignore[attr-defined]
        word, number = llvm.VectorType(llvm.IntType(64), _LANES), llvm.VectorType(llvm.DoubleType(), _LANES)

        def each(values: Any, kind: Any = word) -> Any:
            return llvm.Constant(kind, values if isinstance(values, list) else [values] * _LANES)

        def copies(value: Any) -> Any:
            vector = llvm.Constant(word, llvm.Undefined)
            for lane in range(_LANES):
                vector = builder.insert_element(vector, value, llvm.IntType(32)(lane))
            return vector

        low, half = each(int(_LOW)), each(32)
        c0, c1, c2, c3, k0, k1 = (copies(argument) for argument in arguments)
        k1 = builder.and_(builder.add(k1, each(list(range(_LANES)))), low)
        for _ in range(10):
            p0, p1 = builder.mul(each(int(_M0)), c0), builder.mul(each(int(_M1)), c2)
            c0, c1, c2, c3 = (
                builder.xor(builder.xor(builder.lshr(p1, half), c1), k0), builder.and_(p1, low),
                builder.xor(builder.xor(builder.lshr(p0, half), c3), k1), builder.and_(p0, low))
            k0 = builder.and_(builder.add(k0, each(int(_W0))), low)
            k1 = builder.and_(builder.add(k1, each(int(_W1))), low)
        units = [builder.fmul(builder.fadd(builder.uitofp(c, number), each(0.5, number)), each(_UNIT32, number))
                 for c in (c0, c1, c2, c3)]
        return context.make_tuple(builder, signature.return_type, [
            builder.extract_element(unit, llvm.IntType(32)(lane)) for lane in range(3) for unit in units])

    return types.UniTuple(types.float64, 12)(*[types.uint64] * 6), code


def _philox_one_by_one(c0, c1, c2, c3, k0, k1):
    """The same without the compiler."""
    blocks = [philox(c0, c1, c2, c3, k0, (k1 + np.uint64(lane)) & _LOW) for lane in range(3)]
    return tuple((float(word) + 0.5) * _UNIT32 for block in blocks for word in block)


philox_side_by_side: Any = intrinsic(_philox_side_by_side) if COMPILED else _philox_one_by_one
"""philox_side_by_side(c0, c1, c2, c3, k0, k1): the words at k1, k1 + 1 and k1 + 2 as uniforms in (0, 1), (12,) float64.

Each word is computed for all three at once, in vectors of the processor, at the price of little more than one."""
