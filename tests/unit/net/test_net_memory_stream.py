"""The stream contract over the in-memory streams that other tests are built on."""

from __future__ import annotations

import pytest

from runner.errors import TransportError
from runner.reactor import Reactor
from tests.kit.check_stream import CHECKS, Check, check_id
from tests.kit.memory_stream import memory_stream_pair
from tests.kit.virtual_clock import VirtualClock


@pytest.mark.parametrize("check", CHECKS, ids=check_id)
def test_memory_stream(check: Check) -> None:
    clock = VirtualClock()
    with Reactor(now=clock.now, selector=clock) as reactor:
        left, right = memory_stream_pair(reactor)
        reactor.run(reactor.spawn(check, reactor, left, right))


def test_chopped_stream_gives_one_byte_at_a_time() -> None:
    clock = VirtualClock()
    with Reactor(now=clock.now, selector=clock) as reactor:
        left, right = memory_stream_pair(reactor, chop=1)
        left.send(b"abc")
        assert [right.receive() for _ in range(3)] == [b"a", b"b", b"c"]


def test_reset_fails_the_peers_read() -> None:
    clock = VirtualClock()
    with Reactor(now=clock.now, selector=clock) as reactor:
        left, right = memory_stream_pair(reactor)
        left.reset()
        with pytest.raises(TransportError, match="read: connection reset by peer") as caught:
            right.receive()
        assert caught.value.code == 1220
