"""How a run ends: its first error decides, and is logged last, when everything else has been written (as in k6)."""

from __future__ import annotations

from collections.abc import Mapping

from runner.errors import ExitCode, K6pyError
from runner.log import Logger


class RunEnd:
    """The exit code of one run and the line that explains it.

    Attributes:
        exit_code: of the first error; OK without any.
    """

    def __init__(self, logger: Logger) -> None:
        self.exit_code = ExitCode.OK
        self._logger = logger
        self._line: tuple[str, Mapping[str, object]] | None = None

    def note(self, code: ExitCode, message: str, fields: Mapping[str, object] | None = None) -> None:
        """The run ends with `code`, unless there was an error before: k6 says nothing of a second one."""
        if self.exit_code is ExitCode.OK:
            self.exit_code = code
            self._line = message, fields or {}

    def note_error(self, error: K6pyError) -> None:
        """See note."""
        self.note(error.exit_code, error.log_text(), error.log_fields())

    def tell(self) -> None:
        """Log it."""
        if self._line is not None:
            message, fields = self._line
            self._logger.error(message, **fields)
