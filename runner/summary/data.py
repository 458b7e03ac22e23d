"""The summary as data: the argument of ``handleSummary``, a plain dict.

Shape: https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/.
Refuses: text; numbers are left as they are.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NotRequired, TypedDict

from runner.metrics.groups import Check, Group
from runner.metrics.metric import Metric, MetricType


class ThresholdData(TypedDict):
    ok: bool


class MetricData(TypedDict):
    type: str
    contains: str
    values: dict[str, float]
    thresholds: NotRequired[dict[str, ThresholdData]]
    # Of the text alone, see summary_data: sources, and whether they hold.
    rules: NotRequired[list[tuple[str, bool]]]


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
    groups: list["GroupData"]
    checks: list["CheckData"]


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
    root_group: NotRequired[GroupData]
    options: SummaryOptions
    state: SummaryState
    setup_data: NotRequired[object]


class _NoSetupData:
    """Type of the mark below; None will not do, since setup may return null."""


NO_SETUP_DATA: Final = _NoSetupData()


def summary_data(
    metrics: Iterable[Metric],
    root_group: Group | None,
    *,
    duration_s: float,
    trend_stats: Sequence[str],
    time_unit: str = "",
    no_color: bool = True,
    is_stdout_tty: bool = False,
    is_stderr_tty: bool = False,
    setup_data: object = NO_SETUP_DATA,
    for_text: bool = False,
) -> SummaryData:
    """The summary of a run: every metric with samples or with an entry in the thresholds option.

    Args:
        metrics: in any order.
        root_group: None leaves the tree of groups out.
        duration_s: length of the test run in seconds; rates per second are over this time.
        trend_stats: the aggregates of trends, in the order of the text's columns.
        time_unit: summaryTimeUnit, "" when not set.
        setup_data: what ``setup`` returned; left out when there is no ``setup``.
        for_text: also what a script's ``handleSummary`` does not see: percentiles that only thresholds name, and
            the same threshold as often as the script has it.
    """
    reported = [metric for metric in metrics if is_reported(metric)]
    data: SummaryData = {
        "metrics": {
            metric.name: _metric_data(metric, duration_s, trend_stats, for_text)
            for metric in sorted(reported, key=lambda metric: metric.name)
        },
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
    if root_group is not None:
        data["root_group"] = _group_data(root_group)
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


def _metric_data(metric: Metric, duration_s: float, trend_stats: Sequence[str], for_text: bool) -> MetricData:
    stats = list(trend_stats)
    if for_text and metric.type == MetricType.TREND:
        named = (rule.method for rule in metric.thresholds if rule.is_shown_percentile)
        stats += [method for method in dict.fromkeys(named) if method not in trend_stats]
    data: MetricData = {
        "type": metric.type.value,
        "contains": metric.contains.value,
        "values": metric.sink.values(duration_s, stats),
    }
    if metric.thresholds:
        data["thresholds"] = {rule.source: {"ok": not rule.last_failed} for rule in metric.thresholds}
        if for_text:
            data["rules"] = [(rule.source, not rule.last_failed) for rule in metric.thresholds]
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
