"""Tasks that run macrotasks of many virtual users, one after the other, in place of the users' own tasks.

A virtual user that waits for its event loop has a stack, which is put away and fetched again when its task is switched
to.  For a macrotask that does not wait that is a large part of it: so one task runs what was posted to all of them.
When a macrotask waits, the helper waits with it, and another one goes on with the rest.

Owns who helps next.  Refuses to know what a macrotask is: that is the loop runner's.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

from runner.reactor import Reactor, Task, TaskState


class Helped(Protocol):
    """What has macrotasks to be run."""

    def help(self, helper: Task) -> None:
        """Run them in the calling task, which is `helper`; raises nothing."""


class HelperTasks:
    """As many helpers as wait inside macrotasks, and one more."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._queue: deque[Helped] = deque()
        self._idle: list[Task] = []
        # Who takes the next one from the queue, unless it waits inside a macrotask.
        self._active: Task | None = None
        self._looks = False

    def add(self, helped: Helped) -> None:
        """Somebody helps `helped` at the next turn."""
        self._queue.append(helped)
        if self._active is None:
            self._begin()
        if not self._looks:
            self._looks = True
            self._reactor.call_before_poll(self._look)

    def _begin(self) -> None:
        if self._idle:
            self._active = self._idle.pop()
            self._reactor.wake(self._active)
        else:
            self._active = self._reactor.spawn(self._run)

    def _look(self) -> None:
        """The turn's tasks have run: whoever has not come back waits."""
        active = self._active
        self._looks = bool(self._queue)
        if active is not None and active.state is not TaskState.READY:
            self._active = None
            if self._queue:
                self._begin()
        if self._looks:
            self._reactor.call_before_poll(self._look)

    def _run(self) -> None:
        reactor, queue = self._reactor, self._queue
        task = reactor.current_task()
        assert task is not None
        while True:
            while self._active is task and queue:
                queue.popleft().help(task)
            if self._active is task:
                self._active = None
            self._idle.append(task)
            reactor.park(None, task)
