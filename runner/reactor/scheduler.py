"""Which task runs next: the ready list, switching, deadlines and interrupts of waiting tasks.

Owns the greenlets and the timers.  Refuses to wait: polling and everything that comes from outside is the
reactor's.

Rules
1. Tasks are switched to from one place only, in ``run_ready``: a greenlet saves the C stack between the hub and
   itself, which is short only when it was started and is resumed at the same depth.
2. ``run_ready`` runs the ready list as it was when it began; what becomes ready meanwhile waits for the next
   turn.  So tasks that keep waking each other keep nobody from sockets and timers.
3. Whatever waits goes through ``switch``: there interrupts and deadlines arrive.
4. A task's error reaches whoever joined it, or it comes out of ``run_ready``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet  # type: ignore[import-untyped]

from runner.errors import InternalError
from runner.reactor.task import FINISHED, PARKED, READY, RUNNING, WAITING, DeadlineReached, Task, TaskState
from runner.reactor.timers import TimerHeap

# What switch() returns when the deadline came first.
DEADLINE = object()


class Scheduler:
    """The tasks of one reactor.

    Args:
        now: the monotonic clock, seconds.
        timers: where deadlines are kept.
    """

    def __init__(self, now: Callable[[], float], timers: TimerHeap) -> None:
        self._now = now
        self._timers = timers
        self._current: Task | None = None
        self._hub: Any = None
        self._is_closed = False
        self.tasks: set[Task] = set()
        self.ready: deque[Task | tuple[Callable[..., object], tuple[Any, ...]]] = deque()

    # ---- for the hub and for tasks

    def add(self, task: Task) -> None:
        """A new task, to be started at the next turn."""
        self.tasks.add(task)
        self.ready.append(task)

    def make_ready(self, task: Task) -> None:
        """The task's wait is over; nothing when it is over already.

        A socket and a deadline may both come in one turn: the first counts.
        """
        if task.state is PARKED or task.state is WAITING:
            task.state = READY
            self.ready.append(task)

    def interrupt(self, task: Task, error: BaseException) -> None:
        """See Reactor.interrupt."""
        if task.state is FINISHED:
            return
        if task.state is PARKED or task.state is WAITING:
            task.raising = error
            self.make_ready(task)
        else:
            task.interruptions.append(error)

    def current(self) -> Task | None:
        """The task that calls this; None outside every task and in other threads."""
        task = self._current
        return task if task is not None and task.greenlet is getcurrent() else None

    # ---- for tasks only

    def waiting_task(self, trap: str) -> Task:
        """The calling task, which is about to wait by the call named ``trap``."""
        task = self._current
        if task is None or task.greenlet is not getcurrent():
            raise InternalError(f"{trap}() called outside a task; please report this")
        return task

    def suspend(self, task: Task, state: TaskState, deadline_s: float | None) -> Any:
        """switch(), with the deadline as a DeadlineReached."""
        value = self.switch(task, state, deadline_s)
        if value is DEADLINE:
            raise DeadlineReached
        return value

    def switch(self, task: Task, state: TaskState, deadline_s: float | None) -> Any:
        """Leave the calling task until it is made ready.

        Returns:
            ``task.value``, or DEADLINE when nothing else came before ``deadline_s``.
        """
        if self._is_closed:
            raise GreenletExit
        if task.interruptions:
            # Without its old traceback: one error object may interrupt thousands of tasks.
            raise task.interruptions.pop(0).with_traceback(None)
        if deadline_s is not None:
            self._set_deadline(task, deadline_s)
        task.state = state
        self._hub.switch()
        task.deadline_s = None
        if task.raising is not None:
            error, task.raising = task.raising, None
            raise error.with_traceback(None)
        value, task.value = task.value, None
        return value

    # ---- for the hub only

    def enter_hub(self) -> None:
        """The calling greenlet turns the loop from now on: tasks switch back to it."""
        if self.current() is not None:
            raise InternalError("the reactor is run or closed inside one of its tasks; please report this")
        hub = getcurrent()
        if hub is not self._hub:
            self._hub = hub
            for task in self.tasks:
                if task.greenlet is not None:
                    task.greenlet.parent = hub

    def run_ready(self) -> None:
        """Run every entry that is in the ready list now, once."""
        ready = self.ready
        for _ in range(len(ready)):
            entry = ready.popleft()
            if type(entry) is not Task:
                callback, args = entry  # type: ignore[misc]
                callback(*args)
                continue
            task_greenlet = entry.greenlet
            if task_greenlet is None:
                task_greenlet = entry.greenlet = greenlet(entry.main)
            entry.state = RUNNING
            self._current = entry
            task_greenlet.switch()
            self._current = None
            if entry.state is FINISHED:
                self._bury(entry)

    def end_all(self) -> list[BaseException]:
        """Raise GreenletExit in every task where it waits; no task can wait any more.

        Returns:
            What tasks raised instead.
        """
        self._is_closed = True
        self.ready.clear()
        tasks = list(self.tasks)
        for task in tasks:
            self._end(task)
        self.tasks.clear()
        return [task.error for task in tasks if task.error is not None]

    def _bury(self, task: Task) -> None:
        self.tasks.discard(task)
        task.greenlet = None
        if task.deadline_timer is not None:
            task.deadline_timer.cancel()
        for joiner in task.joiners:
            self.make_ready(joiner)
        task.joiners.clear()
        error = task.error
        if error is None or task.watched:
            return
        if not isinstance(error, Exception):
            raise error
        raise InternalError(f"{task!r} failed and nobody joined it: {error!r}", error)

    def _end(self, task: Task) -> None:
        if task.greenlet is None:
            task.state = FINISHED
            return
        task.raising = GreenletExit()
        self._current = task
        while not task.greenlet.dead:
            task.greenlet.switch()
        self._current = None
        task.greenlet = None

    # ---- deadlines

    def _set_deadline(self, task: Task, deadline_s: float) -> None:
        """One timer per task serves all its deadlines.

        A session's deadline moves on with each message; a timer that comes too early only sets itself anew,
        so that a message costs no work on the heap.
        """
        task.deadline_s = deadline_s
        timer = task.deadline_timer
        if timer is not None and timer.when_s <= deadline_s:
            return
        if timer is not None:
            timer.cancel()
        task.deadline_timer = self._timers.add(deadline_s, self._reach_deadline, (task,))

    def _reach_deadline(self, task: Task) -> None:
        task.deadline_timer = None
        if task.deadline_s is None or (task.state is not PARKED and task.state is not WAITING):
            return
        if task.deadline_s > self._now():
            self._set_deadline(task, task.deadline_s)
            return
        task.value = DEADLINE
        self.make_ready(task)
