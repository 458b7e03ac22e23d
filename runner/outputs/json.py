"""The output ``--out json``: one JSON line per metric and per sample.

Format: https://grafana.com/docs/k6/latest/results-output/real-time/json/.  Refuses: aggregates.

Bounds: rendered tags of at most ``TAGS_MAX`` tag sets are remembered.
"""

from __future__ import annotations

import gzip
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from runner.metrics.collector import Sample
from runner.metrics.json_text import json_text, number_text
from runner.metrics.metric import Metric
from runner.metrics.tags import TagSet
from runner.outputs.api import OutputError

TAGS_MAX = 4096


def _ignore(message: str) -> None:
    """Used where nobody wants the warnings."""


class JsonOutput:
    """Writes samples to a file, a gzip file or standard output.

    Args:
        target: path of the file (``.gz`` at its end compresses); "" or "-" is standard output.
        warn: gets the text of a warning about samples that JSON cannot hold.
        stdout: used in place of ``sys.stdout``.
    """

    def __init__(
        self, target: str = "", *, warn: Callable[[str], None] = _ignore, stdout: TextIO | None = None
    ) -> None:
        self._path = "" if target == "-" else target
        self._warn = warn
        self._stdout = stdout
        self._stream: TextIO | None = None
        self._seen: set[Metric] = set()
        self._tags: dict[TagSet, str] = {}
        self._second = (0, "", "")

    def description(self) -> str:
        return f"json ({self._path})" if self._path else "json(stdout)"

    def start(self) -> None:
        try:
            self._stream = self._open()
        except OSError as error:
            raise self._failure(error) from error

    def add_samples(self, samples: Sequence[Sample]) -> None:
        if self._stream is None:
            return
        lines: list[str] = []
        unwritable = 0
        for sample in samples:
            if sample.metric not in self._seen:
                self._seen.add(sample.metric)
                lines.append(metric_line(sample.metric))
            try:
                lines.append(self._sample_line(sample))
            except ValueError:
                unwritable += 1
        if unwritable:
            self._warn("Sample(s) couldn't be marshalled to JSON")
        try:
            self._stream.write("".join(lines))
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._close_quietly()
            raise self._failure(error) from error

    def stop(self, error: str | None) -> None:
        stream, self._stream = self._stream, None
        if stream is None:
            return
        try:
            if self._path:
                stream.close()
            else:
                stream.flush()
        except (OSError, ValueError) as failure:
            raise self._failure(failure) from failure

    def _open(self) -> TextIO:
        if not self._path:
            return self._stdout or sys.stdout
        if self._path.endswith(".gz"):
            return gzip.open(self._path, "wt", encoding="utf-8", newline="")
        return Path(self._path).open("w", encoding="utf-8", newline="")

    def _close_quietly(self) -> None:
        stream, self._stream = self._stream, None
        if stream is None or not self._path:
            return
        try:
            stream.close()
        except (OSError, ValueError):
            # The reader is told of the first failure; closing a broken stream tries to write once more.
            return

    def _failure(self, error: OSError | ValueError) -> OutputError:
        # ValueError: the stream was closed by somebody else, or its encoding lacks a character.
        reason = getattr(error, "strerror", None) or error
        return OutputError(f"output json cannot write to {self._path or 'stdout'}: {reason}")

    def _sample_line(self, sample: Sample) -> str:
        metadata = ""
        if sample.metadata:
            metadata = f',"metadata":{json_text(sample.metadata, sort_keys=True, escape_html=False)}'
        return (
            f'{{"metric":"{sample.metric.name}","type":"Point","data":{{"time":"{self._time_text(sample.time_s)}",'
            f'"value":{number_text(sample.value)},"tags":{self._tags_text(sample.tags)}{metadata}}}}}\n'
        )

    def _tags_text(self, tags: TagSet) -> str:
        text = self._tags.get(tags)
        if text is None:
            if len(self._tags) >= TAGS_MAX:
                self._tags.clear()
            text = self._tags[tags] = json_text(dict(tags.items()), escape_html=False)
        return text

    def _time_text(self, time_s: float) -> str:
        # A float holds today's Unix time to a quarter of a microsecond: more digits would be noise.
        second, micros = divmod(round(time_s * 1_000_000), 1_000_000)
        if second != self._second[0]:
            self._second = (second, *_second_and_zone(second))
        fraction = f".{micros:06d}".rstrip("0") if micros else ""
        return f"{self._second[1]}{fraction}{self._second[2]}"


def _second_and_zone(second: int) -> tuple[str, str]:
    local = time.localtime(second)
    offset_min = local.tm_gmtoff // 60
    hours, minutes = divmod(abs(offset_min), 60)
    zone = f"{'-' if offset_min < 0 else '+'}{hours:02d}:{minutes:02d}" if offset_min else "Z"
    return time.strftime("%Y-%m-%dT%H:%M:%S", local), zone


def metric_line(metric: Metric) -> str:
    """The line that introduces a metric before its first sample."""
    submetrics = [
        {"name": sub.name, "suffix": sub.suffix, "tags": dict(sorted(sub.tags.items()))}
        for sub in metric.submetrics
    ]
    data = {
        "name": metric.name,
        "type": metric.type,
        "contains": metric.contains,
        "thresholds": [threshold.source for threshold in metric.thresholds],
        "submetrics": submetrics or None,
    }
    line = {"type": "Metric", "data": data, "metric": metric.name}
    return f"{json_text(line, escape_html=False)}\n"
