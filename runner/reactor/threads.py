"""Threads for calls that block and know no reactor: DNS look-ups, blocking client libraries.

Owns the threads and their number.  Refuses to call back: it says "done" through one thread-safe function.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

# One look-up per host is under way at most; the bound is for bindings over blocking libraries, where each VU
# may hold one thread.  64 stacks are cheap; what comes beyond waits in line, one entry per waiting task.
THREADS_MAX = 64


class Job:
    """One call in a thread."""

    __slots__ = ("_args", "_function", "_on_done", "error", "is_abandoned", "result")

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], on_done: Callable[[Job], object]
    ) -> None:
        self._function = function
        self._args = args
        self._on_done = on_done
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_abandoned = False

    def run(self) -> None:
        """Call the function, keep what comes of it, say so."""
        if self.is_abandoned:
            return
        try:
            self.result = self._function(*self._args)
        except BaseException as error:
            self.error = error
        self._on_done(self)

    def take(self) -> Any:
        """The result, or the exception raised again."""
        if self.error is not None:
            raise self.error
        return self.result


class ThreadPool:
    """At most THREADS_MAX threads, each started when a job finds no idle one.

    Daemon threads: a look-up that hangs must not keep the process from ending.
    """

    def __init__(self, threads_max: int = THREADS_MAX) -> None:
        self._threads_max = threads_max
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._thread_count = 0

    def submit(self, job: Job) -> None:
        """Run the job in a thread, as soon as one is free."""
        self._jobs.put(job)
        if not self._idle.acquire(blocking=False) and self._thread_count < self._threads_max:
            self._thread_count += 1
            name = f"k6py-blocking-{self._thread_count}"
            threading.Thread(target=self._work, name=name, daemon=True).start()

    def close(self) -> None:
        """Let idle threads end now and busy ones after their job; does not wait for them."""
        for _ in range(self._thread_count):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.run()
            # Not kept while idle: a job holds its arguments and result.
            del job
            self._idle.release()
