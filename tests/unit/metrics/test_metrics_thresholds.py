from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import ExitCode, OptionsError
from runner.metrics.collector import Collector
from runner.metrics.metric import MetricType
from runner.metrics.registry import Registry
from runner.metrics.sinks import CounterSink, GaugeSink, RateSink, TrendSink
from runner.metrics.tags import EMPTY_TAGS
from runner.metrics.threshold import parse_threshold
from runner.metrics.thresholds import ThresholdOutcome, Thresholds, configure_thresholds


def seconds(text: str) -> float:
    """Stands for the durations of the options: '4s' or a bare number of milliseconds."""
    return float(text[:-1]) if text.endswith("s") else float(text) / 1000


def registry_with_data(values: Mapping[str, list[float]]) -> Registry:
    registry = Registry()
    collector = Collector(registry)
    for kind in MetricType:
        metric = registry.declare(f"my_{kind}", kind)
        for value in values.get(metric.name, []):
            collector.add(metric, value, EMPTY_TAGS, 1.0)
    return registry


def configured(option: Mapping[str, object], registry: Registry) -> Thresholds:
    return configure_thresholds(option, registry, parse_duration=seconds)


def failed_rules(registry: Registry) -> list[tuple[str, str]]:
    """Metric and expression of every threshold that its last evaluation found crossed."""
    rules = [(metric.name, rule) for metric in registry.all() for rule in metric.thresholds]
    return sorted((name, rule.source) for name, rule in rules if rule.last_failed)


@pytest.mark.parametrize(
    ("source", "method", "op", "value"),
    [
        ("count==20", "count", "==", 20),
        ("count === 20", "count", "===", 20),
        (" rate > 0 ", "rate", ">", 0),
        ("p(99.5) < 9", "p(99.5)", "<", 9),
        ("p(95)>=0.5", "p(95)", ">=", 0.5),
        ("p(.5)<1", "p(.5)", "<", 1),
        ("p(1e1) < 1_000", "p(1e1)", "<", 1000),
        ("count<0x10p0", "count", "<", 16),
        ("count>-inf", "count", ">", -math.inf),
        ("value!=-1.5e3", "value", "!=", -1500),
        ("med<=.5", "med", "<=", 0.5),
    ],
)
def test_expression_is_read(source: str, method: str, op: str, value: float) -> None:
    threshold = parse_threshold(source)
    assert (threshold.source, threshold.method, threshold.op, threshold.value) == (source, method, op, value)


LEFT = "failed parsing threshold expression's {} left hand side; reason: {}"
RIGHT = "failed parsing threshold expresion's {} right hand side; reason: strconv.ParseFloat: parsing {}"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        *(
            (
                source,
                f'failed parsing threshold expression "{source}"; reason: malformed threshold expression',
            )
            for source in ("", "   ", "count>", "count 1", "count=1", "p(95)")
        ),
        *(
            (source, LEFT.format(f'"{source}"', "failed parsing method from expression"))
            for source in (
                ">1",
                "mean<1",
                "COUNT<1",
                "p95<1",
                "p (95)<1",
                "count=>1",
                "count!==1",
                "count>1<2",
            )
        ),
        *(
            (
                f"p({text})<1",
                LEFT.format(
                    f'"p({text})<1"',
                    f'malformed percentile value; reason: strconv.ParseFloat: parsing "{text}": invalid syntax',
                ),
            )
            for text in ("", "x", " 95 ")
        ),
        *(
            (
                f"p({text})<1",
                LEFT.format(
                    f'"p({text})<1"', "malformed percentile value, provide a number between 0 and 100"
                ),
            )
            for text in ("101", "-1", "nan", "inf")
        ),
        ("count>1s", RIGHT.format('"count>1s"', '"1s": invalid syntax')),
        ("count<>1", RIGHT.format('"count<>1"', '">1": invalid syntax')),
        ("count<1 && count>0", RIGHT.format('"count<1 && count>0"', '"1 && count>0": invalid syntax')),
        ('count<"1"', RIGHT.format('"count<\\"1\\""', '"\\"1\\"": invalid syntax')),
        ("count<1e999", RIGHT.format('"count<1e999"', '"1e999": value out of range')),
    ],
)
def test_malformed_expression_is_refused_in_the_words_of_k6(source: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_threshold(source)
    assert str(caught.value) == message


@given(
    method=st.sampled_from(["count", "rate", "value", "avg", "min", "max", "med", "p(95)"]),
    op=st.sampled_from(["<", "<=", ">", ">=", "==", "===", "!="]),
    value=st.floats(allow_nan=False, allow_infinity=False),
    space=st.sampled_from(["", " ", "  "]),
)
def test_every_expression_of_the_grammar_is_read_back(method: str, op: str, value: float, space: str) -> None:
    threshold = parse_threshold(f"{space}{method}{space}{op}{space}{value!r}{space}")
    assert (threshold.method, threshold.op, threshold.value) == (method, op, value)


PASSING = {
    "my_counter": [2.0] * 10,
    "my_gauge": [float(n) for n in range(10)],
    "my_rate": [0.0, 1.0] * 5,
    "my_trend": [float(n) for n in range(10)],
}


@pytest.mark.parametrize(
    ("name", "source"),
    [
        *(
            ("my_counter", source)
            for source in ("count==20", "count >= 20", "count!=19", "rate > 0", "rate==2")
        ),
        *(("my_gauge", source) for source in ("value<10", "value==9")),
        *(("my_rate", source) for source in ("rate>0.49", "rate<=0.5")),
        *(
            ("my_trend", source)
            for source in ("avg==4.5", "min==0", "max==9", "med==4.5", "p(90)>8", "p(99.5) < 9", "p(0)>=0")
        ),
    ],
)
def test_threshold_that_holds_is_not_crossed(name: str, source: str) -> None:
    registry = registry_with_data(PASSING)
    assert configured({name: [source]}, registry).evaluate(10) == ThresholdOutcome((), False)
    assert failed_rules(registry) == []


def test_crossed_metrics_are_named_sorted() -> None:
    registry = registry_with_data(PASSING)
    thresholds = configured({"my_trend": ["max<5"], "my_counter": ["count<1", "count>0"]}, registry)
    outcome = thresholds.evaluate(10)
    assert outcome.crossed == ("my_counter", "my_trend")
    assert outcome.message == "thresholds on metrics 'my_counter, my_trend' have been crossed"
    assert failed_rules(registry) == [("my_counter", "count<1"), ("my_trend", "max<5")]


def test_nothing_crossed_has_no_message() -> None:
    assert ThresholdOutcome().message == ""


@pytest.mark.parametrize(
    ("name", "source", "crossed"),
    [
        ("my_counter", "count>1", True),
        ("my_counter", "count<1", False),
        ("my_gauge", "value>1", True),
        ("my_rate", "rate>0.5", False),
        ("my_trend", "avg>1", True),
        ("http_req_duration", "p(95)<1", False),
        ("http_req_failed", "rate>0.5", False),
    ],
)
def test_metric_without_samples_is_zero_at_the_end_but_a_rate_holds(
    name: str, source: str, crossed: bool
) -> None:
    thresholds = configured({name: [source]}, registry_with_data({}))
    assert bool(thresholds.evaluate(10).crossed) is crossed


def test_metric_without_samples_is_not_judged_while_the_test_runs() -> None:
    thresholds = configured(
        {"my_counter": [{"threshold": "count>1", "abortOnFail": True}]}, registry_with_data({})
    )
    assert thresholds.evaluate(2, is_final=False) == ThresholdOutcome()


ABORTING = {"my_counter": [{"threshold": "count<3", "abortOnFail": True, "delayAbortEval": "4s"}]}


@pytest.mark.parametrize(("elapsed_s", "abort"), [(2.0, False), (4.0, True), (6.0, True)])
def test_abort_waits_for_its_delay(elapsed_s: float, abort: bool) -> None:
    outcome = configured(ABORTING, registry_with_data(PASSING)).evaluate(elapsed_s, is_final=False)
    assert outcome == ThresholdOutcome(("my_counter",), abort)


def test_aborting_outcome_says_so_in_the_words_of_k6() -> None:
    outcome = configured(ABORTING, registry_with_data(PASSING)).evaluate(5, is_final=False)
    assert outcome.message == (
        "thresholds on metrics 'my_counter' were crossed; at least one has abortOnFail enabled, "
        "stopping test prematurely"
    )


def test_final_evaluation_never_aborts() -> None:
    assert not configured(ABORTING, registry_with_data(PASSING)).evaluate(10).abort


@pytest.mark.parametrize(
    ("delay", "expected_s"), [(None, 0), ("", 0), ("10s", 10), (1500, 1.5), ("500", 0.5)]
)
def test_delay_may_be_a_duration_or_milliseconds(delay: object, expected_s: float) -> None:
    registry = registry_with_data({})
    configured({"my_counter": [{"threshold": "count<3", "delayAbortEval": delay}]}, registry)
    metric = registry.get("my_counter")
    assert metric is not None
    assert metric.thresholds[0].delay_abort_eval_s == expected_s


def test_empty_list_only_makes_the_submetric() -> None:
    registry = registry_with_data({})
    assert not configured({"my_rate{kind:a}": []}, registry)
    submetric = registry.get("my_rate{kind:a}")
    assert submetric is not None
    assert submetric.has_threshold_entry
    assert submetric.thresholds == []


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            {"nothing_here": ["count>1"]},
            'invalid threshold defined on nothing_here; reason: no metric name "nothing_here" found',
        ),
        (
            {"nothing_here{a:b}": ["count>1"]},
            'invalid threshold defined on nothing_here{a:b}; reason: no metric name "nothing_here{a:b}" found',
        ),
        (
            {"my_counter": ["p(95)<1"]},
            'invalid threshold "p(95)<1" applied on metric my_counter; reason: unsupported aggregation method p '
            "on metric of type counter. supported aggregation methods for this metric are: count, rate",
        ),
        (
            {"my_trend{a:b}": ["count<1"]},
            'invalid threshold "count<1" applied on metric my_trend{a:b}; reason: unsupported aggregation method '
            "count on metric of type trend. supported aggregation methods for this metric are: "
            "avg, min, max, med, p",
        ),
        (
            {"nothing_here": ["count>1"], "my_counter": ["count>"]},
            'failed parsing threshold expression "count>"; reason: malformed threshold expression',
        ),
        (
            {"my_counter{a}": ["count>1"]},
            'unable to validate threshold expressions; reason: parsing metric name failed, metric "a" tag '
            "expression is malformed",
        ),
        *(
            (
                {name: ["count>1"]},
                f'invalid threshold defined on {name}; reason: no metric name "{name}" found',
            )
            for name in (" my_counter", "my_counter {a:b}", "")
        ),
    ],
)
def test_wrong_metric_or_method_is_refused_in_the_words_of_k6(
    option: dict[str, object], message: str
) -> None:
    with pytest.raises(OptionsError) as caught:
        configured(option, registry_with_data({}))
    assert caught.value.message == message
    assert caught.value.exit_code == ExitCode.INVALID_CONFIG


@pytest.mark.parametrize(
    "rules",
    [
        ["count>"],
        "count>1",
        None,
        7,
        [7],
        [None],
        [{}],
        [{"threshold": 1}],
        [{"threshold": "count>1", "abortOnFail": "yes"}],
        [{"threshold": "count>1", "delayAbortEval": True}],
        [{"threshold": "count>1", "delayAbortEval": "soon"}],
        [["count>1"]],
    ],
)
def test_unreadable_rules_are_refused(rules: object) -> None:
    with pytest.raises(OptionsError):
        configured({"my_counter": rules}, registry_with_data({}))


@pytest.mark.parametrize(
    ("sink", "method", "fits"),
    [
        (CounterSink(), "count", True),
        (CounterSink(), "value", False),
        (GaugeSink(), "value", True),
        (GaugeSink(), "max", False),
        (RateSink(), "rate", True),
        (RateSink(), "count", False),
        (TrendSink(), "p(95)", True),
        (TrendSink(), "count", False),
    ],
)
def test_each_metric_type_has_its_methods(
    sink: CounterSink | GaugeSink | RateSink | TrendSink, method: str, fits: bool
) -> None:
    assert parse_threshold(f"{method}>1").fits(sink) is fits


def test_metric_is_tainted_as_its_thresholds_were_judged_last() -> None:
    registry = Registry()
    metric = registry.declare("my_trend", MetricType.TREND)
    thresholds = configured({"my_trend": ["max<2"], "iterations": []}, registry)
    seen = [metric.tainted]
    for value in (1, 3):
        thresholds.evaluate(1.0, is_final=False)
        seen.append(metric.tainted)
        metric.add(value, EMPTY_TAGS, 0.0)
    thresholds.evaluate(1.0, is_final=False)
    assert [*seen, metric.tainted] == [None, None, False, True]
    iterations = registry.get("iterations")
    assert iterations is not None and iterations.tainted is None
