"""Whether the process kept up with the test, which the results do not show by themselves.

One thread drives everything.  While it computes or waits for the processor, iterations start late and whatever arrives
lies unseen, and every duration measured meanwhile is too long by as much.  So the run counts

- iterations of arrival-rate scenarios that started more than LATE_S after their time, and
- seconds in which the loop served a timer more than LATE_S after its time (a beat every BEAT_S shows that),

and says so in one line at its end if there were enough of them.  Refuses to judge the script or the target.

Why these thresholds: 0.1 s is the size of what load tests measure, so an error as large makes durations worthless; a
shorter delay is ordinary when many VUs have their turns.  A burst at the start, a busy loop in a short script or a
neighbour on the machine is over after some seconds, and no reason for a word: late starts must come in
LATE_STARTS_MIN_S seconds of a test and be a hundredth of all, a slow loop must last SLOW_MIN_S and a hundredth of the
test.  Without planned starts nothing was promised, hence the longer time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from runner.reactor import Reactor, Timer

LATE_S = 0.1
BEAT_S = 0.05
WINDOW_S = 1.0
SHARE_MIN = 0.01
LATE_STARTS_MIN_S = 3.0
SLOW_MIN_S = 5.0


class LatenessFigures:
    """What was counted, in one process or in several.

    Attributes:
        watched_s: how long it was watched.
        slow_s: of these, seconds in which the loop was late.
        lag_s_max: the most that the loop was late.
        starts: iterations with a planned start that did start.
        late_starts: of these, the late ones.
        late_s_max: the most that one was late.
        late_starts_s: seconds in which one started late.
        cpu_s: processor time of the thread in the seconds that were slow or had late starts.
        troubled_s: the length of these seconds.
    """

    def __init__(self) -> None:
        self.watched_s = 0.0
        self.slow_s = 0.0
        self.lag_s_max = 0.0
        self.starts = 0
        self.late_starts = 0
        self.late_s_max = 0.0
        self.late_starts_s = 0.0
        self.cpu_s = 0.0
        self.troubled_s = 0.0

    def merge(self, other: LatenessFigures) -> None:
        """Add what another process counted at the same time: seconds are those of the worst one."""
        for name in ("watched_s", "slow_s", "lag_s_max", "late_s_max", "late_starts_s"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        for name in ("starts", "late_starts", "cpu_s", "troubled_s"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def warning(self) -> str | None:
        """One line about the worst of it, None when the process kept up."""
        found = []
        if self.late_starts_s >= LATE_STARTS_MIN_S and self.late_starts >= SHARE_MIN * self.starts:
            text = (
                f"{self.late_starts} of {self.starts} iterations started more than {_duration(LATE_S)} late,"
                f" the latest by {_duration(self.late_s_max)}"
            )
            found.append((self.late_s_max, text))
        if self.slow_s >= SLOW_MIN_S and self.slow_s >= SHARE_MIN * self.watched_s:
            text = (
                f"in {self.slow_s:.0f} of {self.watched_s:.0f} seconds timers and sockets waited more than"
                f" {_duration(LATE_S)}, at worst {_duration(self.lag_s_max)}"
            )
            found.append((self.lag_s_max, text))
        if not found:
            return None
        share = self.cpu_s / self.troubled_s
        return (
            f"k6py could not keep up, the measured durations are too long: {max(found)[1]}"
            f" (it used {share:.0%} of a processor meanwhile)"
        )


class Lateness:
    """Watches one process.

    Args:
        reactor: whose loop is watched; `start` and `stop` are called in its thread.
        cpu_time: processor time that the thread has used, in seconds.
    """

    def __init__(self, reactor: Reactor, cpu_time: Callable[[], float] = time.thread_time) -> None:
        self.figures = LatenessFigures()
        self._reactor = reactor
        self._cpu_time = cpu_time
        self._timer: Timer | None = None
        self._window_began_s = self._cpu_began_s = self._lag_s = 0.0
        self._has_late_starts = False

    def start(self) -> None:
        """Begin to watch."""
        self._begin_window()
        self._beat_at(self._reactor.now() + BEAT_S)

    def stop(self) -> None:
        """End it; `figures` are complete."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._end_window()

    def note_start(self, late_s: float) -> None:
        """An iteration with a planned start begins now, `late_s` seconds after it."""
        figures = self.figures
        figures.starts += 1
        if late_s > LATE_S:
            figures.late_starts += 1
            figures.late_s_max = max(figures.late_s_max, late_s)
            self._has_late_starts = True

    def _beat_at(self, when_s: float) -> None:
        self._timer = self._reactor.call_at(when_s, self._beat, when_s)

    def _beat(self, planned_s: float) -> None:
        now_s = self._reactor.now()
        self._lag_s = max(self._lag_s, now_s - planned_s)
        if now_s - self._window_began_s >= WINDOW_S:
            self._end_window()
            self._begin_window()
        self._beat_at(now_s + BEAT_S)

    def _begin_window(self) -> None:
        self._window_began_s = self._reactor.now()
        self._cpu_began_s = self._cpu_time()
        self._lag_s = 0.0
        self._has_late_starts = False

    def _end_window(self) -> None:
        length_s = self._reactor.now() - self._window_began_s
        is_slow = self._lag_s > LATE_S
        figures = self.figures
        figures.watched_s += length_s
        figures.lag_s_max = max(figures.lag_s_max, self._lag_s)
        figures.slow_s += length_s if is_slow else 0.0
        figures.late_starts_s += length_s if self._has_late_starts else 0.0
        if is_slow or self._has_late_starts:
            figures.troubled_s += length_s
            figures.cpu_s += self._cpu_time() - self._cpu_began_s


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f}ms" if seconds < 1 else f"{seconds:.1f}s"
