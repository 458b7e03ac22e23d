"""k6's selectors in terms of the parser's own.

k6 has the selectors of https://github.com/andybalholm/cascadia: CSS 3 and what jQuery knows beside it.  They are
read here, as strictly as there, and written in the CSS that turbohtml finds elements by.  What CSS has no words
for (``:contains()``, regular expressions, ``:lang()`` as cascadia means it) becomes an attribute that the elements
in question carry while turbohtml looks for them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import turbohtml

from jsbindings.html.conditions import CONDITIONS, Mark

if TYPE_CHECKING:
    from jsbindings.html.document import Document

_ESCAPE = r"\\(?:[0-9a-fA-F]{1,6}[ \t\r\n\f]?|[^\n\r\f0-9a-fA-F])"
_NAME = re.compile(rf"(?:[-\w]|[^\x00-\x7f]|{_ESCAPE})+", re.ASCII)
_IDENTIFIER = re.compile(
    rf"-*(?:[a-zA-Z_]|[^\x00-\x7f]|{_ESCAPE})(?:[-\w]|[^\x00-\x7f]|{_ESCAPE})*", re.ASCII
)
_STRING = re.compile(
    r"\"((?:[^\"\\\n\r\f]|\\(?:\r\n|[^\r]|\r))*)\"|'((?:[^'\\\n\r\f]|\\(?:\r\n|[^\r]|\r))*)'"
)
_SPACE = re.compile(r"(?:[ \t\r\n\f]|/\*.*?\*/)*", re.DOTALL)
_ESCAPED = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\r\n\f]?|(\r\n|[^\r]|\r))")
_OPERATOR = re.compile(r"[~|^$*!#]?=")
_NTH = re.compile(
    r"[ \t\r\n\f]*(odd|even|[+-]?\d*n(?:[ \t\r\n\f]*[+-][ \t\r\n\f]*\d+)?|[+-]?\d+)[ \t\r\n\f]*",
    re.IGNORECASE,
)

_FORM_CONTROL = ":is(button, input, select, textarea, fieldset, optgroup)"
_LINK = ":is(a, area, link)[href]"
# Pseudo-classes without an argument, and what they mean.
_PSEUDO_CLASSES = {
    "checked": ':is(input:is([type="checkbox" i], [type="radio" i])[checked], option[selected])',
    "disabled": f":is({_FORM_CONTROL}:disabled, option[disabled])",
    "empty": ":empty",
    "enabled": f":is({_LINK}, {_FORM_CONTROL}:enabled, option:not([disabled]))",
    "first-child": ":first-child",
    "first-of-type": ":first-of-type",
    "input": ":is(button, input, select, textarea)",
    "last-child": ":last-child",
    "last-of-type": ":last-of-type",
    "link": _LINK,
    "only-child": ":only-child",
    "only-of-type": ":only-of-type",
    "root": ":root",
    # Nobody points at anything here.
    **dict.fromkeys(("active", "focus", "hover", "target", "visited"), ":not(*)"),
}
# How deep selectors may stand in each other.
_DEPTH_MAX = 50
_NTH_CLASSES = frozenset(("nth-child", "nth-last-child", "nth-last-of-type", "nth-of-type"))


class BadSelector(ValueError):
    """A text that is no selector; it selects nothing."""


class Query(NamedTuple):
    """A selector in turbohtml's CSS, with the marks that it needs."""

    css: str
    marks: tuple[Mark, ...]


def find_all(document: Document, selector: str) -> list[Any]:
    """The elements that `selector` means.

    Raises:
        BadSelector: it is none.
    """
    query = translate(selector)
    marked: list[tuple[Any, str]] = []
    try:
        for mark in query.marks:
            for node in CONDITIONS[mark.kind](document, mark):
                element = document.nodes[node]
                element.attrs[mark.attribute] = ""
                marked.append((element, mark.attribute))
        return list(document.nodes[0].select(query.css))
    except turbohtml.SelectorSyntaxError as error:
        raise BadSelector(str(error)) from None
    finally:
        for element, attribute in marked:
            del element.attrs[attribute]


@lru_cache(maxsize=256)
def translate(selector: str) -> Query:
    """A selector of k6 in turbohtml's CSS.

    Raises:
        BadSelector: it is none of k6's.
    """
    reader = _Reader(selector)
    css = reader.group()
    if reader.position != len(selector):
        raise BadSelector(selector)
    return Query(css, tuple(reader.marks))


class _Reader:
    """Reads a selector from left to right; each method takes its part and gives the CSS for it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._depth = 0
        self.position = 0
        self.marks: list[Mark] = []

    def group(self) -> str:
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise BadSelector(self._text)
        selectors = [self._selector()]
        while self._take(","):
            selectors.append(self._selector())
        self._depth -= 1
        return ", ".join(selectors)

    def _selector(self) -> str:
        self._space()
        parts = [self._compound()]
        while True:
            spaced = self._space()
            sign = self._text[self.position : self.position + 1]
            if sign and sign in ">+~":
                self.position += 1
                self._space()
                parts.append(f" {sign} ")
            elif spaced and sign and sign not in ",)":
                parts.append(" ")
            else:
                return "".join(parts)
            parts.append(self._compound())

    def _compound(self) -> str:
        start = self.position
        parts = []
        if self._take("*"):
            parts.append("*")
        else:
            name = self._optional(_IDENTIFIER)
            if name is not None:
                parts.append(_identifier(name))
        while True:
            if self._take("#"):
                parts.append(f"[id={_string(_unescape(self._required(_NAME)))} s]")
            elif self._take("."):
                parts.append(f"[class~={_string(_unescape(self._required(_IDENTIFIER)))} s]")
            elif self._take("["):
                parts.append(self._attribute())
            elif self._take(":"):
                parts.append(self._pseudo_class())
            else:
                break
        if self.position == start:
            raise BadSelector(self._text)
        return "".join(parts)

    def _attribute(self) -> str:
        self._space()
        name = self._required(_IDENTIFIER)
        self._space()
        if self._take("]"):
            return f"[{_identifier(name)}]"
        operator = self._required(_OPERATOR)
        self._space()
        if operator == "#=":
            pattern = self._pattern("]")
            return self._mark("attribute matches", pattern, _unescape(name))
        value = self._value()
        self._space()
        flag = "i" if self._take("i") or self._take("I") else "s"
        self._space()
        self._expect("]")
        if operator in ("^=", "$=", "*=") and not value:
            return f"[{_identifier(name)}]"
        if operator == "!=":
            return f":not([{_identifier(name)}={_string(value)} {flag}])"
        return f"[{_identifier(name)}{operator}{_string(value)} {flag}]"

    def _pseudo_class(self) -> str:
        name = _unescape(self._required(_IDENTIFIER)).lower()
        if name in _PSEUDO_CLASSES:
            return _PSEUDO_CLASSES[name]
        self._expect("(")
        if name in _NTH_CLASSES:
            css = f":{name}({self._required(_NTH, 1)})"
        elif name in ("not", "has"):
            css = f":{name}({self.group()})"
        elif name == "haschild":
            css = f":has(> :is({self.group()}))"
        elif name in ("contains", "containsown"):
            self._space()
            css = self._mark(name, self._value().lower())
            self._space()
        elif name in ("matches", "matchesown"):
            return self._mark(name, self._pattern(")"))
        elif name == "lang":
            self._space()
            css = self._mark(name, _unescape(self._required(_IDENTIFIER)))
            self._space()
        else:
            raise BadSelector(self._text)
        self._expect(")")
        return css

    def _mark(self, kind: str, argument: str, subject: str = "") -> str:
        mark = Mark(f"k6py-mark{len(self.marks)}", kind, argument, subject)
        self.marks.append(mark)
        return f"[{mark.attribute}]"

    def _pattern(self, end: str) -> str:
        """A regular expression up to the bracket that ends it."""
        start, open_count = self.position, 0
        while True:
            sign = self._text[self.position : self.position + 1]
            if not sign or (sign in ")]" and open_count == 0 and sign != end):
                raise BadSelector(self._text)
            if sign == end and open_count == 0:
                break
            open_count += (sign in "([") - (sign in ")]")
            self.position += 1
        pattern = self._text[start : self.position].strip()
        self.position += 1
        try:
            re.compile(pattern)
        except re.error:
            raise BadSelector(self._text) from None
        if not pattern:
            raise BadSelector(self._text)
        return pattern

    def _value(self) -> str:
        found = _STRING.match(self._text, self.position)
        if found is None:
            return _unescape(self._required(_IDENTIFIER))
        self.position = found.end()
        return _unescape(found[1] if found[1] is not None else found[2])

    # ---- characters

    def _space(self) -> bool:
        start = self.position
        self._required(_SPACE)
        return self.position > start

    def _take(self, sign: str) -> bool:
        found = self._text.startswith(sign, self.position)
        self.position += found
        return found

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise BadSelector(self._text)

    def _optional(self, pattern: re.Pattern[str], group: int = 0) -> str | None:
        found = pattern.match(self._text, self.position)
        if found is None:
            return None
        self.position = found.end()
        return found[group]

    def _required(self, pattern: re.Pattern[str], group: int = 0) -> str:
        found = self._optional(pattern, group)
        if found is None:
            raise BadSelector(self._text)
        return found


def _unescape(text: str) -> str:
    return _ESCAPED.sub(_unescaped, text)


def _unescaped(found: re.Match[str]) -> str:
    digits, sign = found.groups()
    if digits is None:
        # An escaped line feed in a string is none.
        return "" if sign[0] in "\r\n\f" else sign
    code = int(digits, 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _string(text: str) -> str:
    """A CSS string (https://www.w3.org/TR/cssom-1/#serialize-a-string)."""
    return '"' + re.sub(r"[\"\\\x00-\x1f\x7f]", lambda sign: f"\\{ord(sign[0]):x} ", text) + '"'


def _identifier(name: str) -> str:
    """A CSS identifier for one that was read, with every unusual character escaped."""
    text = _unescape(name)
    return re.sub(r"^-?\d|^-$|[^-\w]", lambda signs: "".join(f"\\{ord(s):x} " for s in signs[0]), text)
