"""Several calls at a time, each in a task of its own, for a virtual user that waits for all of them.

Owns how many run at once and what happens when the waiting is cut off.  Refuses to know what the calls do.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from runner.ops import Interrupted
from runner.reactor import Reactor, Task


@dataclass(frozen=True)
class Job:
    """One call.

    Args:
        place: of which only so many run at once; a host.
    """

    place: str
    call: Callable[[], Any]


class ParallelJobs:
    """Runs jobs in their order, as k6 does: so many of them are begun at a time, and one that is begun waits until
    its place is free.  So a crowded place can hold up the others.

    Args:
        jobs_max: begun at a time; less than 1 for no bound.
        jobs_per_place_max: the same for each place.
    """

    def __init__(self, reactor: Reactor, *, jobs_max: int, jobs_per_place_max: int) -> None:
        self._reactor = reactor
        self._jobs_max = jobs_max
        self._jobs_per_place_max = jobs_per_place_max
        self._pending: deque[tuple[int, Job]] = deque()
        self._begun: list[tuple[int, Job]] = []
        self._running: Counter[str] = Counter()
        self._tasks: list[Task] = []
        self._results: list[Any] = []
        self._is_stopped = False

    def run(self, jobs: Sequence[Job]) -> list[Any]:
        """Run them and wait for all; parks the calling task.

        Returns:
            what the calls returned, in the order of the jobs.

        Raises:
            BaseException: what a call raised, or what interrupted the waiting; the other calls are interrupted then
                and have ended.
        """
        self._pending = deque(enumerate(jobs))
        self._results = [None] * len(jobs)
        self._start_more()
        try:
            # Each task starts those that come after it before it ends: the list grows while we go through it.
            for task in self._tasks:
                task.join()
        except BaseException:
            self._stop()
            raise
        return self._results

    def _start_more(self) -> None:
        if self._is_stopped:
            return
        running = self._running.total()
        while self._pending and (self._jobs_max < 1 or running + len(self._begun) < self._jobs_max):
            self._begun.append(self._pending.popleft())
        for begun in list(self._begun):
            place = begun[1].place
            if self._jobs_per_place_max < 1 or self._running[place] < self._jobs_per_place_max:
                self._begun.remove(begun)
                self._running[place] += 1
                task = self._reactor.spawn(self._run, *begun)
                # It may fail while we wait for another one.
                task.watched = True
                self._tasks.append(task)

    def _run(self, position: int, job: Job) -> None:
        if self._is_stopped:
            # A new task gets its interruption at its first wait, and might send something before.
            return
        try:
            self._results[position] = job.call()
        except BaseException:
            # Whoever waits for us learns of it when the turn of this task has come; until then nothing begins.
            self._is_stopped = True
            raise
        self._running[job.place] -= 1
        self._start_more()

    def _stop(self) -> None:
        self._is_stopped = True
        for task in self._tasks:
            self._reactor.interrupt(task, Interrupted())
        for task in self._tasks:
            self._reactor.wait_finished(task)
