"""A task: one function that runs in its own greenlet and may wait without blocking the others.

Owns the life of one greenlet (new, ready, running, parked, waiting, finished) and what it leaves behind.
Refuses to schedule: only the reactor switches to a task.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from greenlet import GreenletExit, greenlet  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from runner.reactor.reactor import Reactor
    from runner.reactor.timers import Timer


class DeadlineReached(Exception):
    """A wait reached its deadline; internal to runner, the net layer turns it into a TransportError."""


class TaskState(Enum):
    """Where a task is in its life."""

    READY = "ready"  # in the ready list: new, or its wait is over
    RUNNING = "running"
    PARKED = "parked"  # in park(): goes on by wake()
    WAITING = "waiting"  # for a socket, a moment, a thread or another task
    FINISHED = "finished"


# Names of the members, because an attribute look-up on the enum at each switch is measurable.
READY, RUNNING, PARKED = TaskState.READY, TaskState.RUNNING, TaskState.PARKED
WAITING, FINISHED = TaskState.WAITING, TaskState.FINISHED


class Task:
    """Made by ``Reactor.spawn``; not by hand.

    Attributes:
        state: see TaskState.
        result: what the function returned, None until then.
        error: what the function raised, None otherwise.
        watched: somebody will look at ``error``; join() and run(until=...) set it.  The error of a task that
            nobody watches stops ``Reactor.run()``.
    """

    __slots__ = (
        "_args",
        "_function",
        "_reactor",
        "deadline_s",
        "deadline_timer",
        "error",
        "greenlet",
        "interruptions",
        "joiners",
        "raising",
        "result",
        "state",
        "value",
        "watched",
    )

    def __init__(self, reactor: Reactor, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._reactor = reactor
        self._function = function
        self._args = args
        self.state = READY
        self.result: Any = None
        self.error: BaseException | None = None
        self.watched = False
        self.joiners: list[Task] = []
        # The rest is the reactor's: made at the first switch, so that every task starts from the hub.
        self.greenlet: greenlet | None = None
        self.value: Any = None
        self.raising: BaseException | None = None
        self.interruptions: list[BaseException] = []
        self.deadline_s: float | None = None
        self.deadline_timer: Timer | None = None

    @property
    def done(self) -> bool:
        """The function has returned or raised."""
        return self.state is FINISHED

    def join(self, deadline_s: float | None = None) -> Any:
        """Wait until this task is done; call it inside another task.

        Args:
            deadline_s: moment on the reactor's clock, None to wait for ever.

        Returns:
            What the function returned.

        Raises:
            DeadlineReached: the task was not done in time (it goes on).
            BaseException: what the task's function raised.
        """
        self.watched = True
        self._reactor.wait_finished(self, deadline_s)
        if self.error is not None:
            raise self.error
        return self.result

    def main(self) -> None:
        """What the greenlet runs."""
        try:
            self.result = self._function(*self._args)
        except GreenletExit:
            # close() ends tasks this way; nothing failed.
            pass
        except BaseException as error:
            self.error = error
        finally:
            self.state = FINISHED
            self._args = ()

    def __repr__(self) -> str:
        name = getattr(self._function, "__qualname__", repr(self._function))
        return f"<Task {name} {self.state.value}>"
