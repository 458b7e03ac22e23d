"""Where tasks wait until something that others change holds."""

from __future__ import annotations

from collections.abc import Callable

from runner.reactor import Reactor, Task


class Gate:
    """Any number of tasks wait here, each for a condition of its own."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._waiting: set[Task] = set()

    def wait(self, is_open: Callable[[], bool]) -> None:
        """Park the calling task until `is_open` says yes; it is asked now and after each look_again()."""
        task = self._reactor.current_task()
        assert task is not None
        while not is_open():
            self._waiting.add(task)
            try:
                self._reactor.park()
            finally:
                self._waiting.discard(task)

    def look_again(self) -> None:
        """To be called after a change, in or outside a task."""
        for task in self._waiting:
            # One that was interrupted or woken in this turn goes on by itself.
            self._reactor.wake_if_parked(task)
