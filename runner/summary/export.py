"""The file that ``--summary-export`` writes.

k6 keeps its oldest shape: values without a wrapper, groups and checks keyed by name, thresholds that are true
when CROSSED.  Refuses: opening files.
"""

from __future__ import annotations

import math

from runner.metrics.json_text import json_text
from runner.summary.data import CheckData, GroupData, MetricData, SummaryData


def export_text(data: SummaryData) -> str:
    """The file's text: JSON, four spaces per level, keys sorted."""
    return json_text(export_data(data), indent=4, sort_keys=True)


def export_data(data: SummaryData) -> dict[str, object]:
    """The exported object; an infinite figure, which JSON cannot hold, becomes null."""
    exported: dict[str, object] = {
        "metrics": {name: _metric(metric) for name, metric in data["metrics"].items()},
        "root_group": _group(data["root_group"]),
    }
    if "setup_data" in data:
        exported["setup_data"] = data["setup_data"]
    return exported


def _metric(metric: MetricData) -> dict[str, object]:
    exported: dict[str, object] = {
        _value_name(metric, name): value if math.isfinite(value) else None
        for name, value in metric["values"].items()
    }
    if "thresholds" in metric:
        exported["thresholds"] = {source: not rule["ok"] for source, rule in metric["thresholds"].items()}
    return exported


def _value_name(metric: MetricData, name: str) -> str:
    return "value" if metric["type"] == "rate" and name == "rate" else name


def _group(group: GroupData) -> dict[str, object]:
    return {
        "name": group["name"],
        "path": group["path"],
        "id": group["id"],
        "groups": {child["name"]: _group(child) for child in group["groups"]},
        "checks": {check["name"]: _check(check) for check in group["checks"]},
    }


def _check(check: CheckData) -> dict[str, object]:
    return {
        "name": check["name"],
        "path": check["path"],
        "id": check["id"],
        "passes": check["passes"],
        "fails": check["fails"],
    }
