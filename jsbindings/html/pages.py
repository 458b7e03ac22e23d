"""The trees of a process: all virtual users share them, and together they have a bound.

A script holds a page as its text and a number.  A tree is only what was made of the text: the least recently used
ones are given up when they grow too many, and made again when a script asks.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict

from jsbindings.html.document import Document

SIZE_BYTES_MAX = 64 * 1024 * 1024


class Pages:
    """Trees by number; a text that several virtual users read is parsed once.

    Args:
        size_bytes_max: how much memory all trees together may take; the one used last always stays.
    """

    def __init__(self, size_bytes_max: int = SIZE_BYTES_MAX) -> None:
        self._size_bytes_max = size_bytes_max
        self._counter = itertools.count(1)
        self._trees: OrderedDict[int, Document] = OrderedDict()
        self._numbers: dict[str, int] = {}
        self._size_bytes = 0

    def __len__(self) -> int:
        return len(self._trees)

    def parse(self, source: str) -> int:
        """The number of the tree of `source`.

        Raises:
            Thrown: there cannot be one.
        """
        number = self._numbers.get(source)
        if number is not None:
            self._trees.move_to_end(number)
            return number
        document = Document(source)
        number = next(self._counter)
        self._trees[number], self._numbers[source] = document, number
        self._size_bytes += document.size_bytes
        while self._size_bytes > self._size_bytes_max and len(self._trees) > 1:
            _, oldest = self._trees.popitem(last=False)
            del self._numbers[oldest.source]
            self._size_bytes -= oldest.size_bytes
        return number

    def find(self, number: int) -> Document | None:
        """The tree, or None when it was given up."""
        document = self._trees.get(number)
        if document is not None:
            self._trees.move_to_end(number)
        return document
