"""A worker's log: every line goes to the parent, which has the files and the terminal."""

from __future__ import annotations

from collections.abc import Callable

from runner.execution.workers.messages import LogLine, log_line
from runner.log import Level, Logger


class RelayLogger(Logger):
    """Takes lines as any logger does.

    Args:
        level: lines below it are dropped here.
        send: gets the others.
    """

    def __init__(self, level: int, send: Callable[[LogLine], None]) -> None:
        super().__init__(None, level=level)
        self._send = send

    def log(self, level: Level, message: str, /, **fields: object) -> None:
        """See Logger.log."""
        if level >= self.level:
            self._send(log_line(level, message, fields, is_console=False))

    def console(self, level: Level, message: str) -> None:
        """See Logger.console."""
        if level >= self.level:
            self._send(log_line(level, message, {}, is_console=True))
