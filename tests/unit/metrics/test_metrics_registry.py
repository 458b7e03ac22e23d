from __future__ import annotations

import pytest

from runner.metrics.builtin import BUILTIN_METRICS, HTTP_REQ_DURATION, ITERATIONS
from runner.metrics.metric import Metric, MetricError, MetricType, ValueType
from runner.metrics.registry import Registry, check_metric_name, parse_submetric


@pytest.mark.parametrize("name", ["ok_name", "_x", "A1", "aa", "a" * 129])
def test_declare_with_allowed_name_makes_the_metric(name: str) -> None:
    assert Registry().declare(name, MetricType.COUNTER).name == name


@pytest.mark.parametrize(
    "name", ["", "a", "1abc", "a-b", "a b", "a.b", "m\u00e9tric", "a" * 130, "ok\n", "a{b:c}"]
)
def test_declare_with_other_name_is_refused_in_the_words_of_k6(name: str) -> None:
    with pytest.raises(MetricError) as caught:
        Registry().declare(name, MetricType.COUNTER)
    assert caught.value.message == (
        f"Invalid metric name: '{name}'. Metric names must only include up to 128 ASCII letters, numbers, or "
        "underscores and start with a letter or an underscore."
    )


def test_declare_again_gives_the_same_metric() -> None:
    registry = Registry()
    metric = registry.declare("my_trend", MetricType.TREND, ValueType.TIME)
    assert registry.declare("my_trend", MetricType.TREND, ValueType.TIME) is metric
    assert registry.get("my_trend") is metric


@pytest.mark.parametrize(
    ("name", "type", "contains", "message"),
    [
        (
            "my_counter",
            MetricType.GAUGE,
            ValueType.DEFAULT,
            "metric 'my_counter' already exists but with type counter, instead of gauge",
        ),
        (
            "my_counter",
            MetricType.COUNTER,
            ValueType.TIME,
            "metric 'my_counter' already exists but with a value type default, instead of time",
        ),
        (
            "iterations",
            MetricType.TREND,
            ValueType.DEFAULT,
            "metric 'iterations' already exists but with type counter, instead of trend",
        ),
        (
            "http_req_duration",
            MetricType.TREND,
            ValueType.DEFAULT,
            "metric 'http_req_duration' already exists but with a value type time, instead of default",
        ),
    ],
)
def test_declare_again_differently_is_refused_in_the_words_of_k6(
    name: str, type: MetricType, contains: ValueType, message: str
) -> None:
    registry = Registry()
    registry.declare("my_counter", MetricType.COUNTER)
    with pytest.raises(MetricError) as caught:
        registry.declare(name, type, contains)
    assert caught.value.message == message


def test_declare_with_a_builtin_name_gives_the_builtin_metric() -> None:
    registry = Registry()
    assert registry.declare("iterations", MetricType.COUNTER) is registry.builtin(ITERATIONS)


@pytest.mark.parametrize("name", BUILTIN_METRICS)
def test_builtin_metric_appears_when_asked_for(name: str) -> None:
    registry = Registry()
    assert list(registry) == []
    metric = registry.get(name)
    assert metric is not None
    assert (metric.name, metric.type, metric.contains) == BUILTIN_METRICS[name]
    assert registry.builtin(BUILTIN_METRICS[name]) is metric
    assert list(registry) == [metric]


def test_get_of_an_unknown_name_gives_none() -> None:
    registry = Registry()
    assert registry.get("nothing_here") is None
    assert registry.get("iterations{a:b}") is None


def test_expected_response_submetric_always_exists() -> None:
    registry = Registry()
    submetric = registry.get("http_req_duration{expected_response:true}")
    assert submetric is not None
    assert registry.builtin(HTTP_REQ_DURATION).submetrics == [submetric]
    assert submetric.tags == {"expected_response": "true"}
    assert not submetric.has_threshold_entry


def test_iteration_follows_the_order_of_declaration() -> None:
    registry = Registry()
    for name in ("zz", "aa"):
        registry.declare(name, MetricType.COUNTER)
    registry.submetric("zz{k:v}")
    assert [metric.name for metric in registry] == ["zz", "aa"]
    assert [metric.name for metric in registry.all()] == ["zz", "zz{k:v}", "aa"]


def test_observed_lists_only_metrics_with_samples() -> None:
    registry = Registry()
    registry.declare("unused", MetricType.COUNTER)
    used = registry.declare("used", MetricType.COUNTER)
    used.observed = True
    assert registry.observed() == [used]


@pytest.mark.parametrize(
    ("expression", "name", "tags"),
    [
        ("my_counter{kind:a}", "my_counter{kind:a}", {"kind": "a"}),
        (
            "my_counter{kind:a,scenario:two}",
            "my_counter{kind:a,scenario:two}",
            {"kind": "a", "scenario": "two"},
        ),
        ('my_counter{ kind : "b" }', 'my_counter{kind : "b"}', {"kind": "b"}),
        ("my_counter{url:http://host:80/}", "my_counter{url:http://host:80/}", {"url": "http://host:80/"}),
        ("my_counter{group:::outer}", "my_counter{group:::outer}", {"group": "::outer"}),
        ("my_counter{kind: }", "my_counter{kind:}", {"kind": ""}),
        ('my_counter{kind:" a"}', 'my_counter{kind:" a"}', {"kind": " a"}),
        ("my_counter{kind:a}{b:c}", "my_counter{kind:a}{b:c}", {"kind": "a}{b:c"}),
    ],
)
def test_submetric_expression_gives_name_and_tags(expression: str, name: str, tags: dict[str, str]) -> None:
    registry = Registry()
    parent = registry.declare("my_counter", MetricType.COUNTER)
    submetric = registry.submetric(expression)
    assert (submetric.name, submetric.tags, submetric.parent) == (name, tags, parent)
    assert (submetric.type, submetric.contains) == (parent.type, parent.contains)
    assert registry.get(name) is submetric
    assert registry.submetric(expression) is submetric
    assert parent.submetrics == [submetric]
    assert submetric.suffix == name[len("my_counter{") : -1]


def test_same_tags_written_differently_are_one_submetric() -> None:
    registry = Registry()
    registry.declare("my_counter", MetricType.COUNTER)
    first = registry.submetric('my_counter{a:"1", b:2}')
    assert registry.submetric("my_counter{b:2,a:1}") is first
    assert registry.get("my_counter{b:2,a:1}") is first
    assert [metric.name for metric in registry.all()] == ["my_counter", 'my_counter{a:"1", b:2}']


UNMATCHED = "has unmatched opening/close curly brace"
MALFORMED = "tag expression is malformed"


@pytest.mark.parametrize(
    ("expression", "shown", "reason"),
    [
        ("my_counter{", "my_counter{", UNMATCHED),
        ("my_counter}", "my_counter}", UNMATCHED),
        ("my_counter{a:b", "my_counter{a:b", UNMATCHED),
        ("my_counter{a:b}c", "my_counter{a:b}c", "lacks a closing curly brace in its last position"),
        ("my_counter{a:b} ", "my_counter{a:b} ", "lacks a closing curly brace in its last position"),
        ("my_counter{}", "", MALFORMED),
        ("my_counter{a}", "a", MALFORMED),
        ("my_counter{a:}", "a:", MALFORMED),
        ("my_counter{a:b,}", "", MALFORMED),
        ("my_counter{:b}", ":b", MALFORMED),
        ("my_counter{'':b}", "'':b", MALFORMED),
    ],
)
def test_malformed_metric_name_is_refused_in_the_words_of_k6(
    expression: str, shown: str, reason: str
) -> None:
    for parse in (check_metric_name, parse_submetric):
        with pytest.raises(MetricError) as caught:
            parse(expression)
        assert caught.value.message == f'parsing metric name failed, metric "{shown}" {reason}'


def test_metric_name_without_tags_is_no_submetric() -> None:
    check_metric_name("my_counter")
    with pytest.raises(MetricError):
        parse_submetric("my_counter")


def test_submetric_of_an_unknown_metric_is_refused() -> None:
    with pytest.raises(MetricError, match='no metric name "nothing_here" found'):
        Registry().submetric("nothing_here{a:b}")


def test_repr_names_type_and_state() -> None:
    metric = Metric("my_trend", MetricType.TREND, ValueType.TIME)
    assert repr(metric) == "<Metric my_trend trend time>"
    metric.observed = True
    assert repr(metric) == "<Metric my_trend trend time observed>"
