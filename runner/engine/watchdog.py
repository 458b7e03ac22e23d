"""Cuts off JavaScript that neither ends nor calls the host.

A timer of the process's CPU time ticks while scripts compute and is silent while they wait.  At a tick, an
interpreter
that is past its deadline and in the middle of pure JavaScript is interrupted; QuickJS makes that uncatchable.
Needs the main thread: elsewhere Python delivers no signals, and a script that loops for ever is not cut off.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from runner.engine.entry import CtypesEntry
from runner.engine.interpreter import Interpreter
from runner.engine.native import NativeDoor
from runner.ops import Interrupted

_TICK_S = 0.05
_RETRY_S = 0.002
_ENTERING = frozenset({Interpreter._run.__code__, Interpreter._call.__code__})
# Where no code of ours is in the middle of something while JavaScript computes.
_ENTRANCES = (
    Interpreter._run,
    NativeDoor.enter,
    NativeDoor.run,
    NativeDoor.run_text,
    NativeDoor._run_on,
    CtypesEntry.enter,
    CtypesEntry.run_text,
    CtypesEntry.drain,
)
_TOPMOST = frozenset(entrance.__code__ for entrance in _ENTRANCES)


class Watchdog:
    """Watches every interpreter of the process while it is started.

    Args:
        now: the clock on which interpreters' deadlines are given, in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        # Whatever computes at the next tick is cut off, deadline or not: set by a signal handler.
        self.cut_off_all = False
        self._now = now
        self._previous: Any = None
        self._started = False

    def start(self) -> None:
        """Begin to tick, if this is the main thread."""
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGVTALRM, self._tick)
            signal.setitimer(signal.ITIMER_VIRTUAL, _TICK_S, _TICK_S)
            self._started = True

    def stop(self) -> None:
        """Stop ticking and give the signal back."""
        if self._started:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, self._previous)
            self._started = False

    def must_cut_off_all(self) -> bool:
        """Whether everything that computes now is to be cut off; asked at each tick."""
        return self.cut_off_all

    def _tick(self, _signal: int, frame: FrameType | None) -> None:
        entering = _entering_frame(frame)
        if entering is None:
            return
        interpreter: Interpreter = entering.f_locals["self"]
        is_late = interpreter.deadline_s is not None and self._now() >= interpreter.deadline_s
        if not self.must_cut_off_all() and not is_late and not interpreter.bridge.interrupted:
            return
        # The op that may be running is left alone until it has returned; the next one will not run.
        interpreter.bridge.interrupted = True
        if frame is not None and frame.f_code in _TOPMOST:
            # QuickJS drops an interruption that comes while it writes a stack trace: try again soon.
            signal.setitimer(signal.ITIMER_VIRTUAL, _RETRY_S, _TICK_S)
            raise Interrupted


def _entering_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame that entered JavaScript, None outside of scripts."""
    while frame is not None and frame.f_code not in _ENTERING:
        frame = frame.f_back
    return frame
