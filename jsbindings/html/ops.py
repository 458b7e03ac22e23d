"""k6/html: pages of the process, and what virtual users ask of them.

JavaScript holds a page's text, its number and the numbers of nodes.  Every op but parse() answers None when the
tree was given up in the meantime; the face has it parsed again then, and the same numbers mean the same nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from jsbindings.api import Binding, op
from jsbindings.html import walks
from jsbindings.html.document import Attribute, Document
from jsbindings.html.links import link_parts, resolve_link
from jsbindings.html.pages import Pages
from jsbindings.html.render import inner_html, outline

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


def _of_page(
    method: Callable[Concatenate[HtmlBinding, Document, _Arguments], _Answer],
) -> Callable[Concatenate[HtmlBinding, int, _Arguments], _Answer | None]:
    """Let a method that asks something of a document take a page's number."""

    @wraps(method)
    def ask(
        self: HtmlBinding, page: int, /, *args: _Arguments.args, **named: _Arguments.kwargs
    ) -> _Answer | None:
        document = self.shared.find(page)
        return None if document is None else method(self, document, *args, **named)

    return ask


class HtmlBinding(Binding):
    """Questions of one virtual user; `shared` is the process's pages."""

    module = "k6/html"
    shared: Pages

    @classmethod
    def create_shared(cls) -> Pages:
        """The trees, which all virtual users share."""
        return Pages()

    @op
    def parse(self, source: str) -> int:
        """The page's number."""
        return self.shared.parse(source)

    # ---- from nodes to nodes

    @op
    @_of_page
    def find(self, document: Document, nodes: list[int], selector: str) -> list[int]:
        """Elements within `nodes`."""
        return walks.find(document, nodes, selector)

    @op
    @_of_page
    def matching(self, document: Document, nodes: list[int], selector: str) -> list[int]:
        """Those of `nodes` that the selector means."""
        return walks.matching(document, nodes, selector)

    @op
    @_of_page
    def within(self, document: Document, nodes: list[int], inner: list[int]) -> list[int]:
        """Those of `inner` that are in `nodes`."""
        return walks.within(document, nodes, inner)

    @op
    @_of_page
    def having(self, document: Document, nodes: list[int], wanted: str | list[int]) -> list[int]:
        """Those of `nodes` that have a wanted one in them."""
        return walks.having(document, nodes, wanted)

    @op
    @_of_page
    def closest(self, document: Document, nodes: list[int], wanted: str | list[int]) -> list[int]:
        """The wanted ones nearest to `nodes`, upwards."""
        return walks.closest(document, nodes, wanted)

    @op
    @_of_page
    def walk(self, document: Document, nodes: list[int], way: str, selector: str | None) -> list[int]:
        """The nodes on the way called `way`, those that the selector means when there is one."""
        found = walks.walk(document, nodes, way)
        return found if selector is None else walks.matching(document, found, selector)

    @op
    @_of_page
    def walk_until(
        self,
        document: Document,
        nodes: list[int],
        way: str,
        stop: str | list[int] | None,
        selector: str | None,
    ) -> list[int]:
        """walk() up to the first node that `stop` means."""
        found = walks.walk_until(document, nodes, way, stop)
        return found if selector is None else walks.matching(document, found, selector)

    # ---- nodes themselves

    @op
    @_of_page
    def describe(self, document: Document, nodes: list[int]) -> list[tuple[int, str, str]]:
        """Type, name and namespace of each node."""
        return [(document.types[n], document.name(n), document.namespace(n)) for n in nodes]

    @op
    @_of_page
    def text(self, document: Document, nodes: list[int]) -> str:
        """All text in `nodes`."""
        return "".join(document.text(node) for node in nodes)

    @op
    @_of_page
    def inner_html(self, document: Document, node: int) -> str:
        """What is in a node, as HTML."""
        return inner_html(document, node)

    @op
    @_of_page
    def outline(self, document: Document, node: int) -> str:
        """What nodes that are equal have in common."""
        return outline(document, node)

    @op
    @_of_page
    def attributes(self, document: Document, node: int) -> list[Attribute]:
        """The attributes of a node."""
        return document.attributes(node)

    # ---- links

    @op
    def resolve_link(self, base: str, reference: str) -> str:
        """The URL that `reference` means on the page at `base`; "" for what is none."""
        return resolve_link(base, reference)

    @op
    def link_parts(self, url: str) -> dict[str, Any]:
        """The parts of a URL, all empty for what is none."""
        return link_parts(url)
