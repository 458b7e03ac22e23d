"""A node as HTML, as Go's x/net/html writes it (https://pkg.go.dev/golang.org/x/net/html#Render)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jsbindings.html.document import COMMENT, DOCTYPE, ELEMENT, Document

_VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "keygen", "link", "meta", "param", "source", "track",
    "wbr",
))  # fmt: skip
# Elements whose text the parser takes as it is.
_RAW = frozenset(["iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style", "xmp"])
# Elements of whose text the parser drops a line feed at the beginning.
_DROPS_LINE_FEED = frozenset(("listing", "pre", "textarea"))

_ESCAPES = str.maketrans({"&": "&amp;", "'": "&#39;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "\r": "&#13;"})
_CLOSES_COMMENT = re.compile(r"(?<![^!-])>")


def inner_html(document: Document, node: int) -> str:
    """What is in a node."""
    return "".join(_render(document, node + 1, document.ends[node]))


def outline(document: Document, node: int) -> str:
    """The node itself, the same for all nodes that the DOM's isEqualNode() calls equal."""
    return "".join(_render(document, node, document.ends[node], sort_attributes=True))


def _render(document: Document, first: int, end: int, *, sort_attributes: bool = False) -> Iterable[str]:
    """The nodes from `first` to before `end`, which are siblings with all that is in them."""
    # Closing tags that are still to come, by the node before which they stand; the innermost last.
    closing: list[tuple[int, str]] = []
    for node in range(first, end):
        while closing and closing[-1][0] <= node:
            yield closing.pop()[1]
        if document.types[node] != ELEMENT:
            yield _leaf(
                document, node, is_raw=node > first and _is_raw(document, document.parents[node], first)
            )
            continue
        tag = document.name(node)
        attributes = document.attributes(node)
        if sort_attributes:
            attributes.sort()
        yield f"<{tag}"
        for prefix, name, value in attributes:
            yield f' {prefix}{":" if prefix else ""}{name}="{_escape(value)}"'
        if tag in _VOID:
            yield "/>"
            continue
        yield ">"
        if tag in _DROPS_LINE_FEED and _text_of_first_child(document, node).startswith("\n"):
            yield "\n"
        if tag == "plaintext":
            # Nothing that follows would be read as anything but its text.
            yield "".join(document.text(child) for child in document.contents(node))
            return
        closing.append((document.ends[node], f"</{tag}>"))
    while closing:
        yield closing.pop()[1]


def _is_raw(document: Document, parent: int, first: int) -> bool:
    """Whether text in `parent` is written as it is; not so when only the inside of `parent` is written."""
    return parent >= first and document.name(parent) in _RAW and document.namespace(parent) == "html"


def _leaf(document: Document, node: int, *, is_raw: bool) -> str:
    kind = document.types[node]
    if kind == COMMENT:
        data = document.comment(node).replace("&", "&amp;")
        return f"<!--{_CLOSES_COMMENT.sub('&gt;', data)}-->"
    if kind == DOCTYPE:
        return _doctype(document.nodes[node])
    text = document.text(node)
    return text if is_raw else _escape(text)


def _doctype(doctype: object) -> str:
    name, public, system = (getattr(doctype, part) or "" for part in ("name", "public_id", "system_id"))
    text = f"<!DOCTYPE {name}"
    if public:
        text += f" PUBLIC {_quote(public)}"
        if system:
            text += f" {_quote(system)}"
    elif system:
        text += f" SYSTEM {_quote(system)}"
    return text + ">"


def _quote(text: str) -> str:
    quote = "'" if '"' in text else '"'
    return f"{quote}{text}{quote}"


def _text_of_first_child(document: Document, node: int) -> str:
    first = next(document.contents(node), None)
    return "" if first is None or document.is_element(first) else document.text(first)


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)
