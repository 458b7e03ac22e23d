"""The loop: poll sockets, expire timers, run what is ready; and the calls by which a task waits.

Owns the way in from outside: sockets, the clock, threads, signals.  Refuses the rest: switching between tasks
is in scheduler.py, timers in timers.py, sockets in readiness.py, threads in threads.py.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Callable
from selectors import BaseSelector
from typing import Any

from runner.errors import InternalError
from runner.reactor.pollers import SelectorPoller, best_poller
from runner.reactor.readiness import READ, WRITE, Readiness
from runner.reactor.scheduler import DEADLINE, Scheduler
from runner.reactor.task import FINISHED, PARKED, READY, WAITING, DeadlineReached, Task
from runner.reactor.threads import Job, ThreadPool
from runner.reactor.timers import Timer, TimerHeap
from runner.reactor.wakeup import Wakeup

# The system calls refuse waits of years; a poll that ends early only looks at the clock.
POLL_S_MAX = 3600.0

# What one read brings at most.
RECEIVE_SIZE_BYTES_MAX = 65536


class Reactor:
    """One per process (or per test); used from the thread that runs it.

    Args:
        now: the monotonic clock, seconds.
        selector: None for the platform's best; tests pass a virtual clock that acts as one.
    """

    def __init__(
        self, *, now: Callable[[], float] = time.monotonic, selector: BaseSelector | None = None
    ) -> None:
        self.now = now
        self._timers = TimerHeap()
        self._scheduler = Scheduler(now, self._timers)
        self._wakeup = Wakeup()
        poller = best_poller() if selector is None else SelectorPoller(selector)
        self._readiness = Readiness(
            poller, self._wakeup.receiver, self._wakeup.drain, self._scheduler.make_ready
        )
        self._before_poll: deque[Callable[[], object]] = deque()
        self._from_outside: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._threads: ThreadPool | None = None
        self._is_running = False
        self._is_closed = False

    # ---- anywhere in the reactor's thread

    def spawn(self, function: Callable[..., Any], *args: Any) -> Task:
        """Run ``function(*args)`` in a task of its own, from the next turn on."""
        self._refuse_closed("spawn")
        task = Task(self, function, args)
        self._scheduler.add(task)
        return task

    def call_soon(self, callback: Callable[..., object], *args: Any) -> None:
        """Call ``callback(*args)`` outside every task at the next turn; it must not wait."""
        self._scheduler.ready.append((callback, args))

    def call_before_poll(self, callback: Callable[[], object]) -> None:
        """Call ``callback()`` outside every task once those have run that are ready now; it must not wait.

        For what puts things together that several tasks do: call_soon() would make the loop turn once more for it.
        """
        self._before_poll.append(callback)

    def call_at(self, when_s: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Call ``callback(*args)`` outside every task when the clock reaches ``when_s``; it must not wait."""
        return self._timers.add(when_s, callback, args)

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any) -> None:
        """call_soon for other threads and for Python signal handlers; wakes a blocked poll."""
        self._from_outside.append((callback, args))
        self._wakeup.send()

    def current_task(self) -> Task | None:
        """The task that calls this; None outside every task."""
        return self._scheduler.current()

    def wake(self, task: Task, value: Any = None) -> None:
        """Let a parked task go on at the next turn; its ``park()`` returns ``value``.

        Raises:
            InternalError: the task is not in park().
        """
        if task.state is not PARKED:
            raise InternalError(f"wake() of a task that is not parked: {task!r}; please report this")
        task.value = value
        task.state = READY
        self._scheduler.ready.append(task)

    def wake_if_parked(self, task: Task) -> None:
        """wake() without a value, of a task that may have gone on already."""
        if task.state is PARKED:
            task.state = READY
            self._scheduler.ready.append(task)

    def interrupt(self, task: Task, error: BaseException) -> None:
        """Raise ``error`` inside the task, at the place where it waits.

        A task that is running or ready gets it at its next wait; a finished one never.  Several errors
        arrive one per wait, in order.
        """
        self._scheduler.interrupt(task, error)

    def watch_readable(self, sock: socket.socket, watcher: Callable[[], None] | None) -> None:
        """Call `watcher`, outside every task, whenever the socket has bytes, an end of stream or an error.

        Args:
            watcher: must not wait; None ends the watch.
        """
        self._readiness.watch(sock, READ, watcher)

    def watch_writable(self, sock: socket.socket, watcher: Callable[[], None] | None) -> None:
        """As watch_readable(), whenever the socket takes bytes or has an error."""
        self._readiness.watch(sock, WRITE, watcher)

    def forget(self, sock: socket.socket) -> None:
        """Drop what is known about a socket; to be called before it is closed.

        A task that waits for it gets an OSError that says so.
        """
        for task in self._readiness.forget(sock):
            self._scheduler.interrupt(task, OSError("use of closed network connection"))

    # ---- the trap line: only inside a task

    def park(self, deadline_s: float | None = None, task: Task | None = None) -> Any:
        """Wait for ``wake()``.

        Args:
            deadline_s: moment on the reactor's clock, None to wait for ever.
            task: the calling one, for a caller who has asked for it already.

        Returns:
            What wake() gave.

        Raises:
            DeadlineReached: nobody woke the task in time.
            InternalError: called outside a task.
        """
        scheduler = self._scheduler
        value = scheduler.switch(task or scheduler.waiting_task("park"), PARKED, deadline_s)
        if value is DEADLINE:
            raise DeadlineReached
        return value

    def sleep_until(self, when_s: float) -> None:
        """Wait until the clock reaches ``when_s``; a moment in the past lets the others run once."""
        self._scheduler.switch(self._scheduler.waiting_task("sleep_until"), WAITING, when_s)

    def wait_readable(self, sock: socket.socket, deadline_s: float | None = None) -> None:
        """Wait until the socket has bytes, an end of stream or an error; DeadlineReached otherwise."""
        self._wait_ready(self._scheduler.waiting_task("wait_readable"), sock, READ, deadline_s)

    def wait_writable(self, sock: socket.socket, deadline_s: float | None = None) -> None:
        """Wait until the socket takes bytes, is connected or has an error; DeadlineReached otherwise."""
        self._wait_ready(self._scheduler.waiting_task("wait_writable"), sock, WRITE, deadline_s)

    def wait_finished(self, other: Task, deadline_s: float | None = None) -> None:
        """Wait until another task is done; ``Task.join`` is the usual way to say this."""
        task = self._scheduler.waiting_task("join")
        if other is task:
            raise InternalError(f"a task joins itself: {task!r}; please report this")
        if other.state is FINISHED:
            return
        other.joiners.append(task)
        try:
            self._scheduler.suspend(task, WAITING, deadline_s)
        finally:
            if task in other.joiners:
                other.joiners.remove(task)

    def call_in_thread(
        self, function: Callable[..., Any], *args: Any, deadline_s: float | None = None
    ) -> Any:
        """Call ``function(*args)`` in one of at most threads.THREADS_MAX threads and wait for it.

        Returns:
            What it returned.

        Raises:
            DeadlineReached: it was not done in time; it goes on, and what comes of it is dropped.
            BaseException: what it raised.
        """
        task = self._scheduler.waiting_task("call_in_thread")
        if self._threads is None:
            self._threads = ThreadPool()
        job = Job(function, args, lambda job: self.call_soon_threadsafe(self._end_job, task, job))
        self._threads.submit(job)
        try:
            self._scheduler.suspend(task, WAITING, deadline_s)
        finally:
            job.is_abandoned = True
        return job.take()

    # ---- the loop

    def run(self, until: Task | None = None) -> None:
        """Turn until the task ``until``, or every task, is done.

        Raises:
            BaseException: what ``until`` raised.
            InternalError: a callback or a task that nobody watches raised; chained to that.
        """
        self._refuse_closed("run")
        if self._is_running:
            raise InternalError("run() called while the reactor runs; please report this")
        self._scheduler.enter_hub()
        if until is not None:
            until.watched = True
        self._is_running = True
        try:
            with self._wakeup.for_signals():
                while self._scheduler.tasks if until is None else until.state is not FINISHED:
                    self._turn()
        finally:
            self._is_running = False
        if until is not None and until.error is not None:
            raise until.error

    def close(self) -> None:
        """End every task (GreenletExit is raised where it waits) and give everything back; idempotent.

        Raises:
            InternalError: a task raised something else while it ended.
        """
        if self._is_running:
            raise InternalError("close() called while the reactor runs; please report this")
        if self._is_closed:
            return
        self._is_closed = True
        self._scheduler.enter_hub()
        errors = self._scheduler.end_all()
        if self._threads is not None:
            self._threads.close()
        self._readiness.close()
        self._wakeup.close()
        if errors:
            raise InternalError(f"a task failed while the reactor closed: {errors[0]!r}", errors[0])

    def __enter__(self) -> Reactor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _turn(self) -> None:
        try:
            # Poll.
            self._readiness.poll(self._poll_timeout_s())
            # Expire.
            self._timers.expire(self.now())
            # Run.
            while self._from_outside:
                self._scheduler.ready.append(self._from_outside.popleft())
            self._scheduler.run_ready()
            for _ in range(len(self._before_poll)):
                self._before_poll.popleft()()
        except InternalError:
            raise
        except Exception as error:
            text = f"a callback of the reactor failed: {error!r}; please report this"
            raise InternalError(text, error) from error

    def _poll_timeout_s(self) -> float | None:
        if self._scheduler.ready or self._from_outside or self._before_poll:
            return 0
        when_s = self._timers.next_when_s()
        return None if when_s is None else min(max(0.0, when_s - self.now()), POLL_S_MAX)

    def _wait_ready(self, task: Task, sock: socket.socket, direction: int, deadline_s: float | None) -> None:
        interest = self._readiness.add(task, sock, direction)
        try:
            self._scheduler.suspend(task, WAITING, deadline_s)
        finally:
            interest.remove(task)

    def _end_job(self, task: Task, job: Job) -> None:
        if not job.is_abandoned:
            self._scheduler.make_ready(task)

    def _refuse_closed(self, name: str) -> None:
        if self._is_closed:
            raise InternalError(f"{name}() called on a closed reactor; please report this")
