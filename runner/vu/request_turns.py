"""The option ``rps``: moments at which requests may start, handed out one by one."""

from __future__ import annotations


class RequestTurns:
    """Those of one process.

    Attributes:
        next_s: the next one, on the reactor's clock.
    """

    def __init__(self) -> None:
        self.next_s = 0.0

    def claim(self, now_s: float, interval_s: float) -> float:
        """The next moment, `now_s` at the earliest; the one after it comes `interval_s` later."""
        turn_s = max(now_s, self.next_s)
        self.next_s = turn_s + interval_s
        return turn_s
