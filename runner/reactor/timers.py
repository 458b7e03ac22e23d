"""Timers in a heap, with lazy cancellation.

Owns the order of timers and their number in memory.  Refuses to know the clock: whoever expires timers
says what time it is.

Most timers are deadlines that never fire.  So cancelling only marks a timer, and the heap is rebuilt when
more than half of it is marked; the heap's length is at most twice the live timers plus a small constant.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

# Below this length a rebuild costs more than the memory it would free.
COMPACT_LENGTH_MIN = 64


class Timer:
    """A callback that is due at a moment; made by ``Reactor.call_at``."""

    __slots__ = ("_args", "_callback", "_heap", "when_s")

    def __init__(
        self, when_s: float, callback: Callable[..., object], args: tuple[Any, ...], heap: TimerHeap
    ) -> None:
        self.when_s = when_s
        self._callback: Callable[..., object] | None = callback
        self._args = args
        self._heap = heap

    @property
    def is_pending(self) -> bool:
        """Neither fired nor cancelled yet."""
        return self._callback is not None

    def cancel(self) -> None:
        """Never fire; harmless when it has fired or was cancelled before."""
        if self._callback is not None:
            self._callback = None
            self._args = ()
            self._heap.note_cancelled()

    def fire(self) -> None:
        """Run the callback, once."""
        callback, args = self._callback, self._args
        self._callback = None
        self._args = ()
        if callback is not None:
            callback(*args)

    def __repr__(self) -> str:
        return f"<Timer at {self.when_s:.6f} {'pending' if self.is_pending else 'done'}>"


class TimerHeap:
    """All timers of one reactor; equal moments keep the order in which they were added."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Timer]] = []
        self._sequence = 0
        self._cancelled_count = 0

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, when_s: float, callback: Callable[..., object], args: tuple[Any, ...]) -> Timer:
        """Make a timer that is due at ``when_s`` (seconds on the reactor's clock)."""
        timer = Timer(when_s, callback, args, self)
        heapq.heappush(self._entries, (when_s, self._sequence, timer))
        self._sequence += 1
        return timer

    def next_when_s(self) -> float | None:
        """When the earliest live timer is due; None without one."""
        entries = self._entries
        while entries and not entries[0][2].is_pending:
            heapq.heappop(entries)
            self._cancelled_count -= 1
        return entries[0][0] if entries else None

    def expire(self, now_s: float) -> None:
        """Fire what is due at ``now_s``.

        A timer that a callback adds waits for the next call even when it is due at once; a timer that puts
        itself back for "now" can so not keep the loop from its sockets.
        """
        entries = self._entries
        sequence_end = self._sequence
        while entries and entries[0][0] <= now_s and entries[0][1] < sequence_end:
            timer = heapq.heappop(entries)[2]
            if timer.is_pending:
                timer.fire()
            else:
                self._cancelled_count -= 1

    def note_cancelled(self) -> None:
        """One more entry is dead; called by ``Timer.cancel``."""
        self._cancelled_count += 1
        entries = self._entries
        if len(entries) > COMPACT_LENGTH_MIN and self._cancelled_count * 2 > len(entries):
            # In place: expire() holds a reference to this list while callbacks cancel timers.
            entries[:] = [entry for entry in entries if entry[2].is_pending]
            heapq.heapify(entries)
            self._cancelled_count = 0
