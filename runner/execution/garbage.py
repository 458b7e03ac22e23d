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

# CPython looks at the oldest objects again after so many younger collections (its own: 10), of 7,700 objects each.
YOUNGER_COLLECTIONS_MAX = 4
# A collection of so many objects is not noticed.
OBJECTS_MAX = 25_000
# Garbage of others, in cycles, is kept for as long as it is frozen.  So no more is frozen when what could be is only
# this part of all objects: those frozen already, and those that no collection looks at.
NOT_FROZEN_PART_MIN = 0.03


@contextlib.contextmanager
def short_collections() -> Iterator[None]:
    """While a test runs, freeze what survives a full collection if that is much."""
    thresholds = gc.get_threshold()
    gc.callbacks.append(_freeze_survivors)
    gc.set_threshold(*thresholds[:2], YOUNGER_COLLECTIONS_MAX)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(_freeze_survivors)
        gc.unfreeze()


def _freeze_survivors(phase: str, info: dict[str, int]) -> None:
    if phase != "stop" or info["generation"] != 2:
        return
    survivors = len(gc.get_objects(generation=2))
    # Counting the frozen ones would take as long as a collection of them.
    if survivors > max(OBJECTS_MAX, sys.getallocatedblocks() * NOT_FROZEN_PART_MIN):
        gc.freeze()
