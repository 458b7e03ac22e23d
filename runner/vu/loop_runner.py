"""Runs a VU's event loop in the VU's task, and what settles the script's promises in tasks of their own.

Owns waiting for the next macrotask, fairness towards other VUs, and how an iteration that has nothing left to wait
for ends.  While the VU's task waits, a helper's runs what is posted; never both at the same time.  Refuses to know what
macrotasks do.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

from runner.engine.interpreter import Interpreter
from runner.errors import ScriptError
from runner.ops import Interrupted, Thrown
from runner.reactor import PARKED, DeadlineReached, Reactor, Task
from runner.vu.event_loop import EventLoop, Macrotask
from runner.vu.helper_tasks import HelperTasks
from runner.vu.outcome import ENDED, Outcome, thrown_error, uncaught_error

# What k6's own operations say when they are given up.
CANCELLED = "operation was canceled"

# Macrotasks that one VU runs before the others get a turn.
MACROTASKS_IN_A_ROW_MAX = 64


class LoopRunner:
    """One VU's event loop and the task that runs it.

    Args:
        helpers: those of the process.
    """

    def __init__(self, reactor: Reactor, helpers: HelperTasks) -> None:
        self.loop = EventLoop()
        self.loop.on_post = self._wake
        self._reactor = reactor
        self._helpers = helpers
        self._interpreter: Interpreter | None = None
        # The VU's task while it waits for a macrotask, and until when.
        self._waiting: Task | None = None
        self._waits_until_s: float | None = None
        # Who runs macrotasks in its place, whether it waits for the end of that, and what that left for it.
        self._helper: Task | None = None
        self._is_helper_awaited = False
        self._left: dict[str, Any] | BaseException | None = None
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
        self._interpreter = interpreter
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
            self._left = None
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
            if not loop.has_timers:
                self._park(task, None)
                if self._left is not None:
                    return self._take_what_was_left
                continue
            due_s = loop.next_due_s()
            try:
                if due_s is not None and (loop.has_posted or due_s <= reactor.now()):
                    # Timers that set each other for "now" would keep other VUs from running.
                    reactor.sleep_until(due_s)
                else:
                    self._park(task, due_s)
            except DeadlineReached:
                pass
            if self._left is not None:
                return self._take_what_was_left
            loop.now_s = reactor.now()
            timer_id = loop.take_due()
            if timer_id is not None:
                return partial(_fire, timer_id)

    def _park(self, task: Task | None, until_s: float | None) -> None:
        """Wait in the VU's task, while helpers run what is posted.

        Raises:
            DeadlineReached: it is `until_s`, and nothing came.
            Interrupted: a helper that waits inside a macrotask has got it, too.
        """
        reactor = self._reactor
        self._waiting, self._waits_until_s = task, until_s
        try:
            while True:
                try:
                    reactor.park(until_s, task)
                except DeadlineReached:
                    if self._helper is None:
                        raise
                except Interrupted as interruption:
                    if self._helper is None:
                        raise
                    reactor.interrupt(self._helper, interruption)
                if self._helper is None:
                    return
                # It waits inside a macrotask, which has to end first.
                self._is_helper_awaited, until_s = True, None
        finally:
            self._waiting, self._is_helper_awaited = None, False

    def help(self, helper: Task) -> None:
        """Run what was posted in place of the VU's task, which waits; see HelperTasks."""
        loop, interpreter, task = self.loop, self._interpreter, self._waiting
        if interpreter is None or task is None or task.state is not PARKED or self._helper is not None:
            # It has gone on already.
            return
        self._helper = helper
        try:
            for _ in range(MACROTASKS_IN_A_ROW_MAX):
                posted = loop.take_posted()
                if posted is None:
                    break
                loop.now_s = self._reactor.now()
                state = posted(interpreter)
                if "threw" in state:
                    self._left = state
                    break
        except (Exception, Interrupted) as error:
            self._left = error
        finally:
            self._helper = None
        if helper.interruptions:
            # They were the VU's, and came when the macrotask waited no more.
            self._left = self._left or helper.interruptions[0]
            helper.interruptions.clear()
        if (
            self._left is not None
            or self._is_helper_awaited
            or loop.is_idle
            or loop.has_posted
            or loop.next_due_s() != self._waits_until_s
        ):
            self._reactor.wake_if_parked(task)

    def _take_what_was_left(self, _interpreter: Interpreter) -> dict[str, Any]:
        left, self._left = self._left, None
        if isinstance(left, BaseException):
            raise left
        assert left is not None
        return left

    def _wake(self) -> None:
        task = self._waiting
        if task is None or task.state is not PARKED or self._helper is not None:
            return
        if self.loop.has_posted:
            self._helpers.add(self)
        else:
            self._reactor.wake_if_parked(task)


def _fire(timer_id: int, interpreter: Interpreter) -> dict[str, Any]:
    return interpreter.run_macrotask("fire", timer_id)


def _identity(value: Any) -> Any:
    return value


def _raise(error: Exception) -> Any:
    raise error
