"""A pairing heap of settled items, so that a year's spot finds cost what is found, not what was ever met."""

from __future__ import annotations

from sim.core.compiled import kernel


@kernel
def meld(touched, a, b):
    """Join two heaps given by their roots (-1: empty); returns the root."""
    if a < 0:
        return b
    if b < 0:
        return a
    if touched[b].sighted_at < touched[a].sighted_at:
        a, b = b, a
    touched[b].sibling = touched[a].child
    touched[a].child = b
    return a


@kernel
def without_root(touched, root):
    """Heap without its smallest item: children are joined in pairs, then from the last to the first."""
    pairs = -1
    node = touched[root].child
    while node >= 0:
        other = touched[node].sibling
        following = -1
        if other >= 0:
            following = touched[other].sibling
            touched[other].sibling = -1
        touched[node].sibling = -1
        merged = meld(touched, node, other)
        touched[merged].sibling = pairs
        pairs = merged
        node = following
    result = -1
    while pairs >= 0:
        following = touched[pairs].sibling
        touched[pairs].sibling = -1
        result = meld(touched, result, pairs)
        pairs = following
    touched[root].child = -1
    return result
