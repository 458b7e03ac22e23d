from __future__ import annotations

from collections.abc import Iterator

import pytest

from runner.reactor import Reactor
from tests.kit.virtual_clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def reactor(clock: VirtualClock) -> Iterator[Reactor]:
    with Reactor(now=clock.now, selector=clock) as reactor:
        yield reactor
