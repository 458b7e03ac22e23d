"""k6/experimental/csv: tables that all virtual users of a process share, and parsers that are each one's own."""

from __future__ import annotations

from typing import Any

from jsbindings.api import Binding, Thrown, op
from jsbindings.experimental_csv.records import BadCsv
from jsbindings.experimental_csv.rows import CsvOptions, Row, RowReader, Table
from runner.vu.vu import VirtualUser

# Rows that a parser reads ahead, to cross into JavaScript together.
ROWS_AT_ONCE = 64


class Tables:
    """What parse() made, by file, position and options: the same for everybody who asks for the same.

    A table never changes, so that handing it to a worker process by fork() copies nothing.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, CsvOptions], int] = {}
        self._tables: list[Table] = []

    def number(self, url: str, content: bytes, position: int, options: CsvOptions) -> int:
        """The number of a table; it is parsed unless it is known.

        Raises:
            BadCsv: as Table.
        """
        key = url, position, options
        if key not in self._numbers:
            table = Table(content, options, position)
            self._numbers[key] = len(self._tables)
            self._tables.append(table)
        return self._numbers[key]

    def __getitem__(self, number: int) -> Table:
        return self._tables[number]


class CsvBinding(Binding):
    """parse() and the parsers of one virtual user; `shared` holds the tables."""

    module = "k6/experimental/csv"
    shared: Tables

    def __init__(self, vu: VirtualUser, shared: Tables) -> None:
        super().__init__(vu, shared)
        # Parsers are made in the init context only, and live as long as the script.
        self._parsers: list[RowReader] = []

    @classmethod
    def create_shared(cls) -> Tables:
        """The tables of the process."""
        return Tables()

    def _content(self, url: str) -> bytes:
        return self.vu.context.modules.read_file(url)

    @op
    def parse(self, url: str, position: int, options: list[Any]) -> tuple[int, int]:
        """Number and length of the table of a file's rows from `position` on.

        Raises:
            Thrown: the options or the file are bad.
        """
        try:
            number = self.shared.number(url, self._content(url), position, CsvOptions(*options))
        except BadCsv as error:
            raise Thrown(str(error)) from None
        return number, len(self.shared[number])

    @op
    def row(self, table: int, index: int) -> str:
        """One row of a table as JSON."""
        return self.shared[table].row(index)

    @op
    def new_parser(self, url: str, position: int, options: list[Any]) -> int:
        """A parser's number.

        Raises:
            Thrown: not in the init context; the options or the file are bad.
        """
        if self.vu.phase != "init":
            raise Thrown("csv Parser constructor must be called in the init context")
        try:
            self._parsers.append(RowReader(self._content(url), CsvOptions(*options), position))
        except BadCsv as error:
            raise Thrown(str(error)) from None
        return len(self._parsers) - 1

    @op
    def rewind(self, parser: int, position: int) -> None:
        """Let a parser go on at another place of its file."""
        self._parsers[parser].records.position = position

    @op
    def next_rows(self, parser: int) -> tuple[list[Row], str | None]:
        """Some rows, none at the end, and what is wrong with the one behind them."""
        reader = self._parsers[parser]
        rows: list[Row] = []
        while len(rows) < ROWS_AT_ONCE:
            try:
                fields = reader.next_fields()
            except BadCsv as error:
                return rows, str(error)
            if fields is None:
                break
            rows.append(reader.row(fields))
        return rows, None

    @op(promise=True)
    def pause(self) -> None:
        """Settle when it is this virtual user's turn again."""
