from __future__ import annotations

import pytest

from runner.metrics import collector as collector_module
from runner.metrics import metric as metric_module
from runner.metrics.builtin import ITERATIONS
from runner.metrics.collector import Collector, Sample
from runner.metrics.metric import MetricType
from runner.metrics.registry import Registry
from runner.metrics.sinks import CounterSink
from runner.metrics.tags import EMPTY_TAGS, TagSet

TAGS = TagSet.of({"kind": "a", "scenario": "one"})


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def collector(registry: Registry) -> Collector:
    return Collector(registry)


def count_of(registry: Registry, name: str) -> float:
    metric = registry.get(name)
    assert metric is not None
    assert isinstance(metric.sink, CounterSink)
    return metric.sink.count


def test_sample_reaches_the_sink_and_marks_the_metric(registry: Registry, collector: Collector) -> None:
    metric = registry.declare("my_counter", MetricType.COUNTER)
    collector.add(metric, 2, TAGS, 1.0)
    assert metric.observed
    assert count_of(registry, "my_counter") == 2


def test_submetrics_see_only_samples_with_their_tags(registry: Registry, collector: Collector) -> None:
    metric = registry.declare("my_counter", MetricType.COUNTER)
    for suffix in ("kind:a", "kind:a,scenario:one", "kind:b"):
        registry.submetric(f"my_counter{{{suffix}}}")
    collector.add(metric, 1, TAGS, 1.0)
    collector.count(metric, 3, TagSet.of({"kind": "a"}), 1.0)
    collector.add(metric, 10, EMPTY_TAGS, 1.0)
    assert count_of(registry, "my_counter") == 14
    assert count_of(registry, "my_counter{kind:a}") == 4
    assert count_of(registry, "my_counter{kind:a,scenario:one}") == 1
    assert [metric.name for metric in registry.observed()] == [
        "my_counter",
        "my_counter{kind:a}",
        "my_counter{kind:a,scenario:one}",
    ]


def test_submetric_made_later_sees_the_samples_from_then_on(registry: Registry, collector: Collector) -> None:
    metric = registry.declare("my_counter", MetricType.COUNTER)
    registry.submetric("my_counter{kind:b}")
    collector.add(metric, 1, TAGS, 1.0)
    registry.submetric("my_counter{kind:a}")
    collector.add(metric, 5, TAGS, 2.0)
    assert count_of(registry, "my_counter{kind:a}") == 5


def test_matches_stay_right_when_their_memory_overflows(
    registry: Registry, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metric_module, "MATCHES_MAX", 2)
    metric = registry.declare("my_counter", MetricType.COUNTER)
    registry.submetric("my_counter{kind:a}")
    for n in range(10):
        collector.add(metric, 1, TAGS.with_tag("n", str(n)), 1.0)
    assert count_of(registry, "my_counter{kind:a}") == 10


def test_without_an_output_no_sample_is_kept(registry: Registry, collector: Collector) -> None:
    metric = registry.declare("my_counter", MetricType.COUNTER)
    collector.add(metric, 1, TAGS, 1.0)
    collector.count(metric, 5, TAGS, 1.0)
    assert collector.drain() == []


def test_with_an_output_samples_are_kept_in_order_until_drained(
    registry: Registry, collector: Collector
) -> None:
    collector.wants_samples = True
    metric = registry.declare("my_counter", MetricType.COUNTER)
    collector.add(metric, 2, TAGS, 1.0, {"vu": "1"})
    collector.count(metric, 2, EMPTY_TAGS, 3.0)
    assert collector.drain() == [
        Sample(metric, 1.0, 2, TAGS, {"vu": "1"}),
        Sample(metric, 3.0, 1, EMPTY_TAGS),
        Sample(metric, 3.0, 1, EMPTY_TAGS),
    ]
    assert collector.drain() == []
    assert count_of(registry, "my_counter") == 4


def test_counting_nothing_does_not_mark_the_metric(registry: Registry, collector: Collector) -> None:
    metric = registry.declare("my_counter", MetricType.COUNTER)
    collector.count(metric, 0, TAGS, 1.0)
    assert not metric.observed


def test_full_buffer_goes_to_the_callback_at_once(
    registry: Registry, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector_module, "SAMPLES_MAX", 3)
    taken: list[Sample] = []
    collector.wants_samples = True
    collector.on_full = taken.extend
    metric = registry.declare("my_counter", MetricType.COUNTER)
    for n in range(5):
        collector.add(metric, n, TAGS, 1.0)
    assert [sample.value for sample in taken] == [0, 1, 2]
    assert [sample.value for sample in collector.drain()] == [3, 4]
    assert collector.samples_lost == 0


def test_full_buffer_without_a_callback_leaves_samples_out_and_counts_them(
    registry: Registry, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector_module, "SAMPLES_MAX", 3)
    collector.wants_samples = True
    metric = registry.declare("my_counter", MetricType.COUNTER)
    collector.count(metric, 5, TAGS, 1.0)
    assert len(collector.drain()) == 3
    assert collector.samples_lost == 2
    assert count_of(registry, "my_counter") == 5


def test_tally_reaches_the_sink_when_it_is_gathered_or_closed() -> None:
    collector = Collector(Registry())
    metric = collector.registry.builtin(ITERATIONS)
    tally = collector.tally(metric, EMPTY_TAGS, lambda: 1.0, lambda: None)
    tally.add()
    tally.add(2)
    assert metric.sink.is_empty()
    collector.gather()
    collector.gather()
    assert metric.sink.values(1.0, [])["count"] == 3
    tally.add()
    tally.close()
    collector.gather()
    assert metric.sink.values(1.0, [])["count"] == 4


def test_tally_gives_single_samples_at_once_when_an_output_wants_them() -> None:
    collector = Collector(Registry())
    collector.wants_samples = True
    tally = collector.tally(
        collector.registry.builtin(ITERATIONS), EMPTY_TAGS, lambda: 5.0, lambda: {"vu": "1"}
    )
    tally.add(2)
    assert [(s.value, s.time_s, s.metadata) for s in collector.drain()] == [(1.0, 5.0, {"vu": "1"})] * 2
