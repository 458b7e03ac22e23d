"""Lines on a terminal that shows the progress of a run: they take the place of what was drawn there before."""

from __future__ import annotations

from typing import TextIO, cast


class _ErasingStream:
    """A text stream that clears the rest of each line which it ends.

    Args:
        stream: a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(text.replace("\n", "\x1b[0K\n"))

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return True


def terminal_safe(stream: TextIO) -> TextIO:
    """`stream`, or a way to write to it that leaves nothing of a progress block beside the lines."""
    return cast(TextIO, _ErasingStream(stream)) if stream.isatty() else stream
