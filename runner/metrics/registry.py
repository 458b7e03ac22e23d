"""All metrics of one run by name.

Owns which metrics exist and which names they may have; refuses to take samples (collector.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.metrics.builtin import (
    BUILTIN_METRICS,
    EXPECTED_RESPONSE_SUBMETRIC,
    HTTP_REQ_DURATION,
    BuiltinMetric,
)
from runner.metrics.json_text import string_text
from runner.metrics.metric import Metric, MetricError, MetricType, ValueType

# k6 v2.2.0 really wants one to 128 characters *after* the first one.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{1,128}")


class Registry:
    """Metrics of a run in the order of their declaration; built-in ones appear when first asked for."""

    def __init__(self) -> None:
        self._metrics: dict[str, Metric] = {}
        self._submetrics: dict[str, Metric] = {}

    def declare(self, name: str, type: MetricType, contains: ValueType = ValueType.DEFAULT) -> Metric:
        """A metric by name, made if it is new.

        Raises:
            MetricError: the name is not allowed, or the metric exists with another type or kind of value.
        """
        if not _NAME.fullmatch(name):
            raise MetricError(
                f"Invalid metric name: '{name}'. Metric names must only include up to 128 ASCII letters, "
                "numbers, or underscores and start with a letter or an underscore."
            )
        metric = self.get(name)
        if metric is None:
            return self._add(name, type, contains)
        if metric.type != type:
            raise MetricError(
                f"metric '{name}' already exists but with type {metric.type}, instead of {type}"
            )
        if metric.contains != contains:
            raise MetricError(
                f"metric '{name}' already exists but with a value type {metric.contains}, "
                f"instead of {contains}"
            )
        return metric

    def get(self, name: str) -> Metric | None:
        """A declared or built-in metric, or a sub-metric by its full name; None when there is none."""
        found = self._metrics.get(name) or self._submetrics.get(name)
        if found is not None:
            return found
        builtin = BUILTIN_METRICS.get(name)
        if builtin is not None:
            return self._add(*builtin)
        if name == EXPECTED_RESPONSE_SUBMETRIC:
            return self.submetric(name)
        return None

    def builtin(self, metric: BuiltinMetric) -> Metric:
        """The metric of this run for one of the constants in builtin.py."""
        return self._metrics.get(metric.name) or self._add(*metric)

    def submetric(self, expression: str) -> Metric:
        """The samples of a metric that carry certain tags, as ``metric{tag:value,tag2:value2}``.

        Spaces and quotes around tags and values do not count; of several ways to write the same tags the first one
        names the sub-metric.  A sub-metric sees only samples that come
        after its creation.

        Raises:
            MetricError: the expression is malformed or its metric does not exist.
        """
        metric_name, suffix, tags = parse_submetric(expression)
        parent = self._metrics.get(metric_name) or self.get(metric_name)
        if parent is None:
            raise MetricError(f'no metric name "{metric_name}" found')
        name = f"{metric_name}{{{suffix}}}"
        found = self._submetrics.get(name) or next(
            (sub for sub in parent.submetrics if sub.tags == tags), None
        )
        if found is None:
            found = Metric(name, parent.type, parent.contains, parent=parent, tags=tags)
            parent.add_submetric(found)
        self._submetrics[name] = found
        return found

    def observed(self) -> list[Metric]:
        """Metrics and sub-metrics with at least one sample; sub-metrics follow their metric."""
        return [metric for metric in self.all() if metric.observed]

    def all(self) -> Iterator[Metric]:
        """Metrics in order of declaration, each followed by its sub-metrics."""
        for metric in self:
            yield metric
            yield from metric.submetrics

    def __iter__(self) -> Iterator[Metric]:
        """Metrics in order of declaration, without sub-metrics."""
        return iter(list(self._metrics.values()))

    def _add(self, name: str, type: MetricType, contains: ValueType) -> Metric:
        metric = self._metrics[name] = Metric(name, type, contains)
        if name == HTTP_REQ_DURATION.name:
            self.submetric(EXPECTED_RESPONSE_SUBMETRIC)
        return metric


def check_metric_name(expression: str) -> None:
    """Let the keys of the thresholds option pass: ``metric`` or ``metric{tag:value}``, of metrics that may not exist.

    Raises:
        MetricError: braces that do not match, or a tag without a value, in the words of k6.
    """
    where = f"parsing metric name failed, metric {string_text(expression, escape_html=False)}"
    if ("{" in expression) != ("}" in expression):
        raise MetricError(f"{where} has unmatched opening/close curly brace")
    _, brace, rest = expression.partition("{")
    if not brace:
        return
    if not rest.endswith("}"):
        raise MetricError(f"{where} lacks a closing curly brace in its last position")
    for part in rest[:-1].split(","):
        tag, _, value = part.partition(":")
        # Without this k6 takes a tag that has no name, and ends with a stack overflow.
        if not value or not _bare(tag):
            shown = string_text(part.strip(), escape_html=False)
            raise MetricError(f"parsing metric name failed, metric {shown} tag expression is malformed")


def parse_submetric(expression: str) -> tuple[str, str, dict[str, str]]:
    """Split ``metric{tag:value}`` into metric name, normalised text between the braces, and tags.

    Raises:
        MetricError: see check_metric_name; also without any braces.
    """
    check_metric_name(expression)
    metric_name, brace, rest = expression.partition("{")
    if not brace:
        raise MetricError(f"'{expression}' has no tags")
    suffix = rest[:-1].strip()
    pairs = (part.partition(":") for part in suffix.split(","))
    return metric_name, suffix, {_bare(tag): _bare(value) for tag, _, value in pairs}


def _bare(text: str) -> str:
    return text.strip().strip("\"'")
