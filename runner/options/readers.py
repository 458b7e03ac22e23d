"""Readers of plain values: numbers, truth values, strings, durations, lists and maps.

Owns what k6 accepts for each (numbers may be strings, durations may be milliseconds); refuses to know
options.  Every reader raises ``ValueError`` with a finished text, and callers add where the value came from:
k6's own text stands alone, a ``WrongType`` has k6py's and wants the option's name.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence

from runner.options.durations import parse_duration

_INTEGER = re.compile(r"[+-]?[0-9]+")
_INTEGER_LITERAL = re.compile(r"[+-]?[0-9][0-9A-Za-z_]*")
_GO_OCTAL = re.compile(r"\A([+-]?)0(?=_?[0-7])")
_INTEGER_MAX = 2**63 - 1
# Go's strconv.ParseBool.
_BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}


class WrongType(ValueError):
    """The value is of another sort than the option; k6's words for it are those of a JSON library."""


class Uncoded(ValueError):
    """A mistake to which k6 gives no exit code of its own, wherever it is made."""


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


def integer_from_flag(text: str) -> int:
    """A whole number as Go's flags take it: also ``0x1F``, ``0b11``, ``017`` and ``1_000``."""
    try:
        if _INTEGER_LITERAL.fullmatch(text):
            return integer_from_text(str(int(_GO_OCTAL.sub(r"\g<1>0o", text), 0)))
    except ValueError as error:
        if "out of range" in str(error):
            raise ValueError(f'strconv.ParseInt: parsing "{text}": value out of range') from None
    raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax')


def integer_from_json(value: object) -> int | None:
    """A whole number, or a string of one; fractions are refused, and "" is as good as nothing."""
    if isinstance(value, str):
        return integer_from_text(value) if value else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not float(value).is_integer():
        raise WrongType(f"{describe(value)} is not an integer")
    if abs(value) > _INTEGER_MAX:
        raise WrongType(f"{describe(value)} is out of range")
    return int(value)


def boolean_from_text(text: str) -> bool:
    """A truth value as Go's flags take it."""
    if text not in _BOOLEANS:
        raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')
    return _BOOLEANS[text]


def boolean_from_variable(text: str) -> bool:
    """A truth value as the variable of an option gives it: nothing but ``true`` and ``false``."""
    if text not in ("true", "false"):
        raise ValueError(f"invalid input:{text}")
    return text == "true"


def boolean_from_json(value: object) -> bool:
    """``true`` or ``false``, and no text."""
    if not isinstance(value, bool):
        raise WrongType(f"{describe(value)} is not a boolean")
    return value


def string_from_json(value: object) -> str:
    """A string and nothing else."""
    if not isinstance(value, str):
        raise WrongType(f"{describe(value)} is not a string")
    return value


def duration_from_json(value: object) -> float:
    """Seconds of a duration string or of a number of milliseconds."""
    if isinstance(value, str):
        return parse_duration(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"'{describe(value)}' is not a valid duration value")
    return value / 1000


def object_from_json(value: object) -> Mapping[str, object]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise WrongType(f"{describe(value)} is not an object")
    return value


def list_from_json(value: object) -> Sequence[object]:
    """A JSON array."""
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise WrongType(f"{describe(value)} is not a list")
    return value


def string_map_from_json(value: object) -> dict[str, str]:
    """An object whose values are strings; null is the empty one."""
    return {
        name: "" if item is None else string_from_json(item) for name, item in object_from_json(value).items()
    }


def strings_from_json(value: object) -> tuple[str, ...]:
    """A list of strings."""
    return tuple(string_from_json(item) for item in list_from_json(value))


def strings_from_text(text: str) -> tuple[str, ...]:
    """Strings between commas, spaces included."""
    return tuple(text.split(",")) if text else ()
