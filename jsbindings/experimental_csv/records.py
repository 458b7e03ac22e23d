"""CSV text into records, as k6 reads it: RFC 4180, every record with as many fields as the first one.

Python's own reader takes quotes in the middle of a field, and says neither line nor column of what it refuses.
"""

from __future__ import annotations

_QUOTE = b'"'
_BARE_QUOTE = 'bare " in non-quoted-field'
_BAD_QUOTE = 'extraneous or missing " in quoted-field'


class BadCsv(Exception):
    """The text is no CSV; the message says where, in k6's words."""


class RecordReader:
    """Reads one record after the other; goes on behind a record that it refused.

    Args:
        content: the whole text.
        delimiter: one byte.
        position: where in `content` to begin.

    Attributes:
        position: where the next record begins.
        start: where the last one began.
    """

    def __init__(self, content: bytes, delimiter: bytes, position: int = 0) -> None:
        self.position = position
        self.start = position
        self._content = content
        self._delimiter = delimiter
        # Number of the line that was read last, from 1.
        self._line = 0
        # How many fields a record has; known when the first one was read.
        self._width = 0

    def next(self) -> list[bytes] | None:
        """The fields of the next record; None at the end. Empty lines are no records.

        Raises:
            BadCsv: a quote where none may be, or another number of fields than before.
        """
        if self._delimiter in (_QUOTE, b"\r", b"\n"):
            raise BadCsv("csv: invalid field or comment delimiter")
        line = b"\n"
        while line == b"\n":
            self.start = self.position
            line = self._read_line()
        if not line:
            return None
        first_line = self._line
        fields = self._quoted_fields(line) if _QUOTE in line else self._plain_fields(line)
        if self._width in (0, len(fields)):
            self._width = len(fields)
            return fields
        raise BadCsv(f"record on line {first_line}: wrong number of fields")

    def _read_line(self) -> bytes:
        """The next line with its end, which is always one byte; b"" at the end of the text."""
        end = self._content.find(b"\n", self.position)
        line = self._content[self.position : end + 1] if end != -1 else self._content[self.position :]
        self.position += len(line)
        if not line:
            return line
        self._line += 1
        if line.endswith(b"\r\n"):
            return line[:-2] + b"\n"
        # A carriage return ends the text as well.
        return line if end != -1 else line.removesuffix(b"\r")

    def _plain_fields(self, line: bytes) -> list[bytes]:
        return line.removesuffix(b"\n").split(self._delimiter)

    def _quoted_fields(self, line: bytes) -> list[bytes]:
        """The fields of a record with quotes, which may go on in further lines."""
        fields = []
        first_line = self._line
        column: int | None = 0
        while column is not None:
            if line.startswith(_QUOTE, column):
                field, line, column = self._quoted_field(line, column + 1, first_line)
            else:
                end = line.find(self._delimiter, column)
                field = line[column:end] if end != -1 else line[column:].removesuffix(b"\n")
                if _QUOTE in field:
                    raise self._error(first_line, column + field.index(_QUOTE), _BARE_QUOTE)
                column = end + 1 if end != -1 else None
            fields.append(field)
        return fields

    def _quoted_field(self, line: bytes, column: int, first_line: int) -> tuple[bytes, bytes, int | None]:
        """A field from behind its opening quote.

        Returns:
            The field, the line that it ended in, and where the next one begins; None behind the last.
        """
        parts = []
        while True:
            end = line.find(_QUOTE, column)
            if end == -1:
                parts.append(line[column:])
                following = self._read_line()
                if not following:
                    raise self._error(first_line, len(line), _BAD_QUOTE)
                line, column = following, 0
                continue
            parts.append(line[column:end])
            following = line[end + 1 : end + 2]
            if following == _QUOTE:
                parts.append(_QUOTE)
                column = end + 2
            elif following == self._delimiter:
                return b"".join(parts), line, end + 2
            elif following in (b"", b"\n"):
                return b"".join(parts), line, None
            else:
                raise self._error(first_line, end, _BAD_QUOTE)

    def _error(self, first_line: int, column: int, text: str) -> BadCsv:
        where = f"parse error on line {self._line}, column {column + 1}"
        if first_line != self._line:
            where = f"record on line {first_line}; {where}"
        return BadCsv(f"{where}: {text}")
