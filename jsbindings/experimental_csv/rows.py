"""Rows of a CSV file: which records of it count, and what a script gets of each."""

from __future__ import annotations

import json
from array import array
from typing import NamedTuple

from jsbindings.experimental_csv.records import BadCsv, RecordReader

Row = list[str] | dict[str, str]

_NEW_PARSER = "failed to create a new parser; reason: "


class CsvOptions(NamedTuple):
    """The Options object of k6/experimental/csv, with its defaults filled in.

    Args:
        from_line: number of the first record that counts, from 0.
        to_line: number of the last one; 0 for no bound.
    """

    delimiter: str
    skip_first_line: bool
    from_line: int
    to_line: int
    as_objects: bool

    def check(self) -> None:
        """Raises:
        BadCsv: values that exclude each other, or make no sense.
        """
        if self.as_objects and self.skip_first_line:
            raise BadCsv("the 'header' option cannot be enabled when 'skipFirstLine' is true")
        if self.as_objects and self.from_line > 0:
            raise BadCsv(
                "the 'header' option cannot be enabled when 'fromLine' is set to a value greater than 0"
            )
        for name, line in (("fromLine", self.from_line), ("toLine", self.to_line)):
            if line < 0:
                raise BadCsv(f"the '{name}' option must be greater than or equal to 0; got {line}")


class RowReader:
    """The rows of a file, one after the other; reads what comes before the first one at once.

    Args:
        position: where in `content` to begin.

    Raises:
        BadCsv: the options are bad, or the file ends before its first row.
    """

    def __init__(self, content: bytes, options: CsvOptions, position: int) -> None:
        self.records = RecordReader(content, options.delimiter.encode(), position)
        self._to_line = options.to_line
        # Number of the record that is read next.
        self._line = 0
        self.header: list[str] | None = None
        try:
            options.check()
            if options.as_objects:
                self.header = texts(self._require("failed to read the first line"))
            elif options.skip_first_line:
                self._require("failed to skip the first line")
            while self._line < options.from_line:
                self._require(f"failed to skip lines until line {options.from_line}")
        except BadCsv as error:
            raise BadCsv(_NEW_PARSER + str(error)) from None

    def _require(self, failure: str) -> list[bytes]:
        try:
            fields = self._next_record()
        except BadCsv as error:
            raise BadCsv(f"{failure}; reason: {error}") from None
        if fields is None:
            raise BadCsv(f"{failure}; reason: EOF")
        return fields

    def _next_record(self) -> list[bytes] | None:
        fields = self.records.next()
        if fields is not None:
            self._line += 1
        return fields

    def next_fields(self) -> list[bytes] | None:
        """The next row's fields; None behind the last one.

        Raises:
            BadCsv: a record that is none; the one after it may be.
        """
        if self._to_line and self._line > self._to_line:
            return None
        return self._next_record()

    def row(self, fields: list[bytes]) -> Row:
        """What a script gets of a record."""
        return as_row(texts(fields), self.header)


class Table:
    """All rows of a file: kept as places in its content, and read again whenever a script asks.

    Args:
        position: where in `content` to begin.

    Raises:
        BadCsv: the file has a record that is none, or the options are bad.
    """

    def __init__(self, content: bytes, options: CsvOptions, position: int) -> None:
        reader = RowReader(content, options, position)
        self._content = content
        self._delimiter = options.delimiter.encode()
        self._header = reader.header
        self._starts = array("Q")
        try:
            while reader.next_fields() is not None:
                self._starts.append(reader.records.start)
        except BadCsv as error:
            raise BadCsv(f"failed to read record; reason: {error}") from None

    def __len__(self) -> int:
        return len(self._starts)

    def row(self, index: int) -> str:
        """One row as JSON."""
        fields = RecordReader(self._content, self._delimiter, self._starts[index]).next()
        assert fields is not None
        return json.dumps(as_row(texts(fields), self._header), ensure_ascii=False)


def texts(fields: list[bytes]) -> list[str]:
    """The fields as text; bytes that are no UTF-8 become U+FFFD."""
    return [field.decode("utf-8", "replace") for field in fields]


def as_row(values: list[str], header: list[str] | None) -> Row:
    """A list, or with a header an object, whose keys k6 sorts."""
    return values if header is None else dict(sorted(zip(header, values, strict=True)))
