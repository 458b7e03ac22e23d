"""Single figures as the summary's text shows them.

k6 formats them in JavaScript, so rounding and truncation follow Number.prototype.toFixed and Math.trunc on
binary floating point.  Refuses: alignment, names, colours.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from runner.metrics.json_text import number_text
from runner.metrics.metric import ValueType

_DATA_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")

# Factor from milliseconds, and the sign after the number.
_TIME_UNITS = {"s": (0.001, "s"), "ms": (1.0, "ms"), "us": (1000.0, "µs")}


def value_text(value: float, contains: ValueType | str, time_unit: str = "") -> str:
    """A value of a metric.

    Args:
        value: milliseconds for times, bytes for data.
        contains: what the metric's values are.
        time_unit: summaryTimeUnit: ``s``, ``ms`` or ``us``; any other text for a unit that fits the value.
    """
    if not math.isfinite(value):
        return _js_text(value)
    if contains == ValueType.TIME:
        return time_text(value, time_unit)
    if contains == ValueType.DATA:
        return data_text(value)
    return plain_text(value)


def plain_text(value: float) -> str:
    """At most six decimals, no trailing zeros."""
    return _js_text(_rounded(value, 6))


def rate_text(share: float) -> str:
    """A share between 0 and 1 as a percentage with two decimals, the rest cut off."""
    return f"{_fixed(_truncated(share * 100, 2), 2)}%"


def whole_percent(passes: int, fails: int) -> int:
    """Percentage of passes, rounded down."""
    return 100 * passes // (passes + fails)


def data_text(size_bytes: float) -> str:
    """A number of bytes with a decimal unit; one decimal where the number is below ten."""
    if size_bytes < 10:
        return f"{_js_text(size_bytes)} B"
    exponent = 0
    while exponent < len(_DATA_UNITS) - 1 and size_bytes >= 1000 ** (exponent + 1):
        exponent += 1
    scaled = math.floor(size_bytes / 1000**exponent * 10 + 0.5) / 10
    return f"{_fixed(scaled, 1 if scaled < 10 else 0)} {_DATA_UNITS[exponent]}"


def time_text(duration_ms: float, time_unit: str = "") -> str:
    """A time span, in a unit of its own size or in the given one (``s``, ``ms``, ``us``)."""
    if time_unit in _TIME_UNITS:
        factor, sign = _TIME_UNITS[time_unit]
        return f"{_fixed(duration_ms * factor, 2)}{sign}"
    if duration_ms == 0:
        return "0s"
    if duration_ms < 0.001:
        return f"{math.trunc(duration_ms * 1_000_000)}ns"
    if duration_ms < 1:
        return f"{_cut(duration_ms * 1000)}µs"
    if duration_ms < 1000:
        return f"{_cut(duration_ms)}ms"
    if duration_ms < 60_000:
        return f"{_cut(duration_ms / 1000)}s"
    minutes, seconds = divmod(int(duration_ms / 1000), 60)
    if minutes < 60:
        return f"{minutes}m{seconds}s"
    return f"{minutes // 60}h{minutes % 60}m{seconds}s"


def _cut(value: float) -> str:
    return _js_text(_rounded(_truncated(value, 2), 2))


def _truncated(value: float, digits: int) -> float:
    factor: int = 10**digits
    return math.trunc(value * factor) / factor


def _rounded(value: float, digits: int) -> float:
    return float(_fixed(value, digits))


def _fixed(value: float, digits: int) -> str:
    # Python's own formatting rounds exact halves to even, JavaScript's away from zero.
    if abs(value) >= 1e21:
        return _js_text(value)
    return format(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP), "f")


def _js_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return number_text(value + 0.0)  # String(-0) is "0"
