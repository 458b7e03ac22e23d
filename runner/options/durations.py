"""Durations as k6 reads and shows them.

Owns the text form (Go's, with ``d`` for days, https://pkg.go.dev/time#ParseDuration); refuses to know which
options are durations.  Seconds are floats inside; a nanosecond is the finest step of the text form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

NANOSECONDS = 1_000_000_000
# Go keeps a duration in 64 bits; longer ones do not exist for k6 either.
_NANOSECONDS_MAX = 2**63 - 1

_UNIT_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5, micro sign
    "μs": 1_000,  # U+03BC, Greek letter mu
    "ms": 1_000_000,
    "s": NANOSECONDS,
    "m": 60 * NANOSECONDS,
    "h": 3600 * NANOSECONDS,
    "d": 24 * 3600 * NANOSECONDS,
}
_PART = re.compile(r"([0-9]*\.?[0-9]*)([^0-9.]*)")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_ZERO = re.compile(r"[+-]?0")


def parse_duration(text: str) -> float:
    """Seconds of a duration such as ``1m30s``, ``1d`` or ``0.5s``; a bare number is milliseconds.

    Raises:
        ValueError: with Go's text, for example ``time: invalid duration "soon"``.
    """
    if _NUMBER.fullmatch(text):
        return _parse(f"{text}ms", _UNIT_NS)
    return _parse(text, _UNIT_NS)


def parse_go_duration(text: str) -> float:
    """Seconds of a duration as Go's own flags take it: without days, and only zero needs no unit.

    Raises:
        ValueError: with Go's text.
    """
    if _ZERO.fullmatch(text):
        return 0.0
    return _parse(text, {unit: ns for unit, ns in _UNIT_NS.items() if unit != "d"})


def _parse(text: str, units: Mapping[str, int]) -> float:
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("+", "-") else text
    if not rest:
        raise ValueError(f'time: invalid duration "{text}"')
    total_ns = 0
    position = 0
    while position < len(rest):
        part = _PART.match(rest, position)
        if part is None or not part[1].strip("."):
            raise ValueError(f'time: invalid duration "{text}"')
        if not part[2]:
            raise ValueError(f'time: missing unit in duration "{text}"')
        if part[2] not in units:
            raise ValueError(f'time: unknown unit "{part[2]}" in duration "{text}"')
        total_ns += _scaled(part[1], units[part[2]])
        position = part.end()
    if total_ns > _NANOSECONDS_MAX:
        raise ValueError(f'time: invalid duration "{text}"')
    return sign * total_ns / NANOSECONDS


def format_duration(seconds: float) -> str:
    """A duration as Go prints it: ``1m30s``, ``250ms``, ``10µs``, ``24h0m0s``, ``0s``."""
    total_ns = round(seconds * NANOSECONDS)
    sign, rest_ns = ("-", -total_ns) if total_ns < 0 else ("", total_ns)
    if rest_ns == 0:
        return "0s"
    if rest_ns < NANOSECONDS:
        unit = "ns" if rest_ns < 1_000 else "µs" if rest_ns < 1_000_000 else "ms"
        return f"{sign}{_decimal(rest_ns, _UNIT_NS[unit])}{unit}"
    minutes, seconds_ns = divmod(rest_ns, _UNIT_NS["m"])
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(seconds_ns, NANOSECONDS)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else f"{sign}{text}"


def fixed_length_duration(seconds: float, longest_s: float) -> str:
    """A duration to a tenth of a second, in as many digits as `longest_s` needs: ``0m01.0s``, ``00h00m01.0s``."""
    tenths = round(seconds * 10)
    minutes, tenths = divmod(tenths, 600)
    if longest_s < 60:
        return f"{minutes * 60 + tenths / 10:0{3 if longest_s < 10 else 4}.1f}s"
    text = f"{tenths / 10:04.1f}s"
    if longest_s < 3600:
        return f"{minutes:0{1 if longest_s < 600 else 2}d}m{text}"
    hours, minutes = divmod(minutes, 60)
    if longest_s < 24 * 3600:
        return f"{hours:0{len(str(int(longest_s // 3600)))}d}h{minutes:02d}m{text}"
    days, hours = divmod(hours, 24)
    return f"{days:0{len(str(int(longest_s // (24 * 3600))))}d}d{hours:02d}h{minutes:02d}m{text}"


def _scaled(number: str, unit_ns: int) -> int:
    """Nanoseconds of a decimal number of units; integers all the way, so that nothing is rounded."""
    whole, _, fraction = number.partition(".")
    fraction_ns = int(fraction) * unit_ns // 10 ** len(fraction) if fraction else 0
    return int(whole or "0") * unit_ns + fraction_ns


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)
