"""Numbers and JSON written the way k6 writes them.

Owns the text form only.  k6 writes with Go's encoders: no spaces, whole numbers without ``.0``, exponents
only for very large and very small numbers.  But for negative zero JavaScript prints numbers the same way
(https://tc39.es/ecma262/#sec-numeric-types-number-tostring).
Documents have ``<``, ``>`` and ``&`` escaped; lines of samples have not.
"""

import functools
import json
import math
import re
from collections.abc import Mapping
from typing import NamedTuple

# Beyond 2**53 int(value) has digits that the shortest form does not have.
_EXACT_INTEGER_MAX = 2.0**53


def number_text(value: float) -> str:
    """Shortest text that reads back as the same number: ``1``, ``-0``, ``0.5``, ``1e+21``, ``1e-7``.

    Raises:
        ValueError: the value is infinite or NaN, which JSON does not have.
    """
    if not math.isfinite(value):
        raise ValueError(f"JSON has no number for {value}")
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    if value == int(value) and abs(value) <= _EXACT_INTEGER_MAX:
        return str(int(value))
    shortest = repr(float(value))
    if "e" not in shortest:
        return shortest.removesuffix(".0")
    if 1e-6 <= abs(value) < 1e21:
        # Few numbers need it.
        from decimal import Decimal

        return format(Decimal(shortest), "f").removesuffix(".0")
    mantissa, _, exponent = shortest.partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def string_text(value: str, *, escape_html: bool = True) -> str:
    """A JSON string with its quotes."""
    return _unsafe(escape_html).sub(_escape, json.dumps(value, ensure_ascii=False))


@functools.cache
def _unsafe(escape_html: bool) -> re.Pattern[str]:
    # A lone surrogate cannot be UTF-8; Go has U+FFFD in such a place. Compiled when it is needed.
    return re.compile(f"[{'<>&' if escape_html else ''}\u2028\u2029\ud800-\udfff]")


def json_text(
    value: object,
    *,
    indent: int = 0,
    sort_keys: bool = False,
    escape_html: bool = True,
    for_javascript: bool = False,
) -> str:
    """A JSON document without a newline at its end.

    Args:
        value: dicts with string keys, lists, tuples, strings, numbers, booleans, None.
        indent: spaces per level; 0 puts everything into one line without spaces.
        escape_html: whether ``<``, ``>`` and ``&`` become ``\\u003c`` and so on.
        for_javascript: infinite numbers are written as ``1e999``, which JSON.parse reads as Infinity, and NaN,
            for which there is no such way, as null.

    Raises:
        ValueError: a number is infinite or NaN.
        TypeError: something that JSON does not have.
    """
    writer = _Writer(" " * indent, sort_keys, escape_html, for_javascript)
    return writer.text(value, "\n" if indent else "")


class _Writer(NamedTuple):
    step: str
    sort_keys: bool
    escape_html: bool
    for_javascript: bool

    def text(self, value: object, newline: str) -> str:
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return string_text(value, escape_html=self.escape_html)
        if isinstance(value, int | float):
            return self._number(value)
        deeper = newline + self.step
        if isinstance(value, Mapping):
            colon = ": " if self.step else ":"
            pairs = sorted(value.items()) if self.sort_keys else value.items()
            parts = [f"{self.text(name, deeper)}{colon}{self.text(inner, deeper)}" for name, inner in pairs]
            return _enclose("{", parts, "}", deeper, newline)
        if isinstance(value, list | tuple):
            return _enclose("[", [self.text(inner, deeper) for inner in value], "]", deeper, newline)
        raise TypeError(f"JSON has no {type(value).__name__}")

    def _number(self, value: float) -> str:
        if math.isfinite(value) or not self.for_javascript:
            return number_text(value)
        return "null" if math.isnan(value) else f"{math.copysign(1, value):g}e999"


def _enclose(opening: str, parts: list[str], closing: str, deeper: str, newline: str) -> str:
    if not parts:
        return opening + closing
    return opening + deeper + f",{deeper}".join(parts) + newline + closing


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    return "\\ufffd" if "\ud800" <= char <= "\udfff" else f"\\u{ord(char):04x}"
