"""Which aggregates ``summaryTrendStats`` may name."""

from __future__ import annotations

from collections.abc import Iterable

from runner.errors import UsageError
from runner.metrics.sinks import trend_percent

NAMED_TREND_STATS = frozenset({"avg", "min", "med", "max", "count"})


def check_trend_stats(names: Iterable[str]) -> None:
    """Let the names of trend aggregates pass: avg, min, med, max, count, p(N).

    Raises:
        UsageError: there is no such aggregate.
    """
    for name in names:
        if name in NAMED_TREND_STATS:
            continue
        if not (name.startswith("p(") and name.endswith(")")):
            raise UsageError(f"invalid trend stat '{name}', unknown format")
        try:
            trend_percent(name)
        except ValueError as error:
            raise UsageError(
                f"invalid percentile trend stat value '{name}', provide a number between 0 and 100"
            ) from error
