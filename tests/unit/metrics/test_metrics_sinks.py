from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.metrics.sinks import CounterSink, GaugeSink, RateSink, Sink, TrendSink, trend_percent

WHOLE_NUMBERS = st.lists(st.integers(-1000, 1000))


def filled(sink: Sink, values: Sequence[float]) -> Sink:
    for value in values:
        sink.add(value)
    return sink


@pytest.mark.parametrize("sink_class", [CounterSink, GaugeSink, RateSink, TrendSink])
def test_new_sink_is_empty_and_shows_zeros(sink_class: type[Sink]) -> None:
    sink = sink_class()
    assert sink.is_empty()
    assert set(sink.values(10, ["avg", "min", "p(95)"]).values()) == {0}


@pytest.mark.parametrize("sink_class", [CounterSink, GaugeSink, RateSink, TrendSink])
def test_sink_with_a_zero_is_not_empty(sink_class: type[Sink]) -> None:
    assert not filled(sink_class(), [0]).is_empty()


def test_counter_sums_and_divides_by_the_duration() -> None:
    assert filled(CounterSink(), [5, -2, 0.25]).values(2, ()) == {"count": 3.25, "rate": 1.625}


def test_counter_of_a_run_without_length_has_no_rate() -> None:
    assert filled(CounterSink(), [5]).values(0, ()) == {"count": 5, "rate": 0}


def test_gauge_keeps_last_smallest_and_largest() -> None:
    assert filled(GaugeSink(), [3, 9, -4, 1]).values(1, ()) == {"value": 1, "min": -4, "max": 9}


def test_gauge_above_zero_has_its_first_value_as_minimum() -> None:
    assert filled(GaugeSink(), [3, 9]).values(1, ())["min"] == 3


def test_rate_counts_every_non_zero_value_as_a_pass() -> None:
    values = filled(RateSink(), [1, 0, 2, -1, 0, 0]).values(1, ())
    assert values == {"rate": 0.5, "passes": 3, "fails": 3}


TREND_A = [10, 1, 9, 2, 8, 3, 7, 4, 6, 5]
TREND_B = [-5, 0.5, 1000000, 3]


@pytest.mark.parametrize(
    ("values", "stat", "expected"),
    [
        (TREND_A, "avg", 5.5),
        (TREND_A, "count", 10),
        (TREND_A, "max", 10),
        (TREND_A, "med", 5.5),
        (TREND_A, "min", 1),
        (TREND_A, "p(0)", 1),
        (TREND_A, "p(10)", 1.9),
        (TREND_A, "p(100)", 10),
        (TREND_A, "p(90)", 9.1),
        (TREND_A, "p(99.99)", 9.999099999999999),
        (TREND_B, "avg", 249999.625),
        (TREND_B, "med", 1.75),
        (TREND_B, "min", -5),
        (TREND_B, "p(10)", -3.3499999999999996),
        (TREND_B, "p(90)", 700000.9000000001),
        (TREND_B, "p(99.99)", 999700.0008999999),
        ([1, 2, 3, 4], "p(99.9)", 3.9970000000000003),
        ([42], "p(99.99)", 42),
        ([1, math.inf], "p(100)", math.inf),
        ([math.inf, math.inf], "p(50)", math.inf),
    ],
)
def test_trend_statistics_are_the_ones_of_k6(values: list[float], stat: str, expected: float) -> None:
    sink = TrendSink()
    filled(sink, values)
    assert sink.stat(stat) == expected


def test_trend_percentile_that_is_a_sample_does_not_mind_an_infinite_neighbour() -> None:
    sink = TrendSink()
    for value in (math.inf, 1.0, 2.0):
        sink.add(value)
    assert (sink.stat("med"), sink.stat("p(0)"), sink.stat("p(90)")) == (2.0, 1.0, math.inf)


def test_trend_percentile_sees_values_added_after_the_last_question() -> None:
    sink = TrendSink()
    filled(sink, [5, 1])
    assert sink.percentile(100) == 5
    filled(sink, [9, 0])
    assert (sink.percentile(0), sink.percentile(100)) == (0, 9)


@pytest.mark.parametrize("name", ["p(101)", "p(-1)", "p(x)", "p95", "avgs", ""])
def test_trend_refuses_unknown_statistics(name: str) -> None:
    with pytest.raises(ValueError):
        TrendSink().stat(name)


def test_trend_percent_reads_fractions() -> None:
    assert trend_percent("p(99.5)") == 99.5


@pytest.mark.parametrize("sink_class", [CounterSink, GaugeSink, RateSink, TrendSink])
@given(first=WHOLE_NUMBERS, second=WHOLE_NUMBERS)
def test_merged_sinks_equal_one_sink_that_saw_everything(
    sink_class: type[Sink], first: list[int], second: list[int]
) -> None:
    merged = filled(sink_class(), first)
    merged.merge(filled(sink_class(), second))
    stats = ["avg", "min", "med", "max", "count", "p(90)"]
    assert merged.values(3, stats) == filled(sink_class(), first + second).values(3, stats)
    assert merged.is_empty() == (not first and not second)


def test_merged_gauge_has_the_value_of_the_later_sample() -> None:
    early, late = GaugeSink(), GaugeSink()
    early.add(1, 10.0)
    late.add(2, 20.0)
    late.merge(early)
    assert late.values(1, ()) == {"value": 2, "min": 1, "max": 2}


def test_trend_percentile_lies_between_minimum_and_maximum() -> None:
    chance = random.Random(7)
    sink = TrendSink()
    filled(sink, [chance.uniform(-5, 5) for _ in range(1000)])
    assert sink.min <= sink.percentile(50) <= sink.percentile(90) <= sink.max
