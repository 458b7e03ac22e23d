from __future__ import annotations

import pytest

from runner.errors import UsageError
from runner.summary.order import category, is_hidden, sorted_names
from runner.summary.trend_stats import check_trend_stats


@pytest.mark.parametrize(
    "expected",
    [
        ["a_rate", "my_counter", "my_gauge", "my_time", "my_trend"],
        ["http_req_duration", "http_req_duration{expected_response:true}", "http_req_failed", "http_reqs"],
        ["alpha", "Alpha", "beta", "Beta"],
        ["_a", "1", "2", "a", "a_b", "a1", "aa"],
        ["x_y", "x_y{kind:a}", "x_y{kind:a,scenario:two}", "x_y{kind:b}", "x_y_z"],
    ],
)
def test_names_are_sorted_like_localecompare_with_submetrics_below(expected: list[str]) -> None:
    assert sorted_names(reversed(expected)) == expected


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("my_counter", "CUSTOM"),
        ("http_custom", "CUSTOM"),
        ("http_reqs", "HTTP"),
        ("http_req_duration{expected_response:true}", "HTTP"),
        ("iterations", "EXECUTION"),
        ("iteration_duration", "EXECUTION"),
        ("dropped_iterations", "EXECUTION"),
        ("vus_max", "EXECUTION"),
        ("data_sent", "NETWORK"),
        ("browser_http_reqs", "BROWSER"),
        ("browser_web_vital_lcp", "WEB_VITALS"),
        ("grpc_req_duration", "GRPC"),
        ("ws_msgs_sent", "WEBSOCKET"),
        ("ws_latency", "WEBSOCKET"),
    ],
)
def test_metric_stands_in_the_block_of_its_module(name: str, title: str) -> None:
    assert category(name) == title


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("checks", True),
        ("checks_foo", True),
        ("checks{a:b}", True),
        ("group_duration", True),
        ("http_req_waiting", True),
        ("http_req_duration", False),
        ("my_checks", False),
    ],
)
def test_compact_summary_hides_by_prefix(name: str, hidden: bool) -> None:
    assert is_hidden(name) is hidden


@pytest.mark.parametrize(
    ("name", "hidden"), [("checks", True), ("group_duration", True), ("http_req_waiting", False)]
)
def test_full_summary_hides_less(name: str, hidden: bool) -> None:
    assert is_hidden(name, is_full=True) is hidden


def test_known_trend_stats_pass() -> None:
    check_trend_stats(["avg", "min", "med", "max", "count", "p(0)", "p(99.99)", "p(5e1)", "p(.5)"])


@pytest.mark.parametrize("name", ["bogus", "p95", " avg", ""])
def test_unknown_trend_stat_is_refused_in_the_words_of_k6(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_trend_stats(["avg", name])
    assert caught.value.message == f"invalid trend stat '{name}', unknown format"


@pytest.mark.parametrize("name", ["p(x)", "p()", "p(101)", "p(-1)", "p( 5)", "p(nan)"])
def test_percentile_that_is_none_is_refused_in_the_words_of_k6(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_trend_stats(["avg", name])
    assert caught.value.message == (
        f"invalid percentile trend stat value '{name}', provide a number between 0 and 100"
    )
