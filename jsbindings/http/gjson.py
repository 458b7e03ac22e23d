"""The selectors of Response.json(selector): GJSON paths, over JSON that is parsed already.

Source: https://github.com/tidwall/gjson/blob/master/SYNTAX.md; where that says nothing, what k6 was seen to do.
A path is evaluated as it is read: each function takes a value and the rest of the path.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from jsbindings.http.gjson_modifiers import MISSING, MODIFIERS, parse

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_OPERATOR = re.compile(r"==|!=|<=|>=|!%|[=<>%]")
_MODIFIER = re.compile(r"@([^:.|]+)(:?)")
_NAMED = re.compile(r'("(?:[^"\\]|\\.)*"|[^@!:"\[{(#|][^:"\[{(#|]*):')
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def select(value: Any, path: str) -> Any:
    """What `path` finds in `value`; MISSING when it leads nowhere.

    Args:
        value: as parse() gives it.
    """
    if path.startswith(".."):
        # The lines of a JSON-lines document; a document of one line is all that can be there.
        return select([value], path[2:])
    first = path[:1]
    if first in ("[", "{"):
        return _multipath(value, path)
    if first == "!":
        return _literal(path)
    modifier = _MODIFIER.match(path)
    if modifier is not None and modifier[1] in _MODIFIERS:
        return _modified(value, modifier, path)
    if first == "#" and isinstance(value, list):
        return _over_array(value, path)
    key, rest = _component(path)
    found = _child(value, key)
    return found if rest is None or found is MISSING else select(found, rest)


# ---- keys and indices


def _component(path: str) -> tuple[str, str | None]:
    """The path up to its first separator, escapes included, and what follows that; None for nothing."""
    at = 0
    while at < len(path):
        if path[at] in ".|":
            return path[:at], path[at + 1 :]
        at += 2 if path[at] == "\\" else 1
    return path, None


def _child(value: Any, key: str) -> Any:
    if isinstance(value, list):
        return value[int(key)] if _is_index(key) and int(key) < len(value) else MISSING
    if not isinstance(value, dict):
        return MISSING
    if re.search(r"(?<!\\)(?:\\\\)*[*?]", key):
        pattern = _wildcard(key)
        return next((found for name, found in value.items() if pattern.fullmatch(name)), MISSING)
    return value.get(re.sub(r"\\(.?)", r"\1", key), MISSING)


def _is_index(key: str) -> bool:
    # No array has more elements than that, and int() refuses thousands of digits.
    return key.isascii() and key.isdecimal() and len(key) < 20


def _wildcard(pattern: str) -> re.Pattern[str]:
    signs = {"*": ".*", "?": "."}
    parts = re.findall(r"\\?.", pattern, re.DOTALL)
    return re.compile("".join(signs.get(part) or re.escape(part[-1]) for part in parts), re.DOTALL)


# ---- arrays and queries


def _over_array(items: list[Any], path: str) -> Any:
    """``#``, ``#.path``, ``#(query)`` and ``#(query)#``, each with what follows."""
    if path[1:2] in ("(", "["):
        return _queried(items, path)
    if path.startswith("#."):
        return _mapped(items, path[2:])
    if path == "#":
        return len(items)
    return select(len(items), path[2:]) if path.startswith("#|") else MISSING


def _queried(items: list[Any], path: str) -> Any:
    end = _closing(path, 1)
    if end is None:
        return MISSING
    query, takes_all = path[2:end], path[end + 1 : end + 2] == "#"
    found = [item for item in items if _matches(item, query)]
    rest = path[end + 1 :].lstrip("#")
    separator = next((at for at, sign in enumerate(rest) if sign in ".|"), len(rest))
    sign, rest = rest[separator : separator + 1], rest[separator + 1 :]
    if takes_all:
        if sign == ".":
            return _mapped(found, rest)
        return select(found, rest) if sign else found
    if not found:
        return MISSING
    return select(found[0], rest) if sign else found[0]


def _mapped(items: list[Any], path: str) -> Any:
    """The path in each of the items, those left out where it leads nowhere; after a pipe, in the array of them."""
    pipe = _top_level(path, "|")
    each = path if pipe is None else path[:pipe]
    found = [result for result in (select(item, each) for item in items) if result is not MISSING]
    return found if pipe is None else select(found, path[pipe + 1 :])


def _matches(item: Any, query: str) -> bool:
    at = _top_level(query, "=!<>%", lambda at: _OPERATOR.match(query, at) is not None)
    if at is None:
        return bool(query) and select(item, query.strip()) is not MISSING
    sign = _OPERATOR.match(query, at)
    assert sign is not None
    path, wanted = query[:at].strip(), query[sign.end() :].strip()
    value = select(item, path) if path else item
    if wanted.startswith("~"):
        return _is_kind(value, wanted[1:]) is (sign[0] != "!=") if sign[0] in ("=", "==", "!=") else False
    if wanted.startswith('"'):
        wanted = re.sub(r"\\(.)", r"\1", wanted[1:].removesuffix('"'))
    return value is not MISSING and _compares(value, sign[0], wanted)


def _is_kind(value: Any, kind: str) -> bool:
    """``~true``, ``~false``, ``~null`` and ``~*``: what counts as that."""
    if kind == "*":
        return value is not MISSING
    nothing = value is MISSING or value is None
    if kind == "null":
        return nothing
    text = value.lower() if isinstance(value, str) else None
    if kind == "true":
        return text in ("true", "t", "1") if text is not None else _is_true(value)
    if kind == "false":
        return text in ("false", "f", "0") if text is not None else nothing or value in (False, 0)
    return False


def _is_true(value: Any) -> bool:
    return isinstance(value, (bool, int, float)) and value != 0


def _compares(value: Any, sign: str, wanted: str) -> bool:
    """A value against the text in the query, by the value's type."""
    if isinstance(value, str):
        if sign in ("%", "!%"):
            return (_wildcard(wanted).fullmatch(value) is not None) is (sign == "%")
        return _ORDER[sign](value, wanted)
    if sign in ("%", "!%") or not isinstance(value, (bool, int, float)):
        return False
    if isinstance(value, bool):
        return _compares_truth(value, sign, wanted)
    return _ORDER[sign](value, _number(wanted))


def _compares_truth(value: bool, sign: str, wanted: str) -> bool:
    text, opposite = ("true", "false") if value else ("false", "true")
    if sign in ("=", "==", "!="):
        return (wanted == text) is (sign != "!=")
    return sign[0] == (">" if value else "<") and (wanted == opposite or sign.endswith("="))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


# ---- new documents


def _multipath(value: Any, path: str) -> Any:
    """``{a,"name":b}`` and ``[a,b]``, each with what follows."""
    end = _closing(path, 0)
    if end is None:
        return MISSING
    pairs = []
    for selector in _split(path[1:end]):
        named = _NAMED.match(selector) if path[0] == "{" else None
        sub_path = selector if named is None else selector[named.end() :]
        found = select(value, sub_path)
        if found is not MISSING:
            pairs.append((_last_name(selector) if named is None else named[1].strip('"'), found))
    made: Any = dict(pairs) if path[0] == "{" else [found for _, found in pairs]
    return _go_on(made, path, end + 1)


def _split(text: str) -> list[str]:
    parts = []
    while (comma := _top_level(text, ",")) is not None:
        parts.append(text[:comma])
        text = text[comma + 1 :]
    return [*parts, text] if parts or text else []


def _last_name(path: str) -> str:
    """The name of what a path finds: its last part, "_" when that is no simple name."""
    name = re.split(r"(?<!\\)[.|]", path)[-1]
    return name if name and not re.search(r'[\[\]{}()#"<>=,:!*?]', name) else "_"


def _literal(path: str) -> Any:
    """``!"text"``: JSON as it stands there."""
    separator = _top_level(path, ".|")
    end = len(path) if separator is None else separator
    try:
        value = parse(path[1:end])
    except ValueError:
        return MISSING
    return _go_on(value, path, end)


# ---- modifiers


def _modified(value: Any, modifier: re.Match[str], path: str) -> Any:
    start = end = modifier.end()
    if modifier[2]:
        closing = _closing(path, start) if path[start : start + 1] in ("{", "[", "(") else None
        if closing is not None:
            end = closing + 1
        else:
            pipe = _top_level(path[start:], "|")
            end = len(path) if pipe is None else start + pipe
    changed = _MODIFIERS[modifier[1]](value, path[start:end])
    return changed if changed is MISSING else _go_on(changed, path, end)


def _dig(value: Any, path: str) -> Any:
    """The path wherever it leads somewhere, from the outside in."""
    found = [select(value, path)]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        found.extend(_dig(item, path))
    return [item for item in found if item is not MISSING]


_MODIFIERS = {**MODIFIERS, "dig": _dig}


# ---- reading


def _go_on(value: Any, path: str, at: int) -> Any:
    """What the rest of the path, a separator first, finds in the value."""
    return select(value, path[at + 1 :]) if at < len(path) else value


def _closing(path: str, start: int) -> int | None:
    """Where the bracket at `start` is closed."""
    return _top_level(path, _CLOSING[path[start]], start=start + 1)


def _top_level(
    text: str, signs: str, accepts: Callable[[int], bool] = lambda at: True, *, start: int = 0
) -> int | None:
    """Where the first of `signs` is that stands in no brackets and no quotes."""
    open_brackets: list[str] = []
    in_quotes = False
    at = start
    while at < len(text):
        sign = text[at]
        if not in_quotes and not open_brackets and sign in signs and accepts(at):
            return at
        if sign == "\\":
            at += 1
        elif sign == '"':
            in_quotes = not in_quotes
        elif not in_quotes and sign in _CLOSING:
            open_brackets.append(_CLOSING[sign])
        elif not in_quotes and open_brackets and sign == open_brackets[-1]:
            open_brackets.pop()
        at += 1
    return None
