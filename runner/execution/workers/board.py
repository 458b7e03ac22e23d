"""Memory that the parent and all workers see: counts of each worker, counters of the whole test, and one flag.

Slots have one writer each and need no lock.  Counters are taken from under a record lock of the system, which a
process that dies gives back: a killed worker leaves nobody waiting.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import tempfile
from collections.abc import Iterator
from enum import IntEnum

_NUMBER_BYTES = 8
# What two processors write to at the same time should not share a line of their caches: numbers per line.
_LINE = 64 // _NUMBER_BYTES


class Slot(IntEnum):
    """What a worker says of one scenario."""

    ACTIVE_VUS = 0
    COMPLETE = 1
    INTERRUPTED = 2
    # Virtual users that the scenario has; those of them that wait for an iteration (arrival rates only).
    VUS = 3
    FREE_VUS = 4
    # Iterations of other workers that came here and were started or dropped.
    PASSED_ON = 5
    FELL_SHORT = 6


class Moment(IntEnum):
    """When a worker began and ended one scenario, on the common monotonic clock; 0 until then."""

    STARTED = 0
    FINISHED = 1


class Counter(IntEnum):
    """What all workers count together, for one scenario."""

    # iterationInTest.
    ITERATION = 0
    # Of the iterations of shared-iterations.
    TAKEN = 1
    # Workers that are through with the scenario.
    ENDED = 2
    # Arrival rates: virtual users beyond the planned ones; whether one is being made; whether the warning is out.
    MADE_VUS = 3
    MAKING = 4
    WARNED = 5


class Board:
    """Made by the parent before it forks.

    Args:
        workers: how many.
        scenarios: how many.
    """

    def __init__(self, workers: int, scenarios: int) -> None:
        self.workers = workers
        self._scenarios = scenarios
        # Of each worker: how many virtual users it has made, the slots of all scenarios, their moments.
        self._moments_at = 1 + scenarios * len(Slot)
        own = self._moments_at + scenarios * len(Moment)
        self._worker_size = -(-own // _LINE) * _LINE
        self._counters_at = workers * self._worker_size
        self._made_vus_at = self._counters_at + scenarios * len(Counter)
        self._next_turn_at = self._made_vus_at + 1
        self._stopping_at = self._next_turn_at + 1
        size_bytes = (self._stopping_at + 1) * _NUMBER_BYTES
        self._fd = _nameless_file()
        os.ftruncate(self._fd, size_bytes)
        shared = memoryview(mmap.mmap(self._fd, size_bytes))
        self._integers = shared.cast("q")
        self._floats = shared.cast("d")

    def close(self) -> None:
        """Give the file back; the numbers can still be read."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    # ---- slots

    def set_initialised(self, worker: int, count: int) -> None:
        """How many virtual users `worker` has made."""
        self._integers[worker * self._worker_size] = count

    def initialised_in(self, worker: int) -> int:
        """How many virtual users it has."""
        return self._integers[worker * self._worker_size]

    def initialised(self) -> int:
        """How many virtual users there are."""
        return sum(map(self.initialised_in, range(self.workers)))

    def slots(self, worker: int, scenario: int) -> memoryview[int]:
        """The numbers by slot of one worker, who alone may write them."""
        first = worker * self._worker_size + 1 + scenario * len(Slot)
        return self._integers[first : first + len(Slot)]

    def total(self, scenario: int, slot: Slot) -> int:
        """The sum over all workers."""
        return sum(self.slots(worker, scenario)[slot] for worker in range(self.workers))

    def grand_total(self, slot: Slot) -> int:
        """The sum over all workers and scenarios."""
        return sum(self.total(scenario, slot) for scenario in range(self._scenarios))

    def note(self, worker: int, scenario: int, moment: Moment, time_s: float) -> None:
        """Write when something happened."""
        self._floats[self._moment(worker, scenario, moment)] = time_s

    def moments(self, scenario: int, moment: Moment) -> list[float]:
        """When it happened in each worker."""
        return [self._floats[self._moment(worker, scenario, moment)] for worker in range(self.workers)]

    # ---- counters

    def take(self, scenario: int, counter: Counter) -> int:
        """The next number of a counter, from 0."""
        return self._take(self._counter(scenario, counter))

    def take_below(self, limit: int, scenario: int, counter: Counter) -> int | None:
        """The next number of a counter, from 0; None when `limit` of them have been taken."""
        at = self._counter(scenario, counter)
        with self._locked(at):
            return self._next(at) if self._integers[at] < limit else None

    def taken(self, scenario: int, counter: Counter) -> int:
        """How many numbers have been taken."""
        return self._integers[self._counter(scenario, counter)]

    def release(self, scenario: int, counter: Counter) -> None:
        """Let all numbers of a counter be taken anew."""
        at = self._counter(scenario, counter)
        with self._locked(at):
            self._integers[at] = 0

    def take_vu(self) -> int:
        """The number, from 0, of a virtual user beyond those that were planned."""
        return self._take(self._made_vus_at)

    def claim_turn(self, now_s: float, interval_s: float) -> float:
        """The next of moments that lie `interval_s` apart in the whole test, `now_s` at the earliest."""
        with self._locked(self._next_turn_at):
            turn_s = max(now_s, self._floats[self._next_turn_at])
            self._floats[self._next_turn_at] = turn_s + interval_s
        return turn_s

    # ---- the flag

    @property
    def is_stopping(self) -> bool:
        """The test is to end now, whatever computes."""
        return self._integers[self._stopping_at] != 0

    def stop(self) -> None:
        """Set it; it stays."""
        self._integers[self._stopping_at] = 1

    # ---- where things are

    def _moment(self, worker: int, scenario: int, moment: Moment) -> int:
        return worker * self._worker_size + self._moments_at + scenario * len(Moment) + moment

    def _counter(self, scenario: int, counter: Counter) -> int:
        return self._counters_at + scenario * len(Counter) + counter

    def _take(self, at: int) -> int:
        with self._locked(at):
            return self._next(at)

    def _next(self, at: int) -> int:
        number = self._integers[at]
        self._integers[at] = number + 1
        return number

    @contextlib.contextmanager
    def _locked(self, at: int) -> Iterator[None]:
        fcntl.lockf(self._fd, fcntl.LOCK_EX, 1, at)
        try:
            yield
        finally:
            fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, at)


def _nameless_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("k6py-board")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
