"""Positions in compiled code back to the TypeScript file (source map version 3, the "mappings" text only)."""

from __future__ import annotations

from bisect import bisect_right

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGITS = {letter: value for value, letter in enumerate(_BASE64)}


class SourceMap:
    """Looks up original positions; lines and columns are counted from 1.

    Args:
        mappings: the source map's "mappings": lines separated by ``;``, segments by ``,``, numbers in
            base 64 VLQ.
    """

    def __init__(self, mappings: str) -> None:
        self._lines: list[list[tuple[int, int, int]]] = []
        line = column = 0
        for text in mappings.split(";"):
            generated = 0
            segments = []
            for segment in filter(None, text.split(",")):
                fields = _decode(segment)
                generated += fields[0]
                if len(fields) >= 4:
                    line += fields[2]
                    column += fields[3]
                    segments.append((generated, line, column))
            self._lines.append(segments)

    def original(self, line: int, column: int) -> tuple[int, int]:
        """The (line, column) in the original file; the nearest one before it when there is no exact entry."""
        segments = self._lines[line - 1] if 0 < line <= len(self._lines) else []
        index = bisect_right(segments, (column - 1, 1 << 60, 0)) - 1
        if index < 0:
            return line, column
        start, original_line, original_column = segments[index]
        return original_line + 1, original_column + column - start


def _decode(segment: str) -> list[int]:
    values = []
    value = shift = 0
    for letter in segment:
        digit = _DIGITS[letter]
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            values.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return values
