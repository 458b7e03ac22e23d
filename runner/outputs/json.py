"""The output ``--out json``: one JSON line per metric and per sample.

Format: https://grafana.com/docs/k6/latest/results-output/real-time/json/.  Refuses: aggregates.

Bounds: rendered tags of at most ``TAGS_MAX`` tag sets are remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from runner.metrics.collector import Sample
from runner.metrics.json_text import json_text, number_text
from runner.metrics.metric import Metric
from runner.metrics.tags import TagSet
from runner.outputs.api import RunSettings
from runner.outputs.sample_file import Rfc3339, SampleFile, float_name, split_seconds

TAGS_MAX = 4096


class JsonOutput:
    """Writes samples to a file, a gzip file or standard output.

    Args:
        target: path of the file (``.gz`` at its end compresses); "" or "-" is standard output.
        settings: of the run.
        stdout: used in place of ``sys.stdout``.
    """

    def __init__(
        self,
        target: str = "",
        *,
        settings: RunSettings | None = None,
        stdout: TextIO | None = None,
    ) -> None:
        self._path = "" if target == "-" else target
        self._settings = settings or RunSettings()
        self._file = SampleFile("json", self._path, stdout)
        self._seen: set[Metric] = set()
        self._tags: dict[TagSet, str] = {}
        self._moments = Rfc3339()

    def description(self) -> str:
        return f"json ({self._path})" if self._path else "json(stdout)"

    def start(self) -> None:
        self._file.open()

    def add_samples(self, samples: Sequence[Sample]) -> None:
        if not self._file.is_open:
            return
        lines: list[str] = []
        unwritable: list[float] = []
        for sample in samples:
            if sample.metric not in self._seen:
                self._seen.add(sample.metric)
                lines.append(
                    metric_line(sample.metric, self._settings.thresholds.get(sample.metric.name, []))
                )
            try:
                lines.append(self._sample_line(sample))
            except ValueError:
                unwritable.append(sample.value)
        if unwritable:
            self._settings.complain(
                "Sample(s) couldn't be marshalled to JSON",
                error=f"json: unsupported value: {float_name(unwritable[0])}",
                failed=len(unwritable),
                filename=self._path,
                output="json",
            )
        self._file.write("".join(lines))

    def stop(self, error: str | None) -> None:
        self._file.close()

    def _sample_line(self, sample: Sample) -> str:
        metadata = ""
        if sample.metadata:
            metadata = f',"metadata":{json_text(sample.metadata, sort_keys=True, escape_html=False)}'
        moment = self._moments.text(*split_seconds(sample.time_s))
        return (
            f'{{"metric":"{sample.metric.name}","type":"Point","data":{{"time":"{moment}",'
            f'"value":{number_text(sample.value)},"tags":{self._tags_text(sample.tags)}{metadata}}}}}\n'
        )

    def _tags_text(self, tags: TagSet) -> str:
        text = self._tags.get(tags)
        if text is None:
            if len(self._tags) >= TAGS_MAX:
                self._tags.clear()
            text = self._tags[tags] = json_text(dict(tags.items()), escape_html=False)
        return text


def metric_line(metric: Metric, thresholds: object) -> str:
    """The line that introduces a metric before its first sample.

    Args:
        thresholds: of the metric, as the script has them.
    """
    submetrics = [
        {"name": sub.name, "suffix": sub.suffix, "tags": dict(sorted(sub.tags.items()))}
        for sub in metric.submetrics
    ]
    data = {
        "name": metric.name,
        "type": metric.type,
        "contains": metric.contains,
        "thresholds": thresholds,
        "submetrics": submetrics or None,
    }
    line = {"type": "Metric", "data": data, "metric": metric.name}
    return f"{json_text(line, escape_html=False)}\n"
