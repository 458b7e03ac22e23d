from __future__ import annotations

from typing import TYPE_CHECKING

from runner.metrics import builtin
from runner.metrics.groups import Group
from runner.summary.data import summary_data

if TYPE_CHECKING:
    from conftest import FakeRun


def test_metrics_have_the_shape_that_handle_summary_gets(run: FakeRun) -> None:
    counter = run.declare("my_counter", "counter")
    gauge = run.declare("my_gauge", "gauge")
    rate = run.declare("my_rate", "rate")
    trend = run.declare("my_trend", "trend", "time")
    run.thresholds({"my_counter": ["count==4", "count<1"]})
    run.add(counter, 2, 2)
    run.add(gauge, 0, 1)
    run.add(rate, 0, 1)
    run.add(trend, 5, 5)
    metrics = run.data(for_text=False)["metrics"]
    assert metrics["my_counter"] == {
        "type": "counter",
        "contains": "default",
        "values": {"count": 4, "rate": 2},
        "thresholds": {"count==4": {"ok": True}, "count<1": {"ok": False}},
    }
    assert metrics["my_gauge"]["values"] == {"value": 1, "min": 0, "max": 1}
    assert metrics["my_rate"]["values"] == {"rate": 0.5, "passes": 1, "fails": 1}
    assert metrics["my_trend"] == {
        "type": "trend",
        "contains": "time",
        "values": {"avg": 5, "min": 5, "med": 5, "max": 5, "p(90)": 5, "p(95)": 5},
    }


def test_groups_and_checks_have_the_shape_that_handle_summary_gets(run: FakeRun) -> None:
    run.check("yes", True, "::outer")
    run.check("no", False, "::outer")
    assert run.data()["root_group"] == {
        "name": "",
        "path": "",
        "id": "d41d8cd98f00b204e9800998ecf8427e",
        "checks": [],
        "groups": [
            {
                "name": "outer",
                "path": "::outer",
                "id": "c34b428ee7255085dfe7fef53d3394d5",
                "groups": [],
                "checks": [
                    {
                        "name": "yes",
                        "path": "::outer::yes",
                        "id": "7297bff08c0c8aacfa797bbe4a45350b",
                        "passes": 1,
                        "fails": 0,
                    },
                    {
                        "name": "no",
                        "path": "::outer::no",
                        "id": "2bcada702dc0c01d82c79576c1daa569",
                        "passes": 0,
                        "fails": 1,
                    },
                ],
            }
        ],
    }


def test_options_and_state_are_passed_on() -> None:
    data = summary_data(
        [],
        Group.root(),
        duration_s=1.5,
        trend_stats=["avg"],
        time_unit="ms",
        no_color=False,
        is_stdout_tty=True,
        is_stderr_tty=False,
    )
    assert data == {
        "metrics": {},
        "root_group": {
            "name": "",
            "path": "",
            "id": "d41d8cd98f00b204e9800998ecf8427e",
            "groups": [],
            "checks": [],
        },
        "options": {"summaryTrendStats": ["avg"], "summaryTimeUnit": "ms", "noColor": False},
        "state": {"isStdOutTTY": True, "isStdErrTTY": False, "testRunDurationMs": 1500},
    }


def test_setup_data_is_there_even_when_it_is_null() -> None:
    data = summary_data([], Group.root(), duration_s=1, trend_stats=[], setup_data=None)
    assert data["setup_data"] is None


def test_metric_that_was_never_fed_is_absent(run: FakeRun) -> None:
    run.declare("unused", "counter")
    run.registry.builtin(builtin.HTTP_REQ_DURATION)
    assert run.data()["metrics"] == {}


def test_metric_that_was_never_fed_is_there_when_thresholds_name_it_or_a_submetric(run: FakeRun) -> None:
    run.declare("my_trend", "trend")
    run.thresholds({"my_trend{kind:a}": [], "iterations": ["count>0"]})
    metrics = run.data()["metrics"]
    assert list(metrics) == ["iterations", "my_trend", "my_trend{kind:a}"]
    assert "thresholds" not in metrics["my_trend{kind:a}"]
    assert set(metrics["my_trend{kind:a}"]["values"].values()) == {0}


def test_expected_response_submetric_is_there_only_after_such_a_request(run: FakeRun) -> None:
    run.add(builtin.HTTP_REQ_DURATION, 1.0, expected_response="false")
    assert list(run.data()["metrics"]) == ["http_req_duration"]
    run.add(builtin.HTTP_REQ_DURATION, 2.0, expected_response="true")
    metrics = run.data()["metrics"]
    assert list(metrics) == ["http_req_duration", "http_req_duration{expected_response:true}"]
    assert metrics["http_req_duration{expected_response:true}"]["values"]["avg"] == 2


def test_every_threshold_is_there_for_the_text(run: FakeRun) -> None:
    run.declare("my_counter", "counter")
    run.thresholds({"my_counter": ["count>0", "count<1", "count>0"]})
    metric = run.data()["metrics"]["my_counter"]
    assert metric["rules"] == [("count>0", False), ("count<1", True), ("count>0", False)]
    assert metric["thresholds"] == {"count>0": {"ok": False}, "count<1": {"ok": True}}


def test_percentiles_that_only_thresholds_name_are_for_the_text_alone(run: FakeRun) -> None:
    trend = run.declare("my_trend", "trend")
    run.thresholds({"my_trend": ["p(99)<5", "max<9", "p(90)<7"]})
    run.add(trend, 1)
    stats = ("avg", "p(90)")
    assert list(run.data(stats, for_text=False)["metrics"]["my_trend"]["values"]) == ["avg", "p(90)"]
    assert list(run.data(stats)["metrics"]["my_trend"]["values"]) == ["avg", "p(90)", "p(99)"]
