"""What a metric is: name, type, kind of value, its sink, and its sub-metrics.

Refuses: deciding which names may exist (registry.py), taking samples (collector.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from runner.errors import K6pyError
from runner.metrics.sinks import CounterSink, GaugeSink, RateSink, Sink, TrendSink
from runner.metrics.tags import TagSet
from runner.metrics.threshold import Threshold

# How many tag sets a metric with sub-metrics remembers the answer for before it starts anew.
MATCHES_MAX = 4096


class MetricError(K6pyError):
    """A metric, sub-metric, group or check name that k6 refuses."""


class MetricType(StrEnum):
    """How the samples of a metric are put together."""

    COUNTER = "counter"
    GAUGE = "gauge"
    RATE = "rate"
    TREND = "trend"


class ValueType(StrEnum):
    """What the values of a metric are; it only changes how they are shown."""

    DEFAULT = "default"
    TIME = "time"
    DATA = "data"


SINK_CLASSES: dict[MetricType, type[Sink]] = {
    MetricType.COUNTER: CounterSink,
    MetricType.GAUGE: GaugeSink,
    MetricType.RATE: RateSink,
    MetricType.TREND: TrendSink,
}


class Metric:
    """One metric or sub-metric of a run.  Only a Registry makes them, so names are unique per run.

    Args:
        name: for a sub-metric the full one, ``my_counter{kind:a}``.
        type: how samples are put together.
        contains: what the values are (times in milliseconds, data in bytes).
        parent: the metric whose samples a sub-metric selects from.
        tags: the tags that a sample must carry to count for a sub-metric.

    Attributes:
        sink: the aggregate of all samples so far.
        submetrics: in order of creation; always empty for a sub-metric.
        thresholds: conditions on ``sink``, in the order of the options.
        observed: whether a sample came.
        has_threshold_entry: whether the thresholds option names it, with conditions or with an empty list;
            such a metric is part of the summary even without samples.
        tainted: whether a threshold was crossed when they were judged last; None before, and without any.
    """

    __slots__ = (
        "_matches",
        "contains",
        "has_threshold_entry",
        "name",
        "observed",
        "parent",
        "sink",
        "submetrics",
        "tags",
        "tainted",
        "thresholds",
        "type",
    )

    def __init__(
        self,
        name: str,
        type: MetricType,
        contains: ValueType = ValueType.DEFAULT,
        *,
        parent: Metric | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.type = type
        self.contains = contains
        self.parent = parent
        self.tags: dict[str, str] = dict(tags or {})
        self.sink: Sink = SINK_CLASSES[type]()
        self.submetrics: list[Metric] = []
        self.thresholds: list[Threshold] = []
        self.observed = False
        self.has_threshold_entry = False
        self.tainted: bool | None = None
        self._matches: dict[TagSet, tuple[Metric, ...]] = {}

    @property
    def suffix(self) -> str:
        """The text between the braces of a sub-metric's name, "" for a metric."""
        return self.name.partition("{")[2].removesuffix("}")

    def add(self, value: float, tags: TagSet, time_s: float) -> None:
        """Take one sample, also into the sub-metrics that its tags belong to."""
        self.sink.add(value, time_s)
        self.observed = True
        if self.submetrics:
            for submetric in self.matching_submetrics(tags):
                submetric.sink.add(value, time_s)
                submetric.observed = True

    def add_submetric(self, submetric: Metric) -> None:
        """Let a sub-metric see the samples from now on."""
        self.submetrics.append(submetric)
        self._matches.clear()

    def matching_submetrics(self, tags: TagSet) -> tuple[Metric, ...]:
        """The sub-metrics that a sample with these tags counts for; answers are remembered, within bounds."""
        matching = self._matches.get(tags)
        if matching is None:
            if len(self._matches) >= MATCHES_MAX:
                self._matches.clear()
            matching = tuple(sub for sub in self.submetrics if tags.contains_all(sub.tags))
            self._matches[tags] = matching
        return matching

    def __repr__(self) -> str:
        return f"<Metric {self.name} {self.type} {self.contains}{' observed' if self.observed else ''}>"
