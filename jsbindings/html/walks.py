"""From nodes to other nodes, as jQuery's traversing methods go (https://api.jquery.com/category/traversing/)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from jsbindings.html.document import Document

Walk = Callable[[Document, int], Iterable[int]]


def _children(document: Document, node: int) -> Iterator[int]:
    return filter(document.is_element, document.contents(node))


def _parents(document: Document, node: int) -> Iterator[int]:
    parent = document.parents[node]
    while parent > 0:
        yield parent
        parent = document.parents[parent]


def _siblings_after(document: Document, node: int) -> Iterator[int]:
    parent = document.parents[node]
    sibling = document.ends[node]
    while parent >= 0 and sibling < document.ends[parent]:
        yield sibling
        sibling = document.ends[sibling]


def _siblings_before(document: Document, node: int) -> list[int]:
    """The nearest first."""
    parent = document.parents[node]
    if parent < 0:
        return []
    return [sibling for sibling in document.contents(parent) if sibling < node][::-1]


def _next_all(document: Document, node: int) -> Iterator[int]:
    return filter(document.is_element, _siblings_after(document, node))


def _prev_all(document: Document, node: int) -> Iterator[int]:
    return filter(document.is_element, _siblings_before(document, node))


def _siblings(document: Document, node: int) -> Iterator[int]:
    parent = document.parents[node]
    return (n for n in _children(document, parent) if n != node) if parent >= 0 else iter(())


def _first(walk: Walk) -> Walk:
    return lambda document, node: islice(walk(document, node), 1)


WALKS: dict[str, Walk] = {
    "children": _children,
    "contents": lambda document, node: document.contents(node),
    "next": _first(_next_all),
    "nextAll": _next_all,
    "nextSibling": _first(_siblings_after),
    "parent": _first(_parents),
    "parentNode": lambda document, node: [document.parents[node]] if node else [],
    "parents": _parents,
    "prev": _first(_prev_all),
    "prevAll": _prev_all,
    "previousSibling": _first(_siblings_before),
    "siblings": _siblings,
}


def walk(document: Document, nodes: Iterable[int], way: str) -> list[int]:
    """The nodes that lie from each of `nodes` on the way called `way`, each once."""
    return list(dict.fromkeys(found for node in nodes for found in WALKS[way](document, node)))


def walk_until(document: Document, nodes: Iterable[int], way: str, stop: str | list[int] | None) -> list[int]:
    """walk() that ends on each way before the first node that `stop` means.

    Args:
        stop: a selector, or nodes.
    """
    found: dict[int, None] = {}
    for node in nodes:
        for step in WALKS[way](document, node):
            if _is_one_of(document, step, stop):
                break
            found[step] = None
    return list(found)


def closest(document: Document, nodes: Iterable[int], wanted: str | list[int]) -> list[int]:
    """For each node, itself or the nearest node around it that is wanted."""
    found: dict[int, None] = {}
    for node in nodes:
        step = node
        while step >= 0 and not _is_one_of(document, step, wanted):
            step = document.parents[step]
        if step >= 0:
            found[step] = None
    return list(found)


def find(document: Document, nodes: Iterable[int], selector: str) -> list[int]:
    """The elements within `nodes` that the selector means, each once."""
    return list(dict.fromkeys(n for node in nodes for n in document.matches_within(node, selector)))


def within(document: Document, nodes: list[int], inner: Iterable[int]) -> list[int]:
    """Those of `inner` that are descendants of one of `nodes`."""
    return [node for node in inner if any(_is_in(document, node, outer) for outer in nodes)]


def having(document: Document, nodes: Iterable[int], wanted: str | list[int]) -> list[int]:
    """Those of `nodes` that have a wanted node in them."""
    if isinstance(wanted, str):
        return [node for node in nodes if document.matches_within(node, wanted)]
    return [node for node in nodes if any(_is_in(document, inner, node) for inner in wanted)]


def matching(document: Document, nodes: Iterable[int], selector: str) -> list[int]:
    """Those of `nodes` that the selector means."""
    return [node for node in nodes if document.is_match(node, selector)]


def _is_in(document: Document, node: int, outer: int) -> bool:
    return outer < node < document.ends[outer]


def _is_one_of(document: Document, node: int, wanted: str | list[int] | None) -> bool:
    if wanted is None:
        return False
    return document.is_match(node, wanted) if isinstance(wanted, str) else node in wanted
