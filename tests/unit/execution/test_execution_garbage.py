"""Collections of garbage while a test runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from runner.execution.garbage import OBJECTS_MAX, short_collections


@pytest.fixture(autouse=True)
def only_what_the_test_collects() -> Iterator[None]:
    gc.unfreeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def test_survivors_of_a_collection_are_frozen_when_there_are_many() -> None:
    thresholds = gc.get_threshold()
    with short_collections():
        kept = [[] for _ in range(OBJECTS_MAX)]
        gc.collect()
        frozen = gc.get_freeze_count()
        assert frozen > len(kept)
        # As many again would be worth it, a few more are not.
        more = [[] for _ in range(1000)]
        gc.collect()
        assert gc.get_freeze_count() <= frozen
        assert len(more) == 1000
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == thresholds
    assert not [callback for callback in gc.callbacks if "garbage" in getattr(callback, "__module__", "")]
