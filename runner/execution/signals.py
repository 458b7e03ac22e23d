"""Ctrl-C and SIGTERM while a test runs: the first one ends the run, the second one the process."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from runner.engine.watchdog import Watchdog
from runner.errors import ExitCode
from runner.log import Logger
from runner.reactor import Reactor

_NAMES = {signal.SIGINT: "interrupt", signal.SIGTERM: "terminated"}


class Signals:
    """Catches them inside ``with``, if that is entered on the main thread: others get none.

    Args:
        on_first: called on the reactor, or by heed(), with what k6 says about it.

    Attributes:
        message: that text; None while no signal came.
    """

    def __init__(
        self, reactor: Reactor, watchdog: Watchdog, logger: Logger, on_first: Callable[[str], None]
    ) -> None:
        self.message: str | None = None
        self._reactor = reactor
        self._watchdog = watchdog
        self._logger = logger
        self._on_first = on_first
        self._is_heeded = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            self._previous = {number: signal.signal(number, self._catch) for number in _NAMES}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def heed(self) -> None:
        """Act on a signal that came.

        Called twice: by the reactor, and by a phase that the signal cut off before the reactor had its turn.
        """
        if self.message is not None and not self._is_heeded:
            self._is_heeded = True
            self._watchdog.cut_off_all = False
            self._on_first(self.message)

    def _catch(self, number: int, _frame: FrameType | None) -> None:
        name = _NAMES[signal.Signals(number)]
        if self.message is not None:
            # The second time: at once, as k6 does. Files are closed by the system.
            with contextlib.suppress(RuntimeError):
                # Raised when the signal came in the middle of another line.
                self._logger.error("Aborting k6py in response to signal", sig=name)
            os._exit(int(ExitCode.EXTERNAL_ABORT))
        # JavaScript that computes now would not let the reactor have its turn.
        self._watchdog.cut_off_all = True
        self.message = f"test run was aborted because k6py received a '{name}' signal"
        self._reactor.call_soon_threadsafe(self.heed)
