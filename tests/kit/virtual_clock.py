"""A clock that stands still while anybody works and jumps when everybody waits.

    clock = VirtualClock()
    reactor = Reactor(now=clock.now, selector=clock)

One hour of sleeping takes milliseconds, and every moment is exact.  Sockets registered here are really
polled, so the reactor's self-pipe works; but time jumps to the next timer without waiting for any peer, so
tests with sockets or threads belong to the real clock.
"""

from __future__ import annotations

import selectors
from collections.abc import Mapping
from typing import Any


class Deadlock(AssertionError):
    """Every task waits, no timer is set: nothing can ever happen."""


class VirtualClock(selectors.BaseSelector):
    """Acts as the clock and as the selector of one reactor.

    Args:
        start_s: what ``now()`` says first.
    """

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s
        self._selector = selectors.DefaultSelector()

    def now(self) -> float:
        """Seconds."""
        return self._now_s

    def advance(self, duration_s: float) -> None:
        """Let time pass by hand, as a busy loop would."""
        self._now_s += duration_s

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; when nothing is, jump ahead by ``timeout`` seconds."""
        ready = self._selector.select(0)
        if ready:
            return ready
        if timeout is None:
            raise Deadlock("every task waits and no timer is set")
        self._now_s += timeout
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._selector.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._selector.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._selector.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._selector.get_map()

    def close(self) -> None:
        self._selector.close()
