"""Metrics on their way from a worker to the parent: taken out of one collector, put into another.

What is taken is gone from the worker, so that every sample is counted once; sinks are merged, so that counts, extremes
and percentiles are those of one process.
"""

from __future__ import annotations

from runner.execution.workers.messages import Measured, MetricName, Samples
from runner.metrics.collector import Collector, Sample
from runner.metrics.groups import Group
from runner.metrics.metric import SINK_CLASSES, Metric
from runner.metrics.registry import Registry
from runner.metrics.sections import Sections
from runner.metrics.sinks import Sink
from runner.vu.context import TestContext


def take(context: TestContext) -> Measured:
    """Everything measured since the last call."""
    collector = context.collector
    sinks: list[tuple[MetricName, Sink]] = []
    collector.gather()
    for metric in collector.registry.all():
        if metric.observed:
            name = MetricName(metric.name, metric.type, metric.contains)
            sink, metric.sink = metric.sink, SINK_CLASSES[metric.type]()
            metric.observed = False
            sinks.append((name, sink))
    sections = collector.sections
    if sections is not None:
        collector.sections = Sections()
    return Measured(sinks, _take_checks(context.root_group), sections)


def _take_checks(root: Group) -> Group | None:
    """The tree with what was counted since the last call; groups are in it also without checks."""
    taken = Group.root()
    has_news = _move_checks(root, taken)
    for name, counts in root.totals.take().items():
        taken.totals.add(name, *counts)
        has_news = True
    return taken if has_news else None


def _move_checks(group: Group, into: Group) -> bool:
    has_news = False
    for check in group.checks.values():
        if check.passes or check.fails:
            moved = into.check(check.name)
            moved.passes, moved.fails = check.passes, check.fails
            check.passes = check.fails = 0
            has_news = True
    for inner in group.groups.values():
        has_news = _move_checks(inner, into.child(inner.name)) or has_news
    return has_news or bool(group.groups)


def merge(context: TestContext, measured: Measured) -> None:
    """Add what a worker measured."""
    collector = context.collector
    for name, sink in measured.sinks:
        metric = _metric(collector.registry, name)
        metric.sink.merge(sink)
        metric.observed = True
    if measured.groups is not None:
        context.root_group.merge(measured.groups)
    if measured.sections is not None and collector.sections is not None:
        collector.sections.merge(measured.sections)


def keep_samples(collector: Collector, samples: Samples) -> None:
    """Hand a worker's samples to the outputs, whose sinks have them already."""
    metrics = [_metric(collector.registry, name) for name in samples.metrics]
    for row in samples.rows:
        collector.keep(Sample(metrics[row.metric], row.time_s, row.value, row.tags, row.metadata))


def _metric(registry: Registry, name: MetricName) -> Metric:
    """The metric of this process; a virtual user elsewhere may have been the first to declare it."""
    return registry.get(name.name) or registry.declare(*name)
