"""The one log of a run: k6's text, JSON and raw formats, for k6py's own lines and for ``console.*``.

Owns formatting, levels and where lines go.  Refuses to know who logs: it is a leaf, and callers hand
in finished messages and plain fields.  Formats follow what k6 prints
(https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#log-output).
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import IO, Literal, Protocol

from runner.errors import UsageError

LogFormat = Literal["text", "json", "raw"]

MESSAGE_COLUMNS = 44
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9._/@^+-]*")
_GO_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
    '"': r"\"",
}
_JSON_ESCAPES = str.maketrans(
    {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"}
)


class Level(IntEnum):
    """Log levels, the graver the greater."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


_TERMINAL_LEVELS = {
    Level.DEBUG: ("DEBU", 37),
    Level.INFO: ("INFO", 36),
    Level.WARNING: ("WARN", 33),
    Level.ERROR: ("ERRO", 31),
}
# The names a ``level=`` setting of --log-output may have; k6py writes nothing graver than error.
_LEVEL_NAMES = {
    "trace": Level.DEBUG,
    "debug": Level.DEBUG,
    "info": Level.INFO,
    "warn": Level.WARNING,
    "warning": Level.WARNING,
    "error": Level.ERROR,
    "fatal": Level.ERROR + 1,
    "panic": Level.ERROR + 1,
}


class Sink(Protocol):
    """Where lines go: any text stream."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class Logger:
    """Writes log lines; one write and one flush per line.

    ``after_line`` may be set to a callable that draws again what else is on the same terminal (the progress
    bars).  A line that cannot be written is lost and the run goes on.

    Args:
        sink: a text stream, or None to drop every line.
        format: ``text``, ``json`` or ``raw``.
        color: the terminal form of the text format, with colours.
        level: lines below it are dropped.
        console_sink: separate stream for ``console()`` lines, or None to send them to ``sink``.
        now: wall clock in seconds since the epoch.
    """

    def __init__(
        self,
        sink: Sink | None,
        format: LogFormat = "text",
        color: bool = False,
        level: int = Level.INFO,
        *,
        console_sink: Sink | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.level = level
        self.after_line: Callable[[], None] | None = None
        self._sink = sink
        self._console_sink = console_sink
        self._format = format
        self._color = color
        self._now = now
        self._started_s = now()
        self._owned_files: list[IO[str]] = []

    def log(self, level: Level, message: str, /, **fields: object) -> None:
        """Write one line.

        Args:
            level: how grave it is.
            message: the text; newlines are fine, lone surrogates become U+FFFD.
            fields: further values, shown in the order of their names.
        """
        if level >= self.level and self._sink is not None:
            self._write(self._sink, self._line(level, message, fields, color=self._color), hooks=True)

    def debug(self, message: str, /, **fields: object) -> None:
        """Write a line that only ``--verbose`` shows."""
        self.log(Level.DEBUG, message, **fields)

    def info(self, message: str, /, **fields: object) -> None:
        """Write a line of level info."""
        self.log(Level.INFO, message, **fields)

    def warning(self, message: str, /, **fields: object) -> None:
        """Write a line of level warning."""
        self.log(Level.WARNING, message, **fields)

    def error(self, message: str, /, **fields: object) -> None:
        """Write a line of level error."""
        self.log(Level.ERROR, message, **fields)

    def console(self, level: Level, message: str) -> None:
        """Write what a script gave to ``console.*``: into the log, or alone into --console-output."""
        if self._console_sink is None:
            self.log(level, message, source="console")
        elif level >= self.level:
            self._write(self._console_sink, self._line(level, message, {}, color=False), hooks=False)

    def close(self) -> None:
        """Close the files that ``open_log`` opened; harmless when called twice."""
        for file in self._owned_files:
            with contextlib.suppress(OSError):
                file.close()
        self._owned_files.clear()

    def own(self, file: IO[str]) -> None:
        """Let ``close()`` close this file, too."""
        self._owned_files.append(file)

    def _line(self, level: Level, message: str, fields: dict[str, object], *, color: bool) -> str:
        if self._format == "raw":
            return f"{_valid_unicode(message)}\n"
        if self._format == "json":
            return _json_line(level, message, fields, self._now())
        if color:
            return _terminal_line(level, message, fields, self._now() - self._started_s)
        return _text_line(level, message, fields, self._now())

    def _write(self, sink: Sink, line: str, *, hooks: bool) -> None:
        # A full disk, a closed pipe or an ASCII terminal must not end the load test.
        with contextlib.suppress(OSError, ValueError):
            _write_encodable(sink, line)
            sink.flush()
        if hooks and self.after_line:
            self.after_line()


def quote(text: str) -> str:
    """Quote a text as Go's ``%q`` does (https://pkg.go.dev/strconv#Quote)."""
    return f'"{"".join(map(_quoted_character, text))}"'


def parse_level(name: str) -> int:
    """Level of a ``level=`` setting.

    Raises:
        UsageError: there is no such level.
    """
    try:
        return _LEVEL_NAMES[name.lower()]
    except KeyError:
        raise UsageError(f"unknown log level {name}", hint=f"use one of {', '.join(_LEVEL_NAMES)}") from None


def open_log(
    log_output: str = "stderr",
    log_format: str = "text",
    *,
    verbose: bool = False,
    color: bool = False,
    console_output: str | None = None,
    stdout: Sink | None = None,
    stderr: Sink | None = None,
) -> Logger:
    """Make the logger that ``--log-output``, ``--log-format`` and ``--console-output`` ask for.

    Args:
        log_output: ``stderr``, ``stdout``, ``none`` or ``file=PATH[,level=LEVEL]``.
        log_format: ``text``, ``json`` or ``raw``; k6 takes any other name for text.
        verbose: show debug lines.
        color: the log goes to a terminal that wants colours (ignored for files).
        console_output: file that ``console.*`` lines are appended to, or None.
        stdout: stream to use for ``stdout``; the process's own by default.
        stderr: stream to use for ``stderr``; the process's own by default.

    Raises:
        UsageError: the output is unknown or not available, or a file cannot be opened.
    """
    format: LogFormat = "json" if log_format == "json" else "raw" if log_format == "raw" else "text"
    level: int = Level.DEBUG if verbose else Level.INFO
    kind, _, argument = log_output.partition("=")
    sink: Sink | None = None
    owned: list[IO[str]] = []
    if log_output == "stderr":
        sink = sys.stderr if stderr is None else stderr
    elif log_output == "stdout":
        sink = sys.stdout if stdout is None else stdout
    elif kind == "file":
        path, file_level = _file_settings(argument)
        folder = Path(path).absolute().parent
        if not folder.is_dir():
            raise UsageError(f"provided directory '{folder}' does not exist")
        owned.append(_open_appending(path))
        sink, level, color = owned[0], max(level, file_level), False
    elif kind == "loki":
        raise UsageError(
            "log output 'loki' is not available in this version of k6py; "
            "available: stderr, stdout, none, file"
        )
    elif log_output != "none":
        raise UsageError(f"unsupported log output '{log_output}'")
    console_sink = _open_appending(console_output) if console_output else None
    logger = Logger(sink, format, color, level, console_sink=console_sink)
    for file in [*owned, *([console_sink] if console_sink else [])]:
        logger.own(file)
    return logger


def _file_settings(argument: str) -> tuple[str, int]:
    path, *settings = argument.split(",")
    if not path:
        raise UsageError("error while parsing logfile configuration key `file` with no value")
    level: int = Level.DEBUG
    for setting in settings:
        key, _, value = setting.partition("=")
        if key != "level":
            raise UsageError(f"unknown logfile config key {key}", hint="only level=LEVEL is known")
        level = parse_level(value)
    return path, level


def _open_appending(path: str) -> IO[str]:
    try:
        return Path(path).open("a", encoding="utf-8", newline="\n")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"open {path}: {reason}") from error


def _text_line(level: Level, message: str, fields: dict[str, object], time_s: float) -> str:
    pairs = [
        f'time="{_rfc3339(time_s)}"',
        f"level={level.name.lower()}",
        f"msg={_value(message)}",
        *(f"{name}={_value(fields[name])}" for name in sorted(fields)),
    ]
    return " ".join(pairs) + "\n"


def _terminal_line(level: Level, message: str, fields: dict[str, object], elapsed_s: float) -> str:
    name, color = _TERMINAL_LEVELS[level]
    text = _valid_unicode(message).removesuffix("\n")
    shown = "".join(f" \x1b[{color}m{key}\x1b[0m={_value(fields[key])}" for key in sorted(fields))
    return f"\x1b[{color}m{name}\x1b[0m[{int(elapsed_s):04d}] {text:<{MESSAGE_COLUMNS}} {shown}\n"


def _json_line(level: Level, message: str, fields: dict[str, object], time_s: float) -> str:
    entry = {**fields, "level": level.name.lower(), "msg": message, "time": _rfc3339(time_s)}
    # A field that JSON has no form for (an exception, a path) is shown as its text.
    text = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return f"{_valid_unicode(text).translate(_JSON_ESCAPES)}\n"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if _PLAIN_VALUE.fullmatch(text) else quote(text)


def _quoted_character(character: str) -> str:
    if character in _GO_ESCAPES:
        return _GO_ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _valid_unicode(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _rfc3339(time_s: float) -> str:
    moment = time.localtime(int(time_s))
    zone = time.strftime("%z", moment)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', moment)}{f'{zone[:3]}:{zone[3:]}' if int(zone) else 'Z'}"


def _write_encodable(sink: Sink, line: str) -> None:
    try:
        sink.write(line)
    except UnicodeEncodeError as error:
        sink.write(line.encode(error.encoding, "backslashreplace").decode(error.encoding))
