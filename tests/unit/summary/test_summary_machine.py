"""The newer form of the summary for programs."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from runner.metrics import builtin
from runner.summary.machine import Origin, machine_data, machine_text

if TYPE_CHECKING:
    from conftest import FakeRun

ORIGIN = Origin(datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), "2.2.0", "the script")


def results(run: FakeRun, **how: Any) -> Any:
    return machine_data(run.data(for_text=False, **how), ORIGIN, run.root_group.totals.counts())["results"]


def test_frame_says_where_the_figures_come_from(run: FakeRun) -> None:
    assert machine_data(run.data(), ORIGIN, {}) == {
        "version": "1.0.0",
        "metadata": {"generated_at": "2026-01-02T03:04:05.678901Z", "k6_version": "2.2.0"},
        "config": {"script": "the script", "duration": 2.0, "execution": "local"},
        "results": {"metrics": [], "checks": {"metrics": [], "results": []}},
    }


@pytest.mark.parametrize(
    ("micros", "hours", "text"),
    [
        (0, 0, "2026-01-02T03:04:05Z"),
        (120_000, -5, "2026-01-02T03:04:05.12-05:00"),
        (1, 2, "2026-01-02T03:04:05.000001+02:00"),
    ],
)
def test_moment_is_written_like_in_k6(run: FakeRun, micros: int, hours: int, text: str) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, micros, tzinfo=timezone(timedelta(hours=hours)))
    metadata: Any = machine_data(run.data(), Origin(moment, "2.2.0", ""), {})["metadata"]
    assert metadata["generated_at"] == text


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("counter", {"count": 4}),
        ("gauge", {"value": 3, "min": 1, "max": 3}),
        ("rate", {"matches": 2, "total": 2, "rate": 1.0}),
        ("trend", {"avg": 2, "max": 3, "med": None, "min": None, "p90": 2.8, "p95": None}),
    ],
)
def test_each_type_of_metric_has_its_own_figures(run: FakeRun, kind: str, values: dict[str, object]) -> None:
    run.add(run.declare("my_metric", kind), 1, 3)
    (metric,) = results(run, trend_stats=("avg", "max", "p(90)", "p(99)"))["metrics"]
    assert metric == {"name": "my_metric", "type": kind, "contains": "default", "values": values}


def test_checks_stand_apart_with_their_counts_over_all_groups(run: FakeRun) -> None:
    run.check("fine", True)
    run.check("fine", False, "::a")
    run.check("good", True, "::a")
    found = results(run)
    assert found["metrics"] == []
    assert [(metric["name"], metric["values"]) for metric in found["checks"]["metrics"]] == [
        ("checks_total", {"count": 3}),
        ("checks_succeeded", {"matches": 2, "total": 3, "rate": 2 / 3}),
        ("checks_failed", {"matches": 1, "total": 3, "rate": 1 / 3}),
    ]
    assert found["checks"]["results"] == [
        {"name": "fine", "passes": 1, "fails": 1},
        {"name": "good", "passes": 1, "fails": 0},
    ]


def test_file_has_null_for_an_infinite_figure(run: FakeRun) -> None:
    run.add(builtin.DATA_SENT, math.inf)
    text = machine_text(machine_data(run.data(), ORIGIN, {}))
    assert json.loads(text)["results"]["metrics"][0]["values"] == {"count": None}
