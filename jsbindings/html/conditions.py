"""What k6's selectors can say of an element and CSS cannot: for which elements of a page it holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jsbindings.html.document import Document


class Mark(NamedTuple):
    """What CSS cannot say of an element.

    Args:
        attribute: name of the attribute that stands for it.
        kind: one of `CONDITIONS`.
        subject: an attribute's name, for those that look at one.
    """

    attribute: str
    kind: str
    argument: str
    subject: str = ""


def _elements(document: Document) -> list[int]:
    return [node for node in range(len(document.nodes)) if document.is_element(node)]


def _whole_text(document: Document, node: int) -> str:
    return document.text(node)


def _own_text(document: Document, node: int) -> str:
    return "".join(
        document.text(child) for child in document.contents(node) if not document.is_element(child)
    )


def _containing(text_of: Callable[[Document, int], str]) -> Callable[[Document, Mark], list[int]]:
    def nodes(document: Document, mark: Mark) -> list[int]:
        return [n for n in _elements(document) if mark.argument in text_of(document, n).lower()]

    return nodes


def _matching(text_of: Callable[[Document, int], str]) -> Callable[[Document, Mark], list[int]]:
    def nodes(document: Document, mark: Mark) -> list[int]:
        search = re.compile(mark.argument).search
        return [n for n in _elements(document) if search(text_of(document, n))]

    return nodes


def _with_matching_attribute(document: Document, mark: Mark) -> list[int]:
    search, name = re.compile(mark.argument).search, mark.subject
    return [
        node
        for node in _elements(document)
        if any(name == own.name and search(own.value) for own in document.attributes(node))
    ]


def _in_language(document: Document, mark: Mark) -> list[int]:
    """Elements whose own ``lang`` attribute, or the nearest around them, names the language or a part of it."""
    found: set[int] = set()
    for node in _elements(document):
        language = next((own.value for own in document.attributes(node) if own.name == "lang"), None)
        if document.parents[node] in found if language is None else _is_part(language, mark.argument):
            found.add(node)
    return sorted(found)


def _is_part(language: str, of: str) -> bool:
    return language == of or language.startswith(f"{of}-")


CONDITIONS: dict[str, Callable[[Document, Mark], list[int]]] = {
    "attribute matches": _with_matching_attribute,
    "contains": _containing(_whole_text),
    "containsown": _containing(_own_text),
    "lang": _in_language,
    "matches": _matching(_whole_text),
    "matchesown": _matching(_own_text),
}
