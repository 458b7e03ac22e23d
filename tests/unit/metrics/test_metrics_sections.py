"""Which sections a sample belongs to, and what they keep."""

from __future__ import annotations

import pickle

import pytest

from runner.metrics.builtin import CHECKS, ITERATIONS
from runner.metrics.collector import Collector
from runner.metrics.metric import Metric, MetricType
from runner.metrics.registry import Registry
from runner.metrics.sections import Section, Sections
from runner.metrics.sinks import CounterSink
from runner.metrics.tags import TagSet


@pytest.fixture
def collector() -> Collector:
    collector = Collector(Registry())
    collector.sections = Sections()
    return collector


def sections_of(collector: Collector) -> Sections:
    assert collector.sections is not None
    return collector.sections


def add(collector: Collector, name: str, value: float = 1.0, **tags: str) -> Metric:
    metric = collector.registry.declare(name, MetricType.COUNTER)
    collector.add(metric, value, TagSet.of(tags), 1.0)
    return metric


def count(section: Section, name: str) -> float:
    sink = section.metrics[name].sink
    assert isinstance(sink, CounterSink)
    return sink.count


def tree(sections: dict[str, Section]) -> dict[str, object]:
    return {name: tree(section.groups) for name, section in sections.items()}


@pytest.mark.parametrize(
    ("tags", "groups", "scenarios"),
    [
        ({}, {}, {}),
        ({"group": ""}, {}, {}),
        ({"group": "::a"}, {"a": {}}, {}),
        ({"group": "::a::b", "scenario": "default"}, {"a": {"b": {}}}, {}),
        ({"scenario": "one"}, {}, {"one": {}}),
        ({"group": "::a::b", "scenario": "one"}, {}, {"one": {"a": {"b": {}}}}),
        ({"group": "::setup"}, {}, {}),
        ({"group": "::setup", "scenario": "default"}, {}, {}),
        ({"group": "::teardown::inner"}, {"teardown": {"inner": {}}}, {}),
        ({"group": "::teardown", "scenario": "one"}, {}, {"one": {}}),
        ({"group": "without colons"}, {"without colons": {}}, {}),
    ],
)
def test_sample_goes_where_its_tags_say(
    collector: Collector, tags: dict[str, str], groups: dict[str, object], scenarios: dict[str, object]
) -> None:
    add(collector, "my_counter", **tags)
    sections = sections_of(collector)
    assert (tree(sections.groups), tree(sections.scenarios)) == (groups, scenarios)


def test_scenario_counts_what_happened_in_its_groups_but_no_group_that_of_the_groups_in_it(
    collector: Collector,
) -> None:
    add(collector, "my_counter", 1, scenario="one")
    add(collector, "my_counter", 2, scenario="one", group="::a")
    add(collector, "my_counter", 4, scenario="one", group="::a::b")
    add(collector, "my_counter", 8, scenario="two", group="::a")
    one = sections_of(collector).scenarios["one"]
    assert count(one, "my_counter") == 7
    assert count(one.groups["a"], "my_counter") == 2
    assert count(one.groups["a"].groups["b"], "my_counter") == 4


def test_counted_samples_reach_the_sections(collector: Collector) -> None:
    metric = collector.registry.builtin(ITERATIONS)
    collector.count(metric, 3, TagSet.of({"scenario": "one"}), 1.0)
    assert count(sections_of(collector).scenarios["one"], "iterations") == 3


def test_section_has_no_submetrics(collector: Collector) -> None:
    collector.registry.declare("my_counter", MetricType.COUNTER)
    collector.registry.submetric("my_counter{kind:a}")
    add(collector, "my_counter", 1, scenario="one", kind="a")
    assert list(sections_of(collector).scenarios["one"].metrics) == ["my_counter"]


def test_checks_are_counted_by_name_over_all_groups_of_a_section(collector: Collector) -> None:
    checks = collector.registry.builtin(CHECKS)
    for group, name, passed in (("", "b", 1), ("::g", "a", 1), ("::g", "b", 0), ("::g", "a::b", 1)):
        collector.add(checks, passed, TagSet.of({"scenario": "one", "group": group, "check": name}), 1.0)
    one = sections_of(collector).scenarios["one"]
    assert list(one.checks.counts().items()) == [("b", (1, 1)), ("a", (1, 0)), ("a::b", (1, 0))]
    assert one.groups["g"].checks.counts() == {"a": (1, 0), "b": (0, 1), "a::b": (1, 0)}


def test_merged_sections_have_what_both_saw(collector: Collector) -> None:
    other = Collector(Registry())
    other.sections = Sections()
    for each, value in ((collector, 1), (other, 2)):
        each.registry.declare("my_counter", MetricType.COUNTER)
        add(each, "my_counter", value, scenario="one", group="::g", kind="a")
        each.add(each.registry.builtin(CHECKS), value == 1, TagSet.of({"group": "::g", "check": "c"}), 1.0)
    add(other, "only_there", 5, scenario="two")
    sections = sections_of(collector)
    sections.merge(pickle.loads(pickle.dumps(other.sections)))
    assert count(sections.scenarios["one"].groups["g"], "my_counter") == 3
    assert count(sections.scenarios["two"], "only_there") == 5
    add(collector, "my_counter", 4, scenario="one", kind="a")
    assert count(sections.scenarios["one"], "my_counter") == 7
    assert sections.groups["g"].checks.counts() == {"c": (1, 1)}
