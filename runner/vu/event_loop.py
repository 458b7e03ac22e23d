"""A VU's event loop: macrotasks one at a time, all microtasks between two of them.

Owns the timers of k6/timers, what comes from the host (settled operations, events of sockets), and when an
iteration has nothing left to wait for.  Knows neither JavaScript nor sockets: the engine runs one macrotask per
call, and entering the engine drains the microtasks.
"""

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

# Enters JavaScript once and gives the outcome so far, as the kernel tells it; its argument is the interpreter.
Macrotask = Callable[[Any], dict[str, Any]]


class LoopTimer(NamedTuple):
    """One timer that has not fired or been cleared.

    Args:
        name: the function that made it, for messages.
        interval_s: None for one shot.
    """

    timer_id: int
    name: str
    interval_s: float | None


class LoopTimers:
    """Timers, ordered by time and then by age.

    Attributes:
        now_s: the moment at which one looks at them.
    """

    __slots__ = ("_ages", "_heap", "_ids", "_timers", "now_s")

    def __init__(self) -> None:
        self._timers: dict[int, LoopTimer] = {}
        self._heap: list[tuple[float, int, int]] = []
        self._ids = itertools.count(1)
        self._ages = itertools.count()
        self.now_s = 0.0

    def start_timer(self, name: str, delay_s: float | None, repeats: bool) -> int:
        """Add a timer that is due `delay_s` seconds after `now_s`; None is due before all others."""
        timer_id = next(self._ids)
        self._timers[timer_id] = LoopTimer(timer_id, name, (delay_s or 0.0) if repeats else None)
        due_s = -math.inf if delay_s is None else self.now_s + delay_s
        heapq.heappush(self._heap, (due_s, next(self._ages), timer_id))
        return timer_id

    def clear_timer(self, timer_id: int) -> None:
        """Forget a timer; one that is unknown or has fired is ignored."""
        self._timers.pop(timer_id, None)
        if len(self._heap) > 64 and len(self._heap) > 2 * len(self._timers):
            # Cleared timers would otherwise stay in the heap until they are due.
            self._heap = [entry for entry in self._heap if entry[2] in self._timers]
            heapq.heapify(self._heap)

    def next_due_s(self) -> float | None:
        """When the next timer is due, or None without one."""
        while self._heap and self._heap[0][2] not in self._timers:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self) -> int | None:
        """The id of the timer to fire now, if one is due at `now_s`; an interval is set anew."""
        due_s = self.next_due_s()
        if due_s is None or due_s > self.now_s:
            return None
        timer_id = heapq.heappop(self._heap)[2]
        timer = self._timers[timer_id]
        if timer.interval_s is None:
            del self._timers[timer_id]
        else:
            heapq.heappush(self._heap, (self.now_s + timer.interval_s, next(self._ages), timer_id))
        return timer_id

    def drop_timers(self) -> list[LoopTimer]:
        """Forget every timer, for the iteration failed or was cut off.

        Returns:
            Those that will not fire, oldest first.
        """
        dropped = sorted(self._timers.values(), key=lambda timer: timer.timer_id)
        self._timers.clear()
        self._heap.clear()
        return dropped


class EventLoop(LoopTimers):
    """What one VU waits for: its timers, and macrotasks that the host posts.

    Attributes:
        on_post: called when a macrotask is posted, to wake whoever waits.
    """

    __slots__ = ("_hold_ids", "_holds", "_posted", "on_post")

    def __init__(self) -> None:
        super().__init__()
        self.on_post: Callable[[], None] | None = None
        # Made by the first post: most of what blocks a script posts nothing, and a deque is large.
        self._posted: deque[tuple[float, Macrotask]] | None = None
        self._holds: set[int] = set()
        self._hold_ids = itertools.count(1)

    def hold(self) -> int:
        """Something will be posted: the iteration is not over before release() of the returned number."""
        number = next(self._hold_ids)
        self._holds.add(number)
        return number

    def release(self, hold: int) -> None:
        """The counterpart of hold(); a second time, or after the end of the iteration, it is nothing."""
        self._holds.discard(hold)
        if self.on_post is not None:
            self.on_post()

    def post(self, macrotask: Macrotask, now_s: float) -> None:
        """Run `macrotask` when it is its turn.

        Unbounded here: whoever posts bounds what he has posted and was not run yet.
        """
        if self._posted is None:
            self._posted = deque()
        self._posted.append((now_s, macrotask))
        if self.on_post is not None:
            self.on_post()

    def take_posted(self) -> Macrotask | None:
        """The macrotask to run now, unless a timer was due before it came."""
        if not self._posted:
            return None
        if self._heap and (due_s := self.next_due_s()) is not None and due_s <= self._posted[0][0]:
            return None
        return self._posted.popleft()[1]

    @property
    def has_timers(self) -> bool:
        """A timer has not fired or been cleared."""
        return bool(self._timers)

    @property
    def is_idle(self) -> bool:
        """Nothing is left to run or to wait for."""
        return not (self._posted or self._holds or self._timers)

    @property
    def has_posted(self) -> bool:
        """A macrotask waits to be run."""
        return bool(self._posted)

    # ---- the end

    def drop_posted(self) -> None:
        """Forget what the host posted or will post: the iteration is over."""
        self._posted = None
        self._holds.clear()
