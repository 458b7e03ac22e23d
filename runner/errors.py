"""The whole error tree, by who is to blame.  Every message is text that a k6 user may be shown.

Exit codes are k6's (https://grafana.com/docs/k6/latest/misc/exit-codes/ names the same numbers).
"""

from __future__ import annotations

from enum import IntEnum

# How k6 begins the text of a rejection that nobody handled.
UNCAUGHT = "Uncaught (in promise) "


class ExitCode(IntEnum):
    """Process exit statuses of ``k6py run``."""

    OK = 0
    THRESHOLDS_CROSSED = 99
    SETUP_TIMEOUT = 100
    TEARDOWN_TIMEOUT = 101
    GENERIC_TIMEOUT = 102
    STOPPED_BY_REST_API = 103
    INVALID_CONFIG = 104
    EXTERNAL_ABORT = 105
    REST_API_FAILED = 106
    SCRIPT_EXCEPTION = 107
    SCRIPT_ABORTED = 108
    MARKED_FAILED = 110
    GENERIC = 255


class K6pyError(Exception):
    """Base of all our errors; never raised itself.

    Args:
        message: one text for the person who runs the test: what was wrong, where, what to do.
        hint: what to do, where k6's own text does not say it; a field of the log line.
    """

    exit_code: ExitCode = ExitCode.GENERIC

    def __init__(self, message: str, *, hint: str = "") -> None:
        if type(self) is K6pyError:
            raise TypeError("raise one of the subclasses, which say who is to blame")
        super().__init__(message)
        self.message = message
        self.hint = hint

    def log_text(self) -> str:
        """The message of the log line."""
        return self.message

    def log_fields(self) -> dict[str, object]:
        """What the log line has besides the message."""
        return {"hint": self.hint} if self.hint else {}


class UsageError(K6pyError):
    """The command line cannot be used: unknown flag, missing script, bad flag value."""


class OptionsError(K6pyError):
    """The test's configuration is wrong: options, scenarios, config file, environment, thresholds."""

    exit_code = ExitCode.INVALID_CONFIG


class ScriptError(K6pyError):
    """The user's JavaScript threw, did not parse or asked for something that is not there.

    Args:
        message: first line of what k6 logs, for example ``Error: boom``.
        stack: frames in k6's form, one ``\\tat name (file:///script.js:3:9)`` line each, or "".
    """

    exit_code = ExitCode.SCRIPT_EXCEPTION

    def __init__(self, message: str, stack: str = "") -> None:
        super().__init__(message, hint="script exception")
        self.stack = stack
        if self.is_uncaught:
            # k6 has no code of its own for it.
            self.exit_code = ExitCode.GENERIC

    @property
    def is_uncaught(self) -> bool:
        """Whether it is the rejection of a promise that nobody handled."""
        return self.message.startswith(UNCAUGHT)

    def log_text(self) -> str:
        """Message and stack as k6 logs them: with frames, every line ends in a newline."""
        return f"{self.message}\n{self.stack}" if self.stack else self.message

    def log_fields(self) -> dict[str, object]:
        """What k6 says of an exception, and not of a rejection."""
        return {} if self.is_uncaught else {"hint": self.hint, "source": "stacktrace"}


class ImportFailed(ScriptError):
    """The script imports a module that is not there, or that k6py will not load."""


class LoadFailed(ScriptError):
    """The script does not parse, or something that it imports is not there: no exception of its code."""

    def __init__(self, message: str, stack: str = "") -> None:
        super().__init__(message, stack)
        self.hint = ""

    def log_fields(self) -> dict[str, object]:
        """None, unless there is a hint."""
        return {"hint": self.hint} if self.hint else {}


class ScriptAborted(LoadFailed):
    """The script called exec.test.abort() in its init code."""

    exit_code = ExitCode.SCRIPT_ABORTED


class RemoteError(K6pyError):
    """The peer broke its protocol or refused us."""


class TransportError(K6pyError):
    """DNS, TCP, TLS or a deadline failed.

    Args:
        message: text as k6 shows it, for example ``dial tcp 127.0.0.1:1: connect: connection refused``.
        code: k6's ``error_code`` for HTTP samples, 1000 when nothing more precise is known.
    """

    def __init__(self, message: str, code: int = 1000) -> None:
        super().__init__(message)
        self.code = code


class InternalError(K6pyError):
    """A bug of k6py's own; the message asks for a report.

    Args:
        cause: what ``raise ... from`` says, too, but not in compiled modules.
    """

    def __init__(self, message: str, cause: BaseException | None = None) -> None:
        super().__init__(message)
        if cause is not None:
            self.__cause__ = cause
