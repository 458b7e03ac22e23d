"""Keeps collections of garbage short when there are thousands of virtual users.

A full collection looks at every object that is not frozen, about a microsecond each, and nobody runs meanwhile: with
5,000 open sockets it took half a second.  What survives one is a virtual user's or a socket's more often than not,
and goes without the collector when its time has come, for we leave no cycles behind.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

# A collection of so many objects is not noticed.
OBJECTS_MAX = 50_000
# Garbage of others, in cycles, is kept for as long as it is frozen.  So no more is frozen than a multiple of what was
# alive at the same time.
FROZEN_PART_MIN = 0.25


@contextlib.contextmanager
def short_collections() -> Iterator[None]:
    """While a test runs, freeze what survives a full collection if that is much."""
    gc.callbacks.append(_freeze_survivors)
    try:
        yield
    finally:
        gc.callbacks.remove(_freeze_survivors)
        gc.unfreeze()


def _freeze_survivors(phase: str, info: dict[str, int]) -> None:
    if phase != "stop" or info["generation"] != 2:
        return
    survivors = len(gc.get_objects(generation=2))
    if survivors > max(OBJECTS_MAX, gc.get_freeze_count() * FROZEN_PART_MIN):
        gc.freeze()
