"""The modifiers of GJSON paths (``@reverse`` and the like): what each makes of a value.

Source: as gjson.py, which has ``@dig`` as well, because that evaluates a path.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

# A path leads nowhere; None is JSON's null.
MISSING: Any = object()


def parse(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is no JSON.
    """
    return json.loads(text, parse_float=_finite, parse_constant=_refuse)


def _finite(text: str) -> float:
    # What is larger could not be written as JSON again.
    return max(-sys.float_info.max, min(sys.float_info.max, float(text)))


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _same(value: Any, _argument: str) -> Any:
    return value


def _reverse(value: Any, _argument: str) -> Any:
    if isinstance(value, dict):
        return dict(reversed(value.items()))
    return value[::-1] if isinstance(value, list) else value


def _flatten(value: Any, argument: str) -> Any:
    if not isinstance(value, list):
        return value
    is_deep = _flag(argument, "deep")
    flat: list[Any] = []
    for item in value:
        inner = _flatten(item, argument) if is_deep else item
        flat.extend(inner) if isinstance(inner, list) else flat.append(inner)
    return flat


def _join(value: Any, argument: str) -> Any:
    if not isinstance(value, list):
        return value
    objects = [item for item in value if isinstance(item, dict)]
    joined: dict[str, Any] = {}
    for item in reversed(objects) if _flag(argument, "preserve") else objects:
        joined.update(item)
    return joined


def _keys(value: Any, _argument: str) -> Any:
    if isinstance(value, dict):
        return list(value)
    return [None] * (len(value) if isinstance(value, list) else 1)


def _values(value: Any, _argument: str) -> Any:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _to_text(value: Any, _argument: str) -> Any:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _from_text(value: Any, _argument: str) -> Any:
    try:
        return parse(value) if isinstance(value, str) else value
    except ValueError:
        return MISSING


def _group(value: Any, _argument: str) -> Any:
    """An object of arrays as an array of objects."""
    if not isinstance(value, dict):
        return MISSING
    arrays = {name: items for name, items in value.items() if isinstance(items, list)}
    size = max(map(len, arrays.values()), default=0)
    return [{name: items[at] for name, items in arrays.items() if at < len(items)} for at in range(size)]


def _flag(argument: str, name: str) -> bool:
    try:
        options = parse(argument or "{}")
    except ValueError:
        return False
    return isinstance(options, dict) and options.get(name) is True


MODIFIERS: dict[str, Callable[[Any, str], Any]] = {
    "this": _same,
    "valid": _same,
    # How JSON is written is not seen in a value.
    "pretty": _same,
    "ugly": _same,
    "reverse": _reverse,
    "flatten": _flatten,
    "join": _join,
    "keys": _keys,
    "values": _values,
    "tostr": _to_text,
    "fromstr": _from_text,
    "group": _group,
}
