"""One parsed page: its nodes by number, and what can be asked of a single node.

Nodes are numbered in document order, the document itself is 0: a number means the same node whenever the same
text is parsed, so a tree can be given up and made again.  Parsing is turbohtml's, by the rules that browsers and
Go's x/net/html follow (https://html.spec.whatwg.org/multipage/parsing.html), as with scripting enabled.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import turbohtml

from jsbindings.api import Thrown
from jsbindings.html.selectors import BadSelector, find_all

# k6 refuses elements that are nested deeper.
DEPTH_MAX = 512
# Beyond any page, so that no server can make one that takes the generator's memory: 300 MB for the largest.
SOURCE_LENGTH_MAX = 16 * 1024 * 1024
NODES_MAX = 1_000_000
# Upper bounds for what a tree takes, measured.
_NODE_BYTES, _CHARACTER_BYTES = 300, 8
# Selectors whose matches a page remembers: scripts ask for the same few again and again.
_SELECTORS_MAX = 8

ELEMENT, TEXT, COMMENT, DOCUMENT, DOCTYPE = 1, 3, 8, 9, 10
_TYPES: dict[type[Any], int] = {
    turbohtml.Element: ELEMENT,
    turbohtml.Text: TEXT,
    turbohtml.CData: TEXT,
    turbohtml.Comment: COMMENT,
    # A newer idea than x/net/html, which takes it for a comment.
    turbohtml.ProcessingInstruction: COMMENT,
    turbohtml.Document: DOCUMENT,
    turbohtml.Doctype: DOCTYPE,
}
_NAMES = {TEXT: "#text", COMMENT: "#comment", DOCUMENT: "#document"}
# Attributes that have a namespace in SVG and MathML; k6 knows them without its prefix
# (https://html.spec.whatwg.org/multipage/parsing.html#adjust-foreign-attributes).
_PREFIXED = {
    f"{prefix}:{name}": (prefix, name)
    for prefix, names in {
        "xlink": "actuate arcrole href role show title type",
        "xml": "base lang space",
        "xmlns": "xlink",
    }.items()
    for name in names.split()
}
# The formatting elements of the HTML standard: x/net/html sorts their attributes while it parses.
_SORTED = frozenset((
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
))  # fmt: skip


class Attribute(NamedTuple):
    """One attribute of an element."""

    prefix: str
    name: str
    value: str


class Document:
    """The tree of one text.

    Args:
        source: HTML, whatever is wrong with it.

    Attributes:
        nodes: the parser's nodes by number.
        types: the nodes' DOM types (``nodeType``).
        parents: number of each node's parent, -1 for the document.
        ends: number of the first node behind each node's descendants.

    Raises:
        Thrown: it is too large, or nested too deep.
    """

    def __init__(self, source: str) -> None:
        if len(source) > SOURCE_LENGTH_MAX:
            raise Thrown(f"html: the document has {len(source)} characters, more than {SOURCE_LENGTH_MAX}")
        self.source = source
        tree = turbohtml.parse(source, scripting=True, positions=False, allow_declarative_shadow_roots=False)
        _open_templates(tree)
        known = (node for node in tree.descendants if type(node) in _TYPES)
        self.nodes: list[Any] = [tree, *islice(known, NODES_MAX)]
        if len(self.nodes) > NODES_MAX:
            raise Thrown(f"html: the document has more than {NODES_MAX} nodes")
        self.types = [_TYPES[type(node)] for node in self.nodes]
        self._numbers = {node: number for number, node in enumerate(self.nodes)}
        self.parents = [-1] * len(self.nodes)
        self.ends = list(range(1, len(self.nodes) + 1))
        self._link()
        self._matches: OrderedDict[str, list[int]] = OrderedDict()

    def _link(self) -> None:
        depths = [0] * len(self.nodes)
        for number in range(1, len(self.nodes)):
            parent = self._numbers[self.nodes[number].parent]
            self.parents[number] = parent
            depths[number] = depths[parent] + 1
            if depths[number] > DEPTH_MAX and self.types[number] == ELEMENT:
                raise Thrown(f"html: open stack of elements exceeds {DEPTH_MAX} nodes")
        for number in range(len(self.nodes) - 1, 0, -1):
            parent = self.parents[number]
            self.ends[parent] = max(self.ends[parent], self.ends[number])

    @property
    def size_bytes(self) -> int:
        """About how much memory it takes, rather too much than too little."""
        return _NODE_BYTES * len(self.nodes) + _CHARACTER_BYTES * len(self.source)

    # ---- the tree

    def contents(self, node: int) -> Iterator[int]:
        """The children of a node, text and comments too."""
        child = node + 1
        while child < self.ends[node]:
            yield child
            child = self.ends[child]

    def is_element(self, node: int) -> bool:
        """Whether it has a tag."""
        return self.types[node] == ELEMENT

    # ---- selectors

    def matches(self, selector: str) -> list[int]:
        """All elements that a selector means, in document order; none for a selector that is none."""
        found = self._matches.get(selector)
        if found is None:
            try:
                found = sorted({self._numbers[element] for element in find_all(self, selector)})
            except BadSelector:
                found = []
            if len(self._matches) == _SELECTORS_MAX:
                self._matches.popitem(last=False)
            self._matches[selector] = found
        else:
            self._matches.move_to_end(selector)
        return found

    def matches_within(self, node: int, selector: str) -> list[int]:
        """Those of them that are descendants of `node`."""
        found = self.matches(selector)
        return found[bisect_left(found, node + 1) : bisect_left(found, self.ends[node])]

    def is_match(self, node: int, selector: str) -> bool:
        """Whether `node` is one of them."""
        found = self.matches(selector)
        at = bisect_left(found, node)
        return at < len(found) and found[at] == node

    # ---- one node

    def name(self, node: int) -> str:
        """The DOM's nodeName, in lower case as k6 gives it."""
        kind = self.types[node]
        if kind == ELEMENT:
            tag: str = self.nodes[node].tag
            return tag
        doctype: str = _NAMES.get(kind) or self.nodes[node].name
        return doctype

    def namespace(self, node: int) -> str:
        """html, svg or math."""
        return str(self.nodes[node].namespace.value) if self.types[node] == ELEMENT else "html"

    def text(self, node: int) -> str:
        """All text in a node."""
        kind = self.types[node]
        if kind == TEXT:
            data: str = self.nodes[node].data
            return data
        if kind in (ELEMENT, DOCUMENT):
            text: str = self.nodes[node].text
            return text
        return ""

    def comment(self, node: int) -> str:
        """What a comment says."""
        comment = self.nodes[node]
        if isinstance(comment, turbohtml.ProcessingInstruction):
            return f"?{comment.target}{' ' if comment.data else ''}{comment.data}?"
        data: str = comment.data
        return data

    def attributes(self, node: int) -> list[Attribute]:
        """The attributes as x/net/html orders them; [] for what is no element."""
        if self.types[node] != ELEMENT:
            return []
        element = self.nodes[node]
        is_foreign = element.namespace is not turbohtml.Namespace.HTML
        found = []
        for full_name in element.attrs:
            prefix, name = _PREFIXED[full_name] if is_foreign and full_name in _PREFIXED else ("", full_name)
            found.append(Attribute(prefix, name, element.attr(full_name, "")))
        return sorted(found) if element.tag in _SORTED and not is_foreign else found


def _open_templates(tree: turbohtml.Document) -> None:
    """Make the content of templates their children, as x/net/html has it."""
    for template in tree.select("template"):
        for child in list(template.children):
            if isinstance(child, turbohtml.DocumentFragment):
                template.extend(list(child.children))
                child.extract()
