"""What is done again and again while a run lasts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from runner.reactor import Reactor, Timer

VUS_INTERVAL_S = 1.0
THRESHOLDS_INTERVAL_S = 2.0


def every(interval_s: float, reactor: Reactor, action: Callable[[], None]) -> Callable[[], None]:
    """Call `action` at intervals until the returned function is called."""
    timer: Timer

    def again() -> None:
        nonlocal timer
        timer = reactor.call_at(reactor.now() + interval_s, tick)

    def tick() -> None:
        again()
        action()

    again()
    return lambda: timer.cancel()


@contextlib.contextmanager
def watching(
    reactor: Reactor, *, sample_vus: Callable[[], None], judge_thresholds: Callable[[], None]
) -> Iterator[None]:
    """Take samples of the virtual users and judge the thresholds as often as k6 does."""
    stops = [
        every(VUS_INTERVAL_S, reactor, sample_vus),
        every(THRESHOLDS_INTERVAL_S, reactor, judge_thresholds),
    ]
    try:
        yield
    finally:
        for stop in stops:
            stop()
