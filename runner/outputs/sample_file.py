"""Where the text of an output goes: a file, a gzip file or standard output; and how moments are written.

Owns opening, closing, and turning failures of the system into OutputErrors, each told once; refuses formats.
"""

from __future__ import annotations

import gzip
import math
import sys
import time
from pathlib import Path
from typing import TextIO

from runner.outputs.api import OutputError


class SampleFile:
    """One target of samples.

    Args:
        kind: the output's name, for error texts.
        path: of the file (``.gz`` at its end compresses); "" is standard output.
        stdout: used in place of ``sys.stdout``.
    """

    def __init__(self, kind: str, path: str, stdout: TextIO | None = None) -> None:
        self._kind = kind
        self._path = path
        self._stdout = stdout
        self._stream: TextIO | None = None

    @property
    def is_open(self) -> bool:
        """Whether it takes text: it was opened, not closed, and nothing failed."""
        return self._stream is not None

    def open(self) -> None:
        """Begin anew.

        Raises:
            OutputError: it cannot be opened.
        """
        try:
            self._stream = self._open()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OutputError(f"open {self._path}: {reason}") from error

    def write(self, text: str, *, flush: bool = True) -> None:
        """Add text; nothing when it is not open.

        Args:
            flush: whether readers of the file shall see it now.

        Raises:
            OutputError: it cannot be written; the file counts as closed from now on.
        """
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            if flush:
                self._stream.flush()
        except (OSError, ValueError) as error:
            self._close_quietly()
            raise self._failure(error) from error

    def close(self) -> None:
        """Write what is left; legal more than once.

        Raises:
            OutputError: the rest cannot be written.
        """
        stream, self._stream = self._stream, None
        if stream is None:
            return
        try:
            if self._path:
                stream.close()
            else:
                stream.flush()
        except (OSError, ValueError) as error:
            raise self._failure(error) from error

    def _open(self) -> TextIO:
        if not self._path:
            return self._stdout or sys.stdout
        if self._path.endswith(".gz"):
            return gzip.open(self._path, "wt", encoding="utf-8", errors="replace", newline="")
        return Path(self._path).open("w", encoding="utf-8", errors="replace", newline="")

    def _close_quietly(self) -> None:
        stream, self._stream = self._stream, None
        if stream is None or not self._path:
            return
        try:
            stream.close()
        except (OSError, ValueError):
            # The reader is told of the first failure; closing a broken stream tries to write once more.
            return

    def _failure(self, error: OSError | ValueError) -> OutputError:
        # ValueError: the stream was closed by somebody else, or its encoding lacks a character.
        reason = getattr(error, "strerror", None) or error
        return OutputError(f"output {self._kind} cannot write to {self._path or 'stdout'}: {reason}")


class Rfc3339:
    """Writes moments in the local zone as RFC 3339 does; the last second is remembered, most often the next one."""

    def __init__(self) -> None:
        self._second: int | None = None
        self._text = self._zone = ""

    def text(self, second: int, micros: int = 0) -> str:
        """``2026-11-22T12:00:00.25Z``, without zeros at the end of the fraction.

        Args:
            second: Unix time.
            micros: microseconds after it.
        """
        if second != self._second:
            self._second = second
            self._text, self._zone = _second_and_zone(second)
        fraction = f".{micros:06d}".rstrip("0") if micros else ""
        return f"{self._text}{fraction}{self._zone}"


def float_name(value: float) -> str:
    """What Go calls a number that is none."""
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def split_seconds(time_s: float) -> tuple[int, int]:
    """Seconds and microseconds of a Unix time; a float holds today's to a quarter of a microsecond."""
    return divmod(round(time_s * 1_000_000), 1_000_000)


def _second_and_zone(second: int) -> tuple[str, str]:
    local = time.localtime(second)
    offset_min = local.tm_gmtoff // 60
    hours, minutes = divmod(abs(offset_min), 60)
    zone = f"{'-' if offset_min < 0 else '+'}{hours:02d}:{minutes:02d}" if offset_min else "Z"
    return time.strftime("%Y-%m-%dT%H:%M:%S", local), zone
