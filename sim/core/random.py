"""Random numbers as a function of an address (MODEL section 12).

u = U(seed, replicate, stream, entity, sub, index). The address is packed into the key and the counter
of Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") so that different
addresses are different blocks by construction:

    key      = (seed: 32 bits, sub: 32 bits)
    counter  = (index: 32 bits, replicate: 32 bits, entity: low 32 bits, entity: high 24 bits << 8 | stream)

`replicate` is draw << 12 | inner. `entity` is a 56-bit hash of a stable name; that no two entities of a
scenario share it is checked when the world is built.
"""

from __future__ import annotations

import hashlib

import numpy as np

from sim.core.compiled import allocating_kernel, inlined, kernel
from sim.core.philox import philox, philox_side_by_side

# Streams are numbered for ever: a number is never reused for another purpose. A plain number would be compiled as a
# constant, in a copy of the kernel for each.
STREAM_PARAMETER = np.int64(1)  # parameter draws (outer loop)
STREAM_COUNT = np.int64(2)  # number of items in a cohort
STREAM_CANDIDATE = np.int64(3)  # candidate encounters
STREAM_FACT = np.int64(4)  # facts of an item
STREAM_DETECT = np.int64(5)  # detected by this pass
STREAM_OUTCOME = np.int64(6)  # casualties, killed, groups, reported, delay of an accident
STREAM_SITE = np.int64(7)  # hidden state of sites, survey outcomes
STREAM_FIND = np.int64(8)  # finds among items that nobody has met
STREAM_ASSIGN = np.int64(9)  # whether an item met only now was among the finds
STREAM_TASK = np.int64(10)  # durations of tasks
STREAM_DEMINER = np.int64(11)  # accidents of deminers
STREAM_LOT = np.int64(12)  # failure rate of a production lot
STREAM_BYSTANDER = np.int64(13)  # people beside a self-destruction
STREAM_PRIORITY = np.int64(14)  # random priority
STREAM_CLUSTER = np.int64(15)  # mean density of a bundle
STREAM_BREAKDOWN = np.int64(16)  # breakdowns of machines, and how long they last
STREAM_FLOOD = np.int64(17)  # which hazard areas a flood reaches

AT_0, AT_1 = np.int64(0), np.int64(1)  # places in an address; plain ones would be constants too
INNER_BITS = 12
_LOW, _32, _12, _20 = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(12), np.uint64(20)
_TO_UNIT = 2.0**-52


@inlined
def _packed(seed, replicate, stream, entity, sub, index):
    """Counter and key of an address (all arguments integers)."""
    e = np.uint64(entity)
    return (
        np.uint64(index) & _LOW,
        np.uint64(replicate) & _LOW,
        e & _LOW,
        ((e >> _32) << np.uint64(8)) | np.uint64(stream),
        np.uint64(seed) & _LOW,
        np.uint64(sub) & _LOW,
    )


@kernel
def words(seed, replicate, stream, entity, sub, index):
    """Four 32-bit words at an address (all arguments integers)."""
    return philox(*_packed(seed, replicate, stream, entity, sub, index))


@kernel
def to_unit(high, low):
    """Two 32-bit words to a double in the open interval (0, 1), 52 bits and a half: never 0, never 1."""
    return (float((high << _20) | (low >> _12)) + 0.5) * _TO_UNIT


@kernel
def uniforms12(seed, replicate, stream, entity, sub, index):
    """Twelve independent uniforms in (0, 1), of 32 bits each: four at `sub`, four at `sub + 1`, four at `sub + 2`."""
    return philox_side_by_side(*_packed(seed, replicate, stream, entity, sub, index))


@kernel
def uniform2(seed, replicate, stream, entity, sub, index):
    """Two independent uniforms in (0, 1) at an address."""
    a, b, c, d = words(seed, replicate, stream, entity, sub, index)
    return to_unit(a, b), to_unit(c, d)


@kernel
def uniform(seed, replicate, stream, entity, sub, index):
    """One uniform in (0, 1) at an address."""
    a, b, _, _ = words(seed, replicate, stream, entity, sub, index)
    return to_unit(a, b)


@allocating_kernel
def uniforms(seed, replicate, stream, entities, sub, index):
    """One uniform for each entity, (n,) float64."""
    out = np.empty(len(entities))
    for i in range(len(entities)):
        out[i] = uniform(seed, replicate, stream, entities[i], sub, index)
    return out


def entity_key(*names: object) -> int:
    """56-bit key of a stable name, e.g. ``entity_key("area", "Kharkiv", "contact", "arable", 3)``."""
    text = "\x1f".join(str(name) for name in names)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "little")


def replicate_index(draw: int, inner: int) -> int:
    """Address of a replicate: (draw, inner), independent of how many of either there are."""
    if not 0 <= inner < 1 << INNER_BITS or not 0 <= draw < 1 << (32 - INNER_BITS):
        raise ValueError(f"replicate ({draw}, {inner}) is outside the address space")
    return draw << INNER_BITS | inner
