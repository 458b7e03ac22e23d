"""k6/timers: the VU's event loop keeps the times, the face keeps the callbacks."""

from __future__ import annotations

from jsbindings.api import Binding, op


class TimersBinding(Binding):
    """Timers of one virtual user."""

    module = "k6/timers"

    @op
    def start(self, name: str, delay_ms: float | None, repeats: bool) -> int:
        """A new timer's id; a delay of None fires before all others."""
        # Counted from this call, however long the macrotask has been running.
        self.vu.event_loop.now_s = self.vu.reactor.now()
        return self.vu.event_loop.start_timer(name, None if delay_ms is None else delay_ms / 1000, repeats)

    @op
    def clear(self, timer_id: int) -> None:
        """Forget a timer; clearing twice is harmless."""
        self.vu.event_loop.clear_timer(timer_id)
