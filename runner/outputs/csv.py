"""The output ``--out csv``: one line per sample, a column per system tag.

Format: https://grafana.com/docs/k6/latest/results-output/real-time/csv/.  Refuses: aggregates.

Bounds: rendered tags of at most ``TAGS_MAX`` tag sets are remembered.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self, TextIO

from runner.errors import UsageError
from runner.metrics.collector import Sample
from runner.metrics.json_text import string_text
from runner.metrics.tags import TagSet
from runner.outputs.api import OutputError, RunSettings
from runner.outputs.sample_file import Rfc3339, SampleFile, float_name, split_seconds

TAGS_MAX = 4096

# These have too many values for a column; the samples carry them as metadata.
_NO_COLUMN = frozenset({"vu", "iter"})

# As Go's encoding/csv decides: RFC 4180, and also a space at the front, which some readers drop.
_NEEDS_QUOTES = re.compile(
    r'[,"\r\n]|^[\t\v\f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]|^\\\.$'
)


def _unix(second: int, micros: int) -> str:
    return str(second)


def _unix_milli(second: int, micros: int) -> str:
    return str(second * 1_000 + micros // 1_000)


def _unix_micro(second: int, micros: int) -> str:
    return str(second * 1_000_000 + micros)


def _unix_nano(second: int, micros: int) -> str:
    return str((second * 1_000_000 + micros) * 1_000)


def _rfc3339() -> Callable[[int, int], str]:
    moments = Rfc3339()
    return lambda second, micros: moments.text(second)


# Values of K6_CSV_TIME_FORMAT, and what makes the function that writes a moment.
TIME_FORMATS: Mapping[str, Callable[[], Callable[[int, int], str]]] = {
    "unix": lambda: _unix,
    "unix_milli": lambda: _unix_milli,
    "unix_micro": lambda: _unix_micro,
    "unix_nano": lambda: _unix_nano,
    "rfc3339": _rfc3339,
    "rfc3339_nano": lambda: Rfc3339().text,
}


_NOT_CREATED = "could not create the 'csv' output: "

_VARIABLES = {
    "fileName": "K6_CSV_FILENAME",
    "saveInterval": "K6_CSV_SAVE_INTERVAL",
    "timeFormat": "K6_CSV_TIME_FORMAT",
}


@dataclass(frozen=True)
class CsvSettings:
    """What can be chosen.

    Args:
        file_name: "" or "-" for standard output; ``.gz`` at its end compresses.
        save_interval_s: how long a sample may wait before it is in the file.
        time_format: a key of TIME_FORMATS.
    """

    file_name: str = "file.csv"
    save_interval_s: float = 1.0
    time_format: str = "unix"

    @classmethod
    def read(cls, argument: str, settings: RunSettings) -> Self:
        """The settings that the environment and the text behind ``csv=`` give, which wins.

        Args:
            argument: "", a file name, or ``fileName=…,saveInterval=…,timeFormat=…``.

        Raises:
            UsageError: a value or a name that cannot be used.
        """
        environ = settings.environ
        found = cls()
        for name, variable in _VARIABLES.items():
            if environ.get(variable):
                found = found._with(name, environ[variable], settings, where=f"{variable}: ")
        if not argument:
            return found
        if "=" not in argument:
            return replace(found, file_name=argument)
        for pair in argument.split(","):
            name, _, value = pair.partition("=")
            if not name or not value:
                shown = string_text(argument, escape_html=False)
                raise UsageError(f"{_NOT_CREATED}couldn't parse {shown} as argument for csv output")
            found = found._with(name, value, settings)
        return found

    def _with(self, name: str, value: str, settings: RunSettings, *, where: str = "") -> Self:
        match name:
            case "fileName":
                return replace(self, file_name=value)
            case "saveInterval":
                try:
                    return replace(self, save_interval_s=settings.parse_duration(value))
                except ValueError as error:
                    raise UsageError(f"{_NOT_CREATED}{where}{error}") from None
            case "timeFormat" if value.lower() in TIME_FORMATS:
                return replace(self, time_format=value.lower())
            case "timeFormat":
                raise UsageError(f"{_NOT_CREATED}{where}{value} does not belong to TimeFormat values")
        shown = string_text(name, escape_html=False)
        raise UsageError(f"{_NOT_CREATED}unknown key {shown} as argument for csv output")


class CsvOutput:
    """Writes samples to a file, a gzip file or standard output.

    Args:
        settings: where and how.
        system_tags: those that are switched on; each has a column.
        now: a monotonic clock in seconds, for the save interval.
        stdout: used in place of ``sys.stdout``.
    """

    def __init__(
        self,
        settings: CsvSettings,
        system_tags: Iterable[str] = (),
        *,
        now: Callable[[], float] = time.monotonic,
        stdout: TextIO | None = None,
    ) -> None:
        self._path = "" if settings.file_name == "-" else settings.file_name
        self._interval_s = settings.save_interval_s
        self._moment_text = TIME_FORMATS[settings.time_format]()
        self._columns = tuple(sorted(set(system_tags) - _NO_COLUMN))
        self._now = now
        self._saved_s = -math.inf
        self._file = SampleFile("csv", self._path, stdout)
        self._tags: dict[TagSet, str] = {}

    @classmethod
    def create(cls, argument: str, settings: RunSettings) -> Self:
        """The output for the text behind ``csv=``.

        Raises:
            UsageError: see CsvSettings.read.
        """
        return cls(CsvSettings.read(argument, settings), settings.system_tags)

    def description(self) -> str:
        return f"csv ({self._path})" if self._path else "csv (stdout)"

    def start(self) -> None:
        try:
            self._file.open()
        except OutputError as error:
            raise OutputError(f"{_NOT_CREATED}{error.message}") from error
        names = ("metric_name", "timestamp", "metric_value", *self._columns, "extra_tags", "metadata")
        # Not flushed: a full disk ends the output when samples come, and not the run before it has begun.
        self._file.write(f"{','.join(names)}\n", flush=False)

    def add_samples(self, samples: Sequence[Sample]) -> None:
        if not self._file.is_open:
            return
        now_s = self._now()
        is_due = now_s - self._saved_s >= self._interval_s
        if is_due:
            self._saved_s = now_s
        self._file.write("".join(map(self._line, samples)), flush=is_due)

    def stop(self, error: str | None) -> None:
        self._file.close()

    def _line(self, sample: Sample) -> str:
        moment = self._moment_text(*split_seconds(sample.time_s))
        metadata = _field(_pairs(sorted(sample.metadata.items()))) if sample.metadata else ""
        tags = self._tags_text(sample.tags)
        return f"{sample.metric.name},{moment},{_value_text(sample.value)},{tags},{metadata}\n"

    def _tags_text(self, tags: TagSet) -> str:
        text = self._tags.get(tags)
        if text is None:
            if len(self._tags) >= TAGS_MAX:
                self._tags.clear()
            fields = [tags.get(name) or "" for name in self._columns]
            extra = _pairs(pair for pair in tags.items() if pair[0] not in self._columns)
            text = self._tags[tags] = ",".join(map(_field, [*fields, extra]))
        return text


def _value_text(value: float) -> str:
    if math.isfinite(value):
        return f"{value:.6f}"
    return float_name(value)


def _pairs(items: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in items)


def _field(text: str) -> str:
    if not _NEEDS_QUOTES.search(text):
        return text
    quoted = text.replace('"', '""')
    return f'"{quoted}"'
