"""Shows the progress of a run: drawn anew in place on a terminal, plain lines once per second elsewhere.

Owns when and where lines are written; the lines themselves are progress.py's.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from collections.abc import Callable, Sequence
from typing import TextIO

from runner.execution.progress import Canvas
from runner.log import Logger
from runner.reactor import Reactor, Timer

PLAIN_INTERVAL_S = 1.0
DRAWN_INTERVAL_S = 0.1
# What stands on the rest of the cursor's line goes.
_CLEAR = "\x1b[K"
_COLORS = re.compile("\x1b\\[[0-9;]*m")


class ProgressDisplay:
    """Writes the block of progress lines at intervals.

    On a terminal the cursor waits on the block's first line: what is written meanwhile takes its place, and the
    block is drawn below.

    Args:
        lines: the block at this moment.
        stdout: where it goes; None for --quiet.
        is_terminal: draw in place.
        color: on a terminal, in colours.
        logger: its lines are written above the block.
    """

    def __init__(
        self,
        reactor: Reactor,
        stdout: TextIO | None,
        *,
        is_terminal: bool,
        color: bool,
        logger: Logger,
        lines: Callable[[Canvas], Sequence[str]],
    ) -> None:
        self._reactor = reactor
        self._stdout = stdout
        self._is_terminal = is_terminal
        self._color = color
        self._lines = lines
        self._timer: Timer | None = None
        self._logger = logger

    def start(self) -> None:
        """Begin to show progress."""
        if self._stdout is not None:
            self._again()

    def stop(self) -> None:
        """Draw no more; what was drawn on a terminal is written over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._logger.after_line = None

    def write_block(self) -> None:
        """Write the block once more, to stay."""
        if self._stdout is not None:
            self._write(self._block(self._canvas()))

    def say(self, text: str) -> None:
        """Write a line above the block, to stay."""
        if self._stdout is None:
            return
        if self._is_terminal:
            self._write(f"{text}{_CLEAR}\n")
            text = ""
        self._draw(text)

    def _again(self) -> None:
        interval_s = DRAWN_INTERVAL_S if self._is_terminal else PLAIN_INTERVAL_S
        self._timer = self._reactor.call_at(self._reactor.now() + interval_s, self._tick)

    def _tick(self) -> None:
        self._draw()
        self._again()

    def _draw(self, title: str = "") -> None:
        canvas = self._canvas()
        text = self._block(canvas, title)
        if self._is_terminal:
            text += f"\r\x1b[J\x1b[{_height(text, canvas.columns)}A"
            self._logger.after_line = self._draw
        self._write(text)

    def _block(self, canvas: Canvas, title: str = "") -> str:
        end = f"{_CLEAR}\n" if self._is_terminal else "\n"
        return "".join(f"{line}{end}" for line in [title, *self._lines(canvas)])

    def _canvas(self) -> Canvas:
        if not self._is_terminal or self._stdout is None:
            return Canvas()
        columns = 80
        # A terminal that does not tell: no file, or a test's.
        with contextlib.suppress(OSError, ValueError):
            columns = os.get_terminal_size(self._stdout.fileno()).columns or columns
        return Canvas(columns, self._color)

    def _write(self, text: str) -> None:
        # A closed pipe behind us must not end the test.
        if self._stdout is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stdout.write(text)
                self._stdout.flush()


def _height(text: str, columns: int) -> int:
    """How many lines of the terminal `text` takes, those that it wraps included."""
    shown = _COLORS.sub("", text.replace(_CLEAR, ""))
    return sum(max(1, math.ceil(len(line) / columns)) for line in shown.split("\n")[:-1])
