"""Runs a VU's event loop in the VU's task, and what settles the script's promises in tasks of their own.

Owns waiting for the next macrotask, fairness towards other VUs, and how an iteration that has nothing left to wait
for ends.  Refuses to know what macrotasks do.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

from runner.engine.interpreter import Interpreter
from runner.errors import ScriptError
from runner.ops import Interrupted, Thrown
from runner.reactor import DeadlineReached, Reactor, Task
from runner.vu.event_loop import EventLoop, Macrotask
from runner.vu.outcome import ENDED, Outcome, thrown_error, uncaught_error

# What k6's own operations say when they are given up.
CANCELLED = "operation was canceled"

# Macrotasks that one VU runs before the others get a turn.
MACROTASKS_IN_A_ROW_MAX = 64


class LoopRunner:
    """One VU's event loop and the task that runs it."""

    def __init__(self, reactor: Reactor) -> None:
        self.loop = EventLoop()
        self.loop.on_post = self._wake
        self._reactor = reactor
        self._waiting: Task | None = None
        self._in_a_row = 0
        self._promise_ids = itertools.count(1)
        # What settles promises of this iteration, by their numbers.
        self._promise_tasks: dict[int, Task] = {}

    def settle(self, interpreter: Interpreter, state: dict[str, Any]) -> Outcome:
        """Run macrotasks until the function and everything that it started is done.

        Args:
            state: how the function itself ended, as the kernel tells it.
        """
        task = self._reactor.current_task()
        try:
            while "threw" not in state:
                macrotask = self._next_macrotask(task)
                if macrotask is None:
                    # Done, or waiting for a promise that nobody will settle: k6 ends quietly in both cases.
                    return ENDED
                state = macrotask(interpreter)
        except ScriptError as error:
            return Outcome(error=uncaught_error(error))
        finally:
            self._waiting = None
        return Outcome(error=thrown_error(state))

    def promise(self, op: str, call: Callable[[], Any]) -> int:
        """See VirtualUser.promise."""
        promise_id, loop = next(self._promise_ids), self.loop
        hold = loop.hold()

        def fulfil() -> None:
            # Given up before it began: an interruption only comes at the first wait.
            if promise_id not in self._promise_tasks:
                return
            try:
                take = partial(_identity, call())
            except Interrupted:
                if promise_id not in self._promise_tasks:
                    return
                take = partial(_raise, Thrown(CANCELLED))
            except Exception as error:
                take = partial(_raise, error)
            if self._promise_tasks.pop(promise_id, None) is None:
                return
            loop.post(lambda interpreter: interpreter.settle(promise_id, op, take), self._reactor.now())
            loop.release(hold)

        self._promise_tasks[promise_id] = self._reactor.spawn(fulfil)
        return promise_id

    def cancel_promises(self) -> None:
        """The iteration failed: what it still waits for is rejected, as soon as it notices."""
        for task in self._promise_tasks.values():
            self._reactor.interrupt(task, Interrupted())

    def give_up_promises(self) -> None:
        """The iteration is over: nobody waits for them any more."""
        while self._promise_tasks:
            self._reactor.interrupt(self._promise_tasks.popitem()[1], Interrupted())

    # ---- waiting

    def _next_macrotask(self, task: Task | None) -> Macrotask | None:
        """Wait for it in the calling task; None when nothing is left to wait for."""
        loop, reactor = self.loop, self._reactor
        while True:
            posted = loop.take_posted()
            if posted is not None:
                self._in_a_row += 1
                if self._in_a_row >= MACROTASKS_IN_A_ROW_MAX:
                    self._in_a_row = 0
                    reactor.sleep_until(reactor.now())
                loop.now_s = reactor.now()
                return posted
            if loop.is_idle:
                return None
            self._in_a_row = 0
            self._waiting = task
            if not loop.has_timers:
                reactor.park(None, task)
                continue
            due_s = loop.next_due_s()
            try:
                if due_s is not None and (loop.has_posted or due_s <= reactor.now()):
                    # Timers that set each other for "now" would keep other VUs from running.
                    reactor.sleep_until(due_s)
                else:
                    reactor.park(due_s, task)
            except DeadlineReached:
                pass
            loop.now_s = reactor.now()
            timer_id = loop.take_due()
            if timer_id is not None:
                return partial(_fire, timer_id)

    def _wake(self) -> None:
        if self._waiting is not None:
            self._reactor.wake_if_parked(self._waiting)


def _fire(timer_id: int, interpreter: Interpreter) -> dict[str, Any]:
    return interpreter.run_macrotask("fire", timer_id)


def _identity(value: Any) -> Any:
    return value


def _raise(error: Exception) -> Any:
    raise error
