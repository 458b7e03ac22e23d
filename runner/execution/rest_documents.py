"""What k6's REST API says, as JSON:API documents: plain dicts, in k6's order of keys.

Source: https://grafana.com/docs/k6/latest/reference/k6-rest-api/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runner.metrics.groups import Group
from runner.metrics.json_text import json_text
from runner.metrics.metric import Metric, MetricType

# Whatever summaryTrendStats says.
TREND_STATS = ("avg", "max", "med", "min", "p(90)", "p(95)")

Document = Mapping[str, object]

_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


@dataclass(frozen=True)
class RunStatus:
    """How a run is.

    Args:
        phase: k6's number for it.
        paused: it waits, or will wait, before setup().
        vus: virtual users that iterate.
        vus_max: virtual users that there are.
        stopped: it was told to end early.
        running: it has started and not ended by itself.
        tainted: a threshold is crossed.
    """

    phase: int
    paused: bool
    vus: int
    vus_max: int
    stopped: bool
    running: bool
    tainted: bool


def status_document(status: RunStatus) -> Document:
    """The answer about the run as a whole."""
    attributes = {
        "status": status.phase,
        "paused": status.paused,
        "vus": status.vus,
        "vus-max": status.vus_max,
        "stopped": status.stopped,
        "running": status.running,
        "tainted": status.tainted,
    }
    return {"type": "status", "id": "default", "attributes": attributes}


def metric_document(metric: Metric, elapsed_s: float) -> Document:
    """One metric with what it has now.

    Args:
        elapsed_s: how long the run has lasted, for rates per second.
    """
    values = metric.sink.values(elapsed_s, TREND_STATS)
    shown = {MetricType.GAUGE: ("value",), MetricType.RATE: ("rate",)}.get(metric.type, tuple(values))
    attributes = {
        "type": metric.type.value,
        "contains": metric.contains.value,
        "tainted": metric.tainted,
        "sample": {name: values[name] for name in shown},
    }
    return {"type": "metrics", "id": metric.name, "attributes": attributes}


def group_documents(root: Group) -> Iterator[Document]:
    """Every group, parents first."""
    return _group_documents(root, None)


def _group_documents(group: Group, parent: Group | None) -> Iterator[Document]:
    checks = [
        {
            "id": check.id,
            "path": check.path,
            "name": check.name,
            "passes": check.passes,
            "fails": check.fails,
        }
        for check in group.checks.values()
    ]
    yield {
        **_reference(group),
        "attributes": {"path": group.path, "name": group.name, "checks": checks or None},
        "relationships": {
            "groups": {"data": [_reference(child) for child in group.groups.values()]},
            "parent": {"data": None if parent is None else _reference(parent)},
        },
    }
    for child in group.groups.values():
        yield from _group_documents(child, group)


def _reference(group: Group) -> Document:
    return {"type": "groups", "id": group.id}


def setup_text(data: str | None) -> str:
    """The whole answer about setup()'s data.

    Args:
        data: JSON that goes into the answer as it is; None for none.
    """
    # These characters stand only in strings, where an escape means the same.
    attributes = "{}" if data is None else f'{{"data":{data.strip().translate(_ESCAPES)}}}'
    return f'{{"data":{{"type":"setupData","id":"default","attributes":{attributes}}}}}'


def error_text(status: int, title: str, detail: str) -> str:
    """The whole answer about something that could not be done."""
    return json_text({"errors": [{"status": str(status), "title": title, "detail": detail}]})
