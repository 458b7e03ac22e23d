"""Shows the progress of a run: drawn anew in place on a terminal, plain lines once per second elsewhere.

Owns when and where lines are written; the lines themselves are progress.py's.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Sequence
from typing import TextIO

from runner.log import Logger
from runner.reactor import Reactor, Timer

PLAIN_INTERVAL_S = 1.0
DRAWN_INTERVAL_S = 0.1


class ProgressDisplay:
    """Writes the block of progress lines at intervals.

    Args:
        lines: the block at this moment; the argument tells whether to draw bars.
        stdout: where it goes; None for --quiet.
        is_terminal: draw in place.
        logger: its lines are written above the block.
    """

    def __init__(
        self,
        reactor: Reactor,
        stdout: TextIO | None,
        *,
        is_terminal: bool,
        logger: Logger,
        lines: Callable[[bool], Sequence[str]],
    ) -> None:
        self._reactor = reactor
        self._stdout = stdout
        self._is_terminal = is_terminal
        self._lines = lines
        self._drawn = 0
        self._timer: Timer | None = None
        self._logger = logger

    def start(self) -> None:
        """Begin to show progress."""
        if self._stdout is None:
            return
        if self._is_terminal:
            self._logger.before_line = self.clear
            self._logger.after_line = self._draw
        self._again()

    def stop(self) -> None:
        """Show no more; what is on a terminal is taken away."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.clear()
        self._logger.before_line = self._logger.after_line = None

    def say(self, text: str) -> None:
        """Write a line above the block, to stay."""
        if self._stdout is None:
            return
        self.clear()
        if self._is_terminal:
            self._write(f"{text}\n")
            text = ""
        self._draw(text)

    def write_block(self) -> None:
        """Write the block once more, to stay."""
        if self._stdout is not None:
            self._write("".join(f"{line}\n" for line in ["", *self._lines(self._is_terminal)]))

    def clear(self) -> None:
        """Take the drawn block away, so that other lines can be written."""
        if self._drawn:
            self._write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0

    def _again(self) -> None:
        interval_s = DRAWN_INTERVAL_S if self._is_terminal else PLAIN_INTERVAL_S
        self._timer = self._reactor.call_at(self._reactor.now() + interval_s, self._tick)

    def _tick(self) -> None:
        self.clear()
        self._draw()
        self._again()

    def _draw(self, title: str = "") -> None:
        lines = list(self._lines(self._is_terminal))
        if not self._is_terminal:
            self._write("".join(f"{line}\n" for line in [title, *lines]))
            return
        # A wrapped line would make the block taller than what clear() takes away.
        columns, rows = shutil.get_terminal_size()
        lines = [title, *(line[: columns - 1] for line in lines)][: rows - 1]
        self._write("".join(f"{line}\n" for line in lines))
        self._drawn = len(lines)

    def _write(self, text: str) -> None:
        # A closed pipe behind us must not end the test.
        if self._stdout is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stdout.write(text)
                self._stdout.flush()
