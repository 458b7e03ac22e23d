"""Readers of plain values: numbers, truth values, strings, durations, lists and maps.

Owns what k6 accepts for each (numbers may be strings, durations may be milliseconds); refuses to know
options.  Every reader raises ``ValueError`` with a finished text, and callers add where the value came from.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence

from runner.options.durations import parse_duration

_INTEGER = re.compile(r"[+-]?[0-9]+")
_INTEGER_MAX = 2**63 - 1
# Go's strconv.ParseBool.
_BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}


def describe(value: object) -> str:
    """A short JSON form of a refused value, for messages."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def integer_from_text(text: str) -> int:
    """A whole number of 64 bits."""
    if not _INTEGER.fullmatch(text):
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if abs(int(text)) > _INTEGER_MAX:
        raise ValueError(f'strconv.ParseInt: parsing "{text}": value out of range')
    return int(text)


def integer_from_json(value: object) -> int:
    """A whole number, or a string of one; fractions are refused."""
    if isinstance(value, str):
        return integer_from_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not float(value).is_integer():
        raise ValueError(f"{describe(value)} is not an integer")
    if abs(value) > _INTEGER_MAX:
        raise ValueError(f"{describe(value)} is out of range")
    return int(value)


def boolean_from_text(text: str) -> bool:
    """A truth value as Go's flags take it."""
    if text not in _BOOLEANS:
        raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')
    return _BOOLEANS[text]


def boolean_from_json(value: object) -> bool:
    """``true``, ``false`` or their texts."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return boolean_from_text(value)
    raise ValueError(f"{describe(value)} is not a boolean")


def string_from_json(value: object) -> str:
    """A string and nothing else."""
    if not isinstance(value, str):
        raise ValueError(f"{describe(value)} is not a string")
    return value


def duration_from_json(value: object) -> float:
    """Seconds of a duration string or of a number of milliseconds."""
    if isinstance(value, str):
        return parse_duration(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{describe(value)} is not a duration")
    return value / 1000


def object_from_json(value: object) -> Mapping[str, object]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{describe(value)} is not an object")
    return value


def list_from_json(value: object) -> Sequence[object]:
    """A JSON array."""
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise ValueError(f"{describe(value)} is not a list")
    return value


def string_map_from_json(value: object) -> dict[str, str]:
    """An object whose values are strings."""
    return {name: string_from_json(item) for name, item in object_from_json(value).items()}


def strings_from_json(value: object) -> tuple[str, ...]:
    """A list of strings."""
    return tuple(string_from_json(item) for item in list_from_json(value))


def strings_from_text(text: str) -> tuple[str, ...]:
    """Strings between commas."""
    return tuple(item.strip() for item in text.split(",")) if text else ()


def split_pair(text: str, separator: str, what: str) -> tuple[str, str]:
    """Two halves of ``name=value``; the value may hold the separator, too."""
    name, found, value = text.partition(separator)
    if not found or not name:
        raise ValueError(f"invalid {what} '{text}', the form is name{separator}value")
    return name, value


def one_of(value: object, choices: Sequence[str], what: str) -> str:
    """One of the given words."""
    if value not in choices:
        raise ValueError(f"invalid {what} {describe(value)}, use one of {', '.join(choices)}")
    return string_from_json(value)
