"""The summary as data: the argument of ``handleSummary``, a plain dict.

Shape: https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/.
Refuses: text; numbers are left as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NotRequired, TypedDict

from runner.metrics.groups import Check, Group
from runner.metrics.metric import Metric, MetricType
from runner.metrics.registry import Registry


class ThresholdData(TypedDict):
    ok: bool


class MetricData(TypedDict):
    type: str
    contains: str
    values: dict[str, float]
    thresholds: NotRequired[dict[str, ThresholdData]]


class CheckData(TypedDict):
    name: str
    path: str
    id: str
    passes: int
    fails: int


class GroupData(TypedDict):
    name: str
    path: str
    id: str
    groups: list[GroupData]
    checks: list[CheckData]


class SummaryOptions(TypedDict):
    summaryTrendStats: list[str]
    summaryTimeUnit: str
    noColor: bool


class SummaryState(TypedDict):
    isStdOutTTY: bool
    isStdErrTTY: bool
    testRunDurationMs: float


class SummaryData(TypedDict):
    """What ``handleSummary`` gets."""

    metrics: dict[str, MetricData]
    root_group: GroupData
    options: SummaryOptions
    state: SummaryState
    setup_data: NotRequired[object]


class _NoSetupData:
    """Type of the mark below; None will not do, since setup may return null."""


NO_SETUP_DATA: Final = _NoSetupData()


def summary_data(
    registry: Registry,
    root_group: Group,
    *,
    duration_s: float,
    trend_stats: Sequence[str],
    time_unit: str = "",
    no_color: bool = True,
    is_stdout_tty: bool = False,
    is_stderr_tty: bool = False,
    setup_data: object = NO_SETUP_DATA,
    with_threshold_percentiles: bool = False,
) -> SummaryData:
    """The summary of a run: every metric with samples or with an entry in the thresholds option.

    Args:
        duration_s: length of the test run in seconds; rates per second are over this time.
        trend_stats: the aggregates of trends, in the order of the text's columns.
        time_unit: summaryTimeUnit, "" when not set.
        setup_data: what ``setup`` returned; left out when there is no ``setup``.
        with_threshold_percentiles: also compute percentiles that only thresholds name.  The text needs them;
            a script's ``handleSummary`` sees the configured ones alone.
    """
    metrics = [metric for metric in registry.all() if is_reported(metric)]
    data: SummaryData = {
        "metrics": {
            metric.name: _metric_data(metric, duration_s, trend_stats, with_threshold_percentiles)
            for metric in sorted(metrics, key=lambda metric: metric.name)
        },
        "root_group": _group_data(root_group),
        "options": {
            "summaryTrendStats": list(trend_stats),
            "summaryTimeUnit": time_unit,
            "noColor": no_color,
        },
        "state": {
            "isStdOutTTY": is_stdout_tty,
            "isStdErrTTY": is_stderr_tty,
            "testRunDurationMs": duration_s * 1000,
        },
    }
    if setup_data is not NO_SETUP_DATA:
        data["setup_data"] = setup_data
    return data


def is_reported(metric: Metric) -> bool:
    """Whether it has samples, or the thresholds option names it or a part of it."""
    return (
        metric.observed
        or metric.has_threshold_entry
        or any(submetric.has_threshold_entry for submetric in metric.submetrics)
    )


def _metric_data(
    metric: Metric, duration_s: float, trend_stats: Sequence[str], with_threshold_percentiles: bool
) -> MetricData:
    stats = list(trend_stats)
    if with_threshold_percentiles and metric.type == MetricType.TREND:
        named = (rule.method for rule in metric.thresholds if rule.is_shown_percentile)
        stats += [method for method in dict.fromkeys(named) if method not in trend_stats]
    data: MetricData = {
        "type": metric.type.value,
        "contains": metric.contains.value,
        "values": metric.sink.values(duration_s, stats),
    }
    if metric.thresholds:
        data["thresholds"] = {rule.source: {"ok": not rule.last_failed} for rule in metric.thresholds}
    return data


def _group_data(group: Group) -> GroupData:
    return {
        "name": group.name,
        "path": group.path,
        "id": group.id,
        "groups": [_group_data(child) for child in group.groups.values()],
        "checks": [_check_data(check) for check in group.checks.values()],
    }


def _check_data(check: Check) -> CheckData:
    return {
        "name": check.name,
        "path": check.path,
        "id": check.id,
        "passes": check.passes,
        "fails": check.fails,
    }
