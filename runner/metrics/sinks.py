"""What a metric keeps of its samples: one sink class per metric type.

Owns the arithmetic of k6's aggregates (https://grafana.com/docs/k6/latest/using-k6/metrics/).
Refuses: names, tags, formatting.  Nothing here is thread-safe; one reactor thread feeds a sink.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from array import array
from collections.abc import Sequence
from typing import Self

from runner.metrics.go_float import parse_go_float


class Sink(ABC):
    """Base of the four sinks."""

    __slots__ = ()

    @abstractmethod
    def add(self, value: float, time_s: float = 0.0) -> None:
        """Take one sample.

        Args:
            value: the sample's value in the metric's own unit (trends of times: milliseconds).
            time_s: Unix time of the sample in seconds; only a gauge looks at it.
        """

    @abstractmethod
    def merge(self, other: Self) -> None:
        """Take over all that ``other`` has seen, as if its samples had been added here."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether no sample was added yet."""

    @abstractmethod
    def values(self, duration_s: float, trend_stats: Sequence[str]) -> dict[str, float]:
        """The aggregates that ``handleSummary`` shows for this metric.

        Args:
            duration_s: length of the test run in seconds, for rates per second.
            trend_stats: names like ``avg`` and ``p(95)``; only trends look at them.
        """


class CounterSink(Sink):
    """Sum of all values."""

    __slots__ = ("_is_empty", "count")

    def __init__(self) -> None:
        self.count = 0.0
        self._is_empty = True

    def add(self, value: float, time_s: float = 0.0) -> None:
        self.count += value
        self._is_empty = False

    def merge(self, other: CounterSink) -> None:
        self.count += other.count
        self._is_empty = self._is_empty and other._is_empty

    def is_empty(self) -> bool:
        return self._is_empty

    def rate(self, duration_s: float) -> float:
        """Sum per second; 0 for a run without length."""
        return self.count / duration_s if duration_s > 0 else 0.0

    def values(self, duration_s: float, trend_stats: Sequence[str]) -> dict[str, float]:
        return {"count": self.count, "rate": self.rate(duration_s)}


class GaugeSink(Sink):
    """Last, smallest and largest value; all 0 before the first sample."""

    __slots__ = ("_is_empty", "_time_s", "max", "min", "value")

    def __init__(self) -> None:
        self.value = 0.0
        self.min = 0.0
        self.max = 0.0
        self._time_s = -math.inf
        self._is_empty = True

    def add(self, value: float, time_s: float = 0.0) -> None:
        if self._is_empty:
            self.min = self.max = value
            self._is_empty = False
        elif value < self.min:
            self.min = value
        elif value > self.max:
            self.max = value
        self.value = value
        self._time_s = time_s

    def merge(self, other: GaugeSink) -> None:
        """The value of the later sample wins; of two at the same time, the other's."""
        if other._is_empty:
            return
        if self._is_empty:
            self.min, self.max = other.min, other.max
        self.min = min(self.min, other.min)
        self.max = max(self.max, other.max)
        if other._time_s >= self._time_s:
            self.value, self._time_s = other.value, other._time_s
        self._is_empty = False

    def is_empty(self) -> bool:
        return self._is_empty

    def values(self, duration_s: float, trend_stats: Sequence[str]) -> dict[str, float]:
        return {"value": self.value, "min": self.min, "max": self.max}


class RateSink(Sink):
    """How many values were not zero (any non-zero value passes, negative ones too)."""

    __slots__ = ("passes", "total")

    def __init__(self) -> None:
        self.passes = 0
        self.total = 0

    def add(self, value: float, time_s: float = 0.0) -> None:
        self.total += 1
        if value != 0:
            self.passes += 1

    def merge(self, other: RateSink) -> None:
        self.passes += other.passes
        self.total += other.total

    def is_empty(self) -> bool:
        return self.total == 0

    @property
    def fails(self) -> int:
        return self.total - self.passes

    @property
    def rate(self) -> float:
        """Share of passes between 0 and 1; 0 before the first sample."""
        return self.passes / self.total if self.total else 0.0

    def values(self, duration_s: float, trend_stats: Sequence[str]) -> dict[str, float]:
        return {"rate": self.rate, "passes": self.passes, "fails": self.fails}


class TrendSink(Sink):
    """Every value, 8 bytes each, so that percentiles are exact; memory grows with the samples."""

    __slots__ = ("_sorted_count", "_values", "max", "min", "sum")

    def __init__(self) -> None:
        self._values = array("d")
        self._sorted_count = 0
        self.sum = 0.0
        self.min = 0.0
        self.max = 0.0

    def add(self, value: float, time_s: float = 0.0) -> None:
        values = self._values
        if not values:
            self.min = self.max = value
        elif value < self.min:
            self.min = value
        elif value > self.max:
            self.max = value
        values.append(value)
        self.sum += value

    def merge(self, other: TrendSink) -> None:
        if not other._values:
            return
        if not self._values:
            self.min, self.max = other.min, other.max
        self.min = min(self.min, other.min)
        self.max = max(self.max, other.max)
        self._values.extend(other._values)
        self.sum += other.sum

    def is_empty(self) -> bool:
        return not self._values

    @property
    def count(self) -> int:
        return len(self._values)

    @property
    def avg(self) -> float:
        return self.sum / len(self._values) if self._values else 0.0

    def percentile(self, percent: float) -> float:
        """Value below which ``percent`` of the samples lie, linearly interpolated; 0 without samples.

        Args:
            percent: 0 to 100.
        """
        if not self._values:
            return 0.0
        values = self._sorted()
        position = percent / 100 * (len(values) - 1)
        below = math.floor(position)
        above = min(below + 1, len(values) - 1)
        if position == below or values[below] == values[above]:
            # Also where the next one is infinite.
            return values[below]
        return values[below] + (position - below) * (values[above] - values[below])

    def stat(self, name: str) -> float:
        """One aggregate by its k6 name: avg, min, med, max, count or p(N).

        Raises:
            ValueError: there is no such aggregate.
        """
        if name in ("avg", "min", "max", "count"):
            return float(getattr(self, name))
        return self.percentile(50 if name == "med" else trend_percent(name))

    def values(self, duration_s: float, trend_stats: Sequence[str]) -> dict[str, float]:
        return {name: self.stat(name) for name in trend_stats}

    def _sorted(self) -> array[float]:
        # The sorted head makes the next sort nearly linear, so thresholds may ask every two seconds.
        if self._sorted_count != len(self._values):
            self._values = array("d", sorted(self._values))
            self._sorted_count = len(self._values)
        return self._values


def trend_percent(name: str) -> float:
    """The N of ``p(N)``.

    Raises:
        ValueError: not a percentile, or N is not within 0 to 100.
    """
    if not (name.startswith("p(") and name.endswith(")")):
        raise ValueError(f"not a percentile: {name!r}")
    percent = parse_go_float(name[2:-1])
    if not 0 <= percent <= 100:
        raise ValueError(f"a percentile lies between 0 and 100: {name!r}")
    return percent
