"""Keeps collections of garbage short when there are thousands of virtual users.

A full collection looks at every object that is not frozen, about a microsecond each, and nobody runs meanwhile: with
5,000 open sockets it took half a second.  What survives one is a virtual user's or a socket's more often than not,
and goes without the collector when its time has come, for we leave no cycles behind.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator

# At most: objects made until the young are looked at, collections until those that survived are, and until all are.
THRESHOLDS = (700, 10, 4)
# A collection of so many objects is not noticed.
OBJECTS_MAX = 25_000
# Garbage of others, in cycles, is kept for as long as it is frozen.  So no more is frozen than so many times what was
# alive beside it.
FROZEN_TIMES_MAX = 24


@contextlib.contextmanager
def short_collections() -> Iterator[None]:
    """While a test runs, collect often, and freeze what survives a full collection if that is much."""
    thresholds = gc.get_threshold()
    frozen = 0

    def freeze_survivors(phase: str, info: dict[str, int]) -> None:
        nonlocal frozen
        if phase != "stop" or info["generation"] != 2:
            return
        survivors = len(gc.get_objects(generation=2))
        # Frozen objects that are gone are not told, and counting those that are there would take as long as a
        # collection: but there cannot be more of them than of all objects (which not every allocator counts).
        frozen = min(frozen, sys.getallocatedblocks() or frozen)
        if survivors > max(OBJECTS_MAX, frozen / FROZEN_TIMES_MAX):
            gc.freeze()
            frozen += survivors

    gc.callbacks.append(freeze_survivors)
    gc.set_threshold(*map(min, thresholds, THRESHOLDS))
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(freeze_survivors)
        gc.unfreeze()
