"""The summary in k6's newer form for programs (``--new-machine-readable-summary``).

It replaces the argument of ``handleSummary`` and the exported file.  It has neither thresholds nor groups, as in k6.
Refuses: opening files.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from runner.metrics.builtin import CHECKS
from runner.metrics.json_text import json_text
from runner.summary.data import MetricData, SummaryData

SCHEMA_VERSION = "1.0.0"

_TREND_FIELDS = (
    ("avg", "avg"),
    ("max", "max"),
    ("med", "med"),
    ("min", "min"),
    ("p90", "p(90)"),
    ("p95", "p(95)"),
)


class Origin(NamedTuple):
    """Where a summary comes from.

    Args:
        generated_at: with a time zone.
        k6_version: the k6 whose behaviour was run.
        script: the script's text.
    """

    generated_at: datetime
    k6_version: str
    script: str


def machine_data(
    data: SummaryData, origin: Origin, checks: Mapping[str, tuple[int, int]]
) -> dict[str, object]:
    """The summary as a plain dict.

    Args:
        data: from ``summary_data``; trend statistics that it lacks become null.
        checks: passes and fails by name (``Group.totals``).
    """
    metric = data["metrics"].get(CHECKS.name)
    results: dict[str, object] = {
        "metrics": [_metric(name, metric) for name, metric in data["metrics"].items() if name != CHECKS.name],
        "checks": {
            "metrics": [] if metric is None else list(_check_metrics(metric)),
            "results": [
                {"name": name, "passes": passes, "fails": fails} for name, (passes, fails) in checks.items()
            ],
        },
    }
    return {
        "version": SCHEMA_VERSION,
        "metadata": {
            "generated_at": _rfc3339(origin.generated_at),
            "k6_version": origin.k6_version,
        },
        "config": {
            "script": origin.script,
            "duration": data["state"]["testRunDurationMs"] / 1000,
            "execution": "local",
        },
        "results": results,
    }


def _rfc3339(moment: datetime) -> str:
    """As Go writes it: no zeros at the end of the fraction."""
    date, fraction, zone = moment.strftime("%Y-%m-%dT%H:%M:%S"), f"{moment:.%f}".rstrip("0"), f"{moment:%z}"
    zone = "Z" if zone == "+0000" else f"{zone[:3]}:{zone[3:]}"
    return f"{date}{fraction.removesuffix('.')}{zone}"


def machine_text(data: dict[str, object]) -> str:
    """The exported file's text."""
    return json_text(_finite(data), indent=4)


def _check_metrics(checks: MetricData) -> Iterator[dict[str, object]]:
    passes, fails = checks["values"]["passes"], checks["values"]["fails"]
    total = passes + fails
    yield _described("checks_total", "counter", "default", {"count": total})
    for name, matches in (("checks_succeeded", passes), ("checks_failed", fails)):
        yield _described(name, "rate", "default", _rate(matches, total))


def _metric(name: str, metric: MetricData) -> dict[str, object]:
    values = metric["values"]
    figures: dict[str, float | None]
    match metric["type"]:
        case "counter":
            figures = {"count": values["count"]}
        case "gauge":
            figures = {field: values[field] for field in ("value", "min", "max")}
        case "rate":
            figures = _rate(values["passes"], values["passes"] + values["fails"])
        case _:
            figures = {field: values.get(stat) for field, stat in _TREND_FIELDS}
    return _described(name, metric["type"], metric["contains"], figures)


def _described(name: str, kind: str, contains: str, values: dict[str, float | None]) -> dict[str, object]:
    return {"name": name, "type": kind, "contains": contains, "values": values}


def _rate(matches: float, total: float) -> dict[str, float | None]:
    return {"matches": matches, "total": total, "rate": matches / total if total else 0.0}


def _finite(value: object) -> object:
    """`value` with null for what JSON has no number for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return value
