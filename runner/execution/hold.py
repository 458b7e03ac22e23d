"""A place where a run waits for a word: before it starts when it is paused, at its end when it lingers."""

from __future__ import annotations

from runner.execution.gate import Gate
from runner.ops import Interrupted
from runner.reactor import Reactor


class Hold:
    """Holds the run until release().

    Args:
        is_held: False lets it pass.

    Attributes:
        is_held: whether it would wait, or does.
    """

    def __init__(self, reactor: Reactor, *, is_held: bool = True) -> None:
        self.is_held = is_held
        self._gate = Gate(reactor)
        self._is_stopped = False

    def wait(self) -> None:
        """Park the calling task for as long as it is held.

        Raises:
            Interrupted: stop() was called.
        """
        self._gate.wait(lambda: self._is_stopped or not self.is_held)
        if self._is_stopped:
            raise Interrupted

    def release(self) -> None:
        """Let the run go on."""
        self.is_held = False
        self._gate.look_again()

    def stop(self) -> None:
        """End the wait, and what comes after it."""
        self._is_stopped = True
        self._gate.look_again()
