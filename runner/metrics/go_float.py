"""Numbers in texts that k6 gives to Go's ``strconv.ParseFloat`` (https://pkg.go.dev/strconv#ParseFloat)."""

from __future__ import annotations

import math
import re

from runner.metrics.json_text import string_text

_DIGITS = r"\d+(?:_\d+)*"
# Patterns that a short run does not need are texts: the re module compiles and keeps what is asked for.
_DECIMAL = rf"[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
_HEX_DIGITS = r"[0-9a-f]+(?:_[0-9a-f]+)*"
_HEXADECIMAL = rf"[+-]?0x_?(?:{_HEX_DIGITS}(?:\.(?:{_HEX_DIGITS})?)?|\.{_HEX_DIGITS})p[+-]?{_DIGITS}"
_WORD = r"[+-]?inf(?:inity)?|nan"


def parse_go_float(text: str) -> float:
    """The number in `text`.

    Raises:
        ValueError: there is none; the message is Go's.
    """
    digits = text.replace("_", "")
    try:
        if re.fullmatch(_DECIMAL, text, re.ASCII):
            value = float(digits)
        elif re.fullmatch(_HEXADECIMAL, text, re.ASCII | re.IGNORECASE):
            value = float.fromhex(digits)
        elif re.fullmatch(_WORD, text, re.IGNORECASE):
            return float(text)
        else:
            raise ValueError(_problem(text, "invalid syntax"))
    except OverflowError:
        value = math.inf
    if math.isinf(value):
        raise ValueError(_problem(text, "value out of range"))
    return value


def _problem(text: str, reason: str) -> str:
    return f"strconv.ParseFloat: parsing {string_text(text, escape_html=False)}: {reason}"
