"""What the parent and its workers tell each other; pickled, because both ends are the same program.

Bounds: a log line is cut at ``LOG_CHARACTERS_MAX``, samples go in parts of ``SAMPLES_MAX``.  Sinks hold what came in a
second, a trend eight bytes for each sample.  So every message but setup()'s data stays far below the channel's bound.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from runner.errors import ExitCode, InternalError, K6pyError
from runner.execution.lateness import LatenessFigures
from runner.log import Level
from runner.metrics.collector import Sample
from runner.metrics.groups import Group
from runner.metrics.metric import MetricType, ValueType
from runner.metrics.sections import Sections
from runner.metrics.sinks import Sink
from runner.metrics.tags import TagSet

LOG_CHARACTERS_MAX = 16_000_000
SAMPLES_MAX = 10_000


# ---- from a worker


@dataclass(frozen=True)
class Ready:
    """All virtual users have loaded the script, or have got what setup() returned."""


@dataclass(frozen=True)
class InitFailed:
    """The init code failed in the virtual user `vu_id`."""

    vu_id: int
    error: K6pyError


@dataclass(frozen=True)
class LogLine:
    """For the log of the test."""

    level: Level
    message: str
    fields: Mapping[str, Any]
    is_console: bool


class MetricName(NamedTuple):
    """What it takes to find or declare a metric."""

    name: str
    type: MetricType
    contains: ValueType


@dataclass(frozen=True)
class Measured:
    """What came since the last one.

    Args:
        sinks: of metrics and sub-metrics.
        groups: a tree with the new counts of checks, None when there are none.
        sections: for the full summary.
    """

    sinks: Sequence[tuple[MetricName, Sink]]
    groups: Group | None = None
    sections: Sections | None = None


class SampleRow(NamedTuple):
    """A sample whose metric is a position in a list."""

    metric: int
    time_s: float
    value: float
    tags: TagSet
    metadata: Mapping[str, str] | None


@dataclass(frozen=True)
class Samples:
    """Single samples, for outputs."""

    metrics: Sequence[MetricName]
    rows: Sequence[SampleRow]


@dataclass(frozen=True)
class StopTest:
    """exec.test.abort(), or an error of our own."""

    code: ExitCode
    message: str


@dataclass(frozen=True)
class MarkFailed:
    """exec.test.fail()."""

    reason: str | None


@dataclass(frozen=True)
class PassOn:
    """An iteration of an arrival rate is due and no virtual user here is free, but elsewhere one is.

    Args:
        planned_s: when it was to start, on the common clock.
    """

    scenario: int
    planned_s: float


@dataclass(frozen=True)
class Finished:
    """All scenarios are over, and everything measured has been sent."""

    lateness: LatenessFigures


@dataclass(frozen=True)
class Crashed:
    """The worker itself failed; it ends now."""

    error: str


# ---- from the parent


@dataclass(frozen=True)
class SetupData:
    """What setup() returned, as JSON; None when there is nothing."""

    data: str | None


@dataclass(frozen=True)
class Go:
    """The scenarios start at `start_s`, on the clock that all processes of a machine share.

    Args:
        run_started_s: when the run began, setup() included; scripts ask how long that is ago.
    """

    start_s: float
    run_started_s: float


@dataclass(frozen=True)
class StartIteration:
    """One that another worker passed on."""

    scenario: int
    planned_s: float


@dataclass(frozen=True)
class Stop:
    """The scenarios end now."""


def encode(message: object) -> bytes:
    """The bytes of a message."""
    return pickle.dumps(message, pickle.HIGHEST_PROTOCOL)


def decode(data: bytes | bytearray) -> object:
    """The message in `data`; only for bytes that a process of ours sent by a channel of ours."""
    message: object = pickle.loads(data)
    return message


def portable(error: K6pyError) -> K6pyError:
    """`error`, or when it cannot cross to another process, one with the same text and exit code that can."""
    try:
        decode(encode(error))
    except Exception:
        plain = InternalError(error.message)
        plain.exit_code = error.exit_code
        return plain
    return error


def log_line(level: Level, message: str, fields: Mapping[str, object], *, is_console: bool) -> LogLine:
    """A line for the log, within bounds and with values that can cross."""
    if len(message) > LOG_CHARACTERS_MAX:
        message = f"{message[:LOG_CHARACTERS_MAX]}… ({len(message)} characters, cut)"
    values = {
        name: value if isinstance(value, str | int | float) else str(value) for name, value in fields.items()
    }
    return LogLine(level, message, values, is_console)


def sample_messages(samples: Sequence[Sample]) -> Iterator[Samples]:
    """Samples in parts."""
    for start in range(0, len(samples), SAMPLES_MAX):
        positions: dict[MetricName, int] = {}
        rows = []
        for metric, time_s, value, tags, metadata in samples[start : start + SAMPLES_MAX]:
            name = MetricName(metric.name, metric.type, metric.contains)
            rows.append(SampleRow(positions.setdefault(name, len(positions)), time_s, value, tags, metadata))
        yield Samples(tuple(positions), rows)
