"""A replicate's arrays as kernels find them: described once, so that a call hands on one array instead of fifty."""

from __future__ import annotations

from threading import Lock
from typing import Any, get_type_hints

import numpy as np
from numba import from_dtype, types

from sim.core.compiled import COMPILED, described_in, kernel, put_down, reference_at
from sim.core.records import Ground

GROUND = types.NamedTuple(
    [types.Array(from_dtype(np.dtype(kind)), dimensions, "C") for kind, dimensions in (
        field.__metadata__ for field in get_type_hints(Ground, include_extras=True).values())], Ground)
"""The arrays as the compiler sees them."""
DESCRIPTION = types.Array(types.int64, 1, "C")
_one_thread = Lock()  # compiles `_describe`, and others wait


@kernel
def _describe(ground, description):
    put_down(ground, description)


def describe(ground: Ground) -> Any:
    """Describe arrays for kernels.

    Parameters
    ----------
    ground : Ground
        Must live as long as what is returned is in use.

    Returns
    -------
    (word,) int64
        For `within`; where kernels are not compiled, the arrays themselves.

    Raises
    ------
    TypeError
        Where an array is not of the type that is declared for it.
    """
    if not COMPILED:
        return ground
    with _one_thread:
        if not _describe.signatures:
            _describe.compile((GROUND, DESCRIPTION))
            _describe.disable_compile()
    description = np.empty(described_in(GROUND), np.int64)
    _describe(ground, description)
    return description


within = reference_at(GROUND)
"""within(description): the arrays by name, in a kernel."""
